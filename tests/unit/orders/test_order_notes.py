"""What an agent is told of an order whose tax or sub-total is unusual: nothing is guessed, and nothing is hidden."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.order import Amounts, notes_on


def rand(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "ZAR"}


@pytest.mark.parametrize(
    ("total", "tax", "sub_total", "notes"),
    [
        pytest.param("115.00", "15.00", "100.00", [], id="they add up"),
        pytest.param("115.00", None, None, [], id="no tax"),
        pytest.param("115.00", None, "100.00", [], id="no tax, so no sub-total of ours to differ from"),
        pytest.param("115.00", "0.00", None, [], id="no tax of it"),
        pytest.param("115.00", "115.00", None, [], id="all of it is tax"),
        pytest.param("115.00", "-0.01", None, [("Tax__c", "negative_tax", {"tax": rand("-0.01")})], id="negative"),
        pytest.param(
            "0.50", "0.51", None,
            [("Tax__c", "tax_above_total", {"tax": rand("0.51"), "total": rand("0.50")})], id="above the total",
        ),
        pytest.param("0.00", "15.00", None, [], id="above a total of nothing, which has a sentence of its own"),
        pytest.param("-5.00", "15.00", None, [], id="above a negative total, which has one, too"),
        pytest.param(
            "115.00", "15.00", "99.99",
            [
                (
                    "Sub_Total__c", "sub_total_differs",
                    {"salesforce": rand("99.99"), "sub_total": rand("100.00"), "total": rand("115.00")},
                )
            ],
            id="another sub-total",
        ),
        pytest.param("115.00", "15.00", "100.004", [], id="the same sub-total in the digits that are asked for"),
    ],
)  # fmt: skip
def test_an_unusual_tax_and_another_sub_total_are_said_with_their_field_and_amounts(
    total: str, tax: str | None, sub_total: str | None, notes: list[tuple[str, str, dict[str, Any]]]
) -> None:
    amounts = Amounts(Decimal(total), None if tax is None else Decimal(tax))
    theirs = None if sub_total is None else Decimal(sub_total)
    made = notes_on(amounts, theirs, "ZAR", tax_field="Tax__c", sub_total_field="Sub_Total__c")
    assert [(one.field, one.sentence, one.values) for one in made] == notes
