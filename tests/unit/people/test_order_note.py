"""A note is one line of as many characters as people count."""

from __future__ import annotations

import pytest

from connector.domain.people.order_note import LONGEST, characters_of, clean_note

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
    assert clean_note(one * LONGEST) is not None
    assert clean_note(one * (LONGEST + 1)) is None


def test_is_one_line_without_space_around() -> None:
    assert clean_note("  calls again\n at  three ") == "calls again at three"
    assert clean_note("   ") == ""


@pytest.mark.parametrize("odd", ["a\x00b", "a\x1bb", "a\ud800b", "a\u202eb", "a\u2066b", "e" + "\u0301" * 2000])
def test_takes_nothing_that_cannot_be_shown(odd: str) -> None:
    assert clean_note(odd) is None
