"""Aliases of the FROM clause, replaced by the paths that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from sandbox.org.soql.grammar.syntax import Aggregate, ChildQuery, Column, Comparison, Condition, Query

_Condition = TypeVar("_Condition", bound=Condition | None)


def without_aliases(query: Query, aliases: Mapping[str, str]) -> Query:
    """Return the query as it would be without the aliases, which are {alias in lower case: path}."""
    if not aliases:
        return query
    return replace(
        query,
        columns=tuple(_column(one, aliases) for one in query.columns),
        where=_condition(query.where, aliases),
        order_by=tuple(replace(one, field=_path(one.field, aliases)) for one in query.order_by),
        group_by=tuple(_path(one, aliases) for one in query.group_by),
        having=_condition(query.having, aliases),
    )


def _column(column: Column, aliases: Mapping[str, str]) -> Column:
    if isinstance(column, ChildQuery):
        # (SELECT … FROM o.Contacts): the relationship of the object that o names.
        return replace(column, relationship=_path(column.relationship, aliases))
    if isinstance(column, Aggregate):
        return replace(column, field=_path(column.field, aliases))
    return replace(column, path=_path(column.path, aliases))


def _condition(condition: _Condition, aliases: Mapping[str, str]) -> _Condition:
    if condition is None:
        return condition
    if isinstance(condition, Comparison):
        return replace(condition, field=_path(condition.field, aliases))
    return replace(condition, parts=tuple(_condition(part, aliases) for part in condition.parts))


def _path(text: str, aliases: Mapping[str, str]) -> str:
    function, bracket, inner = text.rpartition("(")
    head, dot, rest = inner.partition(".")
    if not dot or head.lower() not in aliases:
        return text
    prefix = aliases[head.lower()]
    return f"{function}{bracket}{prefix}.{rest}" if prefix else f"{function}{bracket}{rest}"
