"""Read a typed card form: published test cards only; of a card nothing stays but its brand, ending and month."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from payment_core.domain.payment import Card

# Published test numbers, no real cards: https://docs.stripe.com/testing. A real number is refused, so that nobody pays a
# demo by mistake.
OUTCOMES = {
    "4111111111111111": "approved",
    "4000000000000002": "declined",
    "4000000000009235": "review",
    "4000000000003220": "challenge",
    # Saved and charged later, its bank wants to see the owner each time.
    "4000002760003184": "always_challenged",
}
TEST_CARDS = (
    ("4111 1111 1111 1111", "approved"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 9235", "held for review"),
    ("4000 0000 0000 3220", "asks for 3-D Secure"),
    ("4000 0027 6000 3184", "asks for 3-D Secure each time"),
)


@dataclass(frozen=True)
class TypedCard:
    """A card that may be shown, and what the gateway will say to it."""

    card: Card
    outcome: str


@dataclass(frozen=True)
class CardForm:
    """A typed card form: either a card, or the problem of each field."""

    typed: TypedCard | None
    problems: dict[str, str]
    saves: bool


def read_card_form(form: Mapping[str, str], *, now: datetime) -> CardForm:
    """Check the fields ``number``, ``expiry``, ``cvc``, ``name`` and ``save``."""
    number = re.sub(r"[\s-]", "", form.get("number", ""))
    month = _month(form.get("expiry", ""))
    checks = {
        "number": _number_problem(number),
        "expiry": _expiry_problem(month, now=now),
        "cvc": None if re.fullmatch(r"[0-9]{3,4}", form.get("cvc", "").strip()) else "Enter the 3 or 4 digits.",
        "name": _name_problem(form.get("name", "").strip()),
    }
    problems = {field: problem for field, problem in checks.items() if problem}
    typed = None if problems else TypedCard(Card("Visa", number[-4:], month), OUTCOMES[number])
    return CardForm(typed, problems, saves=bool(form.get("save")))


def example_month(now: datetime) -> str:
    """Return a month that is some years ahead, as the form takes it: ``MM/YY``."""
    return f"09/{(now.year + 3) % 100:02d}"


def passes_luhn(number: str) -> bool:
    """Return whether a number's check digit is right."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _number_problem(number: str) -> str | None:
    if not number:
        return "Enter the number on the front of the card."
    if not re.fullmatch(r"[0-9]+", number):
        return "Use digits only; spaces are fine."
    if not 12 <= len(number) <= 19:
        return "A card number has 12 to 19 digits. Please check it."
    if not passes_luhn(number):
        return "One digit seems to be wrong. Please check the number."
    return None if number in OUTCOMES else "This sandbox takes its own test cards only. Never type a real card here."


def _month(typed: str) -> str | None:
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*[/-]?\s*((?:20)?[0-9]{2})\s*", typed)
    if not match or not 1 <= int(match[1]) <= 12:
        return None
    return f"{2000 + int(match[2]) % 100}-{int(match[1]):02d}"


def _expiry_problem(month: str | None, *, now: datetime) -> str | None:
    if month is None:
        return f"Enter month and year, like {example_month(now)}."
    return "This card has expired. Please use another one." if month < f"{now:%Y-%m}" else None


def _name_problem(name: str) -> str | None:
    if not name:
        return "Enter the name on the card."
    return None if len(name) <= 100 else "Please shorten the name to 100 characters."
