"""A note is one line of as many characters as people count."""

from __future__ import annotations

import pytest

from connector.domain.people.order_note import characters_of, clean_note

FAMILY, FLAG, WAVE = "👨‍👩‍👧‍👦", "🇿🇦", "👋🏽"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("abc", 3),
        ("e" + chr(0x301), 1),
        (FAMILY, 1),
        (FLAG * 2, 2),
        (WAVE, 1),
        ("1️⃣", 1),
        ("नमस्ते", 4),
        ("مرحبا", 5),
        ("", 0),
    ],
)
def test_a_character_is_what_a_person_sees(text: str, count: int) -> None:
    assert characters_of(text) == count


@pytest.mark.parametrize("one", ["x", "e\u0301", FAMILY, FLAG, WAVE])
def test_takes_as_many_as_it_says_and_no_more(one: str) -> None:
    assert clean_note(one * 140) is not None
    assert clean_note(one * 141) is None


def test_one_character_may_have_many_code_points_and_not_any_number_of_them() -> None:
    assert clean_note("x" + "\u20d0" * 1119) is not None
    assert clean_note("x" + "\u20d0" * 1120) is None


def test_is_one_line_without_space_around() -> None:
    assert clean_note("  calls again\n at  three ") == "calls again at three"
    assert clean_note("   ") == ""


TURNS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "odd",
    [
        *(f"a{one}b" for one in ("\x00", "\x1b", "\ud800", "\ue000", "\u0378", *TURNS)),
        "e" + "\u0301" * 2000,
    ],
    ids=ascii,
)
def test_takes_nothing_that_cannot_be_shown_or_turns_the_line(odd: str) -> None:
    assert clean_note(odd) is None
