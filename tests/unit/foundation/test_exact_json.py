"""JSON whose numbers keep every digit, and in which no name has two meanings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from foundation.exact_json import NamedTwice, exact_number, unique_names, write_json


@pytest.mark.parametrize(
    "text",
    ["0.10", "1150.00", "-0.01", "999999999999999.99", "0.000000000000000000000000000001", "123456789012345678.5"],
)
def test_a_number_is_written_and_read_with_all_its_digits(text: str) -> None:
    written = write_json({"amount": Decimal(text), "text": text, "list": [Decimal(text)]})
    assert written == f'{{"amount": {text}, "text": "{text}", "list": [{text}]}}'.encode()
    assert json.loads(written, parse_float=exact_number)["amount"] == Decimal(text)


def test_a_number_is_written_without_an_exponent() -> None:
    assert write_json([Decimal("1E+3"), Decimal("1E-7")]) == b"[1000, 0.0000001]"


@pytest.mark.parametrize(
    "value",
    [Decimal("NaN"), Decimal("Infinity"), {1}, b"x", object()],
    ids=["NaN", "Infinity", "a set", "bytes", "an object"],
)
def test_what_is_no_value_of_json_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        write_json({"a": value})


def test_a_number_that_nothing_can_hold_is_refused_as_one() -> None:
    with pytest.raises(ValueError, match="nothing can hold"):
        exact_number("1e99999999999999999999")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"total": 1, "total": 1}', "total"),
        ('{"a": {"c": 1, "b": 2, "b": 3}}', "b"),
        ('{"4111111111111111": 1, "4111111111111111": 2}', None),
        ('{"a b": 1, "a b": 2}', None),
        (f'{{"{"x" * 40}": 1, "{"x" * 40}": 2}}', "x" * 40),
        (f'{{"{"x" * 41}": 1, "{"x" * 41}": 2}}', None),
    ],
)
def test_a_name_that_stands_twice_is_refused_and_repeated_only_where_it_is_a_fields(
    text: str, name: str | None
) -> None:
    with pytest.raises(NamedTwice) as refused:
        json.loads(text, object_pairs_hook=unique_names)
    assert refused.value.name == name
    assert json.loads('{"a": 1, "b": {"a": 1}}', object_pairs_hook=unique_names) == {"a": 1, "b": {"a": 1}}
