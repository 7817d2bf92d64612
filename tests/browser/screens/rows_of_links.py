"""Rows from the send to the end of a link."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.screens.rows import row
from tests.browser.screens.stage import Stage
from tests.factories import SIPHO


@row("sent", "Sent 12:42:07 by SMS to a number ending 4567.")
def _sent(stage: Stage) -> None:
    stage.sent()
    stage.open()


@row("sent-no-report", "Handed to the network; this channel sends no delivery report.", at="steps")
def _no_report(stage: Stage) -> None:
    stage.sent()
    stage.open()


@row("delivered", "Delivered 12:42:10 by WhatsApp to a number ending 4567.")
def _delivered(stage: Stage) -> None:
    stage.sent(channel="whatsapp")
    stage.message("DELIVERED")
    stage.open()


@row("cannot-deliver", "WhatsApp cannot reach this number.")
def _cannot_deliver(stage: Stage) -> None:
    stage.sent(channel="whatsapp")
    stage.message("FAILED", messageFailureCode="not_on_whatsapp")
    stage.open()


@row("replace-asks", "Close this link and send a new one for R115.00 by SMS", at="cancel-question")
def _replace_asks(stage: Stage) -> None:
    _cannot_deliver(stage)
    stage.press("replace")


# It counts down meanwhile, however long the machine takes.
@row("not-opened", re.compile(r"Not opened yet, 3:\d\d left\. Check the number: it ends in 4567\."))
def _not_opened(stage: Stage) -> None:
    stage.sent()
    stage.world.clock.pass_by(seconds=65)
    stage.open()


@row("preview", "probably a preview, not the customer.", at="status")
def _preview(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED", after=1)
    stage.open()


@row("being-charged", "The customer's payment is being taken now, from a saved card: wait for the result.")
def _being_charged(stage: Stage) -> None:
    stage.sent()
    stage.open()
    expect(stage.part("cancel")).to_be_visible()
    stage.charges()
    expect(stage.part("cancel")).to_be_hidden()
    expect(stage.part("countdown")).to_be_hidden()


@row("opened", "Opened 12:42:37")
def _opened(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED")
    stage.open()


@row("expired-unopened", "The link was not opened in 5 minutes and no longer works. No money was taken.")
def _expired_unopened(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_EXPIRED", after=301)
    stage.open()


@row("expired-after-opening", "The time to pay ran out. No money was taken.")
def _expired_after_opening(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED")
    stage.happens("PAYMENT_LINK_EXPIRED", after=901)
    stage.open()


@row("declined", "The bank said no. The link works until 12:57; another card can be tried.")
def _declined(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED")
    stage.open()


@row("unknown", "We do not know yet whether it went out. Do not send again; we are finding out.")
def _unknown(stage: Stage) -> None:
    stage.order()
    world = stage.world
    world.core.drop_answers = world.core.mute = True
    assert world.send(world.open(stage.order_id)).status_code == 202
    stage.open()


@row("unknown-long", "Still unknown. Tell your supervisor: order 0000102, R115.00")
def _unknown_long(stage: Stage) -> None:
    _unknown(stage)
    stage.world.clock.pass_by(minutes=6)
    stage.open()


@row("cancel-asks", "Cancel this link? The customer can no longer pay with it.", at="cancel-question")
def _cancel_asks(stage: Stage) -> None:
    _sent(stage)
    stage.press("cancel")


@row("cancelled", "Cancelled. The link no longer works. The customer was told.")
def _cancelled(stage: Stage) -> None:
    _cancel_asks(stage)
    stage.press("cancel-yes")


@row("cancelled-not-told", "Cancelled. The link no longer works. The customer could not be told: the phone is off.")
def _cancelled_not_told(stage: Stage) -> None:
    stage.world.core.customer_told = False
    stage.world.core.not_told_because = "the phone is off"
    _cancelled(stage)


@row("cancel-refused-opened", "The customer is already paying; it cannot be stopped.", at="notice")
def _cancel_refused_opened(stage: Stage) -> None:
    stage.sent()
    stage.world.clock.pass_by(seconds=30)  # long after a preview would have come
    stage.open()
    stage.press("cancel")
    stage.world.core.happen(stage.link, "PAYMENT_LINK_CLICKED")
    stage.press("cancel-yes")


@row("cancel-refused-expired", "Already expired.", at="notice")
def _cancel_refused_expired(stage: Stage) -> None:
    _cancel_asks(stage)
    stage.world.core.happen(stage.link, "PAYMENT_LINK_EXPIRED")
    stage.press("cancel-yes")


@row("cancel-refused-paid", "Paid meanwhile, 12:42:07.", at="notice")
def _cancel_refused_paid(stage: Stage) -> None:
    _cancel_asks(stage)
    stage.world.core.happen(stage.link, "PAYMENT_RECEIVED")
    stage.press("cancel-yes")


@row("cancel-refused-cancelled", "Already cancelled, not from here.", at="notice")
def _cancel_refused_cancelled(stage: Stage) -> None:
    _cancel_asks(stage)
    stage.world.core.happen(stage.link, "PAYMENT_LINK_CANCELLED")
    stage.press("cancel-yes")


@row("colleague", "Requested by Sipho for a number ending 4567", at="status-who")
def _colleague(stage: Stage) -> None:
    stage.sent(by=SIPHO)
    stage.open()


@row("amount-changed", "The order is now R150.00; the link asks for R115.00.", at="status-warning")
def _amount_changed(stage: Stage) -> None:
    stage.sent()
    stage.world.org.change(stage.order_id, Grand_Total__c=150.0, Sub_Total__c=135.0)
    stage.open()


@row("copy-link", "Copy link", at="hand-over")
def _copy_link(stage: Stage) -> None:
    stage.world.tenant(policy={"rights_from": "order_access", "copy_links": True})
    stage.world.with_own_core()
    _sent(stage)


@row("link-copied", "Give this link to this customer only.", at="handed-sentence")
def _link_copied(stage: Stage) -> None:
    _copy_link(stage)
    stage.core_answers("POST", "address", url="https://pay.example/pay/example")
    stage.may_copy()
    stage.press("take-copy_link")


@row("stopped", "The customer stopped messages. The link still works", at="status-warning")
def _stopped(stage: Stage) -> None:
    stage.sent()
    stage.customer_writes("RECIPIENT_OPTED_OUT")
    stage.open()
