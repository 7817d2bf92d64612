"""The language of a launch: the user's, as Salesforce names it, on the page, in answers and on refusals."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connector.languages.catalogues import catalogue
from connector.languages.reader import forget_reader, remember_language
from connector.web.callers.launch_token import LIFE, LaunchToken, issue, read
from connector.web.wording.sentences import fill
from foundation.secret import Secret
from tests.factories import THANDI, envelope, sign
from tests.journeys.world import World, page_data


def launched(world: World, order_id: str | None = None, **user: Any) -> Any:
    content = envelope(order_id or world.order())
    content["context"]["user"].update(user)
    return world.post_launch(sign(content))


@pytest.mark.parametrize(
    ("user", "written", "locale"),
    [
        ({"language": "de", "locale": "de_CH"}, ("de", "ltr"), "de-CH"),
        ({"language": "pt_BR", "locale": "en_ZA"}, ("pt", "ltr"), "en-ZA"),
        ({"language": "ar", "locale": "ar_AE"}, ("ar", "rtl"), "ar-AE"),
        ({"language": "zu", "locale": "zu_ZA"}, ("en", "ltr"), "zu-ZA"),
        ({"language": "nl_NL"}, ("nl", "ltr"), "nl-NL"),
    ],
)
def test_the_page_speaks_the_users_language_with_the_numbers_of_the_users_locale(
    world: World, user: dict[str, str], written: tuple[str, str], locale: str
) -> None:
    text = launched(world, **user).text
    assert re.search(r'<html lang="(\w+)" dir="(\w+)"', text).groups() == written  # type: ignore[union-attr]
    data = page_data(text)
    assert (data["language"], data["direction"], data["locale"]) == (*written, locale)
    assert data["sentences"] == catalogue(written[0])


def test_a_number_names_its_country_in_the_users_language(world: World) -> None:
    reading = page_data(launched(world, language="de").text)["order"]["phone_reading"]
    assert reading["country_name"] == "Südafrika"


def test_a_refusal_speaks_the_language_of_the_user_whose_signature_is_valid(world: World) -> None:
    content = envelope(None)
    content["context"]["user"].update(language="fr")
    refused = world.post_launch(sign(content))
    assert catalogue("fr")["no_order_id"] in refused.text.replace("&#39;", "'")
    assert '<html lang="fr" dir="ltr">' in refused.text


def test_a_stranger_is_refused_in_the_language_that_the_browser_asks_for(world: World) -> None:
    refused = world.client.post(
        "/launch", data={"signed_request": "no.signature"}, headers={"Accept-Language": "ar-EG, en;q=0.5"}
    )
    assert catalogue("ar")["launch_unreadable"].partition("؛")[0] in refused.text
    assert '<html lang="ar" dir="rtl">' in refused.text
    assert 'lang="en"' in world.client.post("/launch", data={}, headers={"Accept-Language": "tlh"}).text


def test_the_help_page_speaks_the_browsers_language(world: World) -> None:
    page = world.client.get("/launch", headers={"Accept-Language": "nl"})
    assert catalogue("nl")["help_how"] in page.text


def test_what_an_agent_without_rights_is_told_is_in_the_agents_language(world: World) -> None:
    world.tenant(policy={})  # the default: custom permissions
    world.org.permissions = {}
    order_id = world.order()
    page = world.open(order_id)
    page.token = page_data(launched(world, order_id, language="es").text)["launch_token"]
    told = world.send(page).json["error"]["message"]
    assert told.startswith(catalogue("es")["no_right"].partition("{")[0])


def test_a_token_of_the_version_before_is_read_in_english() -> None:
    key, now = Secret(secrets.token_hex(32)), datetime.now(UTC)
    token = LaunchToken("t1", "005", "Thandi", "801", "l1", "UTC", (), now + LIFE, language="de")
    assert read(issue(token, keys=[key], now=now), keys=[key], now=now).language == "de"
    claims = jwt.decode(issue(token, keys=[key], now=now), OctKey.import_key(key.value)).claims
    del claims["lang"], claims["loc"]
    header = {"alg": "HS256", "kid": hashlib.sha256(key.value.encode()).hexdigest()[:8]}
    older = jwt.encode(header, claims, OctKey.import_key(key.value))
    assert read(older, keys=[key], now=now).language == "en"
    assert read(older, keys=[key], now=now).locale == ""


@pytest.mark.parametrize(
    ("language", "locale", "currency", "amount"),
    [
        ("en_US", "en_ZA", "ZAR", "R1\N{NO-BREAK SPACE}234,50"),
        ("en_US", "en_US", "ZAR", "R1,234.50"),
        ("de", "de_CH", "CHF", "CHF\N{NO-BREAK SPACE}1'234.50"),
        ("en_US", "de_DE_EURO", "EUR", "1.234,50\N{NO-BREAK SPACE}€"),
        ("en_US", "xx_YY", "EUR", "€1,234.50"),
        ("de", "", "EUR", "1.234,50\N{NO-BREAK SPACE}€"),
    ],
)
def test_an_answer_has_the_numbers_of_the_users_locale_as_the_page_has(
    language: str, locale: str, currency: str, amount: str
) -> None:
    remember_language(language, locale)
    try:
        said = fill("capture_captured", {"amount": {"amount": "1234.50", "currency": currency}}, time_zone="UTC")
    finally:
        forget_reader()
    assert amount in said


def test_a_page_keeps_the_users_locale_in_its_token(world: World) -> None:
    token = page_data(launched(world, language="en_US", locale="en_ZA").text)["launch_token"]
    found = read(token, keys=world.services.settings.launch_keys, now=world.services.now())
    assert (found.language, found.locale) == ("en_US", "en_ZA")


def test_an_open_page_is_answered_with_the_numbers_of_its_users_locale(world: World) -> None:
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture"}}
    order_id = world.order()
    page = world.open(order_id)
    page.token = page_data(launched(world, order_id, language="en_US", locale="en_ZA").text)["launch_token"]
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    reference = world.row("payment_requests")["reference"]
    told = world.client.post(f"/api/payment-requests/{reference}/capture", headers=page.headers)
    assert told.json["sentence"] == "Taken: R115,00."
