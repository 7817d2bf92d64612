"""Knows the test cards and what is wrong with a typed card; refuses to remember more than brand and last four."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

# Published test numbers, no real cards. A real number is refused, so nobody pays a sandbox by mistake.
OUTCOMES = {
    "4111111111111111": "approved",
    "4000000000000002": "declined",
    "4000000000009235": "review",
    "4000000000003220": "challenge",
}
TEST_CARDS = (
    ("4111 1111 1111 1111", "approved"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 9235", "held for review"),
    ("4000 0000 0000 3220", "asks for 3-D Secure"),
)


@dataclass(frozen=True)
class Card:
    """What may be kept of a card, and what the gateway will say to it."""

    brand: str
    last4: str
    outcome: str = "approved"


@dataclass(frozen=True)
class CardForm:
    """A typed card form, read: either a card, or kind words per field."""

    card: Card | None
    errors: dict[str, str]
    save: bool


def read_card_form(form: Mapping[str, str], *, now: float) -> CardForm:
    """This function will check the fields number, expiry, cvc, name and save."""
    number = re.sub(r"[\s-]", "", form.get("number", ""))
    checks = {
        "number": _number_error(number),
        "expiry": _expiry_error(form.get("expiry", ""), now=now),
        "cvc": None if re.fullmatch(r"[0-9]{3,4}", form.get("cvc", "").strip()) else "Enter the 3 or 4 digits.",
        "name": _name_error(form.get("name", "").strip()),
    }
    errors = {field: error for field, error in checks.items() if error}
    card = None if errors else Card("Visa", number[-4:], OUTCOMES[number])
    return CardForm(card, errors, save=bool(form.get("save")))


def _number_error(number: str) -> str | None:
    if not number:
        return "Enter the number on the front of the card."
    if not re.fullmatch(r"[0-9]+", number):
        return "Use digits only; spaces are fine."
    if not 12 <= len(number) <= 19:
        return "A card number has 12 to 19 digits. Please check it."
    if not passes_luhn(number):
        return "One digit seems to be wrong. Please check the number."
    return None if number in OUTCOMES else "This sandbox takes its own test cards only. Never type a real card here."


def passes_luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _expiry_error(typed: str, *, now: float) -> str | None:
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*[/-]?\s*((?:20)?[0-9]{2})\s*", typed)
    if not match or not 1 <= int(match[1]) <= 12:
        return "Enter month and year, like 09/29."
    today = datetime.fromtimestamp(now, UTC)
    if (2000 + int(match[2]) % 100, int(match[1])) < (today.year, today.month):
        return "This card has expired. Please use another one."
    return None


def _name_error(name: str) -> str | None:
    if not name:
        return "Enter the name on the card."
    return None if len(name) <= 100 else "Please shorten the name to 100 characters."
