"""The outcomes of claimed outbox rows (written, blocked, postponed), and the statements that store them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, update

from connector.domain.health.push_refusal import PushRefusal
from connector.store.outbox.outbox import OutboxEntry, OutboxState
from connector.store.schema.tables import outbox
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault

_WAITING = "waiting"
_AT_NOW = bindparam("at_now", type_=outbox.c.due_at.type)
_TO_VERSION = bindparam("to_version", type_=outbox.c.version.type)
_NEWER = outbox.c.version > _TO_VERSION
_TO_REASON = bindparam("to_reason", type_=outbox.c.reason.type)
_TO_CAUSE = bindparam("to_cause", type_=outbox.c.blocked_by.type)
_TO_REFUSAL = bindparam("to_refusal", type_=outbox.c.refusal.type)
_REQUESTS_WRITTEN = bindparam("requests_written", type_=outbox.c.final.type)
# The fence: only the holder of this very lease may write the outcome.
_LEASED = and_(
    outbox.c.tenant_id == bindparam("of_tenant"),
    outbox.c.order_id == bindparam("of_order"),
    outbox.c.lease == bindparam("of_lease"),
)
_GIVEN_BACK: dict[str, Any] = {"lease": None, "lease_until": None}
_FAILED: dict[str, Any] = {
    "failing_since": func.coalesce(outbox.c.failing_since, _AT_NOW),
    "tried_at": _AT_NOW,
    "requests_version": case((_REQUESTS_WRITTEN, _TO_VERSION), else_=outbox.c.requests_version),
    "pushed_at": case((_REQUESTS_WRITTEN, _AT_NOW), else_=outbox.c.pushed_at),
}

_WRITTEN: dict[str, Any] = {
    "state": case((_NEWER, literal(_WAITING)), else_=literal("written")),
    "reason": _TO_REASON,
    "due_at": case((_NEWER, _AT_NOW), else_=None),
    "final": case((_NEWER, outbox.c.final), else_=literal(value=False)),
    "pushed_version": _TO_VERSION,
    "requests_version": _TO_VERSION,
    "pushed_at": _AT_NOW,
    "attempts": 0,
}
_FINISH = (
    update(outbox)
    .where(_LEASED)
    .values(
        written_state=func.coalesce(
            bindparam("new_written_state", type_=outbox.c.written_state.type), outbox.c.written_state
        ),
        blocked_by=None,
        refusal=None,
        failing_since=None,
        probed_at=None,
        **_WRITTEN,
        **_GIVEN_BACK,
    )
)
# Everything is written but the mapped Status, for which alone the row is probed again.
_FINISH_WITHOUT_STATUS = (
    update(outbox)
    .where(_LEASED)
    .values(
        blocked_by=_TO_CAUSE,
        refusal=_TO_REFUSAL,
        failing_since=func.coalesce(outbox.c.failing_since, _AT_NOW),
        tried_at=_AT_NOW,
        **_WRITTEN,
        **_GIVEN_BACK,
    )
)
# Without a due time: rows of one cause are probed together, see ``probes``. A final change stays final.
_BLOCK = (
    update(outbox)
    .where(_LEASED)
    .values(
        state=case((_NEWER, literal(_WAITING)), else_=bindparam("to_state", type_=outbox.c.state.type)),
        reason=_TO_REASON,
        due_at=case((_NEWER, _AT_NOW), else_=None),
        blocked_by=_TO_CAUSE,
        refusal=_TO_REFUSAL,
        # Salesforce does not have this version after all, which a page or a reconciliation would otherwise assume.
        pushed_version=case((outbox.c.pushed_version >= _TO_VERSION, _TO_VERSION - 1), else_=outbox.c.pushed_version),
        attempts=0,
        **_FAILED,
        **_GIVEN_BACK,
    )
)
# A passing failure says nothing about what blocks a row, so that stays until Salesforce answers for the row again.
_POSTPONE = (
    update(outbox)
    .where(_LEASED)
    .values(
        state=case((outbox.c.blocked_by.is_not(None), outbox.c.state), else_=literal(_WAITING)),
        reason=case((outbox.c.blocked_by.is_not(None), outbox.c.reason), else_=_TO_REASON),
        refusal=case((outbox.c.blocked_by.is_not(None), outbox.c.refusal), else_=_TO_REFUSAL),
        due_at=bindparam("to_due_at", type_=outbox.c.due_at.type),
        **_FAILED,
        **_GIVEN_BACK,
    )
)


@dataclass(frozen=True)
class Conclusion:
    """The outcome of a claimed row: written, to be tried again at ``due_at``, or else blocked by its ``refusal``.

    A written row with a ``refusal`` lacks its Status. ``written_state`` is the order payment state whose Status was written;
    None leaves the stored one. Each is written once, because a person may change the Status afterwards.
    """

    entry: OutboxEntry
    state: OutboxState
    reason: str | None = None
    due_at: datetime | None = None
    requests_written: bool = True
    written_state: str | None = None
    refusal: PushRefusal | None = None

    @property
    def is_blocked(self) -> bool:
        """Return whether the row is only tried again by a probe, and not at a time of its own."""
        return self.state is not OutboxState.WRITTEN and self.due_at is None


def conclude(
    work: UnitOfWork,
    conclusions: Sequence[Conclusion],
    *,
    now: datetime,
) -> None:
    """Release claimed rows with their outcomes; a row whose lease was lost is left alone, a newer version stays due."""
    chosen_by: dict[Any, list[Conclusion]] = {}
    for one in conclusions:
        chosen_by.setdefault(_statement_of(one), []).append(one)
    # One statement for each kind of outcome, run for all its rows at once.
    for statement, chosen in chosen_by.items():
        work.connection.execute(statement, [_parameters(one, now, work.vault) for one in chosen])


def _statement_of(one: Conclusion) -> Any:
    if one.state is OutboxState.WRITTEN:
        return _FINISH_WITHOUT_STATUS if one.refusal else _FINISH
    return _BLOCK if one.is_blocked else _POSTPONE


def _parameters(one: Conclusion, now: datetime, vault: Vault) -> dict[str, Any]:
    """Return the parameters of a conclusion's statement."""
    row = {
        "of_tenant": one.entry.tenant_id,
        "of_order": one.entry.order_id,
        "of_lease": one.entry.lease,
        "to_version": one.entry.version,
        "to_reason": one.reason,
        "at_now": now,
    }
    if one.state is OutboxState.WRITTEN and one.refusal is None:
        return row | {"new_written_state": one.written_state}
    row["requests_written"] = one.requests_written
    row["to_refusal"] = vault.seal(one.entry.tenant_id, one.refusal.to_bytes()) if one.refusal else None
    row["to_cause"] = one.refusal.cause if one.refusal else None
    return row | {"to_state": one.state.value, "to_due_at": one.due_at}
