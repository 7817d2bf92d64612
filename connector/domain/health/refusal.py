"""What Salesforce said when it refused a record: a code, fields and a sentence of the customer's own org."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from foundation.cards import without_card_numbers

LONGEST_MESSAGE = 500
_LONGEST_NAME, _MOST_FIELDS = 80, 8
# Seven digits and more, with what people write between them: a phone number, even without its area code.
_PHONE_LIKE = re.compile(r"(?<!\w)\+?\(?\d(?:[ ()./-]{0,2}\d){6,}(?!\w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2})?")
# What differs from record to record in one and the same sentence: ids, numbers, what stands in quotes.
_VARYING = re.compile(r"\b(?=\w*\d)[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\b|[\"“”‘«»][^\"“”’«»]*[\"“”’«»]|\d+")


class Part(StrEnum):
    """What was not taken. ``collection`` and ``call``: many records at once, whichever of them was the reason.

    ``status``: an order's payment fields were taken, its mapped Status was not.
    """

    ORDER = "order"
    STATUS = "status"
    REQUEST = "request"
    COLLECTION = "collection"
    CALL = "call"


@dataclass(frozen=True)
class Refusal:
    """One answer of Salesforce that a person must look at.

    ``message`` is Salesforce's own text without card numbers and without what looks like a phone number. It may name
    people of the customer's org: operators see it, no log line and no agent does. ``held`` is the Status that the order
    showed when ours was refused; None where it is not known.
    """

    part: Part
    code: str
    fields: tuple[str, ...] = ()
    message: str = field(default="", repr=False)
    held: str | None = None

    @property
    def cause(self) -> str:
        """Return what records have in common that are refused for the same reason: it is mended for all of them at once."""
        text = "\0".join((self.code, *self.fields, _VARYING.sub("#", self.message)))
        return f"{self.part}.{sha256(text.encode()).hexdigest()[:12]}"

    def to_bytes(self) -> bytes:
        """Return what ``refusal_of`` reads back."""
        values = {"part": self.part.value, "code": self.code, "fields": self.fields, "message": self.message}
        return json.dumps({**values, "held": self.held}).encode()


def refusal_of(stored: bytes) -> Refusal:
    """Read what ``Refusal.to_bytes`` wrote."""
    values = json.loads(stored)
    return Refusal(Part(values["part"]), values["code"], tuple(values["fields"]), values["message"], values["held"])


def make_refusal(part: Part, code: str, *, fields: Sequence[str] = (), messages: Sequence[str] = ()) -> Refusal:
    """Make a refusal of what Salesforce sent: bounded, and without numbers that must not be kept."""
    named = tuple(dict.fromkeys(one[:_LONGEST_NAME] for one in fields))[:_MOST_FIELDS]
    said = " · ".join(dict.fromkeys(" ".join(one.split()) for one in messages if one.strip()))
    return Refusal(part, code[:_LONGEST_NAME], named, without_numbers(said)[:LONGEST_MESSAGE])


def without_numbers(text: str) -> str:
    """Return ``text`` without card numbers and without what looks like a phone number; dates stay."""
    return _PHONE_LIKE.sub(
        lambda found: found[0] if _DATE.fullmatch(found[0].strip()) else "[number]", without_card_numbers(text)
    )
