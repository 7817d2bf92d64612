"""Examine the link that a new one takes the place of: a customer must never have two that can be paid."""

from __future__ import annotations

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import LinkStatus, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.services import Core
from payment_core.store.links import attempts, links

_ENDED = frozenset({LinkStatus.CANCELLED, LinkStatus.EXPIRED})


def end_if_overdue(core: Core, previous: str | None) -> None:
    """End the earlier link where its time is over and nobody has noticed yet."""
    if previous is not None:
        end_overdue(core, previous)


def check_previous(work: UnitOfWork, core: Core, merchant: Merchant, previous: str | None) -> Link | None:
    """Return the earlier link if it is dead: locked, so that it cannot be paid while its successor is made.

    Raises:
        Refusal: 404 where there is none, 409 where it is open, paid, or in doubt.
    """
    if previous is None:
        return None
    link = links.lock(work, previous)
    if link is None or link.merchant_id != merchant.merchant_id:
        raise Refusal(404, core.api.refusal("send_payment_link", "previous_unknown"), _UNKNOWN)
    if link.has_money or link.payment_status is PaymentStatus.REVIEW:
        raise Refusal(409, core.api.refusal("send_payment_link", "previous_paid"), _PAID)
    # A live attempt may still bring money although the link itself has ended.
    if link.payable or link.status not in _ENDED or attempts.live_of(work, previous) is not None:
        raise Refusal(409, core.api.refusal("send_payment_link", "previous_open"), _OPEN)
    return link


def is_known_to(recipient: Phone, previous: Link) -> bool:
    """Return whether whoever reads a new link's message may have the earlier one: else "the old one" means nothing to them."""
    return previous.phone == recipient and previous.message_status is not MessageStatus.FAILED


_UNKNOWN = "The link to be replaced does not exist."
_PAID = "The link to be replaced is paid, or its payment is in review."
_OPEN = "The link to be replaced can still be paid. Cancel it first."
