"""What Twilio reported to nobody is asked for: the ends of messages, and what customers wrote during an outage."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from payment_core.domain.enums import Channel, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.messaging.poll_message_statuses import poll_message_statuses
from payment_core.journeys.webhooks.find_missed_replies import missed_replies
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.messengers.twilio import messenger
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from sandbox.twilio.app import TwilioStandIn
from sandbox.twilio.faults import Fault
from tests.payment_core.conftest import CUSTOMER, order_for
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.replying.test_replies import PAYER, code_in, keep_a_card
from tests.payment_core.twilio.conftest import Line
from tests.payment_core.twilio.test_hooks import is_stopped

Make = Callable[..., Link]


def read(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    return found


def written(twilio: TwilioStandIn, text: str, *, channel: Channel = Channel.SMS) -> None:
    """Let a customer write while nobody hears it."""
    prefix = "whatsapp:" if channel is Channel.WHATSAPP else ""
    twilio.deliveries.inbound(f"{prefix}+{CUSTOMER}", f"{prefix}+27870000000", text)
    twilio.deliveries.waiting.clear()


def code_in_list(text: str) -> str:
    """Return the code before an amount, such as ``7K2F (ZAR 150.00)``."""
    found = re.search(r"([0-9A-Z]{4}) \(ZAR", text)
    assert found, text
    return found[1]


def searched(core: Core, clock: MovableClock, *, minutes: int = 6) -> int:
    clock.move(minutes=minutes)
    found = missed_replies().of_all(core)
    while read_due(core, owner="test"):
        pass
    return found


@pytest.mark.parametrize(
    ("ending", "status", "failure"),
    [(("delivered", None), MessageStatus.DELIVERED, None), (("undelivered", 30005), MessageStatus.FAILED, "unknown_number")],
)  # fmt: skip
def test_a_message_whose_reports_were_lost_is_asked_about(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock, ending: tuple[str, int | None],
    status: MessageStatus, failure: str | None,
) -> None:  # fmt: skip
    twilio.account.endings[f"+{CUSTOMER}"] = ending
    link = make_link(channel=Channel.SMS)
    twilio.deliveries.waiting.clear()
    assert poll_message_statuses(core) == 0, "its reports may still come"
    clock.move(minutes=6)
    assert poll_message_statuses(core) == 1
    assert (read(core, link).message_status, read(core, link).message_failure) == (status, failure)
    clock.move(days=3)
    assert poll_message_statuses(core) == 0


@pytest.mark.both_databases
def test_a_message_without_an_end_is_asked_about_further_and_further_apart(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    """Some carriers never say that an SMS arrived."""
    twilio.account.endings[f"+{CUSTOMER}"] = ("sent", None)
    link = make_link(channel=Channel.SMS)
    twilio.deliveries.waiting.clear()
    asked_after = []
    for minutes in range(10, 60 * 60, 10):
        clock.move(minutes=10)
        if poll_message_statuses(core):
            asked_after.append(minutes)
    # Minutes from when it was written; that it was sent is news at ten, after which it is asked about soon once more.
    assert asked_after == [10, 20, 30, 4 * 60, 30 * 60]
    assert read(core, link).message_status is MessageStatus.SENT


def test_a_message_that_was_reported_is_asked_about_by_nobody(
    core: Core, make_link: Make, line: Line, clock: MovableClock
) -> None:
    make_link(channel=Channel.SMS)
    line.bring()
    clock.move(minutes=6)
    assert poll_message_statuses(core) == 0


def test_a_busy_messenger_is_left_alone(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    for number in range(3):
        make_link(channel=Channel.SMS, order_number=f"0000{number}")
    clock.move(minutes=6)
    twilio.faults.reads_too = True
    twilio.faults.add(Fault.BUSY)
    assert poll_message_statuses(core) == 0
    clock.move(hours=1)
    assert poll_message_statuses(core) >= 1, "and asked again later"


@pytest.mark.both_databases
def test_a_stop_that_never_reached_us_is_found_once(
    core: Core, twilio_merchant: Merchant, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    written(twilio, "STOP")
    assert searched(core, clock, minutes=1) == 0, "its webhook may still come"
    assert searched(core, clock) == 1
    assert is_stopped(core, twilio_merchant, Channel.SMS)
    assert searched(core, clock) == 0


def test_a_reply_that_a_webhook_brought_is_not_found_again(core: Core, line: Line, clock: MovableClock) -> None:
    searched(core, clock)
    line.write("What is this?")
    assert searched(core, clock) == 0
    assert len([text for text in line.texts() if text]) == 1, "one helpful answer"


def test_a_webhook_that_comes_after_all_changes_nothing(
    core: Core, line: Line, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    twilio.deliveries.inbound(f"+{CUSTOMER}", "+27870000000", "What is this?")
    assert searched(core, clock) == 1
    before = line.texts()
    assert set(line.bring()) == {200}
    assert line.texts() == before


def test_a_code_that_was_missed_pays_while_its_link_lives(
    core: Core, twilio_merchant: Merchant, gateway: FakeGateway, twilio: TwilioStandIn, clock: MovableClock, line: Line
) -> None:
    keep_a_card(core, twilio_merchant, gateway)
    searched(core, clock)
    link = create_link(
        core, twilio_merchant, order_for(channel=Channel.SMS, payer_reference=PAYER, caller_reference="b")
    ).link
    written(twilio, f"PAY {code_in(line.texts()[-1])}")
    assert searched(core, clock, minutes=3) == 1
    assert read(core, link).payment_status is PaymentStatus.RECEIVED
    assert gateway.charged(link.reference) == link.total


def test_a_button_whose_report_was_lost_charges_nothing_and_says_how_to_go_on(
    core: Core, twilio_merchant: Merchant, gateway: FakeGateway, twilio: TwilioStandIn, clock: MovableClock, line: Line
) -> None:
    """The list of messages has the words of a button and no payload: it may be the button of another offer."""
    keep_a_card(core, twilio_merchant, gateway, Channel.WHATSAPP)
    searched(core, clock)
    link = create_link(core, twilio_merchant, order_for(payer_reference=PAYER, caller_reference="b")).link
    clock.move(seconds=10)
    written(twilio, "Pay with card 4242", channel=Channel.WHATSAPP)
    assert searched(core, clock, minutes=2) == 1
    assert gateway.charged(link.reference) == 0
    assert f"reply PAY and the code: {code_in_list(line.texts()[-1])} (ZAR 150.00)" in line.texts()[-1]
    written(twilio, f"PAY {code_in_list(line.texts()[-1])}", channel=Channel.WHATSAPP)
    assert searched(core, clock, minutes=2) == 1
    assert gateway.charged(link.reference) == link.total


@pytest.mark.both_databases
def test_a_button_that_is_found_after_its_links_end_is_answered(
    core: Core, twilio_merchant: Merchant, gateway: FakeGateway, twilio: TwilioStandIn, clock: MovableClock, line: Line
) -> None:
    keep_a_card(core, twilio_merchant, gateway, Channel.WHATSAPP)
    searched(core, clock)
    create_link(core, twilio_merchant, order_for(payer_reference=PAYER, caller_reference="b"))
    written(twilio, "Pay with card 4242", channel=Channel.WHATSAPP)
    clock.move(minutes=6)
    expire_links(core)
    assert searched(core, clock) == 1
    assert "no longer open" in line.texts()[-1]


def test_a_yes_that_may_be_an_older_offers_button_pays_nothing(
    core: Core, twilio_merchant: Merchant, gateway: FakeGateway, twilio: TwilioStandIn, clock: MovableClock, line: Line
) -> None:
    keep_a_card(core, twilio_merchant, gateway, Channel.WHATSAPP)
    create_link(core, twilio_merchant, order_for(payer_reference=PAYER, caller_reference="b"))
    clock.move(minutes=6)
    expire_links(core)
    searched(core, clock)
    link = create_link(core, twilio_merchant, order_for(payer_reference=PAYER, caller_reference="c")).link
    clock.move(seconds=10)
    written(twilio, "Yes", channel=Channel.WHATSAPP)
    assert searched(core, clock, minutes=2) == 1
    assert gateway.charged(link.reference) == 0
    assert "PAY" in line.texts()[-1]


@pytest.mark.both_databases
def test_an_outage_of_days_is_made_up_for_without_answering_what_is_long_over(
    core: Core, twilio_merchant: Merchant, line: Line, twilio: TwilioStandIn, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(messenger, "_PAGE", 100)
    searched(core, clock)
    for number in range(240):
        written(twilio, f"Hello? {number}")
    written(twilio, "stop")
    clock.move(days=2)
    assert searched(core, clock) == 241, "page by page"
    assert is_stopped(core, twilio_merchant, Channel.SMS)
    assert line.texts() == []


def test_what_was_written_within_a_second_keeps_its_order(
    core: Core, twilio_merchant: Merchant, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    """Twilio's times are of whole seconds, and its ids are random."""
    texts = [f"Hello? {number}" for number in range(8)]
    for text in texts:
        written(twilio, text)
    found = core.messengers.of(twilio_merchant, "twilio").replies(since=clock())
    assert [one.text for one in found] == texts


def test_what_cannot_be_listed_now_is_listed_later(
    core: Core, twilio_merchant: Merchant, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    written(twilio, "STOP")
    twilio.faults.reads_too = True
    twilio.faults.add(Fault.ERROR_BEFORE)
    assert searched(core, clock) == 0
    assert searched(core, clock, minutes=90) == 1


def test_a_messaging_service_is_searched_by_all_that_arrived(
    core: Core, twilio_merchant: Merchant, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    senders = {Channel.SMS: f"MG{'0' * 32}", Channel.WHATSAPP: "27870000000"}
    with core.transactions.write() as work:
        merchants.save(work, replace(twilio_merchant, senders=senders), now=core.now())
    searched(core, clock)
    written(twilio, "STOP")
    written(twilio, "STOP", channel=Channel.WHATSAPP)
    assert searched(core, clock) == 2


def test_each_process_searches_at_most_every_minute(core: Core, clock: MovableClock, twilio: TwilioStandIn) -> None:
    search = missed_replies()
    written(twilio, "STOP")
    clock.move(minutes=3)
    assert [search(core), search(core)] == [1, 0]
