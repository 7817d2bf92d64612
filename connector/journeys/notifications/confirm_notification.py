"""Decide which notifications count only with the core's own record, and read that record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from connector.core.client import CoreClient
from connector.core.parsing import unread_fields
from connector.core.statuses import lacks_amount
from connector.domain.payments.notification import (
    CoreRecord,
    Notification,
    differences,
    ends_a_link,
    speaks_of_message,
    speaks_of_money,
)
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import RANKS, Link, Message, Money
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.notifications.find_record import Found, cannot_look_up, find_record
from foundation.log import get_logger

log = get_logger()


@dataclass(frozen=True)
class NotYet:
    """The core could not be asked, or has no record that can be read yet; ``reason`` says which."""

    reason: str


# Reasons for which the core's record lags behind its notification; every other reason to wait is an outage.
LAGS = frozenset({"core_does_not_know_link", "core_says_otherwise", "core_cannot_look_up", "question_failed"})
_CLOCKS_DIFFER = timedelta(seconds=5)  # the core's clock and ours
CoreAnswer = Found | NotYet


def needs_confirming(tenant: Tenant, notification: Notification, requests: Sequence[PaymentRequest]) -> bool:
    """Return whether a notification about these requests counts only with the core's own record (ADR 16).

    News of money is, unless the tenant's ``confirm`` is off and the amount is stated; every end of a link is. So is what is
    malformed, does not fit what we asked for, or names a link that is not bound to its request yet.
    """
    if len(requests) != 1:
        # Several requests: its reference and its link disagree. None: only a record with our reference shows whose it is.
        return bool(requests) or _decides(notification)
    (request,) = requests
    by_itself = (
        not tenant.core.confirm
        and notification.total is not None
        and not lacks_amount(notification.core_status)
        # Which of the two came last only the record says: another card was tried, or the review has ended.
        and {notification.news.money, request.states.money} != {Money.DECLINED, Money.IN_REVIEW}
    )
    return (
        notification.error is not None
        or bool(notification.odd)
        or notification.asks_for_person
        or notification.speaks_of_charge
        or (ends_a_link(notification.news) and notification.news.link is not request.states.link)
        or (speaks_of_money(notification.news) and not by_itself)
        or request.link_reference is None
        or bool(differences(notification, request, environment=tenant.core.environment))
    )


def ask_about(*, tenant: Tenant, request: PaymentRequest, named: str | None, core: CoreClient) -> CoreAnswer:
    """Read the core's record of a request; ``named`` is the link reference in the notification.

    The network is used here, so no transaction may be open.
    """
    try:
        found = find_record(tenant, request, core, named=named)
    except (UpstreamError, TenantProblem) as error:
        return _unreachable(tenant, error)
    return found or NotYet("core_does_not_know_link")


def ask_about_link(*, tenant: Tenant, link_reference: str, core: CoreClient) -> CoreAnswer:
    """Read the core's record of a link that no request is bound to: it may carry a reference of ours."""
    try:
        record = core.get_transaction(tenant.core, link_reference)
    except (UpstreamError, TenantProblem) as error:
        return _unreachable(tenant, error)
    return Found(record) if record is not None else NotYet("core_does_not_know_link")


def confirm_notification(notification: Notification, record: CoreRecord, known: PaymentRequest) -> bool:
    """Return whether the core's record shows at least what its notification says.

    ``known``: the request as it was before the core was asked for this record.
    """
    if ends_a_link(notification.news) and not record.is_over:
        return False
    if notification.asks_for_person and record.attention_at is None:
        return False
    if notification.speaks_of_charge and record.charging_at is None:
        return False
    # A core that says nothing of messages denies nothing of them.
    if speaks_of_message(notification.news) and record.message is not None:
        return _rank(record.message) >= _rank(notification.news.message)
    link_shown = ends_a_link(notification.news) or _rank(record.news.link) >= _rank(notification.news.link)
    # A refund of a part leaves the word of some cores as it was: their amounts show it.
    if notification.news.money is Money.REVERSED and record.released > 0 and record.reversed == 0:
        return link_shown  # what was reversed may be the hold's rest
    if notification.news.money is Money.REVERSED and record.reversed > 0:
        return link_shown and not _lacks_reversal(notification, record, known)
    return link_shown and _rank(record.news.money) >= _rank(notification.news.money)


def _lacks_reversal(notification: Notification, record: CoreRecord, known: PaymentRequest) -> bool:
    """Return whether a record shows only the parts that were known to be back before this news of another one."""
    if record.reversed > known.reversed or record.reversed >= (record.captured or record.authorized):
        return False
    told, since = notification.occurred_at, known.money_moved_at
    # The same news comes in two shapes, and again; each is of before its amount was read in a record.
    return told is not None and since is not None and told > since + _CLOCKS_DIFFER


def _decides(notification: Notification) -> bool:
    """Return whether a notification about an unknown link matters enough to read the core's record for our reference."""
    return notification.link_reference is not None and (
        speaks_of_money(notification.news) or ends_a_link(notification.news) or notification.asks_for_person
    )


def _unreachable(tenant: Tenant, error: UpstreamError | TenantProblem) -> NotYet:
    log.warning("not_confirmed", tenant=tenant.tenant_id, code=str(error.code), reason=unread_fields(error))
    if unread := unread_fields(error):
        return NotYet(unread)
    return NotYet("core_cannot_look_up" if cannot_look_up(error) else "core_unreachable")


def _rank(state: Message | Link | Money | None) -> int:
    return RANKS[type(state)][state.value] if state else 0
