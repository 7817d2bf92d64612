"""Knows the two statements by which a claimed outbox row is given back: finished, or postponed; refuses to choose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, update

from connector.store.tables import outbox

_WAITING = "waiting"
_MOMENT = outbox.c.due_at.type
_AT_NOW = bindparam("at_now", type_=_MOMENT)
_NEWER = outbox.c.version > bindparam("to_version", type_=outbox.c.version.type)
# The fence: only the holder of this very lease may write the outcome.
_LEASED = and_(
    outbox.c.tenant_id == bindparam("of_tenant"),
    outbox.c.order_id == bindparam("of_order"),
    outbox.c.lease == bindparam("of_lease"),
)


def _unless_buried(column: Any, value: Any) -> Any:
    return case((bindparam("is_buried", type_=outbox.c.final.type), column), else_=value)


FINISH = (
    update(outbox)
    .where(_LEASED)
    .values(
        state=case((_NEWER, literal(_WAITING)), else_=bindparam("to_state", type_=outbox.c.state.type)),
        reason=bindparam("to_reason"),
        due_at=case((_NEWER, _AT_NOW), else_=None),
        final=case((_NEWER, outbox.c.final), else_=literal(value=False)),
        pushed_version=_unless_buried(outbox.c.pushed_version, bindparam("to_version", type_=outbox.c.version.type)),
        requests_version=_unless_buried(
            outbox.c.requests_version, bindparam("to_version", type_=outbox.c.version.type)
        ),
        pushed_at=_unless_buried(outbox.c.pushed_at, _AT_NOW),
        told_state=func.coalesce(bindparam("now_told", type_=outbox.c.told_state.type), outbox.c.told_state),
        attempts=0,
        lease=None,
        lease_until=None,
    )
)
POSTPONE = (
    update(outbox)
    .where(_LEASED)
    .values(
        state=_WAITING,
        reason=bindparam("to_reason"),
        due_at=bindparam("to_due_at", type_=_MOMENT),
        requests_version=case(
            (
                bindparam("requests_written", type_=outbox.c.final.type),
                bindparam("to_version", type_=outbox.c.version.type),
            ),
            else_=outbox.c.requests_version,
        ),
        lease=None,
        lease_until=None,
    )
)
