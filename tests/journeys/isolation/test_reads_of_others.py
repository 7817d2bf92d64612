"""Every question to the database that names a tenant is answered with that tenant's rows alone, whoever else's ids it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connector.domain.payments.payment import Channel
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.health import health_checks
from connector.store.orders import followed_orders, orders, stale_totals
from connector.store.outbox import blocked_orders, outbox
from connector.store.requests import erasure, open_orders, opt_outs, polling, request_listing, request_rows
from connector.store.requests.request_listing import RequestFilter
from tests.journeys.isolation.conftest import AFTER, BEFORE, Known

Reads = Callable[[Known, str], Any]
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
