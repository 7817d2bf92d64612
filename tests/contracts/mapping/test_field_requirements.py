"""A field that we read or write must hold what can come, to the last character, value and digit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.salesforce.metadata.field_requirements import (
    READ_AMOUNT,
    READ_ANY,
    READ_PHONE,
    FieldRequirement,
    ValueKind,
    lost_digits,
    missing_words,
    unmet_requirement,
)
from tests.contracts.mapping.test_descriptions import PLAIN
from tests.factories import make_tenant

STATE = FieldRequirement(ValueKind.TEXT, words=("paid", "authorized"))
NAME, USER = FieldRequirement(ValueKind.TEXT, length=40), FieldRequirement(ValueKind.RECORD, refers_to="User")


@pytest.mark.parametrize(
    ("need", "field", "problem"),
    [
        (READ_AMOUNT, {"type": "currency"}, None),
        (READ_AMOUNT, {"type": "string"}, "is of type string, not a number or currency field"),
        (READ_PHONE, {"type": "phone", "length": 4}, None),
        (READ_ANY, {"type": "of tomorrow"}, None),
        (NAME, {"type": "string", "length": 40}, None),
        (NAME, {"type": "string", "length": 39}, "holds 39 characters and 40 can come"),
        (NAME, {"type": "textarea", "length": 39}, "holds 39 characters and 40 can come"),
        # A picklist's length is Salesforce's own.
        (NAME, {"type": "picklist", "length": 39}, None),
        (STATE, {"type": "string", "length": 10}, None),
        (STATE, {"type": "string", "length": 9}, "holds 9 characters and 10 can come"),
        (STATE, {"type": "picklist", "restricted": True, "values": ("authorized", "paid", "other")}, None),
        (
            STATE,
            {"type": "picklist", "restricted": True, "values": ("paid",)},
            "is a restricted picklist without the values authorized",
        ),
        # It takes what it does not list.
        (STATE, {"type": "picklist", "values": ("paid",)}, None),
        (USER, {"type": "reference", "refers_to": ("Group", "User")}, None),
        (USER, {"type": "reference", "refers_to": ("Group", "Queue")}, "refers to Group or Queue, not to User"),
        (USER, {"type": "reference"}, "refers to nothing, not to User"),
    ],
)
def test_what_a_field_cannot_hold_is_said_as_the_end_of_a_sentence(
    need: FieldRequirement, field: dict[str, Any], problem: str | None
) -> None:
    assert unmet_requirement(need, replace(PLAIN, **field)) == problem


@pytest.mark.parametrize(("kind", "missing"), [("picklist", ["authorized"]), ("combobox", []), ("string", [])])
def test_a_value_is_missing_in_a_list_of_values_alone(kind: str, missing: list[str]) -> None:
    assert missing_words(STATE, replace(PLAIN, type=kind, values=("paid",))) == missing


@pytest.mark.parametrize(
    ("need", "kind", "scale", "lost"),
    [
        (READ_AMOUNT, "currency", 2, None),
        (READ_AMOUNT, "double", 3, None),
        (READ_AMOUNT, "currency", 1, "ZAR"),
        # A whole number has none, whatever its description says.
        (READ_AMOUNT, "int", 2, "ZAR"),
        (NAME, "string", 0, None),
    ],
)
def test_an_amount_must_hold_the_digits_of_every_currency(
    need: FieldRequirement, kind: str, scale: int, lost: str | None
) -> None:
    configuration = make_tenant().configuration
    assert configuration.currencies == ("ZAR", "JPY")
    assert lost_digits(need, replace(PLAIN, type=kind, scale=scale), configuration) == lost
