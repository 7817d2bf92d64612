"""The syntax tree of a SOQL query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True)
class Literal:
    """One value of a condition; kind is text, number, time, date, boolean, null or range (LAST_N_DAYS:3)."""

    kind: str
    value: str | Decimal | bool | None


@dataclass(frozen=True)
class SemiJoin:
    """The query inside an IN (…)."""

    field: str
    object_name: str
    where: Condition | None = None


@dataclass(frozen=True)
class Comparison:
    """The field is a path, toLabel(path), or in HAVING an aggregate such as COUNT(Id)."""

    field: str
    operator: str
    literals: tuple[Literal, ...]
    semi_join: SemiJoin | None = None


@dataclass(frozen=True)
class Logical:
    """AND, OR, NOT or GROUP (parentheses) of the parts."""

    operator: str
    parts: tuple[Condition, ...]


Condition: TypeAlias = Comparison | Logical


@dataclass(frozen=True)
class OrderBy:
    """One field of ORDER BY."""

    field: str
    descending: bool = False
    # Nulls come first in either direction, unless the query says otherwise:
    # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_orderby.htm
    nulls_last: bool = False


@dataclass(frozen=True)
class SelectedField:
    """A path or FIELDS(…); the function is toLabel, FORMAT or none."""

    path: str
    function: str = ""
    alias: str = ""

    @property
    def key(self) -> str:
        """Return what must be unique among the selected fields."""
        return (self.alias or self.path).lower()


@dataclass(frozen=True)
class Aggregate:
    """Such as SUM(Amount__c) total; without an alias the result calls it expr0, expr1 …"""

    function: str
    field: str
    name: str
    formatted: bool = False

    @property
    def text(self) -> str:
        """Return it as a query writes it."""
        return f"{self.function}({self.field})"


@dataclass(frozen=True)
class ChildQuery:
    """A query in the SELECT clause, over a child relationship."""

    relationship: str
    query: Query


Column: TypeAlias = SelectedField | Aggregate | ChildQuery


@dataclass(frozen=True)
class Query:
    """A parsed query."""

    columns: tuple[Column, ...]
    object_name: str
    where: Condition | None = None
    order_by: tuple[OrderBy, ...] = ()
    limit: int | None = None
    offset: int = 0
    # Of `SELECT COUNT() FROM …`, which answers a size and no records; COUNT(Id) is an aggregate.
    counts: bool = False
    group_by: tuple[str, ...] = ()
    having: Condition | None = None

    @property
    def fields(self) -> tuple[SelectedField, ...]:
        """Return the selected fields."""
        return tuple(one for one in self.columns if isinstance(one, SelectedField))

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the selected aggregates."""
        return tuple(one for one in self.columns if isinstance(one, Aggregate))

    @property
    def children(self) -> tuple[ChildQuery, ...]:
        """Return the selected child queries."""
        return tuple(one for one in self.columns if isinstance(one, ChildQuery))

    @property
    def is_aggregate(self) -> bool:
        """Return whether it answers groups instead of records."""
        return bool(self.aggregates or self.group_by)
