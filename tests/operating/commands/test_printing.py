"""What commands print into a pipe: a row a line in columns, a field a line, and JSON with exact amounts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connector.commands.console.printing import format_value, print_fields, print_json, print_table

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ("", ""),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-11-28T12:00:00.000Z"),
        (Decimal("115.00"), "115.00"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_a_value_is_written_for_people(value: object, text: str) -> None:
    assert format_value(value) == text


def test_a_row_is_one_line_whose_columns_begin_where_their_names_do(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"order": "00000100", "paid": True, "sentence": "a b"},
        {"order": "7", "paid": None, "sentence": None},
    ]
    print_table(rows, when_empty="None.")
    assert capsys.readouterr().out.splitlines() == [
        "order     paid  sentence",
        "00000100  yes   a b",
        "7         -     -",
    ]
    print_table([], when_empty="None.")
    assert capsys.readouterr().out == "None.\n"


def test_a_field_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"at": NOON, "captured": Decimal("1.50")})
    assert capsys.readouterr().out.splitlines() == ["at        2026-11-28T12:00:00.000Z", "captured  1.50"]
    print_fields({})
    assert capsys.readouterr().out == ""


def test_amounts_and_times_are_texts_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"total": Decimal("0.10"), "at": NOON, "live": False, "none": None})
    told = capsys.readouterr().out
    assert json.loads(told) == {"total": "0.10", "at": "2026-11-28T12:00:00.000Z", "live": False, "none": None}
    assert '\n  "total"' in told
