"""Serialize phone numbers: in groups, with the country's name, and with a question where a text reads as several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.phone_place import phone_places
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.journeys.requesting.find_last_number import find_last_number
from connector.journeys.requesting.name_country import name_country
from connector.languages.catalogues import spoken
from connector.languages.reader import reader_language
from connector.store.orders.orders import StoredOrder
from connector.web.wording.sentences import Sentence, to_json
from foundation.phones.choose_phone_field import PhoneNote
from foundation.phones.read_phone import (
    Ambiguous,
    LineKind,
    PhoneRead,
    Read,
    Reading,
    Refused,
    reading_of,
)

_WARNINGS = {LineKind.FIXED_LINE: "phone_fixed_line", LineKind.OTHER: "phone_other_line"}
_NO_BREAK = "\u00a0"  # a number in a sentence never breaks between two of its groups
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def last_number_view(stored: StoredOrder, requests: Sequence[PaymentRequest]) -> dict[str, Any] | None:
    """Return the number that the order's newest request went to, who began to use it and when, as JSON.

    None where Salesforce has it, too, or was seen to change its own later, or where nobody can be reached by it.
    ``requests``: the oldest first.
    """
    newest = find_last_number(stored, requests)
    if newest is None:
        return None
    known = [one for one in reversed(requests) if not one.forgotten]
    *_, first = takewhile(lambda one: one.phone == newest.phone, known)
    reading = reading_view(reading_of(newest.phone))
    return {"reading": reading, "by": first.requested_by.name, "at": to_json(first.created_at)}


def with_saving(view: dict[str, Any], tenant: Tenant, *, rights: Rights, in_session: bool) -> dict[str, Any]:
    """Return an order's JSON with whether its last used number may be saved in Salesforce.

    ``in_session``: the page was opened with the agent's own Salesforce session, which alone may write it.
    """
    wanted = in_session and view["last_number"] is not None and Right.SEND in rights
    return {**view, "can_save_phone": wanted and bool(phone_places(tenant.mapping))}


def phones_view(order: Order) -> dict[str, Any]:
    """Return the JSON of an order's own number, and of the phone fields that were not used."""
    return {
        "phone": order.phone.digits if order.phone else None,
        "phone_reading": reading_view(reading_of(order.phone)) if order.phone else None,
        "phone_notes": [_note(note) for note in order.phone_notes],
        "country": order.country,
    }


def read_view(read: PhoneRead) -> dict[str, Any]:
    """Return the JSON of a reading: ``read``, ``ambiguous``, ``unconfirmed`` (a person may confirm it) or ``refused``."""
    match read:
        case Read(reading):
            return _read("read", [reading], None)
        case Ambiguous(readings):
            return _read("ambiguous", readings, question(readings))
        case Refused(reason, reading):
            # A reading is of an unknown range: numbering plans open new ones before any library lists them, and the customer
            # on the phone is the better source.
            offered = [reading] if reading else []
            return _read("unconfirmed" if reading else "refused", offered, Sentence(f"phone_{reason.value}"))


def reading_view(reading: Reading) -> dict[str, Any]:
    """Return the JSON of one number."""
    warning = _WARNINGS.get(reading.kind)
    return {
        "number": reading.number,
        "shown": reading.grouped,
        "country": reading.country,
        "country_name": _named(reading),
        "warning": _sentence_json(Sentence(warning)) if warning else None,
    }


def question(readings: Sequence[Reading]) -> Sentence:
    """Return the question for a text that can be one of several numbers."""
    values: dict[str, str] = {}
    for letter, reading in zip("ab", readings, strict=False):
        values |= {f"country_{letter}": _named(reading), f"phone_{letter}": reading.grouped.replace(" ", _NO_BREAK)}
    if len(readings) == 1:
        return Sentence("phone_which_one", values)
    return Sentence("phone_which_two", values) if len(readings) == 2 else Sentence("phone_which")


def field_label(path: str) -> str:
    """Return a readable label of a field's path: ``BillToContact.MobilePhone`` is "Mobile Phone (Bill To Contact)"."""
    *steps, last = [_CAMEL.sub(" ", re.sub("__[cr]$", "", step)).replace("_", " ") for step in path.split(".")]
    return f"{last} ({', '.join(reversed(steps))})" if steps else last


def _named(reading: Reading) -> str:
    """Return the name of the number's country."""
    # Several countries share some calling codes; where the range does not decide, the code is all that is known.
    return name_country(reading.country, language=spoken(reader_language())) or f"+{reading.calling_code}"


def _read(outcome: str, readings: Sequence[Reading], sentence: Sentence | None) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "readings": [reading_view(one) for one in readings],
        "sentence": _sentence_json(sentence) if sentence else None,
    }


def _note(note: PhoneNote) -> dict[str, Any]:
    sentence = Sentence(f"phone_note_{note.reason.value}", {"field": field_label(note.field)})
    offers = [reading_view(reading_of(phone)) for phone in note.numbers]
    return {"field": note.field, "sentence": _sentence_json(sentence), "readings": offers}


def _sentence_json(sentence: Sentence) -> dict[str, Any]:
    rendered = sentence.as_json()
    return {"id": rendered["id"], "values": rendered["values"]}
