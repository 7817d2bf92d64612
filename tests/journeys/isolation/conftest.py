"""Acme with everything that can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.payments.payment import Channel
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.inbox.inbox import KEY_MISSING
from connector.store.orders import orders
from connector.store.requests import opt_outs
from connector.store.schema import tables
from foundation.database.unit_of_work import UnitOfWork
from tests.factories import OTHER_PHONE
from tests.journeys.verbs import made
from tests.journeys.world import World

BEFORE, AFTER = timedelta(hours=-1), timedelta(hours=1)
RULE = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no", "fields": ["Reason__c"]}


@dataclass(frozen=True)
class Known:
    """What may be known of Acme: a live link and a paid one, of orders that its org refuses, and one that is in doubt."""

    work: UnitOfWork
    live: dict[str, Any]
    paid: dict[str, Any]
    doubtful: dict[str, Any]
    now: datetime

    @property
    def orders(self) -> list[str]:
        """Return the ids of both orders."""
        return [self.live["order_id"], self.paid["order_id"]]

    @property
    def digests(self) -> list[bytes]:
        """Return the digests of both numbers."""
        return [self.live["phone_digest"], self.paid["phone_digest"]]


@pytest.fixture
def known(world: World) -> Iterator[Known]:
    """Acme with everything that can be asked for."""
    world.sent(world.open(world.order()), key="key-00001")
    world.told(world.sent(world.open(world.order()), phone=OTHER_PHONE), "PAYMENT_RECEIVED")
    world.org.answers_with = lambda _record: [RULE]
    world.settle()
    link = world.sent(world.open(world.order()))
    world.settle()
    world.callback(world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    live, paid, doubtful = made(world)
    now = world.clock()
    with world.services.store.write() as work:
        for tenant_id, digest in (("acme", live["phone_digest"]), ("globex", b"another")):
            opt_outs.record(work, tenant_id, [digest], Channel.SMS, stopped=True, said_at=now)
        orders.mark_unread(work, "acme", [paid["order_id"]], because=NOT_IN_ORG, at=now + AFTER)
        of = tables.payment_requests.c
        doubt = update(tables.payment_requests).where(of.reference == doubtful["reference"])
        work.connection.execute(doubt.values(link="unknown", released_at=now))
        changed = update(tables.orders).where(tables.orders.c.order_id == paid["order_id"])
        work.connection.execute(changed.values(currency="EUR"))
        in_vain = update(tables.outbox).where(tables.outbox.c.order_id == doubtful["order_id"])
        waiting = {
            "state": "waiting",
            "blocked_by": None,
            "refusal": None,
            "due_at": now,
            "failing_since": now + BEFORE,
        }
        work.connection.execute(in_vain.values(waiting))
        arrived = tables.inbox.c.due_at.is_not(None)
        work.connection.execute(update(tables.inbox).where(arrived).values(reason=KEY_MISSING))
        work.connection.execute(update(tables.inbox).where(~arrived).values(state="buried"))
        yield Known(work, live, paid, doubtful, now)
