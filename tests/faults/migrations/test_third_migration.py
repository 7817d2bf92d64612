"""A database that has been in use goes to the third revision and back; its orders keep their place in the outbox."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.fernet import Fernet
from sqlalchemy import inspect, text

from connector.domain.payments.news import Bell, Medium, News
from connector.store.encryption.vault import TenantVault
from connector.store.outbox import news_rows
from connector.store.schema import migrate
from foundation.database.database import Database
from foundation.database.unit_of_work import Transactions
from foundation.secret import Secret
from tests.faults.migrations.revisions import downgrade_to

VAULT = TenantVault([Secret(Fernet.generate_key().decode())])
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ROW = (
    "INSERT INTO outbox (tenant_id, order_id, partition, version, pushed_version, requests_version, attempts, final, state) "
    "VALUES ('t', 'o', 0, 3, 3, 3, 0, false, 'written')"
)


def test_news_has_a_place_from_the_third_revision_on(database: Database) -> None:
    migrate.upgrade(database)
    downgrade_to(database, "0002")
    with database.write() as connection:
        assert not inspect(connection).has_table("payment_news")
        connection.execute(text(ROW))
    migrate.upgrade(database)
    assert migrate.differences(database) == []
    bell = News(Medium.AGENT, Bell.PAID, "c2p_1", "o", 3, recipient="005xx000001X9ZzAAK")
    with Transactions(database, VAULT).write() as work:
        assert news_rows.add(work, "t", [bell, bell], {}, now=NOW) == 1
        assert news_rows.add(work, "t", [bell], {}, now=NOW) == 0
        assert work.connection.execute(text("SELECT version FROM outbox")).scalar_one() == 3
