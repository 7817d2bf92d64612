"""Validate the values that add a merchant, and build the merchant and its secrets from them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from foundation.money import AmountError, digits_of, iso_digits, read_signed
from foundation.phones.phone import is_region
from foundation.secret import Secret
from foundation.texts.readable_line import one_line
from payment_core.domain.account_secrets import GATEWAYS, MESSENGERS, Provider
from payment_core.domain.enums import Channel, Mode, ThreeDSecure, TransactionType
from payment_core.domain.merchant import (
    LONGEST_MERCHANT_NAME,
    Looks,
    Merchant,
    MerchantSecrets,
    SendLimits,
    read_sender,
    sender_problem,
)
from payment_core.domain.saved_card import ReplyRules
from payment_core.errors import Invalid
from payment_core.texts.catalogue import languages
from payment_core.texts.template_rules import key_problem

_LONGEST_SUPPORT = 120
_CHANNELS = [one.value for one in Channel]


@dataclass(frozen=True)
class NewMerchant:
    """A merchant that can be stored, with its secrets."""

    merchant: Merchant
    secrets: MerchantSecrets


def _currency(code: str) -> None:
    if code not in list_currencies():
        raise ValidationError("Give currencies as ISO 4217 writes them, such as ZAR.")


def _country(code: str) -> None:
    if code and not is_region(code):
        raise ValidationError("Give a country as ISO 3166 writes it, such as ZA.")


def _zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Give a time zone such as Africa/Johannesburg.")


def _one_line_or_none(text: str) -> None:
    if text:
        one_line(_LONGEST_SUPPORT)(text)


class _Amount(fields.Field[Decimal]):
    """An amount as the API takes it: marshmallow's own Decimal also reads exponents, and the digits of any script."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        try:
            return read_signed(value)
        except AmountError as error:
            raise ValidationError(str(error)) from error


class _Reply(Schema):
    enabled = fields.Boolean(truthy={True}, falsy={False})
    ceiling = _Amount(allow_none=True, validate=Range(min=Decimal(0), min_inclusive=False))
    refused_countries = fields.List(fields.String(validate=_country))


class _Limits(Schema):
    per_number = fields.Integer(strict=True, validate=Range(0))
    per_country = fields.Integer(strict=True, validate=Range(0))
    per_merchant = fields.Integer(strict=True, validate=Range(0))
    countries = fields.List(fields.String(validate=_country))


class _Looks(Schema):
    logo_url = fields.String(validate=Regexp(r"(|https://\S+)\Z", error="Give an https address."))
    colour = fields.String(validate=Regexp(r"(|#[0-9A-Fa-f]{6})\Z", error="Give a colour such as #0b5c55."))
    support = fields.String(validate=lambda text: _one_line_or_none(text))


def _currency_amounts() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=_currency),
        values=_Amount(validate=Range(min=Decimal(0), min_inclusive=False)),
        load_default=dict,
    )


class GivenMerchant(Schema):
    """The fields of a merchant's file."""

    merchant_id = fields.String(
        required=True, validate=Regexp(r"[a-z][a-z0-9_-]{1,38}\Z", error="Use a-z, 0-9, - and _.")
    )
    name = fields.String(required=True, validate=one_line(LONGEST_MERCHANT_NAME))
    mode = fields.String(required=True, validate=OneOf([one.value for one in Mode]))
    gateway = fields.String(load_default="stripe", validate=OneOf(list(GATEWAYS)))
    messenger = fields.String(load_default="twilio", validate=OneOf(list(MESSENGERS)))
    channels = fields.List(fields.String(validate=OneOf(_CHANNELS)), required=True, validate=Length(1))
    currencies = fields.List(fields.String(validate=_currency), required=True, validate=Length(1))
    senders = fields.Dict(keys=fields.String(validate=OneOf(_CHANNELS)), values=fields.String(), required=True)
    transaction_type = fields.String(load_default="SALE", validate=OneOf([one.value for one in TransactionType]))
    auto_reversal = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    minimum = _currency_amounts()
    maximum = _currency_amounts()
    locale = fields.String(load_default="en", validate=OneOf(languages()))
    time_zone = fields.String(load_default="UTC", validate=_zone)
    country = fields.String(load_default="", validate=_country)
    three_d_secure = fields.String(load_default="automatic", validate=OneOf([one.value for one in ThreeDSecure]))
    reply = fields.Nested(_Reply, load_default=dict)
    limits = fields.Nested(_Limits, load_default=dict)
    looks = fields.Nested(_Looks, load_default=dict)
    templates = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    tells_expiry = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    secrets = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)


_GIVEN = GivenMerchant()


