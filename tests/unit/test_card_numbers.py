"""Card numbers are recognised, so that they can be kept out; phones and order numbers are not mistaken for them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from connector.journeys.requesting.send_payment_request import new_reference
from foundation.cards import has_card_number, without_card_numbers

SEED = 20261121
CARDS = {
    "visa": "4111111111111111",
    "visa of 13 digits": "4222222222222",
    "visa of 19 digits": "4000000000000000006",
    "mastercard": "5555555555554444",
    "mastercard of the 2 series": "2223003122003222",
    "amex": "378282246310005",
    "diners": "30569309025904",
    "diners 36": "36227206271667",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "unionpay": "6200000000000005",
    "maestro": "6759649826438453",
}


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS.keys())
def test_a_card_number_of_every_network_is_seen(number: str) -> None:
    assert has_card_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "card 4111111111111111, exp 12/29",
        "3782 822463 10005",
        "no:4111111111111111!",
        "order 102 4111 1111 1111 1111",
        "4111 1111 1111 1111 12 29 123",
        "27831234567 4111111111111111",
        "4111\n1111\r\n1111\t1111",
        "4111    1111    1111    1111",
        "4111\u00a01111\u20031111\u202f1111",
        "4111\u20131111\u20141111\u22121111",
        "4111\u200b1111\u200e1111\ufeff1111",
        "4111 - 1111 - 1111 - 1111",
        "4111.1111.1111.1111",
        "4111/1111/1111/1111",
        "4111_1111_1111_1111",
        "4111, 1111, 1111, 1111",
        "3782.822463.10005",
        "4000.0000.0000.0000006",
        "12.4111.1111.1111.1111",
    ],
)
def test_what_parts_its_digits_and_neighbours_do_not_hide_a_card_number(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "9111111111111111",  # no network's prefix
        "55555555555544440",  # no such length for this prefix
        "411111111111111100001111",  # a longer number
        "27831234567",
        "+27 83 123 4567",
        "0027 83 123 4567",
        "00000102",
        "801xx0000001gEhAAI",
        "TRN000000000123",
        "c2p_01J00000000000000000000000",
        "2026-11-21T10:43:10.000+0000",
        "115.00",
        "53.123459,-6.2603123",  # a place; its digits alone would pass for a Mastercard
        "5555 at 11:55 55 and 4444",
        "",
    ],
)
def test_phones_order_numbers_and_near_misses_are_left_alone(text: str) -> None:
    assert not has_card_number(text)
    assert without_card_numbers(text) == text


@seed(SEED)
@settings(max_examples=80)
@given(st.from_regex(r"\+?[1-9]\d{7,11}", fullmatch=True))
def test_no_phone_number_of_up_to_twelve_digits_is_ever_taken_for_a_card(phone: str) -> None:
    assert not has_card_number(phone)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("card 4111 1111 1111 1111, thanks", "card [redacted], thanks"),
        ("4111111111111111 and 5555-5555-5555-4444", "[redacted] and [redacted]"),
        ("call 27831234567 4111111111111111", "call 27831234567 [redacted]"),
        ("order 00000102", "order 00000102"),
        ("4111\n1111\n1111\n1111, 4111.1111.1111.1111", "[redacted], [redacted]"),
    ],
)
def test_what_is_kept_of_a_text_has_its_card_numbers_replaced_and_nothing_else(text: str, kept: str) -> None:
    assert without_card_numbers(text) == kept
    assert not has_card_number(without_card_numbers(text))


def test_no_reference_of_ours_ever_looks_like_a_card_number() -> None:
    """It comes back in every callback: one that lost it could never be matched with its request."""
    made = [new_reference() for _ in range(2000)]
    assert [one for one in made if any(letter.isdigit() for letter in one.removeprefix("c2p_"))] == []
    assert not has_card_number(json.dumps(made))
    assert len(set(made)) == len(made)
