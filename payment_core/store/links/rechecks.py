"""Closed links whose money is looked at once more, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import links

_MINE = links.c.reference == bindparam("of_reference")
_CHANGE = Prepared(update(links).where(_MINE))
_CHANGE_SAME = Prepared(update(links).where(_MINE, links.c.version == bindparam("of_version")))
_DUE = Prepared(
    select(links.c.reference)
    .where(links.c.look_at <= bindparam("of_now"))
    .order_by(links.c.look_at)
    .limit(bindparam("most"))
)


def references_to_look_at(work: UnitOfWork, *, now: datetime, most: int) -> Sequence[str]:
    """Return the references of closed links whose money is due to be looked at once more."""
    return [row.reference for row in _DUE.every(work.connection, of_now=now, most=most)]


def look_again(work: UnitOfWork, reference: str, *, at: datetime | None, version: int | None = None) -> None:
    """Write when a link's money is looked at once more; None for never. With a ``version``, only if the link still has it."""
    mine: dict[str, Any] = {"of_reference": reference}
    if version is None:
        _CHANGE.run(work.connection, {"look_at": at, **mine})
    else:
        _CHANGE_SAME.run(work.connection, {"look_at": at, "of_version": version, **mine})
