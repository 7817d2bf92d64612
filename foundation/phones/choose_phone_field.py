"""Choose among an order's phone fields, with notes for the agent about the others.

A mobile takes precedence over a landline in any field. A landline is chosen only if no other field may hold the customer's
mobile; otherwise the unreadable field is named, and the landline offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from foundation.phones.phone import Phone
from foundation.phones.read_phone import Ambiguous, LineKind, PhoneRead, PhoneRefusal, Read, Reading, Refused


class NoteReason(StrEnum):
    """Why a phone field was not chosen."""

    UNREADABLE = "unreadable"
    IMPOSSIBLE = "impossible"
    UNKNOWN_RANGE = "unknown_range"
    NO_CUSTOMERS = "no_customers"
    NO_COUNTRY = "no_country"
    AMBIGUOUS = "ambiguous"
    FIXED_LINE = "fixed_line"
    OTHER_LINE = "other_line"


@dataclass(frozen=True)
class PhoneNote:
    """A phone field that was not chosen; ``numbers`` are its possible readings, to be offered to a person."""

    field: str
    reason: NoteReason
    numbers: tuple[Phone, ...] = ()


@dataclass(frozen=True)
class PhoneChoice:
    """The number for an order's message, if one is certain enough, and notes about the fields of higher precedence."""

    phone: Phone | None
    notes: tuple[PhoneNote, ...] = ()


_MAY_BE_A_MOBILE = frozenset({PhoneRefusal.UNREADABLE, PhoneRefusal.IMPOSSIBLE, PhoneRefusal.UNKNOWN_RANGE})


def choose_phone(fields: Sequence[tuple[str, PhoneRead]]) -> PhoneChoice:
    """Choose among an order's phone fields, given in the tenant's precedence and without empty ones."""
    for place, (_, read) in enumerate(fields):
        if isinstance(read, Read) and read.reading.kind is LineKind.MOBILE:
            notes = tuple(_note(field, earlier) for field, earlier in fields[:place] if _is_open(earlier))
            return PhoneChoice(read.reading.phone, notes)
    lines = [read.reading for _, read in fields if isinstance(read, Read)]
    if lines and not any(_is_open(read) for _, read in fields):
        return PhoneChoice(lines[0].phone)
    return PhoneChoice(None, tuple(_note(field, read) for field, read in fields))


def _is_open(read: PhoneRead) -> bool:
    """Return whether a field may hold the customer's mobile."""
    return isinstance(read, Ambiguous) or (isinstance(read, Refused) and read.reason in _MAY_BE_A_MOBILE)


def _note(field: str, read: PhoneRead) -> PhoneNote:
    match read:
        case Read(reading):
            return PhoneNote(
                field, NoteReason.FIXED_LINE if reading.is_fixed_line else NoteReason.OTHER_LINE, (reading.phone,)
            )
        case Ambiguous(readings):
            return PhoneNote(field, NoteReason.AMBIGUOUS, _phones(readings))
        case Refused(reason, reading):
            return PhoneNote(field, NoteReason(reason.value), _phones([reading] if reading else []))


def _phones(readings: Sequence[Reading]) -> tuple[Phone, ...]:
    return tuple(reading.phone for reading in readings)
