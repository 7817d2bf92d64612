"""A database that has been in use goes to the second revision and back with its rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.domain.payments.status import Link, Money, States
from connector.store.encryption.vault import TenantVault
from connector.store.orders import followed_orders
from connector.store.outbox import probes
from connector.store.requests import request_rows
from connector.store.schema import migrate
from foundation.database.database import Database
from foundation.database.unit_of_work import Transactions
from foundation.secret import Secret
from tests.faults.migrations.revisions import downgrade_to, upgrade_to
from tests.unit.examples import make_request

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ROW = (
    "INSERT INTO outbox (tenant_id, order_id, partition, version, pushed_version, requests_version, attempts, final, state, "
    "reason) VALUES ('t', :order_id, 0, 3, 3, 3, 0, false, :state, 'INVALID_FIELD')"
)

VAULT = TenantVault([Secret(Fernet.generate_key().decode())])


def test_what_was_refused_for_good_before_is_probed_from_then_on(database: Database) -> None:
    migrate.upgrade(database)
    downgrade_to(database, "0001")
    states = {"a": "written", "b": "refused", "c": "buried", "d": "waiting"}
    with database.write() as connection:
        for order_id, state in states.items():
            connection.execute(text(ROW), {"order_id": order_id, "state": state})
    upgrade_to(database, "head")
    with Transactions(database, VAULT).write() as work:
        assert probes.probe(work, "t", now=NOW) == 2
        due = work.connection.execute(text("SELECT order_id FROM outbox WHERE due_at IS NOT NULL ORDER BY order_id"))
        assert [row.order_id for row in due] == ["b", "c"]
    assert migrate.differences(database) == []


def test_the_older_code_finds_nothing_that_waits_without_a_time(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as connection:
        connection.execute(text(ROW), {"order_id": "a", "state": "waiting"})
        connection.execute(text("UPDATE outbox SET blocked_by = 'order.abc'"))
    downgrade_to(database, "0001")
    with database.read() as connection:
        assert connection.execute(text("SELECT due_at FROM outbox")).scalar_one() is not None
    upgrade_to(database, "head")
    assert migrate.differences(database) == []


def test_orders_that_were_paid_before_are_followed_from_then_on(database: Database) -> None:
    migrate.upgrade(database)
    opened = Transactions(database, VAULT)
    paid = {"states": States(link=Link.OPENED, money=Money.PAID), "finished_at": NOW, "money_moved_at": NOW}
    made = [
        make_request(reference="c2p_paid", order_id="801xx0000000001AAA", captured=Decimal("115.00"), **paid),
        make_request(reference="c2p_sent", order_id="801xx0000000002AAA", states=States(link=Link.EXPIRED)),
    ]
    with opened.write() as work:
        for one in made:
            request_rows.add(work, one, phone_digest=b"", key=None, body_digest=None)
    downgrade_to(database, "0001")
    upgrade_to(database, "head")
    with opened.read() as work:
        assert followed_orders.followed(work, "acme", since=NOW) == ["801xx0000000001AAA"]
        assert followed_orders.followed(work, "acme", since=NOW + timedelta(seconds=1)) == []
        kept = request_rows.find(work, "acme", "c2p_paid")
    assert kept is not None
    assert (kept.status.value, kept.order_total) == ("paid", None)
