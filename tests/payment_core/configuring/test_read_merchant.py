"""What was given to add a merchant is checked as a whole, and a key of the other mode never gets in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.enums import Channel, Mode, ThreeDSecure, TransactionType
from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid
from payment_core.journeys.configuring.add_merchant import add_merchant
from payment_core.journeys.configuring.read_merchant import read_merchant
from payment_core.services import Core
from payment_core.store import api_keys, merchants
from tests.payment_core.conftest import MERCHANT

DIGITS = "0123456789abcdef" * 2


def given(**changes: Any) -> dict[str, Any]:
    """Return all that must be given; secrets are made up here and open nothing."""
    return {
        "merchant_id": "acme",
        "name": "Acme Coffee",
        "mode": "SANDBOX",
        "channels": ["sms", "whatsapp"],
        "currencies": ["ZAR", "USD"],
        "senders": {"sms": "ACME Shop", "whatsapp": "+27 87 000 0000"},
        "secrets": {
            "stripe.key": "_".join(("rk", "test", "a" * 24)),
            "twilio.account": f"AC{DIGITS}",
            "twilio.key": f"SK{DIGITS}",
            "twilio.secret": "s" * 32,
            "twilio.webhook": [DIGITS, DIGITS[::-1]],
        },
        **changes,
    }


def problems(**changes: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        read_merchant(given(**changes))
    return dict(refused.value.fields)


def test_the_least_that_is_given_makes_a_merchant() -> None:
    new = read_merchant(given())
    merchant = new.merchant
    assert (merchant.mode, merchant.gateway, merchant.messenger) == (Mode.SANDBOX, "stripe", "twilio")
    assert merchant.senders == {Channel.SMS: "ACME Shop", Channel.WHATSAPP: "27870000000"}
    assert merchant.transaction_type is TransactionType.SALE
    # What is not given is as the guide says, and as whoever builds a merchant in Python gets it.
    assert merchant == Merchant(
        merchant.merchant_id, merchant.name, merchant.mode, merchant.hook, "stripe", "twilio", merchant.channels,
        merchant.currencies, senders=merchant.senders,
    )  # fmt: skip
    assert (merchant.auto_reversal, merchant.tells_expiry, merchant.version) == (False, False, 1)
    assert (merchant.locale, merchant.time_zone, merchant.three_d_secure) == ("en", "UTC", ThreeDSecure.AUTOMATIC)
    assert (merchant.limits.per_number, merchant.limits.per_country, merchant.limits.per_merchant) == (30, 2000, 20000)
    assert (merchant.reply.enabled, merchant.reply.ceiling) == (True, None)
    assert new.secrets.one("twilio.account").value == f"AC{DIGITS}"
    assert [one.value for one in new.secrets.every("twilio.webhook")] == [DIGITS, DIGITS[::-1]]
    assert new.secrets.every("stripe.webhook") == ()


def test_what_is_named_twice_is_taken_once() -> None:
    twice = read_merchant(given(channels=["sms", "whatsapp", "sms"], currencies=["ZAR", "USD", "ZAR"])).merchant
    assert (twice.channels, twice.currencies) == ((Channel.SMS, Channel.WHATSAPP), ("ZAR", "USD"))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"minimum": {"ZAR": "5"}, "maximum": {"ZAR": "5"}}, None),
        ({"minimum": {"ZAR": "5.01"}, "maximum": {"ZAR": "5"}}, "maximum.ZAR"),
        ({"minimum": {"ZAR": "0.01"}}, None),
        ({"merchant_id": "a" * 39}, None),
        ({"merchant_id": "a" * 40}, "merchant_id"),
        ({"merchant_id": "ab"}, None),
        ({"merchant_id": "a"}, "merchant_id"),
        ({"merchant_id": "ab\n"}, "merchant_id"),
        ({"limits": {"per_number": 0}}, None),
        ({"limits": {"per_number": -1}}, "limits.per_number"),
        ({"limits": {"per_country": 1.5}}, "limits.per_country"),
        ({"limits": {"countries": ["ZA"]}}, None),
        ({"limits": {"countries": ["XX"]}}, "limits.countries.0"),
        ({"reply": {"refused_countries": ["XX"]}}, "reply.refused_countries.0"),
        ({"reply": {"enabled": "yes"}}, "reply.enabled"),
        ({"auto_reversal": 1}, None),
        ({"auto_reversal": "true"}, "auto_reversal"),
        ({"tells_expiry": "no"}, "tells_expiry"),
        ({"looks": {"colour": "#0b5c55"}}, None),
        ({"looks": {"colour": "0b5c55"}}, "looks.colour"),
        ({"looks": {"logo_url": "", "support": "", "colour": ""}}, None),
        ({"looks": {"support": "x" * 120}}, None),
        ({"looks": {"support": "x" * 121}}, "looks.support"),
        ({"locale": "xx"}, "locale"),
        ({"three_d_secure": "never"}, "three_d_secure"),
        ({"transaction_type": "sale"}, "transaction_type"),
        ({"secrets": given()["secrets"] | {"twilio.webhook": []}}, "secrets.twilio.webhook"),
        ({"secrets": given()["secrets"] | {"twilio.webhook": [DIGITS, 7]}}, "secrets.twilio.webhook"),
        ({"secrets": given()["secrets"] | {"twilio.webhook": [DIGITS, "short"]}}, "secrets.twilio.webhook"),
        ({"secrets": given()["secrets"] | {"twilio.account": f" AC{DIGITS} "}}, None),
    ],
)
def test_each_answer_is_taken_up_to_its_bound(changes: dict[str, Any], place: str | None) -> None:
    found = problems(**changes) if place is not None else read_merchant(given(**changes))
    assert list(found) == [place] if isinstance(found, dict) else place is None


def test_a_messaging_service_may_send_on_each_channel() -> None:
    service = f"MG{DIGITS}"
    merchant = read_merchant(given(senders={"sms": service, "whatsapp": service})).merchant
    assert merchant.senders[Channel.SMS] == service


@pytest.mark.parametrize(
    ("sender", "is_answered"),
    [
        (f"MG{DIGITS}", True),
        ("+27600000001", True),
        ("39041", True),
        ("", True),
        ("MG Motors", False),
        ("KAROO", False),
    ],
)
def test_a_sender_of_letters_cannot_be_answered(sender: str, is_answered: bool) -> None:
    """No reply is offered to whoever could not send one; without a sender of its own a merchant has a number."""
    assert replace(MERCHANT, senders={Channel.SMS: sender}).takes_replies_by_sms is is_answered


def test_two_merchants_have_different_addresses_for_webhooks() -> None:
    assert read_merchant(given()).merchant.hook != read_merchant(given()).merchant.hook


def test_rules_limits_and_looks_are_taken() -> None:
    merchant = read_merchant(
        given(
            reply={"ceiling": Decimal("500"), "refused_countries": ["DE"]},
            limits={"per_number": 3, "countries": ["ZA"]},
            looks={"colour": "#0b5c55", "logo_url": "https://acme.example/logo.png"},
            minimum={"ZAR": "5.00"},
            maximum={"ZAR": Decimal("100000")},
            locale="en",
            time_zone="Africa/Johannesburg",
            country="ZA",
        )
    ).merchant
    assert merchant.reply.ceiling == Decimal(500)
    assert merchant.reply.refused_countries == {"DE"}
    assert merchant.limits.per_number == 3
    assert merchant.limits.per_country == 2000
    assert merchant.looks.colour == "#0b5c55"
    assert merchant.minimum == {"ZAR": Decimal("5.00")}


@pytest.mark.parametrize("kind", ["rk", "sk"])
@pytest.mark.parametrize(("mode", "key_mode"), [("SANDBOX", "live"), ("PRODUCTION", "test")])
def test_a_key_of_the_other_mode_is_refused(kind: str, mode: str, key_mode: str) -> None:
    secrets = given()["secrets"] | {"stripe.key": "_".join((kind, key_mode, "a" * 24))}
    found = problems(mode=mode, secrets=secrets)
    assert list(found) == ["secrets.stripe.key"]
    assert "aaaa" not in str(found)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"merchant_id": "Acme Shop"}, "merchant_id"),
        ({"mode": "LIVE"}, "mode"),
        ({"gateway": "sandbox"}, "gateway"),
        ({"channels": []}, "channels"),
        ({"channels": ["fax"]}, "channels.0"),
        ({"currencies": ["XXZ"]}, "currencies.0"),
        ({"senders": {"sms": "ACME Shop"}}, "senders.whatsapp"),
        ({"senders": {"sms": "ACME Shop", "whatsapp": "ACME Shop"}}, "senders.whatsapp"),
        ({"senders": {"sms": "A name that is too long", "whatsapp": "27870000000"}}, "senders.sms"),
        ({"minimum": {"EUR": "1"}}, "minimum.EUR"),
        ({"minimum": {"ZAR": "0.001"}}, "minimum.ZAR"),
        ({"minimum": {"ZAR": "-1"}}, "minimum.ZAR"),
        ({"minimum": {"ZAR": "0"}}, "minimum.ZAR"),
        ({"maximum": {"ZAR": "0.00"}}, "maximum.ZAR"),
        ({"minimum": {"ZAR": "10"}, "maximum": {"ZAR": "5"}}, "maximum.ZAR"),
        ({"minimum": {"ZAR": "1e2"}}, "minimum.ZAR"),
        ({"maximum": {"ZAR": "\u0661\u0662"}}, "maximum.ZAR"),
        ({"reply": {"ceiling": "1_000"}}, "reply.ceiling"),
        ({"name": "Acme\u202eShop"}, "name"),
        ({"name": "Acme\nShop"}, "name"),
        ({"name": "\u3164\u200b"}, "name"),
        ({"looks": {"support": "call\u2066me"}}, "looks.support"),
        ({"time_zone": "Cape Town"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"looks": {"logo_url": "http://acme.example/logo.png"}}, "looks.logo_url"),
        ({"reply": {"ceiling": 0}}, "reply.ceiling"),
        ({"colour": "#0b5c55"}, "colour"),
        ({"templates": {"payment_request.sms.en": "pay {0} at {url}"}}, "templates.payment_request.sms.en"),
        ({"templates": {"payment_request.sms.en": "pay {amount.x} at {url}"}}, "templates.payment_request.sms.en"),
        ({"templates": {"payment_request.sms.en": "please pay"}}, "templates.payment_request.sms.en"),
        ({"templates": {"payment_request.sms": "pay at {url}"}}, "templates.payment_request.sms"),
        ({"templates": {"payment_request.fax.en": "pay at {url}"}}, "templates.payment_request.fax.en"),
        ({"templates": {"invoice.sms.en": "pay at {url}"}}, "templates.invoice.sms.en"),
        ({"templates": {"payment_request.sms.xx": "pay at {url}"}}, "templates.payment_request.sms.xx"),
        ({"templates": {"invoice.sms.en": "pay"}}, "templates.invoice.sms.en"),
        ({"templates": {"receipt.whatsapp.xx": "HX" + DIGITS}}, "templates.receipt.whatsapp.xx"),
        ({"templates": {"receipt.whatsapp": f"HX{DIGITS} merchant,sum"}}, "templates.receipt.whatsapp"),
        ({"templates": {"receipt.whatsapp": f"HX{DIGITS} payload"}}, "templates.receipt.whatsapp"),
        ({"secrets": {}}, "secrets.stripe.key"),
        ({"secrets": given()["secrets"] | {"paypal.key": "x"}}, "secrets.paypal.key"),
        ({"secrets": given()["secrets"] | {"twilio.secret": 7}}, "secrets.twilio.secret"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(changes: dict[str, Any], place: str) -> None:
    assert place in problems(**changes)


@pytest.mark.parametrize("sms", ["AB", "A" * 12, "1234", "27 83", "0831234567", f"MG{DIGITS}0"])
def test_a_sender_that_nobody_can_send_by_is_refused_with_what_to_give(sms: str) -> None:
    wanted = "the number with its country's code, a messaging service (MG…), or for SMS a name of 3 to 11 letters."
    assert problems(senders={"sms": sms, "whatsapp": "27870000000"}) == {"senders.sms": [f"Give {wanted}"]}


@pytest.mark.parametrize("sms", ["ABC", "A" * 11, "12345", "+27 (83) 12", "MG1"])
def test_the_shortest_and_the_longest_sender_are_taken(sms: str) -> None:
    assert read_merchant(given(senders={"sms": sms, "whatsapp": "27870000000"})).merchant.senders[Channel.SMS]


def test_an_added_merchant_has_a_key_that_opens_the_api(core: Core) -> None:
    merchant, text = add_merchant(core, read_merchant(given()), by="admin")
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text.value) == merchant
        assert merchants.secrets_of(work, "acme").one("twilio.secret").value == "s" * 32
    with pytest.raises(Invalid):
        add_merchant(core, read_merchant(given()), by="admin")


def test_own_texts_and_approved_templates_are_taken() -> None:
    templates = {
        "payment_request.sms.en": "{merchant}: {amount} at {url}",
        "receipt.whatsapp": f"HX{DIGITS} *",
        "reply_offers_2.whatsapp.de": f"HX{DIGITS} merchant,amount,card,card2,payload,payload2",
    }
    assert read_merchant(given(templates=templates)).merchant.templates == templates
