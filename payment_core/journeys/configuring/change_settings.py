"""Change a merchant's channels, currencies and ways of payment, and report what came or went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from babel.numbers import list_currencies

from foundation.database.unit_of_work import UnitOfWork
from foundation.texts.readable_line import REMEDY, readable_line
from payment_core.domain.enums import Channel, ThreeDSecure, TransactionType
from payment_core.domain.merchant import LONGEST_MERCHANT_NAME, Merchant, read_sender, sender_problem
from payment_core.errors import invalid_field
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import changes, merchants

_KNOWN = (
    *("merchant_name", "sender_number", "currencies", "channels", "transaction_type"),
    *("review_auto_reversal", "currency_digits", "three_d_secure", "senders"),
)


def change_settings(core: Core, merchant: Merchant, fields: Mapping[str, Any], *, by: str) -> Merchant:
    """Change the named settings of a merchant; the rest stays.

    Raises:
        Refusal: 422, naming the field.
    """
    for name in fields:
        if name not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            raise invalid_field(str(name), f"is not a setting; known are {known}")
    with core.transactions.write() as work:
        # Read again under the lock: two people who change different fields must not undo each other.
        before = merchants.lock(work, merchant.merchant_id)
        changed = _changed(before, fields)
        if changed == before:
            return before  # saved twice: there is nothing to report, nor to record
        after = merchants.save(work, changed, now=core.now())
        report_settings(work, core, before, after)
        named = ", ".join(fields)
        changes.record_change(work, merchant.merchant_id, by=by, what="settings changed", detail=named, now=core.now())
    core.wake.deliveries.set()
    return after


def shown(merchant: Merchant) -> dict[str, Any]:
    """Return the settings that ``change_settings`` takes."""
    return {
        "merchant_name": merchant.name,
        "sender_number": merchant.sender_number,
        "currencies": list(merchant.currencies),
        "channels": [one.value for one in merchant.channels],
        "transaction_type": merchant.transaction_type.value,
        "review_auto_reversal": merchant.auto_reversal,
        "currency_digits": dict(merchant.digits),
        "three_d_secure": merchant.three_d_secure.value,
    }


def _changed(before: Merchant, fields: Mapping[str, Any]) -> Merchant:
    values: dict[str, Any] = {}
    if "merchant_name" in fields:
        values["name"] = _words("merchant_name", fields["merchant_name"])
    if "sender_number" in fields:
        number = _words("sender_number", fields["sender_number"])
        # The vendor's API has one number for all channels.
        values["senders"] = dict.fromkeys(before.channels, number)
    if "senders" in fields:
        given = _senders(fields["senders"])
        values["senders"] = {**before.senders, **given}
    if "currencies" in fields:
        values["currencies"] = tuple(_list("currencies", fields["currencies"], _is_currency))
    if "channels" in fields:
        found = _list("channels", fields["channels"], lambda one: one in list(Channel))
        values["channels"] = tuple(Channel(one) for one in found)
    if "senders" in fields:
        _refuse_voiceless(values.get("channels", before.channels), given)
    if "transaction_type" in fields:
        if fields["transaction_type"] not in list(TransactionType):
            raise invalid_field("transaction_type", "must be SALE or AUTHORIZATION")
        values["transaction_type"] = TransactionType(fields["transaction_type"])
    if "three_d_secure" in fields:
        if fields["three_d_secure"] not in list(ThreeDSecure):
            raise invalid_field("three_d_secure", f"must be one of {', '.join(ThreeDSecure)}")
        values["three_d_secure"] = ThreeDSecure(fields["three_d_secure"])
    if "review_auto_reversal" in fields:
        if not isinstance(fields["review_auto_reversal"], bool):
            raise invalid_field("review_auto_reversal", "must be true or false")
        values["auto_reversal"] = fields["review_auto_reversal"]
    if "currency_digits" in fields:
        values["digits"] = _digits(fields["currency_digits"])
    return replace(before, **values)


def _senders(value: object) -> dict[Channel, str]:
    if not isinstance(value, dict) or not all(one in list(Channel) for one in value):
        raise invalid_field("senders", "must name channels")
    found = {Channel(channel): str(sender) for channel, sender in value.items()}
    for channel, sender in found.items():
        # Empty for a channel that is not written on.
        if sender and (problem := sender_problem(channel, sender)):
            raise invalid_field(f"sender_{channel.value}", problem)
    return {channel: read_sender(sender) for channel, sender in found.items()}


def _refuse_voiceless(channels: tuple[Channel, ...], senders: Mapping[Channel, str]) -> None:
    """Refuse to take the sender of a channel that is written on: its messages would fail one by one."""
    for channel in channels:
        if senders.get(channel) == "":
            raise invalid_field(f"sender_{channel.value}", "is needed: give one, or switch the channel off")


def _is_currency(code: object) -> bool:
    return code in list_currencies()


def _words(field: str, value: object) -> str:
    line = readable_line(value, longest=LONGEST_MERCHANT_NAME) if isinstance(value, str) else None
    if line is None:
        raise invalid_field(field, f"must be a text of 1 to {LONGEST_MERCHANT_NAME} characters, {REMEDY}")
    return line


def _list(field: str, value: object, is_known: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise invalid_field(field, "must be a list with at least one entry")
    unknown = sorted(one for one in set(value) if not is_known(one))
    if unknown:
        raise invalid_field(field, "does not know " + ", ".join(unknown))
    return list(dict.fromkeys(value))


def _digits(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not all(_is_currency(one) for one in value):
        raise invalid_field("currency_digits", "must name currencies")
    if not all(type(digits) is int and 0 <= digits <= 6 for digits in value.values()):
        raise invalid_field("currency_digits", "must be whole numbers from 0 to 6")
    return dict(value)


def report_settings(work: UnitOfWork, core: Core, before: Merchant, after: Merchant) -> None:
    for kind, old, new in (
        ("CHANNEL", [one.value for one in before.channels], [one.value for one in after.channels]),
        # A currency that is counted in other digits is another one.
        ("CURRENCY", _counted(before), _counted(after)),
    ):
        for word, ones in (
            ("ADDED", [one for one in new if one not in old]),
            ("REMOVED", [one for one in old if one not in new]),
        ):
            for one in ones:
                queue_notifications.settings_changed(work, core, after, f"{kind}_{word}", one.partition(" ")[0])


def _counted(merchant: Merchant) -> list[str]:
    return [f"{one} {merchant.digits_of(one)}" for one in merchant.currencies]
