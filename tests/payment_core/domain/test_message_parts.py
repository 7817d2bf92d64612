"""Texts are counted as carriers do."""

from __future__ import annotations

import pytest

from payment_core.domain.enums import Channel
from payment_core.domain.message_parts import is_gsm, parts_of, places_of
from payment_core.texts.catalogue import languages, text_of

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "places", "parts"),
    [
        ("x" * 122, 122, 1),
        ("x" * 160, 160, 1),
        ("x" * 161, 161, 2),
        ("x" * 306, 306, 2),
        ("x" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        # One space of another alphabet, and the whole text is counted in that.
        ("x" * 134 + NO_BREAK, 135, 3),
        ("Łódź " * 15, 75, 2),
        ("Łódź", 4, 1),
        ("\N{GRINNING FACE}" * 35, 70, 1),
        ("\N{GRINNING FACE}" * 36, 72, 2),
        ("", 0, 1),
    ],
)
def test_an_sms_has_the_parts_that_carriers_count(text: str, places: int, parts: int) -> None:
    assert (places_of(text), parts_of(text, Channel.SMS)) == (places, parts)
    assert parts_of(text, Channel.WHATSAPP) == 1


@pytest.mark.parametrize("language", [one for one in languages() if one != "ar"])
def test_a_request_by_sms_needs_no_other_alphabet(language: str) -> None:
    assert is_gsm(text_of("payment_request", language, channel=Channel.SMS))
