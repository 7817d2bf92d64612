"""A tenant's mapping: which Salesforce fields are read and written, and what their values mean."""

from __future__ import annotations

import collections.abc as abc
import re
from dataclasses import dataclass
from dataclasses import field as made_by
from enum import StrEnum
from string import Formatter
from typing import Any

# Paths are put into SOQL, so they may contain names and dots only. A query follows five relationships at the most:
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_relationships_query_limits.htm
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_MOST_STEPS = 6
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}")
_LONGEST_LANGUAGE = 16
PLACEHOLDERS = frozenset({"account_id", "contact_id", "phone", "order_id"})


def is_field_name(text: object) -> bool:
    """Return whether ``text`` has the form of one field's API name."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def is_path(text: object) -> bool:
    """Return whether ``text`` is a field name, or relationships and a field name separated by dots."""
    return isinstance(text, str) and text.count(".") < _MOST_STEPS and all(map(is_field_name, text.split(".")))


def is_language(text: object) -> bool:
    """Return whether ``text`` has the form of a language code, such as ``en`` or ``pt_BR``."""
    return isinstance(text, str) and len(text) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(text) is not None


def placeholders_of(template: str) -> frozenset[str] | None:
    """Return the names in a query's braces; None where braces are unbalanced or contain anything but a name."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return None
    plain = all(name is None or (is_field_name(name) and not form and not mark) for _, name, form, mark in parts)
    return frozenset(name for _, name, _, _ in parts if name) if plain else None


def word_of(value: Any) -> str:
    """Return a field's value as written in a mapping: ``true`` and ``false`` for a checkbox, empty for none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Profile:
    """The fields of an order's amounts; the first profile whose total has a value is used.

    With a tax and no sub-total, the sub-total is the total without the tax.
    """

    name: str
    total: str
    tax: str | None
    sub_total: str | None
    currency: str | None


@dataclass(frozen=True)
class Languages:
    """The language of messages: by a field of the order and a table, else ``default``, else the tenant's."""

    field: str | None = None
    table: abc.Mapping[str, str] = made_by(default_factory=dict)
    default: str | None = None

    def language_of(self, value: Any) -> str | None:
        """Return the language for a field's value; None: the tenant's."""
        return self.table.get(word_of(value), self.default)


@dataclass(frozen=True)
class PayableRule:
    """A condition that an order must meet before money is requested; case does not matter."""

    field: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def allows(self, value: Any) -> bool:
        """Return whether money may be requested for an order with this value."""
        word = word_of(value).casefold()
        if self.one_of and word not in {one.casefold() for one in self.one_of}:
            return False
        return word not in {one.casefold() for one in self.none_of}


class UnknownConsent(StrEnum):
    """What applies where Salesforce has neither a yes nor a no."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True)
class ConsentRule:
    """Where a customer's choice for one channel is stored: a field of the order, or a query of its own.

    ``query`` is SOQL with the placeholders of ``PLACEHOLDERS``; ``yes`` and ``no`` contain values as ``word_of`` returns them.
    """

    unknown: UnknownConsent
    field: str | None = None
    query: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @property
    def asks_for_contact(self) -> bool:
        """Return whether the query needs the order's contact."""
        return self.query is not None and "contact_id" in (placeholders_of(self.query) or ())


@dataclass(frozen=True)
class StatusRule:
    """The order ``Status`` to write for each payment state; a state that is not named leaves it as it is."""

    field: str
    values: abc.Mapping[str, str] = made_by(default_factory=dict)


@dataclass(frozen=True)
class LineFields:
    """Where an order's lines are: their object, its lookup to the order, and what the customer reads of each.

    ``name``, ``quantity`` and ``amount`` are paths from the line.
    """

    object: str
    order: str
    name: str
    quantity: str
    amount: str


@dataclass(frozen=True)
class Mapping:
    """Which Salesforce fields are read and written. ``original`` is an order summary's field for its order.

    ``countries`` are optional: they are read only where the reading user sees them. ``lines`` None: none are read.
    """

    order_object: str
    original: str | None
    request_object: str
    request_external_id: str
    number: str
    account: str | None
    contact: str | None
    currency: str | None
    phones: tuple[str, ...]
    countries: tuple[str, ...]
    profiles: tuple[Profile, ...]
    languages: Languages
    lines: LineFields | None
    payable: tuple[PayableRule, ...]
    consents: abc.Mapping[str, ConsentRule]
    write_order: dict[str, str | None]
    write_status: StatusRule
    write_request: dict[str, str | None]
    api_version: str
