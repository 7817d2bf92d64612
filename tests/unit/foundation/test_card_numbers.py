"""Card numbers are recognised, so that they can be kept out; phones and order numbers are not mistaken for them."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from connector.journeys.requesting.send_payment_request import new_reference
from foundation.cards import has_card_number, without_card_numbers

SEED = 20261121
# The agent's page and the panel are held against the same texts.
SHARED: dict[str, list[str]] = json.loads(
    Path(__file__).parents[2].joinpath("shared/card_numbers.json").read_text("utf-8")
)
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


# The networks' beginnings and lengths, written out here once more, so that a slip in the table cannot agree with itself.
NETWORKS = {
    "4": "13 16 19",
    "51-55 2221-2720": "16",
    "34 37": "15",
    "300-305 36 38-39": "14 16 19",
    "6011 644-659": "16 19",
    "3528-3589 62": "16 17 18 19",
    "50 56-58 63 67": "13 14 15 16 17 18 19",
}
RANGES = [
    (one.split("-")[0], one.split("-")[-1], {int(length) for length in lengths.split()})
    for ranges, lengths in NETWORKS.items()
    for one in ranges.split()
]
EDGES = sorted(
    {(int(edge) + beside) * 10 ** (4 - len(edge)) for row in RANGES for edge in row[:2] for beside in (-1, 0, 1)}
)


def with_check_digit(beginning: str, length: int) -> str:
    """Return a number of zeros behind its beginning that passes for a card's by its check digit (ISO/IEC 7812-1)."""
    digits = [int(one) for one in f"{beginning:0<{length - 1}}"]
    total = sum(sum(divmod(2 * one, 10)) if at % 2 == 0 else one for at, one in enumerate(reversed(digits)))
    return "".join(map(str, digits)) + str(-total % 10)


@pytest.mark.parametrize("beginning", [f"{edge:04}" for edge in EDGES if edge < 10_000])
def test_a_number_is_a_cards_from_the_first_to_the_last_beginning_and_length_of_its_network(beginning: str) -> None:
    lengths = {one for first, last, some in RANGES if first <= beginning[: len(first)] <= last for one in some}
    cards = {length for length in range(12, 21) if has_card_number(with_check_digit(beginning, length))}
    assert cards == lengths


@pytest.mark.parametrize("text", [*SHARED["cards"]], ids=ascii)
def test_neither_marks_nor_the_script_of_its_digits_hide_a_card_number(text: str) -> None:
    assert has_card_number(text)
    kept = without_card_numbers(text)
    assert "[redacted]" in kept
    assert not has_card_number(kept)


@pytest.mark.parametrize("text", [*SHARED["others"]], ids=ascii)
def test_amounts_times_phones_and_near_misses_are_left_alone(text: str) -> None:
    assert not has_card_number(text)
    assert without_card_numbers(text) == text


def test_nothing_that_nobody_sees_hides_a_card_number() -> None:
    unseen = [one for one in map(chr, range(0x80, sys.maxunicode)) if unicodedata.category(one) == "Cf"]
    assert [ascii(one) for one in unseen if not has_card_number(one.join(("4111", "1111", "1111", "1111")))] == []


def test_the_digits_of_every_script_are_digits_of_a_card_number() -> None:
    zeros = [one for one in map(chr, range(0x80, sys.maxunicode)) if unicodedata.decimal(one, None) == 0]
    cards = ["".join(chr(ord(zero) + int(digit)) for digit in CARDS["visa"]) for zero in zeros]
    assert len(cards) > 50
    assert [ascii(one) for one in cards if not has_card_number(f"no. {one}")] == []


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
        ("\u0627 \u0664\u0661\u0661\u0661:1111:1111:\u0661111!", "\u0627 [redacted]!"),
        ("call 27831234567\u200b4111111111111111 4\ufe0f\u20e3", "call 27831234567\u200b[redacted] 4\ufe0f\u20e3"),
    ],
)
def test_what_is_kept_of_a_text_has_its_card_numbers_replaced_and_nothing_else(text: str, kept: str) -> None:
    assert without_card_numbers(text) == kept
    assert not has_card_number(without_card_numbers(text))


@seed(SEED)
@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([*CARDS.values(), "41", "1", "5", "+", " ", "-", ".", "a", "\u0661", "\u200b"]), max_size=12
    )
)
def test_nothing_is_left_of_a_card_number_whatever_stands_beside_it(parts: list[str]) -> None:
    assert not has_card_number(without_card_numbers("".join(parts)))


def test_no_reference_of_ours_ever_looks_like_a_card_number() -> None:
    """It comes back in every callback: one that lost it could never be matched with its request."""
    made = [new_reference() for _ in range(2000)]
    assert [one for one in made if any(letter.isdigit() for letter in one.removeprefix("c2p_"))] == []
    assert not has_card_number(json.dumps(made))
    assert len(set(made)) == len(made)
