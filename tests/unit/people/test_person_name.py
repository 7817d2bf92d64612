"""Names: what cannot be shown is left out, and the invisible joiners stay where a script spells with them."""

from __future__ import annotations

import pytest

from connector.domain.people.person_name import readable_name

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    "name",
    [
        f"علی{ZWNJ}رضا حسینی",  # Persian: Ali-Reza
        f"زهرا{ZWNJ}سادات",  # behind a letter that joins to nothing
        f"مهدی{ZWNJ}پور{ZWNJ}اصل",
        f"ه{ZWJ}",  # an abbreviation: the letter's joined form, alone
        f"ශ්{ZWJ}රී ලංකා",  # Sinhala
        f"র{ZWJ}্যাম",  # Bengali: the joiner before the virama
        f"ന്{ZWJ}",  # Malayalam, the older spelling of a final letter
        f"क्{ZWNJ}ष",
        f"Sam 👩{ZWJ}🚀",
        f"👨🏽{ZWJ}👩🏽{ZWJ}👧🏽",
        "Thandi M",
        "Bjørn Åse-Łukasz O’Neill",
        "王小明",
    ],
)
def test_a_name_stays_as_it_is_spelt(name: str) -> None:
    assert readable_name(name) == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"Tha{ZWNJ}ndi", "Thandi"),
        (f"{ZWJ}Thandi{ZWNJ}", "Thandi"),
        (f"علی{ZWNJ}{ZWNJ}{ZWNJ}رضا", f"علی{ZWNJ}رضا"),
        (f"Thandi {ZWJ}M", "Thandi M"),
        (f"👩{ZWNJ}🚀", "👩🚀"),
        (f"1{ZWJ}2", "12"),
        ("Tha\u200bndi\u202e\u2066", "Thandi"),
        ("Thandi \ud800\x00M", "Thandi M"),
        ("Thandi\u00a0M\tN", "Thandi M N"),
        ("x" * 300, "x" * 120),
        (" " * 130 + "Thandi", "Thandi"),
        ("\u200b\u202e ", None),
        ("", None),
        (None, None),
        (7, None),
    ],
    ids=repr,
)
def test_what_cannot_be_shown_or_only_hides_is_left_out(given: object, kept: str | None) -> None:
    assert readable_name(given) == kept
