"""The receipt of a payment for a merchant's own people: its address, and its message once more."""

from __future__ import annotations

from datetime import timedelta

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.messages import repeats

# No limit of messages holds a receipt back, so pressing again and again must not become a way around them.
_NOT_WITHIN = timedelta(seconds=60)
_MOST = 5
_OPTED_OUT = "opted_out"


def receipt_address(core: Core, merchant: Merchant, reference: str) -> str:
    """Return the address of a payment's receipt.

    Raises:
        Refusal: 404 where there is no such link, 409 where it has no receipt.
    """
    with core.transactions.read() as work:
        link = _own(links.find(work, reference), merchant)
    # Before money was taken, its page is what the customer keeps of a hold: no receipt yet.
    if link.receipt_reference is None or link.captured <= 0:
        raise _no_receipt(core, "get_receipt")
    return f"{core.public_url}/receipts/{link.receipt_reference}"


def resend_receipt(core: Core, merchant: Merchant, reference: str) -> str | None:
    """Send a payment's receipt again; return why it did not leave, in our words, or None.

    Raises:
        Refusal: 404 where there is no such link; 409 where no money is kept, or the receipt was sent a moment ago or often.
    """
    with core.transactions.write() as work:
        # Locked, so that two presses at a time are counted one after the other.
        link = _own(links.lock(work, reference), merchant)
        # "We received" must be true when it is read.
        if link.receipt_reference is None or link.captured <= link.reversed or link.in_review:
            raise _no_receipt(core, "send_receipt")
        _check_often(work, core, reference)
        message_id = queue_message.queue(work, core, merchant, Purpose.RECEIPT, link)
    return send_message.send_now(core, message_id) if message_id else _OPTED_OUT


def _own(link: Link | None, merchant: Merchant) -> Link:
    if link is None or link.merchant_id != merchant.merchant_id:
        raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
    return link


def _no_receipt(core: Core, operation: str) -> Refusal:
    return Refusal(409, core.api.refusal(operation, "none"), "There is no receipt of this payment.")


def _check_often(work: UnitOfWork, core: Core, reference: str) -> None:
    sent = repeats.times_of(work, reference, Purpose.RECEIPT.value)
    if len(sent) > _MOST or (sent and core.now() - sent[-1] < _NOT_WITHIN):
        word = core.api.refusal("send_receipt", "too_often")
        raise Refusal(409, word, "The receipt was sent a moment ago, or often enough.")
