"""Every query of a hot path is served by an index, on SQLite and on PostgreSQL; both planners are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector.domain.payments.payment import Channel
from connector.domain.tenants.send_limits import Counted, Limit
from connector.store.encryption.vault import TenantVault
from connector.store.health import gauges
from connector.store.inbox import inbox, inbox_admin, inbox_claim
from connector.store.inbox.inbox import Arrival
from connector.store.leasing import row_leases
from connector.store.orders import followed_orders, orders, stale_totals
from connector.store.outbox import blocked_orders as blocked_listing
from connector.store.outbox import outbox, outbox_claim, probes
from connector.store.requests import (
    operations,
    opt_outs,
    polling,
    request_events,
    request_listing,
    request_rows,
    send_counts,
)
from connector.store.schema import migrate, tables
from connector.store.tenants.launches import LaunchStore
from foundation.database.database import Database
from foundation.database.lease import Lease
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.secret import Secret
from tests.databases.query_plans import assert_no_scan, fill, recorded, statements_of, url_of

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
VAULT = TenantVault([Secret(Fernet.generate_key().decode())])
ROWS = 3000


def _claim_inbox(work: UnitOfWork) -> None:
    inbox_claim.claim(work, now=NOW, lease=Lease("w1.x", NOW + timedelta(minutes=1)), most=50)


def _claim_outbox(work: UnitOfWork) -> None:
    outbox_claim.claim(
        work, "t", [0, 1], now=NOW, lease=Lease("w1.x", NOW + timedelta(minutes=1)), most=200, final_only=False
    )


_NEXT = request_listing.RequestFilter(since=NOW - timedelta(days=1), after=request_listing.Cursor(NOW, "r1"))


def _room(work: UnitOfWork, counted: Counted) -> None:
    limit = Limit(counted, 10, timedelta(minutes=1))
    send_counts.room_again_at(work, limit, send_counts.CheckedSend("t", "none", b"none", "r0"), now=NOW)


HOT: dict[str, Callable[[UnitOfWork], Any]] = {
    "inbox: record": lambda c: inbox.record_sealed(
        c.connection, [inbox.seal(Arrival("t", "payment-status", b"new", NOW), vault=VAULT)]
    ),
    "inbox: claim": _claim_inbox,
    "inbox: next due": inbox.next_due,
    "inbox: due entries": lambda c: gauges.due_entries(c, now=NOW, most=50),
    "outbox: claim": _claim_outbox,
    "outbox: due partitions": lambda c: outbox_claim.due_partitions(c, now=NOW),
    "totals: due and old": lambda c: stale_totals.with_stale_totals(c, "t", now=NOW, most=1000),
    "totals: about to be paid": lambda c: stale_totals.soon_to_be_paid(c, "t", now=NOW, most=1000),
    "totals: not read": lambda c: stale_totals.postpone(c, "t", [("o1", NOW)], reason="none", now=NOW),
    "followed orders: the latest paid": lambda c: followed_orders.followed(
        c, "t", since=NOW - timedelta(days=90), most=200
    ),
    "followed orders: which of these": lambda c: followed_orders.followed_among(c, "t", ["none", "nil"], since=NOW),
    "followed orders: a look": lambda c: followed_orders.save_position(
        c, "t", followed_orders.ChangePosition(NOW, NOW)
    ),
    "orders: read again": lambda c: orders.mark_read(c, "t", ["none", "nil"], read_at=NOW),
    "orders: not shown": lambda c: orders.mark_unread(c, "t", ["none", "nil"], because="none", at=NOW),
    "outbox: due tenants": lambda c: outbox.due_tenants(c, now=NOW, soon=timedelta(seconds=4)),
    "outbox: states": lambda c: outbox.states(c, "t", ["o17", "o18"]),
    "blocked: whose": probes.tenants_with_blocked,
    "blocked: when": lambda c: probes.next_probe(c, "t"),
    "blocked: probe": lambda c: probes.probe(c, "t", now=NOW),
    "blocked: free": lambda c: probes.unblock(
        c, "t", [probes.ClearedBlock("order", "C", cause, 3) for cause in ("order.abc", None)], now=NOW
    ),
    "blocked: causes": lambda c: blocked_listing.causes(c, "t", most=20),
    "blocked: waits long": lambda c: blocked_listing.waiting_long(c, "t", since=NOW),
    "leases: give back": lambda c: row_leases.release_owner(c, "w7", now=NOW),
    "payments: by reference": lambda c: request_rows.find_by_references(c, "t", {"r1"}),
    "payments: by link": lambda c: request_rows.find_by_links(c, "t", {"l2"}),
    "payments: find": lambda c: request_rows.find(c, "t", "none"),
    "payments: of order": lambda c: request_rows.find_by_order(c, "t", "none"),
    "payments: of orders": lambda c: request_rows.find_by_orders(c, "t", ["none", "nil"]),
    "payments: by key": lambda c: request_rows.find_idempotent_call(c, "t", "key"),
    "verbs: open call": lambda c: operations.open_call(c, "t", "r1"),
    "verbs: open past": lambda c: operations.overdue_calls(c, now=NOW, most=20),
    "verbs: ended as": lambda c: operations.has_ended_as(c, "t", "r1", "captured"),
    "verbs: by key": lambda c: operations.by_key(c, "t", "key"),
    "payments: sending past its lease": lambda c: polling.expired_sends(c, now=NOW),
    "payments: watched": lambda c: polling.due_requests(c, now=NOW, most=20),
    "payments: put off": lambda c: polling.postpone(c, "t", ["r1", "r2"], now=NOW),
    "payments: live orders": lambda c: polling.orders_with_live(c, "t"),
    "payments: a page of the list": lambda c: request_listing.list_requests(
        c, "t", request_listing.RequestFilter(), most=50
    ),
    "payments: the next page of the list": lambda c: request_listing.list_requests(c, "t", _NEXT, most=50),
    "payments: sends of an order": lambda c: _room(c, Counted.ORDER),
    "payments: sends to a number": lambda c: _room(c, Counted.NUMBER),
    "payments: sends of a tenant": lambda c: _room(c, Counted.TENANT),
    "payments: history": lambda c: request_events.history_of(c, ["r1", "r2"]),
    "orders: lock": lambda c: orders.lock(c, "t", "o1"),
    "orders: lock many": lambda c: orders.lock_many(c, "t", ["none", "nil"]),
    "stopped numbers: of one": lambda c: opt_outs.channels_stopped(c, "t", (b"1" * 32, b"2" * 32)),
    "stopped numbers: who was written to": lambda c: opt_outs.live_requests_to(
        c, "t", (b"1" * 32, b"2" * 32), tuple(Channel)
    ),
    "stopped numbers: who has just paid": lambda c: opt_outs.requests_paid_by(
        c, "t", (b"1" * 32, b"2" * 32), tuple(Channel), since=NOW
    ),
    "gauges: levels": lambda c: gauges.levels(c, now=NOW),
    "inbox: by the start of a digest": lambda c: inbox_admin.find_by_prefix(c, "0123456789ab"),
    "orders: touch": lambda c: orders.touch(c, "t", "o1"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(url_of(request, tmp_path_factory.mktemp("explain")))
    migrate.upgrade(database)
    fill(database, tables.metadata, _used_tables())
    yield database
    database.close()


@pytest.mark.parametrize("name", HOT)
def test_a_hot_query_reads_no_table_from_end_to_end(database: Database, name: str) -> None:
    with database.write() as connection:
        assert_no_scan(connection, statements_of(connection, HOT[name], vault=VAULT), tables.metadata.tables)


def test_a_launch_is_found_by_its_digest_and_by_its_id(database: Database) -> None:
    launches = LaunchStore(Transactions(database, VAULT))
    with recorded(database.engine) as statements:
        launches.was_used(b"none")
        launches.get("none")
        launches.forget_tokens(now=NOW - timedelta(days=9))
    assert len(statements) == 3
    with database.write() as connection:
        assert_no_scan(connection, statements, tables.metadata.tables)


def _used_tables() -> dict[str, list[dict[str, Any]]]:
    """Tables in which nearly everything is done, as they are after a week."""
    none = {"total": None, "tax": None, "sub_total": None}
    sealed = VAULT.seal("t", b"{}")
    phone = VAULT.seal("t", b"27831234567")
    span = [NOW - timedelta(minutes=n) for n in range(ROWS)]
    rest: dict[str, list[dict[str, Any]]] = {
        "inbox": [
            {"digest": n.to_bytes(32, "big"), "tenant_id": "t", "kind": "payment-status", "attempts": 1,
             "open_claims": 0, "duplicates": 0, "body": sealed, "received_at": at,
             "state": "new" if n < 5 else "postponed" if n < 9 else "done",
             "due_at": NOW if n < 5 else NOW + timedelta(minutes=n) if n < 9 else None,
             "lease_until": NOW + timedelta(minutes=n) if 5 <= n < 9 else None, "lease": "w7.x" if 5 <= n < 9 else None}
            for n, at in enumerate(span)
        ],
        "orders": [
            {"tenant_id": "t", "order_id": f"o{n}", "number": str(n), "currency": "ZAR", **none, "total": 115,
             "problems": "[]", "read_at": at, "version": 1, "revision": 1}
            for n, at in enumerate(span)
        ],
        "outbox": [
            {"tenant_id": "t", "order_id": f"o{n}", "partition": n % 4, "version": 1, "pushed_version": 1,
             "requests_version": 1, "attempts": 0, "final": False, "state": "written",
             "due_at": NOW + timedelta(seconds=20) if n in (6, 7) else NOW if n < 8 else None,
             "lease_until": NOW + timedelta(seconds=20) if n in (6, 7) else None, "lease": "w7.y" if n in (6, 7) else None}
            for n in range(ROWS)
        ],
        "payment_requests": [
            {"reference": f"r{n}", "tenant_id": "t", "order_id": f"o{n}", "order_number": str(n), "purpose": "full",
             "amount": 115, "tax": 15, "sub_total": 100, "currency": "ZAR", "channel": "sms", "language": "en",
             "phone": phone, "phone_digest": phone, "phone_changed": False, "requested_by_id": "u", "requested_by_name": "U",
             "handled_by_id": "u", "handled_by_name": "U", "idempotency_key": f"k{n}", "message": "sent",
             "link": ("sent", "sending", "unknown")[n % 3] if n < 9 else "opened", "money": "none" if n < 9 else "paid",
             "live": n < 9, "link_reference": f"l{n}", "authorized": 0, "captured": 0, "reversed": 0,
             "created_at": at, "sending_until": at, "awaiting_confirmation": False, "money_after_close": False,
             "version": 1, "ask_at": None if n < 9 else NOW + timedelta(minutes=n - 15)}
            for n, at in enumerate(span)
        ],
        "payment_news": [
            {"tenant_id": "t", "medium": "agent", "news_key": f"r{n}:1:paid", "order_id": f"o{n}", "reference": f"r{n}",
             "version": 1, "kind": "paid", "fact": "paid", "state": "delivered", "attempts": 1, "created_at": at}
            for n, at in enumerate(span)
        ],
        "stopped_numbers": [
            {"tenant_id": "t", "phone_digest": n.to_bytes(32, "big"), "channel": "sms", "stopped": n % 2 == 0, "said_at": at}
            for n, at in enumerate(span)
        ],
        "verb_calls": [
            {"call_id": f"v{n}", "tenant_id": "t", "reference": f"r{n}", "verb": "capture", "person_id": "u",
             "person_name": "U", "idempotency_key": f"v{n}", "body_digest": sealed, "open": n < 3,
             "outcome": None if n < 3 else "captured", "begun_at": at, "call_until": at}
            for n, at in enumerate(span)
        ],
        "payment_events": [
            {"tenant_id": "t", "reference": f"r{n}", "event": "callback", "occurred_at": at, "recorded_at": at}
            for n, at in enumerate(span)
        ],
        "launches": [
            {"digest": n.to_bytes(32, "big"), "launch_id": f"a{n}", "tenant_id": "t", "user_id": "u", "order_id": f"o{n}",
             "agent_token": sealed if n < 3 else None, "checked_at": at, "launched_at": at, "forget_at": at}
            for n, at in enumerate(span)
        ],
    }  # fmt: skip
    return rest
