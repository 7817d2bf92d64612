"""Which Salesforce fields an org uses for what, and what their values mean."""

from __future__ import annotations

import collections.abc as abc
import re
from dataclasses import dataclass
from dataclasses import field as made_by
from enum import StrEnum
from string import Formatter
from typing import Any

# Paths go into SOQL, so nothing but names and dots may stand in one. Five relationships are the most a query follows:
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_relationships_query_limits.htm
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_MOST_STEPS = 6
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}")
_LONGEST_LANGUAGE = 16
PLACEHOLDERS = frozenset({"account_id", "contact_id", "phone", "order_id"})


def is_field_name(text: object) -> bool:
    """Say whether ``text`` has the form of one field's API name."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def is_path(text: object) -> bool:
    """Say whether ``text`` is a field name, or relationships and a field name with dots between them."""
    return isinstance(text, str) and text.count(".") < _MOST_STEPS and all(map(is_field_name, text.split(".")))


def is_language(text: object) -> bool:
    """Say whether ``text`` has the form of a language's short name, such as ``en`` or ``pt_BR``."""
    return isinstance(text, str) and len(text) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(text) is not None


def placeholders_of(template: str) -> frozenset[str] | None:
    """Return the names in the braces of a query; None where the braces do not fit or hold anything but a name."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return None
    plain = all(name is None or (is_field_name(name) and not form and not mark) for _, name, form, mark in parts)
    return frozenset(name for _, name, _, _ in parts if name) if plain else None


def word_of(value: Any) -> str:
    """Return a field's value as an admin writes it in a mapping: ``true`` and ``false`` for a checkbox, empty for none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Profile:
    """Where an order keeps its amounts; the first profile whose total is filled in serves.

    With a tax and no sub-total, the sub-total is what the tax leaves of the total.
    """

    name: str
    total: str
    tax: str | None
    sub_total: str | None
    currency: str | None


@dataclass(frozen=True)
class Languages:
    """In which language a customer is written to: by a field of the order and a table, else ``default``, else the tenant's."""

    field: str | None = None
    table: abc.Mapping[str, str] = made_by(default_factory=dict)
    default: str | None = None

    def language_of(self, value: Any) -> str | None:
        """Return the language that a field's value stands for; None leaves it to the tenant."""
        return self.table.get(word_of(value), self.default)


@dataclass(frozen=True)
class PayableRule:
    """One condition that an order must meet before money is asked for; letter case does not matter."""

    field: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def allows(self, value: Any) -> bool:
        """Say whether an order with this value may be asked for money."""
        word = word_of(value).casefold()
        if self.one_of and word not in {one.casefold() for one in self.one_of}:
            return False
        return word not in {one.casefold() for one in self.none_of}


class UnknownConsent(StrEnum):
    """What follows when Salesforce says neither yes nor no."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True)
class ConsentRule:
    """Where a customer's yes or no to one channel stands: a field of the order's own query, or a query of its own.

    ``query`` is SOQL with the placeholders of ``PLACEHOLDERS``; the values in ``yes`` and ``no`` are words as ``word_of``
    makes them.
    """

    unknown: UnknownConsent
    field: str | None = None
    query: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @property
    def asks_for_contact(self) -> bool:
        """Say whether the query needs the order's contact."""
        return self.query is not None and "contact_id" in (placeholders_of(self.query) or ())


@dataclass(frozen=True)
class StatusRule:
    """Which ``Status`` an order gets with which payment state; a state that is not named leaves it alone."""

    field: str
    values: abc.Mapping[str, str] = made_by(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """Which Salesforce fields are read and written. ``original`` is where an order summary names its order.

    ``countries`` are read only as far as whoever reads sees them: what they hold is a help, and no order waits for it.
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
    payable: tuple[PayableRule, ...]
    consents: abc.Mapping[str, ConsentRule]
    write_order: dict[str, str | None]
    write_status: StatusRule
    write_request: dict[str, str | None]
    api_version: str
