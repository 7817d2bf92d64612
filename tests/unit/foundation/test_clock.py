"""Times as they are written and read, in UTC whatever zone they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from foundation.clock import read_http_date, rfc3339, utc_now

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC), "2026-11-21T10:43:10.000Z"),
        (datetime(2026, 11, 21, 10, 43, 10, 123999, tzinfo=UTC), "2026-11-21T10:43:10.123Z"),
        (datetime(2026, 11, 21, 0, 30, tzinfo=EAST), "2026-11-20T22:30:00.000Z"),
    ],
)
def test_a_time_is_written_with_milliseconds_in_utc(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sat, 21 Nov 2026 10:43:10 GMT", datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 10:43:10 +0200", datetime(2026, 11, 21, 8, 43, 10, tzinfo=UTC)),
        # What says nothing of its zone is in UTC, too.
        ("Sat, 21 Nov 2026 10:43:10 -0000", datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 10:43:10", datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("Sat, 99 Nov 2026 10:43:10 GMT", None),
    ],
)
def test_a_date_of_an_answer_is_read_where_it_is_one(text: str, moment: datetime | None) -> None:
    read = read_http_date(text)
    assert read == moment
    assert read is None or read.tzinfo is not None


def test_now_is_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)
