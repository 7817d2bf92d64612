"""Knows what each of the core's words proves, from ``manifests/core/statuses.json``; refuses to guess at unknown words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import manifests
from connector.domain.payments.payment import Lifecycle
from connector.domain.payments.status import Link, Message, Money, StatusUpdate, higher

_BETWEEN = re.compile(r"[\s-]+")


def core_statuses() -> dict[str, dict[str, Any]]:
    """Return the manifest's table: core status -> what it proves."""
    table: dict[str, dict[str, Any]] = manifests.load("core/statuses.json")["statuses"]
    return table


def word_of(text: str) -> str | None:
    """Return the manifest's spelling of one of the core's words, however a peer wrote it; None for a word that it lacks."""
    word = _BETWEEN.sub("_", text.strip()).upper()
    return word if word in core_statuses() or word in _customer_words() else None


def stop_words() -> list[str]:
    """Return the core's words for a customer's STOP."""
    return [word for word, entry in _customer_words().items() if entry["stopped"]]


def is_stop(core_status: str) -> bool | None:
    """Say whether one of the core's words tells of a STOP (True) or of a START (False); None for every other word."""
    words = _customer_words()
    return words[core_status]["stopped"] if core_status in words else None


def _customer_words() -> dict[str, dict[str, Any]]:
    words: dict[str, dict[str, Any]] = manifests.load("core/statuses.json")["customer_words"]
    return words


def news_of(core_status: str, *, review_finalised: bool) -> StatusUpdate | None:
    """Translate one of the core's words; None for a word that the manifest does not know."""
    entry = core_statuses().get(core_status)
    if entry is None:
        return None
    money = entry.get("money_when_review_finalised") if review_finalised else None
    money = money or entry.get("money")
    return StatusUpdate(
        message=Message(entry["message"]) if "message" in entry else None,
        link=Link(entry["link"]) if "link" in entry else None,
        money=Money(money) if money else None,
    )


def tells_no_amount(core_status: str) -> bool:
    """Say whether news of this word may be about a part of the money without saying which: only the record tells."""
    return bool(core_statuses().get(core_status, {}).get("perhaps_a_part"))


def merged(first: StatusUpdate | None, second: StatusUpdate | None) -> StatusUpdate:
    """Return what two words prove together."""
    one, two = first or StatusUpdate(), second or StatusUpdate()
    return StatusUpdate(
        message=higher(one.message, two.message) if one.message else two.message,
        link=higher(one.link, two.link) if one.link else two.link,
        money=higher(one.money, two.money) if one.money else two.money,
    )


def lifecycle() -> Lifecycle:
    """Return how long a link lives, as the core documents it."""
    minutes = manifests.load("core/operations.json")["lifecycle"]
    unopened, opened = minutes["unopened_minutes"], minutes["opened_minutes"]
    return Lifecycle(
        unopened=timedelta(minutes=unopened),
        opened=timedelta(minutes=opened),
        grace=timedelta(minutes=minutes["unknown_grace_minutes"]),
    )
