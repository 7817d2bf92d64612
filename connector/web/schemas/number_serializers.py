"""The JSON of a number that was read: in groups, with its country's name, and with the question where there are several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from connector.domain.payments.order import Order
from connector.journeys.requesting.name_country import name_country
from connector.web.wording.sentences import Sentence
from foundation.phones.choice import PhoneNote
from foundation.phones.reading import Ambiguous, Kind, PhoneRead, Read, Reading, Refusal, Refused, reading_of

_WARNINGS = {Kind.FIXED_LINE: "phone_fixed_line", Kind.OTHER: "phone_other_line"}
_NO_BREAK = "\u00a0"  # a number in a sentence never breaks between two of its groups
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def numbers_view(order: Order) -> dict[str, Any]:
    """Return what a page shows of an order's own number, and of the phone fields that were not taken."""
    return {
        "phone": order.phone.digits if order.phone else None,
        "phone_reading": reading_view(reading_of(order.phone)) if order.phone else None,
        "phone_notes": [_note(note) for note in order.phone_notes],
        "country": order.country,
    }


def read_view(read: PhoneRead) -> dict[str, Any]:
    """Return what became of a text: ``read``, ``ambiguous``, ``unconfirmed`` (a person may answer for it) or ``refused``."""
    match read:
        case Read(reading):
            return _read("read", [reading], None)
        case Ambiguous(readings):
            return _read("ambiguous", readings, question(readings))
        case Refused(reason, reading):
            open_to_a_word = reason is Refusal.UNKNOWN_RANGE and reading is not None
            offered = [reading] if reading and open_to_a_word else []
            return _read("unconfirmed" if open_to_a_word else "refused", offered, Sentence(f"phone_{reason.value}"))


def reading_view(reading: Reading) -> dict[str, Any]:
    """Return the JSON of one number."""
    warning = _WARNINGS.get(reading.kind)
    return {
        "number": reading.number,
        "shown": reading.grouped,
        "country": reading.country,
        "country_name": _named(reading),
        "warning": _told(Sentence(warning)) if warning else None,
    }


def question(readings: Sequence[Reading]) -> Sentence:
    """Return what a person is asked where a text can be one of several numbers."""
    values: dict[str, str] = {}
    for letter, reading in zip("ab", readings, strict=False):
        values |= {f"country_{letter}": _named(reading), f"phone_{letter}": reading.grouped.replace(" ", _NO_BREAK)}
    if len(readings) == 1:
        return Sentence("phone_which_one", values)
    return Sentence("phone_which_two", values) if len(readings) == 2 else Sentence("phone_which")


def field_label(path: str) -> str:
    """Make words of a field's path: ``BillToContact.MobilePhone`` is the Mobile Phone of the Bill To Contact."""
    *steps, last = [_CAMEL.sub(" ", re.sub("__[cr]$", "", step)).replace("_", " ") for step in path.split(".")]
    return f"{last} ({', '.join(reversed(steps))})" if steps else last


def _named(reading: Reading) -> str:
    """Several countries share some calling codes: where no range tells whose it is, the code is all there is to say."""
    return name_country(reading.country) or f"+{reading.calling_code}"


def _read(outcome: str, readings: Sequence[Reading], sentence: Sentence | None) -> dict[str, Any]:
    told = _told(sentence) if sentence else None
    return {"outcome": outcome, "readings": [reading_view(one) for one in readings], "sentence": told}


def _note(note: PhoneNote) -> dict[str, Any]:
    sentence = Sentence(f"phone_note_{note.reason.value}", {"field": field_label(note.field)})
    offers = [reading_view(reading_of(phone)) for phone in note.numbers]
    return {"field": note.field, "sentence": _told(sentence), "readings": offers}


def _told(sentence: Sentence) -> dict[str, Any]:
    told = sentence.as_json()
    return {"id": told["id"], "values": told["values"]}
