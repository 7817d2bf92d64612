"""Translate the core's statuses by ``manifests/core/statuses.json`` and ``ours.json``; an unknown status changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import manifests
from connector.domain.payments.status import Link, Message, Money, StatusUpdate, higher

_BETWEEN = re.compile(r"[\s-]+")
# As the vendor publishes it: TransactionType.SALE(name=Sale, id=2).
_LONG_TYPE = re.compile(r"TransactionType[.](?P<name>[A-Z_]+)\b")


def core_statuses() -> Mapping[str, Mapping[str, Any]]:
    """Return the table of statuses: the vendor's, an admin's, and those that only a core of our own says."""
    table: Mapping[str, Mapping[str, Any]] = manifests.load("core/statuses.json")["statuses"]
    return {**manifests.load("core/ours.json")["statuses"], **table}


def canonical_status(text: str) -> str | None:
    """Return the manifest's spelling of a core status in any case and with any separators; None for an unknown one."""
    word = _BETWEEN.sub("_", text.strip()).upper()
    return word if word in core_statuses() or word in _opt_out_statuses() else None


def transaction_type(value: object) -> str | None:
    """Return the name of a transaction type, given as its name, its id or the vendor's long text; None for any other."""
    ids: dict[str, int] = manifests.load("core/statuses.json")["transaction_types"]
    text = str(value).strip()
    long = _LONG_TYPE.match(text)
    name = long["name"] if long else text.upper()
    return name if name in ids else next((one for one, number in ids.items() if str(number) == text), None)


def stop_statuses() -> list[str]:
    """Return the core's statuses that mean a customer's STOP."""
    return [word for word, entry in _opt_out_statuses().items() if entry["stopped"]]


def is_stop(core_status: str) -> bool | None:
    """Return True for a status that means a STOP, False for one that means a START, None for every other."""
    statuses = _opt_out_statuses()
    return statuses[core_status]["stopped"] if core_status in statuses else None


def _opt_out_statuses() -> Mapping[str, Mapping[str, Any]]:
    statuses: Mapping[str, Mapping[str, Any]] = manifests.load("core/statuses.json")["opt_out_statuses"]
    return statuses


def status_update(core_status: str, *, review_finalised: bool = False) -> StatusUpdate | None:
    """Translate a core status; None for one that the manifest does not list."""
    entry = core_statuses().get(core_status)
    if entry is None:
        return None
    # After a review the same word can mean the end: a payment that was declined by a person.
    money = entry.get("money_when_review_finalised") if review_finalised else None
    money = money or entry.get("money")
    return StatusUpdate(
        message=Message(entry["message"]) if "message" in entry else None,
        link=Link(entry["link"]) if "link" in entry else None,
        money=Money(money) if money else None,
    )


def needs_a_look(core_status: str) -> bool:
    """Return whether a callback with this status says that a person must look at a payment, or need not any more."""
    return bool(core_statuses().get(core_status, {}).get("attention"))


def is_about_a_charge(core_status: str) -> bool:
    """Return whether a callback with this status says that a saved card begins or ceases to be charged."""
    return bool(core_statuses().get(core_status, {}).get("charging"))


def message_status(word: str) -> str:
    """Return the status that means the same as a word for how far a message got, as records and we say it."""
    return f"MESSAGE_{word.strip().upper()}"


def lacks_amount(core_status: str) -> bool:
    """Return whether a callback with this status may be about a part of the money without naming the amount."""
    return bool(core_statuses().get(core_status, {}).get("perhaps_a_part"))


def frees_a_hold(core_status: str) -> bool:
    """Return whether a status says that a hold, or what is left of it, was released."""
    return bool(core_statuses().get(core_status, {}).get("frees_a_hold"))


def merge_updates(first: StatusUpdate | None, second: StatusUpdate | None) -> StatusUpdate:
    """Return the joint update of two statuses."""
    one, two = first or StatusUpdate(), second or StatusUpdate()
    return StatusUpdate(
        message=higher(one.message, two.message) if one.message else two.message,
        link=higher(one.link, two.link) if one.link else two.link,
        money=higher(one.money, two.money) if one.money else two.money,
    )
