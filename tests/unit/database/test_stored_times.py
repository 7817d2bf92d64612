"""Times are written to SQLite by a way of our own, which agrees with SQLAlchemy's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from foundation.database.columns import UtcDateTime, moment_as_stored, stored_moment

_DIALECT = sqlite.dialect()
_MOMENTS = (
    datetime(2026, 11, 21, 10, 43, 10, 123456, UTC),
    datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))),
    datetime(1, 1, 1, tzinfo=UTC),
    None,
)


@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_time_is_written_as_sqlalchemy_writes_it_and_read_back(moment: datetime | None) -> None:
    kind = UtcDateTime().dialect_impl(_DIALECT)
    bind, result = kind.bind_processor(_DIALECT), kind.result_processor(_DIALECT, None)
    assert bind is not None
    assert result is not None
    stored = moment_as_stored(moment)
    assert stored == bind(moment)
    assert stored_moment(stored) == result(stored) == moment
    assert moment is None or stored_moment(stored).tzinfo is UTC  # type: ignore[union-attr]


@pytest.mark.parametrize("hours", [2, 0, -5])
def test_a_time_that_postgresql_tells_in_its_sessions_zone_is_read_in_utc(hours: int) -> None:
    told = datetime(2026, 11, 21, 10, 43, 10, tzinfo=timezone(timedelta(hours=hours)))
    found = UtcDateTime().process_result_value(told, postgresql.dialect())
    assert found is not None
    assert (found, found.tzinfo) == (told, UTC)