def read_merchant(given: Mapping[str, Any], *, has_secrets: bool = True) -> NewMerchant:
    """Return a merchant that can be stored; without ``has_secrets`` those of a stored one stay as they are.

    Raises:
        Invalid: with every field that is wrong and how to correct it; no value is repeated.
    """
    try:
        values: dict[str, Any] = _GIVEN.load(given, partial=() if has_secrets else ("secrets",))
    except ValidationError as error:
        raise Invalid(_sentences(error.messages)) from error
    mode = Mode(values["mode"])
    sealed, problems = MerchantSecrets(), dict[str, str]()
    if has_secrets:
        sealed, problems = _secrets(values.pop("secrets"), mode, _providers(values))
    problems |= _senders(values) | _amounts(values) | _templates(values["templates"])
    if problems:
        raise Invalid({place: [sentence] for place, sentence in problems.items()})
    return NewMerchant(_merchant(values, mode), sealed)


def _merchant(values: dict[str, Any], mode: Mode) -> Merchant:
    reply, limits = values.pop("reply"), values.pop("limits")
    return Merchant(
        **{
            **values,
            "mode": mode,
            # Unguessable, although anybody with the address may post to it: nothing without the signature is believed.
            "hook": f"hook_{secrets.token_urlsafe(18)}",
            "channels": tuple(map(Channel, dict.fromkeys(values["channels"]))),
            "currencies": tuple(dict.fromkeys(values["currencies"])),
            "senders": {Channel(name): read_sender(sender) for name, sender in values["senders"].items()},
            "transaction_type": TransactionType(values["transaction_type"]),
            "three_d_secure": ThreeDSecure(values["three_d_secure"]),
            "reply": ReplyRules(**{**reply, **_frozen(reply, "refused_countries")}),
            "limits": SendLimits(**{**limits, **_frozen(limits, "countries")}),
            "looks": Looks(**values["looks"]),
        }
    )


def _frozen(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: frozenset(values[name])} if name in values else {}


def _providers(values: Mapping[str, Any]) -> tuple[Provider, ...]:
    return GATEWAYS[values["gateway"]], MESSENGERS[values["messenger"]]


def _secrets(
    given: Mapping[str, Any], mode: Mode, providers: tuple[Provider, ...]
) -> tuple[MerchantSecrets, dict[str, str]]:
    """Return the secrets, and by place what is wrong with them; a secret may be a list, the one that is used first."""
    known = {one.name: one for provider in providers for one in provider.secrets}
    problems = {f"secrets.{name}": "is no secret of these providers." for name in given if name not in known}
    found: dict[str, tuple[Secret, ...]] = {}
    for name, secret in known.items():
        raw = given.get(name) or []
        texts = [raw] if isinstance(raw, str) else raw
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            problems[f"secrets.{name}"] = "must be a text, or a list of texts."
            continue
        stripped = [one.strip() for one in texts]
        wrong = next((problem for one in stripped if (problem := secret.problem(one, mode))), None)
        if wrong is not None:
            problems[f"secrets.{name}"] = f"{wrong}."
        elif secret.required and not stripped:
            problems[f"secrets.{name}"] = "is missing."
        found[name] = tuple(map(Secret, stripped))
    return MerchantSecrets(found), problems


def _senders(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the senders: each channel needs one."""
    given = {channel: values["senders"].get(channel, "") for channel in values["channels"]}
    found = {channel: sender_problem(Channel(channel), sender) for channel, sender in given.items()}
    return {f"senders.{channel}": problem for channel, problem in found.items() if problem}


def _amounts(values: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    for name in ("minimum", "maximum"):
        for currency, amount in values[name].items():
            if currency not in values["currencies"]:
                problems[f"{name}.{currency}"] = "is not one of the currencies."
            elif digits_of(amount) > iso_digits(currency):
                problems[f"{name}.{currency}"] = f"has more than {iso_digits(currency)} decimals."
    for currency, least in values["minimum"].items():
        most: Decimal | None = values["maximum"].get(currency)
        if most is not None and most < least:
            problems[f"maximum.{currency}"] = "is less than the minimum."
    return problems


def _templates(given: Mapping[str, str]) -> dict[str, str]:
    found = {key: key_problem(key, value) for key, value in given.items()}
    return {f"templates.{key}": f"{problem}." for key, problem in found.items() if problem}


def _sentences(messages: Any, place: str = "") -> dict[str, list[str]]:
    """Return marshmallow's nested messages by dotted places."""
    if isinstance(messages, list):
        return {place: [str(one) for one in messages]}
    found: dict[str, list[str]] = {}
    for name, below in messages.items():
        # The words that separate a dictionary's key and value mean nothing to a person.
        inner = place if name in ("key", "value") else f"{place}.{name}" if place else str(name)
        found |= _sentences(below, inner)
    return found
