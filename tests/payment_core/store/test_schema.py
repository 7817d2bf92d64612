"""The migrations make what the tables say, and nobody's database is taken for another's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.store.schema import migrate as connectors
from foundation.database.database import Database
from foundation.database.schema import check_schema, migrate
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Misconfigured
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import api_keys
from payment_core.store.links import attempts
from payment_core.store.schema.migrate import SCHEMA
from tests.payment_core.conftest import CUSTOMER
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.links import attempts_of, press
from tests.payment_core.replying.test_replies import keep_a_card


def test_the_migrations_make_the_tables_of_the_code(core: Core) -> None:
    database = core.transactions.database
    assert check_schema.differences(SCHEMA, database) == []
    check_schema.require_schema(SCHEMA, database)


def test_partial_indexes_are_partial_on_both_databases(core: Core) -> None:
    wanted = {one.name for table in SCHEMA.metadata.tables.values() for one in table.indexes if one.info.get("where")}
    fleet = core.transactions.database.is_fleet
    source = "SELECT indexname, indexdef FROM pg_indexes" if fleet else "SELECT name, sql FROM sqlite_master"
    with core.transactions.database.read() as connection:
        rows = connection.exec_driver_sql(source).all()
    assert {name for name, made in rows if made and " WHERE " in made} == wanted


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_every_text_fits_its_column_which_sqlite_does_not_look_at(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway, clock: MovableClock
) -> None:
    """Ids and keys that are made while money arrives too late, and is to be given back."""
    keep_a_card(core, merchant, gateway)
    link = make_link(caller_reference="late")
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        attempts.end(work, attempt, now=core.now())
        api_keys.add(work, merchant.merchant_id, "tests", now=core.now())
    clock.move(minutes=16)
    expire_links(core)
    look(core, attempt)
    receive_reply(core, merchant, Reply("SM1", Channel.SMS, CUSTOMER, "STOP"))
    filled = {}
    with core.transactions.read() as work:
        for table in SCHEMA.metadata.tables.values():
            for row in work.connection.execute(select(table)).mappings():
                for column in table.columns:
                    longest = getattr(column.type, "length", None)
                    if longest is not None and isinstance(row[column.name], str):
                        filled[f"{table.name}.{column.name}"] = longest - len(row[column.name])
    assert {"money_moves.move_id", "attempts.key", "messages.message_id", "api_keys.key_id"} <= set(filled)
    assert [name for name, left in filled.items() if left < 0] == []


def test_a_connectors_database_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'connector.db'}")
    connectors.upgrade(database)
    for refused in (migrate.upgrade, check_schema.require_schema):
        with pytest.raises(Misconfigured, match="PAYMENT_CORE_DATABASE_URL"):
            refused(SCHEMA, database)
    assert connectors.misfit(database) is None
    database.close()


def test_a_connector_refuses_a_cores_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'core.db'}")
    migrate.upgrade(SCHEMA, database)
    with pytest.raises(Misconfigured, match="CHAT2PAY_DATABASE_URL"):
        connectors.upgrade(database)
    assert check_schema.misfit(SCHEMA, database) is None
    database.close()
