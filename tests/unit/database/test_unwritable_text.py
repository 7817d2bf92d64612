"""A text that no database can store is found by its place, wherever it stands, and said in words that help."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.database.unwritable_text import fault_of_text, unwritable_texts

HALF, NUL = "a\udce4b", "a\0b"
ENCODING, UNSEEN = "This cannot be read: type it in UTF-8 (LANG=C.UTF-8).", "Leave out what cannot be seen."


@pytest.mark.parametrize(("text", "fault"), [("", None), ("caf\u00e9 \u0645", None), (HALF, ENCODING), (NUL, UNSEEN)])
def test_what_a_terminal_of_another_encoding_makes_is_told_apart(text: str, fault: str | None) -> None:
    assert fault_of_text(text) == fault


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("fine", []),
        (HALF, [("", ENCODING)]),
        ({"name": NUL, "limit": 5, "none": None}, [("name", UNSEEN)]),
        ({"looks": {"support": HALF}, "name": "fine"}, [("looks.support", ENCODING)]),
        ({"secrets": {"twilio.webhook": ["fine", NUL]}}, [("secrets.twilio.webhook", UNSEEN)]),
        ({"a": [{"b": HALF}], "c": NUL}, [("a.b", ENCODING), ("c", UNSEEN)]),
        ([], []),
    ],
)
def test_each_is_named_by_its_dotted_place(value: Any, found: list[tuple[str, str]]) -> None:
    assert list(unwritable_texts(value)) == found
