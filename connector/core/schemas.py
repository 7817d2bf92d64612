"""The schemas of the core's answers, with the manifest's field names; each loads into a typed value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load

import manifests
from connector.core.parsing import parse_json
from connector.core.peer_fields import (
    LONGEST_ORDER_NUMBER,
    LONGEST_SPARE,
    CodeWord,
    DisplayText,
    LinkReference,
    OptionalFlag,
    OptionalText,
    PeerAmount,
    PeerCode,
    PeerText,
    PeerTime,
    is_storable,
    without_currency,
)
from connector.core.statuses import (
    canonical_status,
    frees_a_hold,
    merge_updates,
    message_status,
    status_update,
    transaction_type,
)
from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.operation import released_rest
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import Money
from connector.domain.tenants.tenant import CoreConfiguration
from foundation.money import ZERO

_OPERATIONS = manifests.load("core/operations.json")["operations"]
_OURS = manifests.load("core/ours.json")["operations"]
_TRANSACTION = {**_OURS["get_transaction"]["answer"], **_OPERATIONS["get_transaction"]["answer"]}
_SENT = _OPERATIONS["send_payment_link"]["answer"]
_CANCELLED = _OPERATIONS["cancel_payment_link"]["answer"]
_MOVED = _OPERATIONS["capture_payment"]["answer"]  # a reversal has the same answer
_CONFIGURATION = {**_OURS["get_configuration"]["answer"], **_OPERATIONS["get_configuration"]["answer"]}
_AMOUNT_OF = {"authorized": Money.AUTHORIZED, "captured": Money.PAID, "reversed": Money.REVERSED}
OUR_REFERENCE = manifests.load("core/notifications.json")["our_reference_in_additional_data"]
_LONGEST_REFERENCE, _LONGEST_WORD = 40, 64
_MOST_CURRENCY_DIGITS = 8
_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,8})?")
_ACCEPTED = "ACCEPT"  # the gateway's word


@dataclass(frozen=True)
class SentLink:
    """The core's answer to a link that was just created."""

    link_reference: str
    core_status: str | None


@dataclass(frozen=True)
class CancelledLink:
    """The core's answer to a link that was just cancelled."""

    core_status: str | None
    customer_told: bool | None
    not_told_because: str | None = None


@dataclass(frozen=True)
class MovedMoney:
    """The core's answer to a capture or a reversal: its status, and the type of transaction that was accepted, or None."""

    core_status: str | None
    accepted: str | None = None


class SentLinkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    link_reference = LinkReference(required=True, data_key=_SENT["link_reference"])
    core_status = OptionalText(most=_LONGEST_WORD, data_key=_SENT["core_status"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> SentLink:
        return SentLink(**data)


class CancelledLinkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    core_status = fields.String(data_key=_CANCELLED["core_status"], load_default=None)
    customer_told = fields.Boolean(data_key=_CANCELLED["customer_told"], load_default=None)
    not_told_because = DisplayText(most=LONGEST_SPARE, data_key=_CANCELLED["customer_not_told_because"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CancelledLink:
        return CancelledLink(**{**data, "core_status": _spelt(data["core_status"])})


class MovedMoneySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    core_status = fields.String(data_key=_MOVED["payment_status"], load_default=None)
    transaction_type = fields.Raw(data_key=_MOVED["transaction_type"], load_default=None)
    decision = OptionalText(most=_LONGEST_WORD, data_key=_MOVED["decision"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> MovedMoney:
        accepted = str(data["decision"]).upper() == _ACCEPTED
        return MovedMoney(_spelt(data["core_status"]), transaction_type(data["transaction_type"]) if accepted else None)


class TransactionSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    link_reference = LinkReference(required=True, data_key=_TRANSACTION["link_reference"])
    order_number = PeerText(most=LONGEST_ORDER_NUMBER, data_key=_TRANSACTION["order_number"], load_default=None)
    link_status = OptionalText(most=_LONGEST_WORD, data_key=_TRANSACTION["link_status"])
    payment_status = OptionalText(most=_LONGEST_WORD, data_key=_TRANSACTION["payment_status"])
    total = PeerAmount(required=True, data_key=_TRANSACTION["total"])
    authorized = PeerAmount(data_key=_TRANSACTION["authorized"], load_default=None)
    captured = PeerAmount(data_key=_TRANSACTION["captured"], load_default=None)
    reversed = PeerAmount(data_key=_TRANSACTION["reversed"], load_default=None)
    currency = PeerCode(required=True, data_key=_TRANSACTION["currency"])
    environment = PeerCode(data_key=_TRANSACTION["environment"], load_default=None)
    transaction_type = fields.Raw(data_key=_TRANSACTION["transaction_type"], load_default=None)
    additional_data = fields.Raw(data_key=_TRANSACTION["additional_data"], load_default=None)
    created_at = PeerTime(data_key=_TRANSACTION["created_at"], load_default=None)
    clicked_at = PeerTime(data_key=_TRANSACTION["clicked_at"], load_default=None)
    expires_at = PeerTime(data_key=_TRANSACTION["expires_at"], load_default=None)
    decided_at = PeerTime(data_key=_TRANSACTION["decided_at"], load_default=None)
    review_finalised_at = fields.Raw(data_key=_TRANSACTION["review_finalised_at"], load_default=None)
    receipt_reference = OptionalText(most=LONGEST_SPARE, data_key=_TRANSACTION["receipt_reference"])
    reconciliation_reference = OptionalText(most=LONGEST_SPARE, data_key=_TRANSACTION["reconciliation_reference"])
    message_status = OptionalText(most=_LONGEST_WORD, data_key=_TRANSACTION["message_status"])
    message_failure = CodeWord(data_key=_TRANSACTION["message_failure_code"])
    do_not_ship = OptionalFlag(data_key=_TRANSACTION["do_not_ship"])
    capture_before = PeerTime(data_key=_TRANSACTION["capture_before"], load_default=None)
    settled = OptionalFlag(data_key=_TRANSACTION["settled"])
    attention = CodeWord(data_key=_TRANSACTION["attention"])
    attention_at = PeerTime(data_key=_TRANSACTION["attention_at"], load_default=None)
    charging = OptionalFlag(data_key=_TRANSACTION["charging"])
    charging_at = PeerTime(data_key=_TRANSACTION["charging_at"], load_default=None)

    @pre_load
    def as_plain_values(self, data: Any, **_: Any) -> Any:
        """Drop blank texts, which mean no value, and the record's own currency beside its amounts."""
        if not isinstance(data, dict):
            return data
        given = {name: value for name, value in data.items() if not _is_blank(value)}
        currency = given.get(_TRANSACTION["currency"])
        for name in (_TRANSACTION[one] for one in ("total", *_AMOUNT_OF)):
            given |= {name: without_currency(given[name], currency)} if name in given else {}
        return given

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CoreRecord:
        finalised = bool(data.pop("review_finalised_at"))
        link_status, payment_status = _spelt(data.pop("link_status")), _spelt(data.pop("payment_status"))
        link_news = status_update(link_status) if link_status else None
        money_news = status_update(payment_status, review_finalised=finalised) if payment_status else None
        message_word = data.pop("message_status")
        message_news = status_update(message_status(message_word)) if message_word else None
        news = merge_updates(merge_updates(link_news, money_news), message_news)
        is_taken = transaction_type(data.pop("transaction_type")) in ("SALE", "CAPTURE")
        may_be_hold = data["captured"] is not None or not is_taken
        for name, reached in _AMOUNT_OF.items():
            # A record without an amount is about all of the money: read as zero, the payment would be requested again.
            whole = data["total"] if news.money is reached else ZERO
            data[name] = whole if data[name] is None else data[name]
        # A core of our own, which alone says whether a payment is settled, counts what was taken only.
        data["released"] = ZERO if data["settled"] is not None else released_rest(
            authorized=data["authorized"], captured=data["captured"], reversed_=data["reversed"],
            is_reversal=news.money is Money.REVERSED and not frees_a_hold(payment_status or ""),
        )  # fmt: skip
        data["reversed"] -= data["released"]
        if data["do_not_ship"] is False and not finalised:
            data["do_not_ship"] = None  # no review has begun, so none has ended
        data["charging"] = bool(data["charging"])
        news = replace(news, money=_money_shown(news.money, data, may_be_hold=may_be_hold))
        return CoreRecord(
            **{name: value for name, value in data.items() if name != "additional_data"},
            reference=reference_in(data["additional_data"]),
            core_status=payment_status or link_status,
            link_word=link_status,
            message=message_news.message if message_news else None,
            news=news,
        )


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _money_shown(said: Money | None, amounts: Mapping[str, Any], *, may_be_hold: bool) -> Money | None:
    """Return the state of the money that a record shows: by its word, and by its amounts where these say more.

    A refund leaves the word of some cores as it was, and some words are not known: both would else be shown as paid, or as
    unpaid, beside the amounts of the same record.
    """
    authorized, captured, given_back = (amounts[name] for name in _AMOUNT_OF)
    # A sale or capture whose record does not say how much was taken holds nothing: a part of what was taken is back.
    if said is Money.REVERSED and may_be_hold and captured == 0 and 0 < given_back < authorized:
        return Money.AUTHORIZED  # the rest of the hold can still be taken
    if said in (Money.AUTHORIZED, Money.REVERSED) and amounts["released"] > 0 and given_back < captured:
        return Money.REVERSED if given_back > 0 and said is Money.REVERSED else Money.PAID
    if said in (None, Money.PAID) and captured > 0:
        return Money.REVERSED if given_back >= captured else Money.PAID
    return said


def _spelt(status: str | None) -> str | None:
    """Return one of the core's statuses in the manifest's spelling; an unknown one unchanged."""
    return (canonical_status(status) or status) if status else None


class ConfigurationSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    environment = fields.String(data_key=_CONFIGURATION["environment"], load_default=None)
    merchant_name = fields.String(data_key=_CONFIGURATION["merchant_name"], load_default=None)
    channels = fields.List(fields.String(), required=True, data_key=_CONFIGURATION["channels"])
    currencies = fields.List(fields.String(), required=True, data_key=_CONFIGURATION["currencies"])
    delivery_reports = fields.Dict(data_key=_CONFIGURATION["delivery_reports"], load_default=None)
    currency_digits = fields.Raw(data_key=_CONFIGURATION["currency_digits"], load_default=None)
    minimum_amounts = fields.Raw(data_key=_CONFIGURATION["minimum_amounts"], load_default=None)
    maximum_amounts = fields.Raw(data_key=_CONFIGURATION["maximum_amounts"], load_default=None)
    amount_steps = fields.Raw(data_key=_CONFIGURATION["amount_steps"], load_default=None)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> tuple[str | None, CoreConfiguration]:
        # An unknown channel, such as one that a later core adds, is left out; it does not make the answer invalid.
        known = [channel for channel in Channel if channel.value in data["channels"]]
        reports = data["delivery_reports"] or {}
        reporting = [channel for channel in known if reports.get(channel.value)]
        configuration = CoreConfiguration(
            channels=tuple(known),
            currencies=tuple(data["currencies"]),
            merchant_name=data["merchant_name"],
            delivery_reports=tuple(reporting),
            currency_digits=_digits(data["currency_digits"]),
            minimum_amounts=_amounts(data["minimum_amounts"]),
            maximum_amounts=_amounts(data["maximum_amounts"]),
            amount_steps=_amounts(data["amount_steps"]),
        )
        return data["environment"], configuration


def _digits(named: Any) -> dict[str, int]:
    """Return the digits of each currency that the core names; for invalid entries ISO 4217 decides."""
    given = named.items() if isinstance(named, dict) else ()
    return {code: digits for code, digits in given if type(digits) is int and 0 <= digits <= _MOST_CURRENCY_DIGITS}


def _amounts(named: Any) -> dict[str, str]:
    """Return the amounts that the core names by currency; what is none is left out, and the core refuses by itself."""
    given = named.items() if isinstance(named, dict) else ()
    return {code: amount for code, amount in given if isinstance(amount, str) and _AMOUNT.fullmatch(amount)}


def reference_in(additional_data: Any) -> str | None:
    """Return our reference from the additional data that the core echoes, sometimes as text; None where it is missing."""
    # Some gateways write an object into a text on its way.
    if isinstance(additional_data, str):
        try:
            additional_data = parse_json(additional_data)
        except ValueError:
            return None
    found = additional_data.get(OUR_REFERENCE) if isinstance(additional_data, dict) else None
    if not isinstance(found, str) or not is_storable(found.strip(), most=_LONGEST_REFERENCE):
        return None
    return found.strip()


SENT_LINK = SentLinkSchema()
CANCELLED_LINK = CancelledLinkSchema()
MOVED_MONEY = MovedMoneySchema()
TRANSACTION = TransactionSchema()
CONFIGURATION = ConfigurationSchema()
