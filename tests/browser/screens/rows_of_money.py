"""Rows of money: held, taken, too much, too late, and what Salesforce makes of it."""

from __future__ import annotations

from datetime import timedelta

from tests.browser.screens.rows import row
from tests.browser.screens.stage import Stage
from tests.factories import moment


def _pays(stage: Stage, word: str = "PAYMENT_RECEIVED") -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED", word)


@row("in-review", "Being checked. Do not ship, do not send again. This changes by itself.")
def _in_review(stage: Stage) -> None:
    _pays(stage, "PAYMENT_REVIEW")
    stage.open()


@row("authorized", "Held, not taken.")
def _authorized(stage: Stage) -> None:
    _pays(stage, "PAYMENT_AUTHORIZED")
    stage.open()


@row("authorized-until", "Held, not taken, until Nov 28, 12:42.")
def _authorized_until(stage: Stage) -> None:
    _may_move_money(stage)
    stage.world.with_own_core()
    stage.sent()
    until = moment(stage.world.clock() + timedelta(days=7))
    stage.happens("PAYMENT_LINK_CLICKED")
    stage.happens("PAYMENT_AUTHORIZED", captureBefore=until)
    stage.open()


@row("paid", "Paid, confirmed 12:43:07. Written to Salesforce 12:43:09.")
def _paid(stage: Stage) -> None:
    _pays(stage)
    stage.world.settle()
    stage.open()


@row("paid-salesforce-late", "Salesforce is not updated yet; we keep trying. You may tell the customer.")
def _paid_late(stage: Stage) -> None:
    _pays(stage)
    stage.open()


@row("receipt", "Send receipt again", at="hand-over")
def _receipt(stage: Stage) -> None:
    stage.world.with_own_core()
    _paid(stage)


@row("receipt-shown", "This is the receipt that the customer has. Open the receipt", at="handed")
def _receipt_shown(stage: Stage) -> None:
    _receipt(stage)
    stage.core_answers("GET", "receipt", receiptUrl="https://pay.example/receipts/example")
    stage.press("take-show_receipt")


@row("reference-copied", "Copied.", at="handed-sentence")
def _reference_copied(stage: Stage) -> None:
    _paid(stage)
    stage.may_copy()
    stage.press("take-copy_reference")


@row(
    "paid-order-refuses",
    "Paid and recorded. The order itself could not be updated: a rule in Salesforce does not allow it",
)
def _paid_refused(stage: Stage) -> None:
    stage.order()
    stage.world.org.refuses[stage.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    _pays(stage)
    stage.world.settle()
    stage.open()


@row(
    "paid-after-close",
    "Money arrived after the link was closed. Do not send again. Tell your supervisor: order 0000102",
)
def _paid_after_close(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CANCELLED", "PAYMENT_RECEIVED")
    stage.open()


@row("already-paid", "This order is paid in full. Nothing to send.", at="send-off-quiet")
def _already_paid(stage: Stage) -> None:
    _paid(stage)


@row(
    "overpaid",
    "Paid twice: R115.00 and R115.00. Do not promise a refund date; hand to your supervisor.",
    at="status-warning",
)
def _overpaid(stage: Stage) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_EXPIRED", after=301)
    first = stage.link
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED")
    stage.link = first
    stage.happens("PAYMENT_RECEIVED")
    stage.world.settle()
    stage.open()


@row("part-paid", "Paid R115.00 of R230.00. Still due R115.00.", at="status-warning")
def _part_paid(stage: Stage) -> None:
    _paid_then(stage, Grand_Total__c=230.0, Sub_Total__c=215.0)


@row(
    "lowered", "Paid R115.00; the order is now R100.00. R15.00 too much. Hand to your supervisor.", at="status-warning"
)
def _lowered(stage: Stage) -> None:
    _paid_then(stage, Grand_Total__c=100.0, Sub_Total__c=85.0)


@row("other-currency", "Paid R115.00 in ZAR; the order is now in JPY. Hand to your supervisor.", at="status-warning")
def _other_currency(stage: Stage) -> None:
    _paid_then(stage, Currency__c="JPY")


def _paid_then(stage: Stage, **fields: object) -> None:
    _pays(stage)
    stage.world.settle()
    stage.world.org.change(stage.order_id, **fields)
    stage.open()


@row("capture-asks", "115.00", at="money-question")
def _capture_asks(stage: Stage) -> None:
    _may_move_money(stage)
    _authorized(stage)
    stage.press("capture")


@row("capture-not-payable", "Status of this order is Cancelled, so nothing was taken.", at="notice")
def _capture_not_payable(stage: Stage) -> None:
    _capture_asks(stage)
    stage.world.org.change(stage.order_id, Status="Cancelled")
    stage.press("money-yes")


@row("reverse-asks", "This cannot be undone.", at="money-ask")
def _reverse_asks(stage: Stage) -> None:
    _may_move_money(stage)
    _paid(stage)
    stage.press("reverse")


@row("reversal-too-late", "Settled: it cannot be reversed here. Refund at the gateway.", at="notice")
def _reversal_too_late(stage: Stage) -> None:
    _reverse_asks(stage)
    stage.world.core.settled.add(stage.link["paymentLinkRef"])
    stage.press("money-yes")


@row("gateway-reference", "Copy the gateway's reference", at="gateway")
def _gateway_reference(stage: Stage) -> None:
    _reversal_too_late(stage)


def _may_move_money(stage: Stage) -> None:
    stage.world.tenant(policy={"rights_from": "custom_permissions"})
    rights = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}
    stage.world.org.permissions[stage.agent.user_id] = rights
