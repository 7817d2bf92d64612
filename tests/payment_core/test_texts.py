"""The texts that customers read: every language has every one, with the same places in it."""

from __future__ import annotations

import string

import pytest

from payment_core.domain.enums import Channel
from payment_core.texts.catalogue import FALLBACK, catalogue, languages, nearest, text_of


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", languages())
def test_every_language_has_every_text_with_its_places(language: str) -> None:
    for part in ("messages", "pages"):
        mine, english = catalogue(language)[part], catalogue(FALLBACK)[part]
        assert set(mine) == set(english)
        assert {name: places(text) for name, text in mine.items()} == {
            name: places(text) for name, text in english.items()
        }


def test_the_languages_of_the_product_are_there() -> None:
    assert languages() == ("af", "ar", "de", "en", "es", "fr", "nl", "pt")


@pytest.mark.parametrize(("asked", "given"), [("de_AT", "de"), ("pt-BR", "pt"), ("zu", "en"), ("", "en")])
def test_the_nearest_language_is_spoken(asked: str, given: str) -> None:
    assert nearest(asked) == given


def test_a_merchants_own_text_comes_first() -> None:
    own = {"receipt.sms.de": "Danke, {amount}!"}
    assert text_of("receipt", "de_DE", channel=Channel.SMS, own=own) == "Danke, {amount}!"
    assert text_of("receipt", "de_DE", channel=Channel.WHATSAPP, own=own) != "Danke, {amount}!"


def test_the_documented_cancel_text_is_word_for_word() -> None:
    text = text_of("cancelled", "en", channel=Channel.SMS)
    assert text.format(order="00000102") == "The 00000102 has been canceled by the Agent"
