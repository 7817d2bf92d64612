"""Determine the number that a link is sent to: the one that the caller gives, else the order's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import Tenant
from connector.errors import ErrorCode, Invalid
from connector.journeys.requesting.name_country import name_country
from connector.languages.catalogues import catalogue, spoken
from connector.languages.reader import reader_language
from foundation.phones.choose_phone_field import NoteReason
from foundation.phones.phone import Phone
from foundation.phones.read_phone import Ambiguous, Read, Reading, Refused, read_phone, reading_of


@dataclass(frozen=True)
class GivenNumber:
    """A number as a caller wrote it. ``confirmed``: a person confirms it although no network is known to use it."""

    text: str = field(repr=False)
    confirmed: bool = False

    @property
    def digits(self) -> str:
        """Return the digits that were written, for the digest of the request."""
        return "".join(filter(str.isdecimal, self.text))


def read_recipient(*, given: GivenNumber | None, order: Order, tenant: Tenant) -> Phone:
    """Return the number to send to; ``order`` was read from Salesforce just now.

    Raises:
        Invalid: ``phone_ambiguous`` with the possible numbers in international form; or the number cannot be used.
    """
    if given is None:
        return _own_number(order)
    match read_phone(given.text, country=order.country, region=tenant.phone_region, confirmed=given.confirmed):
        case Read(reading):
            return reading.phone
        case Ambiguous(readings):
            raise _ambiguous("phone_ambiguous", readings)
        case Refused(reason):
            raise Invalid({"phone": [_words()[f"phone_{reason.value}"]]})


def _own_number(order: Order) -> Phone:
    if order.phone is not None:
        return order.phone
    # An ambiguous number first: the agent can choose there, and with all others only type.
    for note in order.phone_notes:
        if note.reason is NoteReason.AMBIGUOUS:
            raise _ambiguous("order_phone_ambiguous", map(reading_of, note.numbers))
    words = _words()
    notes = [f"{note.field}: {words[f'phone_{note.reason.value}']}" for note in order.phone_notes]
    raise Invalid({"phone": [words["order_phone_missing"], *notes]}, message=words["order_phone_missing"])


def _ambiguous(sentence: str, readings: Iterable[Reading]) -> Invalid:
    """Return the error that names the numbers which ambiguous digits may mean."""
    # Full numbers may be shown here: the caller gave these digits, or can read them in Salesforce.
    words, language = _words(), spoken(reader_language())
    named = [
        f"{one.number} ({name_country(one.country, language=language)})" if one.country else one.number
        for one in readings
    ]
    either = reduce(lambda one, other: words["either"].format(one=one, other=other), named)
    message = words[sentence].replace("{numbers}", either)
    return Invalid({"phone": [message]}, message=message, code=ErrorCode.PHONE_AMBIGUOUS)


def _words() -> Mapping[str, str]:
    return catalogue(reader_language())
