"""Every question to the database that names a tenant is answered with that tenant's rows alone, whoever else's ids it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connector.domain.health.push_refusal import RefusedPart
from connector.domain.payments.payment import Channel
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.health import health_checks
from connector.store.inbox.inbox import KEY_MISSING
from connector.store.orders import followed_orders, orders, stale_totals
from connector.store.outbox import blocked_orders, outbox
from connector.store.requests import erasure, open_orders, opt_outs, polling, request_listing, request_rows
from connector.store.requests.request_listing import RequestFilter
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


Reads = Callable[[Known, str], Any]


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


READS: dict[str, Reads] = {
    "an order": lambda k, tenant: orders.find(k.work, tenant, k.orders[0]),
    "orders": lambda k, tenant: orders.find_many(k.work, tenant, k.orders),
    "locked orders": lambda k, tenant: orders.lock_many(k.work, tenant, k.orders),
    "followed orders": lambda k, tenant: followed_orders.followed(k.work, tenant, since=k.now + BEFORE),
    "followed ones among others": lambda k, tenant: followed_orders.followed_among(
        k.work, tenant, k.orders, since=k.now + BEFORE
    ),
    "unfinished orders": lambda k, tenant: open_orders.unfinished_orders(k.work, tenant),
    "orders with a live link": lambda k, tenant: polling.orders_with_live(k.work, tenant),
    "orders soon to be paid": lambda k, tenant: stale_totals.soon_to_be_paid(
        k.work, tenant, now=k.now + timedelta(minutes=2), most=5
    ),
    "a request": lambda k, tenant: request_rows.find(k.work, tenant, k.live["reference"]),
    "requests": lambda k, tenant: request_rows.find_by_references(k.work, tenant, [k.live["reference"]]),
    "requests of links": lambda k, tenant: request_rows.find_by_links(k.work, tenant, [k.live["link_reference"]]),
    "requests of an order": lambda k, tenant: request_rows.find_by_order(k.work, tenant, k.orders[0]),
    "requests of orders": lambda k, tenant: [
        one for some in request_rows.find_by_orders(k.work, tenant, k.orders).values() for one in some
    ],
    "the call of a key": lambda k, tenant: request_rows.find_idempotent_call(k.work, tenant, "key-00001"),
    "live or new requests": lambda k, tenant: request_rows.live_or_created_since(k.work, tenant, begun=k.now + BEFORE),
    "a page of requests": lambda k, tenant: request_listing.list_requests(k.work, tenant, RequestFilter(), most=5)[0],
    "the latest request": lambda k, tenant: request_listing.latest_of_order(k.work, tenant, k.orders[0]),
    "live requests to a number": lambda k, tenant: opt_outs.live_requests_to(
        k.work, tenant, k.digests, [Channel.SMS, Channel.WHATSAPP]
    ),
    "requests paid by a number": lambda k, tenant: opt_outs.requests_paid_by(
        k.work, tenant, k.digests, [Channel.SMS, Channel.WHATSAPP], since=k.now + BEFORE
    ),
    "stopped channels": lambda k, tenant: opt_outs.channels_stopped(k.work, tenant, k.digests),
    "orders of a number": lambda k, tenant: erasure.orders_by_digest(k.work, tenant, k.digests),
    "orders by their number": lambda k, tenant: erasure.orders_by_number(k.work, tenant, k.live["order_number"]),
    "numbers of orders": lambda k, tenant: list(erasure.numbers_of_orders(k.work, tenant)),
    "callback bodies": lambda k, tenant: erasure.bodies(k.work, tenant, after=b""),
    "how far orders were pushed": lambda k, tenant: outbox.states(k.work, tenant, k.orders),
    "blocked orders": lambda k, tenant: blocked_orders.list_orders(
        k.work, tenant_id=tenant, state=None, cause=None, most=5
    ),
    "their count": lambda k, tenant: blocked_orders.count_orders(k.work, tenant_id=tenant, state=None, cause=None),
    "a blocked order by its number": lambda k, tenant: blocked_orders.find_by_number(
        k.work, k.live["order_number"], tenant_id=tenant
    ),
    "blocked orders by their ids": lambda k, tenant: blocked_orders.find_by_ids(k.work, tenant, k.orders),
    "why orders are blocked": lambda k, tenant: blocked_orders.causes(k.work, tenant, most=5),
    "the first send": lambda k, tenant: health_checks.first_sent_between(
        k.work, tenant, since=k.now + BEFORE, until=k.now + AFTER
    ),
    "the first money": lambda k, tenant: health_checks.first_moved_between(
        k.work, tenant, since=k.now + BEFORE, until=k.now + AFTER
    ),
    "the last launch": lambda k, tenant: health_checks.last_launch(k.work, tenant),
    "callbacks that are due": lambda k, tenant: health_checks.inbox_due(k.work, tenant, now=k.now + AFTER).rows,
    "callbacks that nobody can decrypt": lambda k, tenant: health_checks.undecryptable_news(k.work, tenant),
    "buried callbacks": lambda k, tenant: health_checks.buried_news(k.work, tenant),
    "pushes that are due": lambda k, tenant: health_checks.outbox_due(k.work, tenant, now=k.now).rows,
    "orders that fail for long": lambda k, tenant: blocked_orders.waiting_long(k.work, tenant, since=k.now)[0],
    "sends in doubt": lambda k, tenant: health_checks.unknown_since(k.work, tenant).rows,
    "releases": lambda k, tenant: health_checks.released_since(k.work, tenant, k.now),
    "missing orders": lambda k, tenant: followed_orders.missing(
        k.work, tenant, because=NOT_IN_ORG, since=k.now + BEFORE
    ),
    "orders with money in another currency": lambda k, tenant: followed_orders.with_other_currency(k.work, tenant),
    "the last launches": lambda k, tenant: health_checks.last_launches(k.work, tenant, most=5),
}


def test_of_whatever_one_tenant_has_another_is_answered_nothing(known: Known) -> None:
    unanswered = [name for name, reads in READS.items() if not reads(known, "acme")]
    assert unanswered == [], "each must have something to find"
    shown = {name: found for name, reads in READS.items() if (found := reads(known, "globex"))}
    assert shown == {}


def test_only_what_was_asked_for_is_found(known: Known) -> None:
    k, work, before, after = known, known.work, known.now + BEFORE, known.now + AFTER
    live, paid, doubtful = (one["order_id"] for one in (k.live, k.paid, k.doubtful))
    every = [live, paid, doubtful]
    by_sms, by_whatsapp = [Channel.SMS], [Channel.WHATSAPP]
    found: list[tuple[Any, Any]] = [
        (followed_orders.followed(work, "acme", since=before), [paid]),
        (followed_orders.followed(work, "acme", since=after), []),
        (sorted(followed_orders.followed_among(work, "acme", every, since=after)), sorted([live, doubtful])),
        (followed_orders.followed_among(work, "acme", [paid], since=before), [paid]),
        ([one.order_id for one in followed_orders.missing(work, "acme", because=NOT_IN_ORG, since=before)], [paid]),
        (followed_orders.missing(work, "acme", because=NOT_IN_ORG, since=after), []),
        (followed_orders.missing(work, "acme", because="another", since=before), []),
        (followed_orders.with_other_currency(work, "acme"), [paid]),
        (request_rows.find_idempotent_call(work, "acme", "key-00002"), None),
        (blocked_orders.find_by_number(work, "nobody", tenant_id="acme"), []),
        ([one.order_id for one in blocked_orders.find_by_number(work, k.live["order_number"], tenant_id="acme")], [live]),
        (sorted(blocked_orders.causes(work, "acme", most=5)[0].numbers), sorted(one["order_number"] for one in (k.live, k.paid))),
        (blocked_orders.waiting_long(work, "acme", since=before), (0, (), None)),
        (blocked_orders.waiting_long(work, "acme", since=k.now)[:2], (1, (k.doubtful["order_number"],))),
        (erasure.bodies(work, "acme", after=b"\xff" * 32), []),
        (set(opt_outs.live_requests_to(work, "acme", k.digests, by_sms).values()), {live, doubtful}),
        (opt_outs.live_requests_to(work, "acme", k.digests, by_whatsapp), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_sms, since=before), {k.paid["reference"]: paid}),
        (opt_outs.requests_paid_by(work, "acme", k.digests[:1], by_sms, since=before), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_sms, since=after), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_whatsapp, since=before), {}),
        (opt_outs.channels_stopped(work, "acme", k.digests[1:]), frozenset()),
        (health_checks.inbox_due(work, "acme", now=after).rows, 1),
        (health_checks.inbox_due(work, "acme", now=before), health_checks.Due(0, None)),
        (health_checks.undecryptable_news(work, "acme"), 1),
        (health_checks.buried_news(work, "acme"), {"applied": 1}),
        (health_checks.outbox_due(work, "acme", now=k.now), health_checks.Due(1, k.now)),
        (health_checks.outbox_due(work, "acme", now=before).rows, 0),
        (health_checks.unknown_since(work, "acme").rows, 1),
        (health_checks.released_since(work, "acme", k.now), [k.doubtful["reference"]]),
        (health_checks.released_since(work, "acme", after), []),
        (health_checks.first_sent_between(work, "acme", since=after, until=after), None),
        (health_checks.first_moved_between(work, "acme", since=after, until=after), None),
    ]  # fmt: skip
    assert [one for one in found if one[0] != one[1]] == []


def test_a_number_is_written_to_its_own_request_alone(known: Known) -> None:
    of = tables.payment_requests.c
    digests = select(of.reference, of.phone_digest)
    before = {row.reference: row.phone_digest for row in known.work.connection.execute(digests)}
    request = request_rows.find(known.work, "acme", known.live["reference"])
    assert request is not None
    request_rows.update_phone(known.work, request, phone_digest=b"new")
    after = {row.reference: row.phone_digest for row in known.work.connection.execute(digests)}
    assert after == {**before, known.live["reference"]: b"new"}


def test_a_stop_under_an_older_key_moves_and_no_other_does(known: Known) -> None:
    digests, old = [b"new", b"another"], known.live["phone_digest"]
    opt_outs.record(known.work, "globex", digests, Channel.WHATSAPP, stopped=True, said_at=known.now)
    assert opt_outs.channels_stopped(known.work, "globex", [b"another"]) == {Channel.SMS}, "of another channel"
    opt_outs.record(known.work, "globex", [*digests, old], Channel.SMS, stopped=False, said_at=known.now + BEFORE)
    assert opt_outs.channels_stopped(known.work, "globex", [b"another"]) == frozenset()
    assert opt_outs.channels_stopped(known.work, "globex", [b"new"]) == {Channel.SMS, Channel.WHATSAPP}
    assert opt_outs.channels_stopped(known.work, "acme", [old]) == {Channel.SMS}


@pytest.mark.parametrize(("reason", "code"), [("A_CODE", "A_CODE"), (None, "UNKNOWN")])
def test_a_refusal_that_nobody_can_read_any_more_is_known_by_its_code(
    known: Known, reason: str | None, code: str
) -> None:
    """An older version stored none, or its encryption key is lost."""
    known.work.connection.execute(update(tables.outbox).values(blocked_by="request.0001", reason=reason, refusal=None))
    (cause,) = blocked_orders.causes(known.work, "acme", most=5)
    assert (cause.refusal.part, cause.refusal.code, cause.orders) == (RefusedPart.REQUEST, code, 3)
