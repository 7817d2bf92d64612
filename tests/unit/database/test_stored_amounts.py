"""Amounts are compared exactly on SQLite, which has no exact numbers of its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from foundation.database.columns import amount_as_stored, exact_sign_of_rest


@pytest.mark.parametrize(
    ("amounts", "sign"),
    [
        (("150.00",), 1),
        (("0.00",), 0),
        (("150.00", "150.00"), 0),
        (("150.00", "149.99"), 1),
        (("150.00", "100.00", "50.01"), -1),
        # As floats these would differ.
        (("0.30", "0.10", "0.20"), 0),
        (("999999999999999999.99", "999999999999999999.98"), 1),
        # What is not known is no number, as in SQL.
        ((None,), None),
        ((None, "1.00"), None),
        (("1.00", None), None),
    ],
)
def test_what_is_left_of_an_amount_has_an_exact_sign(amounts: tuple[str | None, ...], sign: int | None) -> None:
    assert exact_sign_of_rest(*amounts) == sign


@pytest.mark.parametrize("amount", ["150.00", "0.00", "1E+3", "0.000001", "-1.50"])
def test_an_amount_is_stored_with_all_its_digits_and_no_exponent(amount: str) -> None:
    stored = amount_as_stored(Decimal(amount))
    assert Decimal(stored) == Decimal(amount)
    assert "E" not in stored
