"""On PostgreSQL a connection may end in the midst of a transaction: that one fails, and the next takes another."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.journeys.world import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.mark.parametrize("writes", [True, False])
def test_a_transaction_whose_connection_ended_says_so_and_the_next_has_another(world: World, *, writes: bool) -> None:
    database = world.services.store.database
    begin = database.write if writes else database.read

    def is_ended() -> None:
        with begin() as connection, database.write() as other:
            mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
            connection.execute(text("SELECT 1"))

    with pytest.raises(OperationalError, match="terminating connection"):
        is_ended()
    with begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
