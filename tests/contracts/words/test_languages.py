"""The languages of sentences: what stands in for a sentence that one lacks, how each is written, and which is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import manifests
from connector.languages import catalogues
from connector.languages.catalogues import catalogue, direction, languages, locale_tag, spoken
from connector.languages.reader import forget_reader, reader_language, remember_language
from connector.languages.translations import faults_of
from connector.web.wording.sentences import fill
from payment_core.texts.catalogue import languages as customers_languages
from tests.captured_logs import capture_logs
from tools import missing_sentences

AMOUNT = {"amount": {"amount": "1234.50", "currency": "ZAR"}}
ENGLISH = {"sent": "Sent {at:time} by {channel}.", "title": "Chat 2 Pay", "bell": ("Paid {order}", "Paid: {paid}")}


@pytest.fixture
def no_catalogue_read() -> Iterator[None]:
    """Catalogues are read and checked anew, and forgotten again."""
    catalogues.checked_catalogue.cache_clear()
    yield
    catalogues.checked_catalogue.cache_clear()


def test_the_languages_of_the_product_are_there() -> None:
    assert languages() == ("af", "ar", "de", "en", "es", "fr", "nl", "pt")


@pytest.mark.parametrize("language", languages())
def test_a_language_lacks_nothing(language: str) -> None:
    """Of the page, the panel, notifications and what customers read: ``python -m tools.missing_sentences`` names it."""
    assert list(missing_sentences.lacking(language)) == []


def test_what_customers_and_agents_read_is_in_the_same_languages() -> None:
    assert customers_languages() == languages()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"sent": None}, {"sent": "missing"}),
        ({"sent": "Um {at:time} gesendet."}, {"sent": "differs in {channel}"}),
        ({"sent": "Um {at:clock} per {channel} gesendet."}, {"sent": "differs in {at:clock}, {at:time}"}),
        ({"sent": "Um {at:time} per {channel} an {phone} gesendet."}, {"sent": "differs in {phone}"}),
        ({"sent": "Um {at:time per {channel} gesendet."}, {"sent": "broken"}),
        ({"title": ""}, {"title": "broken"}),
        ({"title": 7}, {"title": "broken"}),
        ({"bell": ["Bezahlt {order}"]}, {"bell": "broken"}),
        ({"bell": ["Bezahlt {paid}", "Bezahlt: {order}"]}, {"bell": "differs in {order}, {order}, {paid}, {paid}"}),
        ({"sent": "Per {channel} um {at:time}, ja {at:time} gesendet."}, {}),
    ],
)
def test_a_translation_that_does_not_fit_is_named(changed: dict[str, Any], fault: dict[str, str]) -> None:
    whole: dict[str, Any] = {
        "sent": "Um {at:time} per {channel}.",
        "title": "Chat 2 Pay",
        "bell": ["Bezahlt {order}", "Da: {paid}"],
    }
    assert faults_of(ENGLISH, whole) == {}
    assert faults_of(ENGLISH, {**whole, **changed}) == fault


@pytest.mark.usefixtures("no_catalogue_read")
def test_english_stands_in_for_an_entry_and_the_log_names_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    english = manifests.load("sentences/en.json")
    translated: dict[str, Any] = {name: f"de: {text}" for name, text in english.items()}
    translated |= {"sent": "Gesendet an {phone}.", "paid_waiting": 7}
    del translated["opened"]
    monkeypatch.setattr(catalogues, "_read", lambda language, _part: english if language == "en" else translated)
    with capture_logs() as lines:
        first, second = catalogue("de"), catalogue("de_AT")
    assert first is second
    for name in ("sent", "opened", "paid_waiting"):
        assert first[name] == english[name]
    assert first["title"] == f"de: {english['title']}"
    (line,) = lines
    assert line["sentences"] == ["opened", "paid_waiting", "sent"]
    assert (line["event"], line["language"], line["log_level"]) == ("sentences_untranslated", "de", "warning")


@pytest.mark.usefixtures("no_catalogue_read")
@pytest.mark.parametrize("content", ["{", "[]", "\ufeff{}"], ids=["cut off", "a list", "a byte order mark"])
def test_a_catalogue_that_nobody_can_read_is_english(
    monkeypatch: pytest.MonkeyPatch, content: str, tmp_path: Any
) -> None:
    (tmp_path / "sentences").mkdir()
    (tmp_path / "sentences/de.json").write_text(content, "utf-8")
    (tmp_path / "sentences/en.json").write_text('{"title": "Chat 2 Pay"}', "utf-8")
    monkeypatch.setattr("manifests.shipped.files", lambda _package: tmp_path)
    manifests.load.cache_clear()
    manifests.shipped.load_shipped.cache_clear()
    try:
        with capture_logs() as lines:
            assert catalogue("de") == {"title": "Chat 2 Pay"}
        assert [line["sentences"] for line in lines] == [["title"]]
    finally:
        manifests.load.cache_clear()
        manifests.shipped.load_shipped.cache_clear()


@pytest.mark.parametrize(
    ("named", "found"), [("pt_BR", "pt"), ("de-AT", "de"), ("AR", "ar"), ("zu", "en"), ("", "en"), (None, "en")]
)
def test_the_nearest_catalogue_is_spoken(named: str | None, found: str) -> None:
    assert spoken(named) == found


def test_arabic_is_written_from_right_to_left() -> None:
    assert [one for one in languages() if direction(one) == "rtl"] == ["ar"]


@pytest.mark.parametrize(
    ("locale", "language", "tag"),
    [
        ("pt_BR", "pt_BR", "pt-BR"),
        ("en_ZA", "en_US", "en-ZA"),
        ("de_DE_EURO", "de", "de-DE"),
        ("sr_Latn_RS", "sr", "sr-Latn-RS"),
        ("", "en_US", "en-US"),
        ("../", "ar", "ar"),
        ("../", "../", "en"),
    ],
)
def test_a_locale_is_named_as_browsers_know_it(locale: str, language: str, tag: str) -> None:
    assert locale_tag(locale, language) == tag


@pytest.mark.parametrize(
    ("language", "amount"),
    [
        ("en_US", "R1,234.50"),
        ("de", "1.234,50\u00a0R"),
        ("fr", "1\u202f234,50\u00a0R"),
        ("nl_NL", "R1.234,50"),
        ("ar", "\u2068\u200f1,234.50\u00a0R\u2069"),
    ],
)
def test_the_server_writes_an_amount_as_the_language_does(language: str, amount: str) -> None:
    assert amount in fill("button_send", {**AMOUNT, "channel": "sms"}, time_zone="UTC", language=language)


def test_values_in_an_arabic_sentence_keep_their_own_direction() -> None:
    text = fill("cancel_already_cancelled", {"at": datetime(2026, 11, 29, tzinfo=UTC), "agent": "Thandi"},
                time_zone="UTC", language="ar")  # fmt: skip
    assert "\u2068Thandi\u2069" in text
    assert "\u2068" not in fill("cancel_paid", {"at": None}, time_zone="UTC", language="de")


def test_a_sentence_is_in_the_language_of_its_reader_and_the_next_request_knows_nobody() -> None:
    remember_language("de_AT")
    try:
        assert fill("status_paid", {}, time_zone="UTC") == catalogue("de")["status_paid"]
        assert fill("status_paid", {}, time_zone="UTC", language="fr") == catalogue("fr")["status_paid"]
    finally:
        forget_reader()
    assert reader_language() == "en"


@pytest.mark.parametrize("language", languages())
def test_no_sentence_begins_with_whom_to_ask(language: str) -> None:
    # Who it is stands inside of sentences, and so begins small: "your Salesforce administrator".
    texts = manifests.load(f"sentences/{language}.json")
    assert [name for name, text in texts.items() if re.search(r"(^|[.!?:]\s+)\{admin\}", str(text))] == []


@pytest.mark.parametrize("part", ["", "panel", "panel_buttons", "bells"])
def test_no_french_line_begins_with_a_mark(part: str) -> None:
    """A blank before a colon, or within quotation marks, breaks no line."""
    texts = [
        text for value in catalogue("fr", part).values() for text in ([value] if isinstance(value, str) else value)
    ]
    assert [text for text in texts if re.search(r" [;:!?»]|« ", text)] == []
