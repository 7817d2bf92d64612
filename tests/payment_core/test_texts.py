"""The texts that customers read: every language has every one, with the same places in it."""

from __future__ import annotations

import string

import pytest

from payment_core.domain.enums import Channel
from payment_core.texts.catalogue import FALLBACK, catalogue, counted_text, languages, nearest, text_of


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", languages())
def test_every_language_has_every_text_with_its_places(language: str) -> None:
    for part in ("messages", "pages"):
        mine, english = catalogue(language)[part], catalogue(FALLBACK)[part]
        # A language may have more forms of a counted text than English.
        plain = {name: text for name, text in mine.items() if name.rpartition("_")[2] not in ("two", "few", "many")}
        assert {name: places(text) for name, text in plain.items()} == {
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


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "You have 1 minute to pay."),
        ("en", 15, "You have 15 minutes to pay."),
        ("de_AT", 1, "Sie haben 1 Minute Zeit."),
        ("ar", 1, "لديك دقيقة واحدة للدفع."),
        ("ar", 2, "لديك دقيقتان للدفع."),
        ("ar", 5, "لديك 5 دقائق للدفع."),
        ("ar", 15, "لديك 15 دقيقة للدفع."),
    ],
)
def test_minutes_are_counted_as_the_language_counts(language: str, number: int, said: str) -> None:
    assert counted_text("time_left", language, number).format(minutes=number) == said
