"""Texts for people: what cannot be seen, or turns what stands beside it, is no part of a line; what a script spells with is."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from foundation.texts.readable_line import made_readable, may_be_sent, one_line, readable_line

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Acme Coffee", "Acme Coffee"),
        ("  Caf\u00e9\u00a0Noir\u2003", "Caf\u00e9 Noir"),
        ("\u0645\u062a\u062c\u0631", "\u0645\u062a\u062c\u0631"),
        (f"\u0643\u062a\u0627\u0628{ZWNJ}\u0647\u0627", f"\u0643\u062a\u0627\u0628{ZWNJ}\u0647\u0627"),
        (f"\u0628{ZWNJ}\u0647\u0627", f"\u0628{ZWNJ}\u0647\u0627"),
        (f"\U0001f469{ZWJ}\U0001f373 Bistro", f"\U0001f469{ZWJ}\U0001f373 Bistro"),
        (f"\u2764\ufe0f{ZWJ}\U0001f525", f"\u2764\ufe0f{ZWJ}\U0001f525"),
        (f"Ah \u2764\ufe0f{ZWJ}\U0001f525", f"Ah \u2764\ufe0f{ZWJ}\U0001f525"),
        (f"\U0001f469\U0001f3fd{ZWJ}\U0001f373", f"\U0001f469\U0001f3fd{ZWJ}\U0001f373"),
        ("x", "x"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_line_stays_as_it_is_spelt(text: str, line: str) -> None:
    assert readable_line(text, longest=40) == line
    one_line(40)(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "\u00a0", "x" * 41, "a\nb", "a\tb", "a\x00b", "a\x1b[2Jb", "a\x7fb", "a\x85b", "a\u2028b", "a\u202eb",
        "a\u2066b", "a\u200fb", "a\u200bb", "a\u2060b", "a\ufeffb", "a\u00adb", f"a{ZWNJ}b", f"a{ZWJ}b", f"{ZWJ}a", "a\u034fb",
        "\u3164", "a\u2800b", "\uffa0", "a\ud800b", "a\ue000b", "a\U000e0041b",
        f"\U0001f469{ZWNJ}\U0001f373",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_nobody_sees_makes_no_line(text: str) -> None:
    assert readable_line(text, longest=40) is None
    with pytest.raises(ValidationError, match="no control or invisible characters"):
        one_line(40)(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Caf\u00e9\u00a0 Noir\r\n1 kg\t", "Caf\u00e9 Noir 1 kg"),
        ("a\u202eb\u200b\x00\ud800\U000e0041c", "abc"),
        (f"\u0643\u062a\u0627\u0628{ZWNJ}\u0647\u0627", f"\u0643\u062a\u0627\u0628{ZWNJ}\u0647\u0627"),
        (f"a{ZWJ}{ZWNJ}b \U0001f469{ZWJ}\U0001f373", f"ab \U0001f469{ZWJ}\U0001f373"),
        ("x" * 40, "x" * 40),
        ("x" * 38 + " yz", "x" * 38 + "…"),
        ("x" * 41, "x" * 39 + "…"),
        ("\u200b \u3164", ""),
    ],
    ids=ascii,
)
def test_whatever_stands_there_is_made_a_line_that_can_be_read(text: str, line: str) -> None:
    assert made_readable(text, longest=40) == line
    assert readable_line(line, longest=40) == (line or None)


def test_a_message_may_have_lines_and_marks_of_direction_but_turns_nothing() -> None:
    assert may_be_sent("\u200f\u0627\u062f\u0641\u0639\n\u200ehttps://pay.example")
    assert [
        one for one in "\u202a\u202b\u202c\u202d\u202e\x00\x1b\t\ud800\ue000\u0378" if may_be_sent(f"a{one}b")
    ] == []
