"""Check that the payment core calls back, at each of its addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.store.health import health_checks
from connector.store.health.callback_times import STORED_EVERY, latest_callbacks
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork

# The core calls back about a new link, and about moved money, within seconds.
_WITHIN = timedelta(minutes=3)
_LOOK_BACK = timedelta(days=1)
_STATUS, _MONEY = "transaction-status", "payment-status"
# address -> (what happened that it should have reported, what is missed without it)
_EXPECTED = {
    _STATUS: ("payment requests were sent", "Agents do not see whether a link was opened or has ended until we ask the core."),
    _MONEY: ("money has moved", "Payments may be noticed minutes late, when we ask the core ourselves."),
}  # fmt: skip


def examine_callbacks(*, tenant: Tenant, store: Store, now: Callable[[], datetime]) -> list[Check]:
    """Return the check for callbacks that should have arrived."""
    return [Check("callbacks_missing", lambda: _missing(tenant, store, now()), every_minute=True)]


def _missing(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    with store.read() as work:
        arrivals = latest_callbacks(work, tenant.tenant_id)
        missing = {kind: at for kind in _EXPECTED if (at := _unreported_since(work, tenant, kind, arrivals, now))}
        connected = health_checks.created_at(work, tenant.tenant_id)
    if not arrivals and not missing:
        return [] if connected is None or now - connected < _WITHIN or tenant.disabled else [_not_yet(tenant)]
    first = missing.get(_STATUS)
    if first and all(at < first for at in arrivals.values()):
        return [_nothing(tenant, first, ever=bool(arrivals))]
    return [_one(tenant, kind, at) for kind, at in missing.items()]


def _unreported_since(
    work: UnitOfWork, tenant: Tenant, kind: str, arrivals: dict[str, datetime], now: datetime
) -> datetime | None:
    """Return when something happened that no callback at this address can have reported; None where nothing did."""
    last = arrivals.get(kind)
    # Arrivals are stored once in STORED_EVERY only, so what happened within that time of the last one may be covered.
    since = max(now - _LOOK_BACK, last + STORED_EVERY) if last else now - _LOOK_BACK
    happened = health_checks.first_sent_between if kind == _STATUS else health_checks.first_moved_between
    return happened(work, tenant.tenant_id, since=since, until=now - _WITHIN) if since < now - _WITHIN else None


def _nothing(tenant: Tenant, first: datetime, *, ever: bool) -> Finding:
    so_far = (
        "has not called back once since"
        if ever
        else "has never called back: perhaps nothing is pasted in its portal yet"
    )
    return Finding(
        check="callbacks_missing",
        level=Level.WRONG,
        problem=f"Payment requests were sent since {first:%Y-%m-%d %H:%M} UTC, and the payment core {so_far}.",
        remedy=f"{_paste(tenant)} If the portal shows them answered with 401, its proof is wrong: "
        f"`chat2pay rotate-key callback {tenant.tenant_id}` makes another.",
        impact="Payments are noticed minutes late, when we ask the core ourselves.",
    )


def _not_yet(tenant: Tenant) -> Finding:
    return Finding(
        check="callbacks_missing",
        level=Level.SOON,
        problem="The payment core has not called back yet, and no payment request was sent yet that it could tell of.",
        remedy=f"{_paste(tenant)} Then send a first payment request: this goes with the first callback.",
        impact="If nothing is pasted there, payments are noticed minutes late, when we ask the core ourselves.",
    )


def _one(tenant: Tenant, kind: str, at: datetime) -> Finding:
    happened, missed = _EXPECTED[kind]
    return Finding(
        check="callbacks_missing",
        level=Level.SOON,
        subject=kind,
        problem=f"Since {at:%Y-%m-%d %H:%M} UTC {happened}, and the payment core has told the address {kind} nothing of it.",
        remedy=_paste(tenant),
        impact=missed,
    )


def _paste(tenant: Tenant) -> str:
    return (
        f"Paste the callback addresses of `chat2pay tenant show {tenant.tenant_id}` into the application in the core's portal, "
        "each in its place, and see that it is enabled."
    )
