"""The statements that conclude a claimed outbox row: written, blocked, postponed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, update

from connector.store.schema.tables import outbox

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
FINISH = (
    update(outbox)
    .where(_LEASED)
    .values(
        told_state=func.coalesce(bindparam("now_told", type_=outbox.c.told_state.type), outbox.c.told_state),
        blocked_by=None,
        refusal=None,
        failing_since=None,
        probed_at=None,
        **_WRITTEN,
        **_GIVEN_BACK,
    )
)
# Everything is written but the mapped Status, for which alone the row is probed again.
FINISH_WITHOUT_STATUS = (
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
BLOCK = (
    update(outbox)
    .where(_LEASED)
    .values(
        state=case((_NEWER, literal(_WAITING)), else_=bindparam("to_state", type_=outbox.c.state.type)),
        reason=_TO_REASON,
        due_at=case((_NEWER, _AT_NOW), else_=None),
        blocked_by=_TO_CAUSE,
        refusal=_TO_REFUSAL,
        pushed_version=case((outbox.c.pushed_version >= _TO_VERSION, _TO_VERSION - 1), else_=outbox.c.pushed_version),
        pushed_at=case((_REQUESTS_WRITTEN, _AT_NOW), else_=outbox.c.pushed_at),
        attempts=0,
        **_FAILED,
        **_GIVEN_BACK,
    )
)
# A passing failure says nothing about what blocks a row, so that stays until Salesforce answers for the row again.
POSTPONE = (
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
