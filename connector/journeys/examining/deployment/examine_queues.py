"""Check a tenant's inbox, outbox and requests for what waits too long, or waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.journeys.syncing.name_blocked_orders import ORDERS_REFUSED, name_blocked_orders
from connector.store.health import health_checks
from connector.store.health.findings import AGENT_REFUSED, CLONED_ORG, RAISED_BY_EVENTS, stored_findings
from connector.store.health.health_checks import Due
from connector.store.store import Store

_LONGEST_WAIT = timedelta(minutes=2)
# A link can be paid for 20 minutes; half of that leaves time to look for it in the core's portal.
_LONGEST_UNKNOWN = timedelta(minutes=10)
_RELEASED_WITHIN, _MOST_NAMED = timedelta(days=7), 20
_BURIED = {
    "anomaly": "contradict what we asked for, so they were not believed",
    "orphan": "are about payment links that we never made",
    "unreadable": "could not be read",
}


def examine_queues(*, tenant: Tenant, store: Store, now: Callable[[], datetime]) -> list[Check]:
    """Return the checks of what waits, of what is stuck, and of what events have raised."""
    return [
        Check("inbox_waiting", lambda: _inbox_waiting(tenant, store, now()), every_minute=True),
        Check("inbox_unopened", lambda: _inbox_unopened(tenant, store), every_minute=True),
        Check("record_unread", lambda: _record_unread(tenant, store), every_minute=True),
        Check("outbox_waiting", lambda: _outbox_waiting(tenant, store, now()), every_minute=True),
        Check("inbox_buried", lambda: _inbox_buried(tenant, store), every_minute=True),
        Check(
            ORDERS_REFUSED,
            lambda: name_blocked_orders(tenant_id=tenant.tenant_id, store=store, now=now()),
            every_minute=True,
        ),
        Check("outcome_unknown", lambda: _outcome_unknown(tenant, store, now()), every_minute=True),
        Check("request_released", lambda: _released(tenant, store, now()), every_minute=True),
        Check("events", lambda: _events(tenant, store)),
    ]


def _inbox_waiting(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    with store.read() as work:
        due = health_checks.inbox_due(work, tenant.tenant_id, now=now)
    if not _waits_too_long(due, now):
        return []
    return [
        Finding(
            check="inbox_waiting",
            level=Level.WRONG,
            problem=f"{_entries(due.rows, 'callback')} waiting to be read, the first for {_span(due, now)}.",
            remedy="See that a connector runs (`chat2pay serve`, on PostgreSQL also `chat2pay worker`) and read "
            "its log for `step_failed`.",
            impact="Paid orders stay unpaid on the agents' screens and in Salesforce.",
        )
    ]


def _inbox_unopened(tenant: Tenant, store: Store) -> list[Finding]:
    with store.read() as work:
        number = health_checks.undecryptable_news(work, tenant.tenant_id)
    if not number:
        return []
    return [
        Finding(
            check="inbox_unopened",
            level=Level.WRONG,
            problem=f"None of the keys in CHAT2PAY_ENCRYPTION_KEYS opens {_entries(number, 'callback', verb='')}.",
            remedy="Put the key that sealed them back, behind the newest one, and restart every process. They are then read "
            "within ten minutes, or at once with `chat2pay inbox replay`.",
            impact="What they say of money is noticed only when we ask the core ourselves.",
        )
    ]


def _record_unread(tenant: Tenant, store: Store) -> list[Finding]:
    with store.read() as work:
        unread = health_checks.unread_records(work, tenant.tenant_id)
    return [
        Finding(
            check="record_unread",
            level=Level.WRONG,
            subject=reason,
            problem=f"{_entries(number, 'callback')} waiting for a record of the payment core's that cannot be read ({reason}).",
            remedy="Ask the core's support for amounts with a point and no other mark, such as 1150.00, or correct the names "
            "of the fields in `operations.json`. They are read again by themselves, at once with `chat2pay inbox replay`.",
            impact="What they say of money is in no order; nothing of it is guessed, and nothing is lost.",
        )
        for reason, number in unread.items()
    ]


def _outbox_waiting(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    with store.read() as work:
        due = health_checks.outbox_due(work, tenant.tenant_id, now=now)
    if not _waits_too_long(due, now):
        return []
    return [
        Finding(
            check="outbox_waiting",
            level=Level.WRONG,
            problem=f"{_entries(due.rows, 'order')} waiting to be written to Salesforce, the first for "
            f"{_span(due, now)}.",
            remedy="If the login to Salesforce is in order above, see that a connector runs and read its log for "
            "`push_failed`.",
            impact="Salesforce shows an older payment state than the agents' pages do. Nothing is lost: it is "
            "written when the way is free.",
        )
    ]


def _inbox_buried(tenant: Tenant, store: Store) -> list[Finding]:
    with store.read() as work:
        buried = health_checks.buried_news(work, tenant.tenant_id)
    return [
        Finding(
            check="inbox_buried",
            level=Level.SOON if _may_be_made_up(tenant, verdict) else Level.WRONG,
            subject=verdict,
            problem=f"{_entries(number, 'callback')} set aside: they {_BURIED.get(verdict, 'could not be applied')}.",
            remedy=f"Read them with `chat2pay inbox list --tenant {tenant.tenant_id} --verdict {verdict}` and "
            "compare with the core's portal; then `chat2pay inbox replay`, or `chat2pay inbox archive`.",
            impact="What they say of money is in no order. If they were forged, somebody has your callback address.",
        )
        for verdict, number in buried.items()
    ]


def _may_be_made_up(tenant: Tenant, verdict: str) -> bool:
    """Return whether entries of this verdict may be invented: without a proof, whoever knows the address can send any."""
    return tenant.core.takes_unproven and verdict in ("orphan", "unreadable")


def _outcome_unknown(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    with store.read() as work:
        unknown = health_checks.unknown_since(work, tenant.tenant_id)
    if unknown.since is None or now - unknown.since < _LONGEST_UNKNOWN:
        return []
    return [
        Finding(
            check="outcome_unknown",
            level=Level.WRONG,
            problem=f"{_entries(unknown.rows, 'payment request')} sent without an answer, and the payment core has "
            f"not said since what became of them, the first for {_span(unknown, now)}.",
            remedy="See whether the payment core answers (above), and look for the order numbers in its portal. It is asked "
            "until it answers; a supervisor may release an order on the agent's page or with `chat2pay request release`.",
            impact="Agents cannot send another link for these orders.",
        )
    ]


def _released(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    with store.read() as work:
        released = health_checks.released_since(work, tenant.tenant_id, now - _RELEASED_WITHIN)
    return [
        Finding(
            check="request_released",
            level=Level.SOON,
            subject=reference,
            problem=f"A supervisor released payment request {reference}, and it is still not known whether its link can be paid.",
            remedy="Look for it in the payment core's portal and cancel its link there, if it has one; "
            "`chat2pay reconcile` then takes over what the core's record says.",
            impact="The customer may pay twice. Both payments would count, and alarm.",
        )
        for reference in released[:_MOST_NAMED]
    ]


def _events(tenant: Tenant, store: Store) -> list[Finding]:
    """Repeat the open findings that events raised; those about logins and agents' tokens have checks of their own."""
    with store.read() as work:
        open_ones = [one.finding for one in stored_findings(work, tenant.tenant_id)]
    return [
        one
        for one in open_ones
        if one.check in RAISED_BY_EVENTS - {AGENT_REFUSED} and (one.check, one.subject) != (CLONED_ORG, "login")
    ]


def _waits_too_long(due: Due, now: datetime) -> bool:
    return due.since is not None and now - due.since > _LONGEST_WAIT


def _entries(number: int, what: str, *, verb: str | None = None) -> str:
    """Return ``1 order is`` or ``3 orders are``; with ``verb`` empty, the number and the noun alone."""
    noun = what if number == 1 else f"{what}s"
    verb_form = ("is" if number == 1 else "are") if verb is None else verb
    return f"{number} {noun} {verb_form}".rstrip()


def _span(due: Due, now: datetime) -> str:
    minutes = int((now - (due.since or now)).total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (60 * 24)} days"
