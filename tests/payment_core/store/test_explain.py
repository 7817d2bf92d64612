"""Every query of a hot path is served by an index, on SQLite and on PostgreSQL; both planners are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from foundation.database.database import Database
from foundation.database.schema import migrate
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault
from foundation.secret import Secret
from payment_core.domain.enums import Channel
from payment_core.domain.settlement import ENDS_LINK
from payment_core.store import gauges
from payment_core.store.deliveries import deliveries
from payment_core.store.incoming import webhooks
from payment_core.store.links import attempts, links, money_moves, rechecks, saved_cards, search
from payment_core.store.messages import messages
from payment_core.store.schema import tables
from payment_core.store.schema.migrate import SCHEMA
from tests.databases.query_plans import assert_no_scan, fill, plan_of, statements_of, url_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
VAULT = Vault([Secret(Fernet.generate_key().decode())], setting="KEYS", remedy="none")
ROWS = 3000
DUE = 6  # of the newest rows: the rest is done, as after a week
ARRIVAL = webhooks.StoredWebhook("m", "stripe", "e7", b"", received_at=NOW, due_at=NOW)

_LARGE = ("links", "attempts", "money_moves", "saved_cards", "messages", "webhooks", "deliveries")

HOT: dict[str, Callable[[UnitOfWork], Any]] = {
    "links: overdue": lambda c: links.overdue(c, now=NOW, most=100),
    "links: by token": lambda c: links.by_token(c, "none"),
    "links: by receipt": lambda c: links.by_receipt(c, "none"),
    "links: of an application": lambda c: links.of_application(c, "none", "none"),
    "links: of a number": lambda c: links.payable_of(c, "m", b"none"),
    "links: by a button": lambda c: links.by_reply(c, b"none"),
    "links: by a code": lambda c: links.by_code(c, "m", b"none", b"none"),
    "links: to end unpaid": lambda c: links.to_end_unpaid(c, ENDS_LINK, most=20),
    "links: once more": lambda c: rechecks.references_to_look_at(c, now=NOW, most=20),
    "attempts: claim": lambda c: attempts.claim_due(c, now=NOW, until=UNTIL, lease="w.x", most=20),
    "attempts: live": lambda c: attempts.live_of(c, "none"),
    "attempts: by provider": lambda c: attempts.by_provider(c, "m", page_id="none", payment_id="none"),
    "moves: claim": lambda c: money_moves.claim_due(c, now=NOW, until=UNTIL, lease="w.x", most=20),
    "cards: of a person": lambda c: saved_cards.of_payer(c, "m", "none", b"none"),
    "messages: due": lambda c: messages.due(c, now=NOW, most=20),
    "messages: without an end": lambda c: messages.without_end(c, now=NOW, most=20),
    "messages: claim": lambda c: messages.claim(c, "none", now=NOW, until=UNTIL, lease="w.x"),
    "messages: by provider": lambda c: messages.by_provider(c, "m", "none"),
    "messages: last from a customer": lambda c: messages.last_from_customer(c, "m", b"none", Channel.SMS),
    "webhooks: due": lambda c: webhooks.due(c, now=NOW, most=50),
    "webhooks: add": lambda c: webhooks.add_each_once(c.connection, [ARRIVAL]),
    "webhooks: claim": lambda c: webhooks.claim(c, -1, now=NOW, until=UNTIL, lease="w.x"),
    "deliveries: claim": lambda c: deliveries.claim_due(c, deliveries.Claim("a", NOW, UNTIL, "w.x", 32)),
    "deliveries: probe": lambda c: deliveries.claim_due(c, deliveries.Claim("a", NOW, UNTIL, "w.x", 1, True)),
    "gauges": lambda c: gauges.levels(c, now=NOW),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(url_of(request, tmp_path_factory.mktemp("explain")))
    migrate.upgrade(SCHEMA, database)
    fill(database, tables.metadata, _a_week())
    yield database
    database.close()


@pytest.mark.parametrize("name", HOT)
def test_a_hot_query_reads_no_table_from_end_to_end(database: Database, name: str) -> None:
    with database.write() as connection:
        assert_no_scan(connection, statements_of(connection, HOT[name], vault=VAULT), _LARGE)


@pytest.mark.parametrize(
    "query",
    [
        lambda c: search.count_needing_person(c, "m"),
        lambda c: search.search(c, search.LinkFilter("m", status=search.NEEDS_PERSON), most=50),
    ],
)
def test_what_needs_a_person_is_found_among_few(database: Database, query: Callable[[UnitOfWork], Any]) -> None:
    """A merchant has all links of a table, and few of them need a person."""
    with database.write() as connection:
        [statement] = statements_of(connection, query, vault=VAULT)
        plan = plan_of(connection, statement)
        assert re.search("links_needing_person|links_by_attention", plan), plan


def _a_week() -> dict[str, list[dict[str, Any]]]:
    """Return rows of which nearly all are done."""
    sealed, phone = VAULT.seal("m", b"{}"), VAULT.seal("m", b"27831234567")
    content = VAULT.seal("m", b'{"text": "x", "buttons": [], "variables": {}, "link_url": null, "template": null}')
    span = [(n, NOW - timedelta(minutes=n)) for n in range(ROWS)]
    key = b"k" * 32
    return {
        "links": [
            {"reference": f"l{n}", "merchant_id": "m", "application_id": "a", "token_digest": b"%032d" % n, "token": sealed,
             "caller_reference": f"c{n}", "request_digest": key, "order_number": str(n), "channel": "sms", "phone": phone,
             "phone_key": b"%032d" % n, "currency": "ZAR", "total": 115, "tax": 15, "sub_total": 100, "lines": "[]",
             "language": "en", "additional_data": "{}", "transaction_type": "SALE", "auto_reversal": False,
             "status": "PAYMENT_LINK_CLICKED", "payable": n < DUE, "authorized": 0, "captured": 0, "reversed": 0,
             "settled": False, "in_review": False, "created_at": at, "expires_at": at, "version": 1,
             "receipt_digest": b"r%031d" % n, "reply_digest": b"p%031d" % n, "reply_code_key": key,
             "look_at": at if n < DUE else None, "attention": "disputed" if n < DUE else None}
            for n, at in span
        ],
        "attempts": [
            {"attempt_id": f"t{n}", "reference": f"l{n}", "merchant_id": "m", "kind": "page",
             "state": "open" if n < DUE else "ended", "key": f"k{n}", "body": sealed, "page_id": f"p{n}",
             "payment_id": f"y{n}", "saves_card": False, "created_at": at, "look_at": at if n < DUE else None, "looks": 1}
            for n, at in span
        ],
        "money_moves": [
            {"move_id": f"v{n}", "reference": f"l{n}", "attempt_id": f"t{n}", "kind": "capture", "key": f"k{n}",
             "state": "prepared" if n < DUE else "done", "created_at": at, "look_at": at if n < DUE else None}
            for n, at in span
        ],
        "saved_cards": [
            {"card_id": f"d{n}", "merchant_id": "m", "payer_reference": f"003{n}", "phone_key": b"%032d" % n,
             "channel": "sms", "token": sealed, "brand": "Visa", "last4": "4242", "consent_text": "x", "consented_at": at,
             "entered_at": at, "key_mark": "0"}
            for n, at in span
        ],
        "messages": [
            {"message_id": f"s{n}", "merchant_id": "m", "direction": "out", "channel": "sms", "phone": phone,
             "phone_key": b"%032d" % n, "purpose": "receipt", "reference": f"l{n}", "content": content, "parts": 1,
             "status": "QUEUED" if n < DUE else "SENT", "provider_id": f"SM{n}", "created_at": at, "changed_at": at,
             "due_at": at if n < DUE else None, "attempts": 0}
            for n, at in span
        ],
        "webhooks": [
            {"merchant_id": "m", "provider": "stripe", "event_id": f"e{n}", "body": sealed, "received_at": at,
             "due_at": at if n < DUE else None, "attempts": 0}
            for n, at in span
        ],
        "deliveries": [
            {"merchant_id": "m", "application_id": "a", "lane": f"a:l{n}", "reference": f"l{n}", "kind": "payment-status",
             "event": "PAYMENT_RECEIVED", "message_id": f"msg{n}", "body": sealed,
             "state": "pending" if n < DUE else "delivered", "attempts": 0, "created_at": at, "queued_at": at,
             "due_at": at if n < DUE else None, "replays": 0}
            for n, at in span
        ],
    }  # fmt: skip
