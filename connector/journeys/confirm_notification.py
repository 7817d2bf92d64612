"""Decides whether news of money is believed: by the core's own record, asked for over our authenticated call."""

from __future__ import annotations

from dataclasses import dataclass

from connector.core.client import CoreClient
from connector.core.statuses import tells_no_amount
from connector.domain.notification import CoreRecord, Notification, speaks_of_money
from connector.domain.status import RANKS, Money
from connector.domain.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.log import get_logger

log = get_logger()


@dataclass(frozen=True)
class Confirmed:
    """The core's record says at least what the notification says."""

    record: CoreRecord


@dataclass(frozen=True)
class NotYet:
    """The core could not be asked, or its record lags behind; ask again."""

    reason: str


@dataclass(frozen=True)
class Contradicted:
    """The notification cannot be held against anything."""

    reason: str


# Why the core's record does not show yet what its notification says; anything else that has to wait is an outage.
LAGS = frozenset({"core_does_not_know_link", "core_says_otherwise", "question_failed"})
Confirmation = Confirmed | NotYet | Contradicted
CoreAnswer = CoreRecord | NotYet | Contradicted


def needs_confirming(tenant: Tenant, notification: Notification) -> bool:
    """Say whether news is believed only with the core's own word.

    A tenant may do without, but for how much of the money was moved: a notification names what was asked for.
    """
    return speaks_of_money(notification.news) and (tenant.core.confirm or tells_no_amount(notification.core_status))


def ask_about(*, tenant: Tenant, notification: Notification, core: CoreClient) -> CoreAnswer:
    """Ask the core about a notification's link. The network is used here, so no transaction may be open."""
    if notification.link_reference is None:
        return Contradicted("no_link_reference")
    try:
        record = core.get_transaction(tenant.core, notification.link_reference)
    except (UpstreamError, TenantProblem) as fault:
        log.warning("not_confirmed", tenant=tenant.tenant_id, code=str(fault.code))
        return NotYet("core_unreachable")
    return record or NotYet("core_does_not_know_link")


def confirm_notification(*, notification: Notification, answer: CoreAnswer) -> Confirmation:
    """Hold a notification against the core's answer about its link."""
    if not isinstance(answer, CoreRecord):
        return answer
    if _rank(answer.news.money) < _rank(notification.news.money):
        return NotYet("core_says_otherwise")
    return Confirmed(answer)


def _rank(money: Money | None) -> int:
    return RANKS[Money][money.value] if money else 0
