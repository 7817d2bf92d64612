"""Salesforce's refusal of a record: a code, fields, and a sentence from the customer's own org."""

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
# Seven or more digits with the usual separators: a phone number, even without its area code.
_PHONE_LIKE = re.compile(r"(?<!\w)\+?\(?\d(?:[ ()./-]{0,2}\d){6,}(?!\w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2})?")
# What differs from record to record within one sentence: ids, numbers, quoted texts.
_VARYING = re.compile(r"\b(?=\w*\d)[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\b|[\"“”‘«»][^\"“”’«»]*[\"“”’«»]|\d+")


class RefusedPart(StrEnum):
    """What was refused. ``collection`` and ``call``: many records at once, whichever of them was the reason.

    ``status``: an order's payment fields were written, its mapped Status was not.
    """

    ORDER = "order"
    STATUS = "status"
    REQUEST = "request"
    COLLECTION = "collection"
    CALL = "call"


@dataclass(frozen=True)
class PushRefusal:
    """One refusal of Salesforce's that needs a person.

    ``message`` is Salesforce's own text without card numbers and without what looks like a phone number. It may contain
    names of people: operators see it, no log line and no agent does. ``held`` is the Status that the order showed when ours
    was refused; None where it is unknown.
    """

    part: RefusedPart
    code: str
    fields: tuple[str, ...] = ()
    message: str = field(default="", repr=False)
    held: str | None = None

    @property
    def cause(self) -> str:
        """Return a name that is shared by refusals for the same reason, which one fix lets through (ADR 20)."""
        text = "\0".join((self.code, *self.fields, _VARYING.sub("#", self.message)))
        return f"{self.part}.{sha256(text.encode()).hexdigest()[:12]}"

    def to_bytes(self) -> bytes:
        """Return the stored form, which ``refusal_of`` reads."""
        values = {"part": self.part.value, "code": self.code, "fields": self.fields, "message": self.message}
        return json.dumps({**values, "held": self.held}).encode()


def refusal_of(stored: bytes) -> PushRefusal:
    """Build a refusal from its stored form."""
    values = json.loads(stored)
    return PushRefusal(
        RefusedPart(values["part"]), values["code"], tuple(values["fields"]), values["message"], values["held"]
    )


def make_refusal(
    part: RefusedPart, code: str, *, fields: Sequence[str] = (), messages: Sequence[str] = ()
) -> PushRefusal:
    """Build a refusal from Salesforce's answer: bounded in length, and without numbers that must not be stored."""
    named = tuple(dict.fromkeys(one[:_LONGEST_NAME] for one in fields))[:_MOST_FIELDS]
    said = " · ".join(dict.fromkeys(" ".join(one.split()) for one in messages if one.strip()))
    return PushRefusal(part, code[:_LONGEST_NAME], named, without_numbers(said)[:LONGEST_MESSAGE])


def without_numbers(text: str) -> str:
    """Return ``text`` without card numbers and without what looks like a phone number; dates stay."""
    return _PHONE_LIKE.sub(
        lambda found: found[0] if _DATE.fullmatch(found[0].strip()) else "[number]", without_card_numbers(text)
    )
