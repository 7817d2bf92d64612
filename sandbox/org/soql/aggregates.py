"""GROUP BY and the aggregate functions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from sandbox.org.metadata.objects import Field
from sandbox.org.records.store import Row
from sandbox.org.soql.conditions import Resolver, ValueGetter, compile_condition
from sandbox.org.soql.grammar.syntax import Aggregate, OrderBy, Query
from sandbox.org.soql.localizer import Localizer
from sandbox.org.wire.errors import ApiError, malformed_query

Measures: TypeAlias = dict[str, tuple[Field, Callable[[list[Row]], Any]]]

# A grouped query has no cursor, so what does not fit in one answer is refused:
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_group_by_considerations.htm
MAX_GROUPS = 2000
_NUMBERS = ("double", "currency", "int")
_COUNT = Field(name="count", type="int", label="count")
# Prefix of a grouped value in a group's row, before it gets the name of the result.
_GROUPED = "by "


def group_rows(query: Query, rows: list[Row], *, resolve: Resolver, localizer: Localizer) -> list[dict[str, Any]]:
    """Return the AggregateResults. Raises ApiError."""
    _check_grouped(query)
    keys = {path: resolve(path)[1] for path in query.group_by}
    wanted = {one.text: one for one in (*query.aggregates, *_unselected_aggregates(query))}
    measures = {text: _measure(one, resolve=resolve) for text, one in wanted.items()}
    groups: dict[tuple[Any, ...], list[Row]] = {} if query.group_by else {(): []}
    for row in rows:
        groups.setdefault(tuple(_folded(read(row)) for read in keys.values()), []).append(row)
    found = [_group(members, keys=keys, measures=measures) for members in groups.values()]
    found = _filtered(query, found, resolve=resolve)
    if len(found) > MAX_GROUPS:
        raise ApiError("EXCEEDED_ID_LIMIT", "Aggregate query does not support queryMore(), use LIMIT to restrict")
    return [_rendered(query, group, measures=measures, localizer=localizer) for group in found]


def _check_grouped(query: Query) -> None:
    allowed = {path.lower() for path in query.group_by}
    loose = next((one.path for one in query.fields if one.path.lower() not in allowed), None)
    if loose is not None:
        raise malformed_query(f"Field must be grouped or aggregated: {loose}")


def _unselected_aggregates(query: Query) -> list[Aggregate]:
    """Return the aggregates of ORDER BY and HAVING, which need not be selected."""
    texts = {order.field for order in query.order_by}
    texts |= _texts_of(query.having)
    calls = [text.removesuffix(")").partition("(") for text in texts if "(" in text]
    return [Aggregate(function, field, "") for function, _, field in calls]


def _texts_of(condition: Any) -> set[str]:
    if condition is None:
        return set()
    parts = getattr(condition, "parts", None)
    # By the attribute and not the class: a Comparison ends the tree, everything else has parts.
    return {condition.field} if parts is None else set().union(*(_texts_of(part) for part in parts))


def _measure(one: Aggregate, *, resolve: Resolver) -> tuple[Field, Callable[[list[Row]], Any]]:
    field, read = resolve(one.field)
    if one.function in ("COUNT", "COUNT_DISTINCT"):
        distinct = one.function == "COUNT_DISTINCT"
        return _COUNT, lambda rows: len(_present(rows, read) if not distinct else set(_present(rows, read)))
    if one.function in ("SUM", "AVG") and field.type not in _NUMBERS:
        raise malformed_query(f"field {field.name} does not support aggregate operator {one.function}")
    if field.type == "boolean" or field.type == "textarea":
        raise malformed_query(f"field {field.name} does not support aggregate operator {one.function}")
    work: dict[str, Callable[[list[Any]], Any]] = {"SUM": _total, "AVG": _mean, "MIN": min, "MAX": max}

    def worked(rows: list[Row]) -> Any:
        values = _present(rows, read)
        return work[one.function](values) if values else None

    return field, worked


def _present(rows: list[Row], read: ValueGetter) -> list[Any]:
    return [value for row in rows if (value := read(row)) is not None]


def _total(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _mean(values: list[Decimal]) -> Decimal:
    return _total(values) / len(values)


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _group(members: list[Row], *, keys: dict[str, ValueGetter], measures: Measures) -> Row:
    group: Row = {f"{_GROUPED}{path.lower()}": read(members[0]) for path, read in keys.items()}
    return group | {text: work(members) for text, (_, work) in measures.items()}


def _filtered(query: Query, groups: list[Row], *, resolve: Resolver) -> list[Row]:
    def of_group(text: str) -> tuple[Field, ValueGetter]:
        if "(" in text:
            field = _COUNT if text.startswith("COUNT") else resolve(text.removesuffix(")").partition("(")[2])[0]
            return field, lambda group: _as_number(group[text])
        name = f"{_GROUPED}{text.lower()}"
        if text.lower() not in {path.lower() for path in query.group_by}:
            raise malformed_query(f"Field must be grouped or aggregated: {text}")
        return resolve(text)[0], lambda group: group[name]

    if query.having is not None:
        test = compile_condition(query.having, resolve=of_group)
        groups = [group for group in groups if test(group)]
    for order in reversed(query.order_by):
        groups = sort_rows(groups, order, read=of_group(order.field)[1])
    end = None if query.limit is None else query.offset + query.limit
    return groups[query.offset : end]


def _as_number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) else value


def sort_rows(rows: list[Row], order: OrderBy, *, read: ValueGetter) -> list[Row]:
    """Return the rows in order: texts without case, and nulls where the sorting wants them."""

    def key(row: Row) -> Any:
        return _folded(read(row))

    # Nulls come first by default, in descending order, too:
    # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_orderby.htm
    present = sorted((row for row in rows if read(row) is not None), key=key, reverse=order.descending)
    missing = [row for row in rows if read(row) is None]
    return present + missing if order.nulls_last else missing + present


def _rendered(query: Query, group: Row, *, measures: Measures, localizer: Localizer) -> dict[str, Any]:
    rendered: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
    for one in query.fields:
        rendered[one.alias or one.path.rpartition(".")[2]] = group[f"{_GROUPED}{one.path.lower()}"]
    for measure in query.aggregates:
        value = group[measure.text]
        if measure.formatted:
            value = localizer.text(measures[measure.text][0], value, row=group)
        rendered[measure.name] = value
    return rendered
