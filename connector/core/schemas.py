"""Knows the shapes of the core's answers, by the manifest's names; refuses to pass a dict on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load

import manifests
from connector.core.statuses import merged, news_of
from connector.domain.money import ZERO
from connector.domain.notification import CoreRecord
from connector.domain.payment import Channel
from connector.domain.status import Money
from connector.domain.tenant import CoreConfiguration

_OPERATIONS = manifests.load("core/operations.json")["operations"]
_TRANSACTION = _OPERATIONS["get_transaction"]["answer"]
_SENT = _OPERATIONS["send_payment_link"]["answer"]
_CANCELLED = _OPERATIONS["cancel_payment_link"]["answer"]
_MOVED = _OPERATIONS["capture_payment"]["answer"]  # a reversal answers alike
_CONFIGURATION = _OPERATIONS["get_configuration"]["answer"]
_AMOUNT_OF = {"authorized": Money.AUTHORIZED, "captured": Money.PAID, "reversed": Money.REVERSED}
OUR_REFERENCE = manifests.load("core/notifications.json")["our_reference_in_additional_data"]


_MOST_DIGITS = 18  # an amount of more would be no amount, and 1e999999999 takes a gigabyte to write out
_LONGEST_AMOUNT = 32  # what a column of the ledger holds
_LONGEST_LINK_REFERENCE, _LONGEST_REFERENCE, LONGEST_SPARE, _LONGEST_WORD = 80, 40, 120, 64
_MOST_CURRENCY_DIGITS = 8
_YEARS = (2000, 2200)
_LONG_NUMBER = re.compile(r"[0-9](?:[ ().-]*[0-9]){6}")
_EPOCH = re.compile(r"[0-9]{10,13}([.][0-9]{1,9})?")


class PeerAmount(fields.Field[Decimal]):
    """An amount as a number or as text; a JSON number reaches us as Decimal, never as float."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.make_error("validator_failed")
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation as fault:
            raise self.make_error("validator_failed") from fault
        if (
            not amount.is_finite()
            or abs(amount.adjusted()) > _MOST_DIGITS
            or len(format(amount, "f")) > _LONGEST_AMOUNT
        ):
            raise self.make_error("validator_failed")
        return amount


class PeerTime(fields.Field[datetime | None]):
    """A time as ISO 8601 text, or as a number (or its text) of seconds or milliseconds since 1970.

    None for what is no time, or none of our days: news of money is worth as much without its time.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        try:
            moment = _moment(value)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if _YEARS[0] <= moment.year < _YEARS[1] else None


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and _EPOCH.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return datetime.fromtimestamp(float(value) / (1000 if value > 10**11 else 1), UTC)
    moment = datetime.fromisoformat(str(value).strip())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def may_be_kept(text: str, *, most: int) -> bool:
    """Say whether a text has at most so many characters, each of which a database and a log can write."""
    return len(text) <= most and text.isprintable()


class LinkReference(fields.String):
    """The core's id of a link: everything is found by it, so it is kept whole or not at all."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not may_be_kept(text, most=_LONGEST_LINK_REFERENCE):
            raise self.make_error("invalid")
        return text


class SpareText(fields.Field[str | None]):
    """A text, or a whole number as text, that nothing is decided by: None for what cannot be kept."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(load_default=None, allow_none=True, **options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        return text if text and may_be_kept(text, most=self._most) else None


class ShownText(SpareText):
    """A text for people to read. One that may hold a phone's or a card's number is none: people are shown no such thing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        text = super()._deserialize(value, attr, data, **kwargs)
        return None if text is None or _LONG_NUMBER.search(text) else text


@dataclass(frozen=True)
class SentLink:
    """What the core says of a link that it has just made."""

    link_reference: str
    core_status: str | None


@dataclass(frozen=True)
class CancelledLink:
    """What the core says of a link that it has just cancelled."""

    core_status: str | None
    customer_told: bool | None
    not_told_because: str | None = None


@dataclass(frozen=True)
class MovedMoney:
    """What the core says of money that it has just taken or given back: its word, None where it says none."""

    core_status: str | None


class SentLinkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    link_reference = LinkReference(required=True, data_key=_SENT["link_reference"])
    core_status = SpareText(most=_LONGEST_WORD, data_key=_SENT["core_status"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> SentLink:
        return SentLink(**data)


class CancelledLinkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    core_status = fields.String(data_key=_CANCELLED["core_status"], load_default=None, allow_none=True)
    customer_told = fields.Boolean(data_key=_CANCELLED["customer_told"], load_default=None, allow_none=True)
    not_told_because = ShownText(most=LONGEST_SPARE, data_key=_CANCELLED["customer_not_told_because"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CancelledLink:
        return CancelledLink(**data)


class MovedMoneySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    core_status = fields.String(data_key=_MOVED["payment_status"], load_default=None, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> MovedMoney:
        return MovedMoney(**data)


class TransactionSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    link_reference = LinkReference(required=True, data_key=_TRANSACTION["link_reference"])
    order_number = fields.String(data_key=_TRANSACTION["order_number"], load_default=None, allow_none=True)
    link_status = SpareText(most=_LONGEST_WORD, data_key=_TRANSACTION["link_status"])
    payment_status = SpareText(most=_LONGEST_WORD, data_key=_TRANSACTION["payment_status"])
    total = PeerAmount(required=True, data_key=_TRANSACTION["total"])
    authorized = PeerAmount(data_key=_TRANSACTION["authorized"], load_default=None, allow_none=True)
    captured = PeerAmount(data_key=_TRANSACTION["captured"], load_default=None, allow_none=True)
    reversed = PeerAmount(data_key=_TRANSACTION["reversed"], load_default=None, allow_none=True)
    currency = fields.String(required=True, data_key=_TRANSACTION["currency"])
    environment = fields.String(data_key=_TRANSACTION["environment"], load_default=None, allow_none=True)
    additional_data = fields.Raw(data_key=_TRANSACTION["additional_data"], load_default=None, allow_none=True)
    created_at = PeerTime(data_key=_TRANSACTION["created_at"], load_default=None, allow_none=True)
    clicked_at = PeerTime(data_key=_TRANSACTION["clicked_at"], load_default=None, allow_none=True)
    decided_at = PeerTime(data_key=_TRANSACTION["decided_at"], load_default=None, allow_none=True)
    review_finalised_at = fields.Raw(data_key=_TRANSACTION["review_finalised_at"], load_default=None, allow_none=True)
    receipt_reference = SpareText(most=LONGEST_SPARE, data_key=_TRANSACTION["receipt_reference"])
    reconciliation_reference = SpareText(most=LONGEST_SPARE, data_key=_TRANSACTION["reconciliation_reference"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> CoreRecord:
        finalised = bool(data.pop("review_finalised_at"))
        link_status, payment_status = data.pop("link_status"), data.pop("payment_status")
        link_news = news_of(link_status, review_finalised=False) if link_status else None
        money_news = news_of(payment_status, review_finalised=finalised) if payment_status else None
        news = merged(link_news, money_news)
        for name, reached in _AMOUNT_OF.items():
            # A core that names no amount speaks of all of it: a payment of nothing would be asked for once more.
            whole = data["total"] if news.money is reached else ZERO
            data[name] = whole if data[name] is None else data[name]
        return CoreRecord(
            **{name: value for name, value in data.items() if name != "additional_data"},
            reference=reference_in(data["additional_data"]),
            core_status=payment_status or link_status,
            news=news,
        )


class ConfigurationSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    environment = fields.String(data_key=_CONFIGURATION["environment"], load_default=None)
    merchant_name = fields.String(data_key=_CONFIGURATION["merchant_name"], load_default=None, allow_none=True)
    channels = fields.List(fields.String(), required=True, data_key=_CONFIGURATION["channels"])
    currencies = fields.List(fields.String(), required=True, data_key=_CONFIGURATION["currencies"])
    delivery_reports = fields.Dict(data_key=_CONFIGURATION["delivery_reports"], load_default=dict)
    currency_digits = fields.Raw(data_key=_CONFIGURATION["currency_digits"], load_default=None, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> tuple[str | None, CoreConfiguration]:
        known = [channel for channel in Channel if channel.value in data["channels"]]
        reporting = [channel for channel in known if data["delivery_reports"].get(channel.value)]
        configuration = CoreConfiguration(
            channels=tuple(known),
            currencies=tuple(data["currencies"]),
            merchant_name=data["merchant_name"],
            delivery_reports=tuple(reporting),
            currency_digits=_digits(data["currency_digits"]),
        )
        return data["environment"], configuration


def _digits(named: Any) -> dict[str, int]:
    """Return the digits of each currency that the core names; what is no such number leaves its currency to ISO 4217."""
    given = named.items() if isinstance(named, dict) else ()
    return {code: digits for code, digits in given if type(digits) is int and 0 <= digits <= _MOST_CURRENCY_DIGITS}


def reference_in(additional_data: Any) -> str | None:
    """Return our reference from the echoed additional data, if it is there."""
    found = additional_data.get(OUR_REFERENCE) if isinstance(additional_data, dict) else None
    return found if isinstance(found, str) and may_be_kept(found, most=_LONGEST_REFERENCE) else None


SENT_LINK = SentLinkSchema()
CANCELLED_LINK = CancelledLinkSchema()
MOVED_MONEY = MovedMoneySchema()
TRANSACTION = TransactionSchema()
CONFIGURATION = ConfigurationSchema()
