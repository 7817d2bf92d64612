"""Deliveries with their attempts, for people: what was sent, when, and what was answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from foundation.database.unit_of_work import UnitOfWork
from foundation.exact_json import exact_number
from payment_core.api_manifest import api_time
from payment_core.store.row_ids import fitting
from payment_core.store.schema.tables import applications, deliveries, delivery_attempts

STATES = ("pending", "delivered", "parked", "abandoned")


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries: of a merchant, a link, a state, an application, from an id or a time on; None is any.

    ``before`` is the id below which a page of a list begins.
    """

    merchant_id: str | None = None
    reference: str | None = None
    state: str | None = None
    application_id: str | None = None
    first: int | None = None
    last: int | None = None
    since: datetime | None = None
    before: int | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """Return a query of deliveries that finds these only."""
        d = deliveries.c
        equal = (
            (d.merchant_id, self.merchant_id),
            (d.reference, self.reference),
            (d.state, self.state),
            (d.application_id, self.application_id),
        )
        for column, value in equal:
            if value is not None:
                query = query.where(column == value)
        if self.first is not None:
            query = query.where(d.delivery_id >= fitting(self.first))
        if self.last is not None:
            query = query.where(d.delivery_id <= fitting(self.last))
        if self.since is not None:
            query = query.where(d.created_at >= self.since)
        return query if self.before is None else query.where(d.delivery_id < fitting(self.before))


def listed(
    work: UnitOfWork,
    *,
    merchant_id: str | None = None,
    reference: str | None = None,
    state: str | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """Return the newest deliveries, the oldest of them first, each with its attempts and answers."""
    return find(work, DeliveryFilter(merchant_id, reference, state), most=most)


def find(work: UnitOfWork, wanted: DeliveryFilter, *, most: int | None) -> list[dict[str, Any]]:
    """Return the newest of the wanted deliveries, the oldest of them first, each with its attempts and answers."""
    # The newest are wanted, but read from the oldest on, as they happened.
    query = wanted.of(select(deliveries)).order_by(deliveries.c.delivery_id.desc())
    rows = list(reversed(work.connection.execute(query.limit(most)).all()))
    # One query for all of a page, not one each.
    attempts = _attempts(work, [row.delivery_id for row in rows])
    urls = _urls(work)
    return [_shown(work, row, attempts.get(row.delivery_id, []), urls) for row in rows]


def count(work: UnitOfWork, wanted: DeliveryFilter) -> int:
    """Return the number of the wanted deliveries."""
    query = wanted.of(select(func.count()).select_from(deliveries))
    return int(work.connection.execute(query).scalar_one())


def counted(work: UnitOfWork, *, merchant_id: str | None = None) -> dict[str, int]:
    """Return the number of deliveries in each state."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if merchant_id is not None:
        query = query.where(deliveries.c.merchant_id == merchant_id)
    found = {row[0]: row[1] for row in work.connection.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def _shown(work: UnitOfWork, row: Any, attempts: list[Any], urls: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "id": row.delivery_id,
        "application": row.application_id,
        "kind": row.kind,
        "event": row.event,
        "link_reference": row.reference,
        "state": row.state,
        "replays": row.replays,
        "created_at": api_time(row.created_at),
        "next_attempt_at": api_time(row.due_at),
        "body": json.loads(work.vault.open(row.merchant_id, bytes(row.body)), parse_float=exact_number),
        "attempts": [
            {
                "number": one.number,
                "at": api_time(one.at),
                "url": urls.get(row.application_id, {}).get(row.kind),
                "status": one.status,
                "answer": one.answer,
                "error": one.error,
                "duration_ms": one.milliseconds,
            }
            for one in attempts
        ],
    }


def _attempts(work: UnitOfWork, ids: list[int]) -> dict[int, list[Any]]:
    mine = delivery_attempts.c.delivery_id.in_(ids)
    query = select(delivery_attempts).where(mine).order_by(delivery_attempts.c.delivery_id, delivery_attempts.c.number)
    found: dict[int, list[Any]] = {}
    for row in work.connection.execute(query):
        found.setdefault(row.delivery_id, []).append(row)
    return found


def _urls(work: UnitOfWork) -> dict[str, dict[str, str]]:
    a = applications.c
    query = select(a.application_id, a.payment_status_url, a.transaction_status_url, a.settings_url)
    return {
        row.application_id: {
            "payment-status": row.payment_status_url,
            "transaction-status": row.transaction_status_url,
            "settings": row.settings_url,
        }
        for row in work.connection.execute(query)
    }
