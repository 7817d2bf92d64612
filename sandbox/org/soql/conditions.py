"""WHERE and HAVING compiled to predicates of a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from sandbox.org.metadata.objects import Field
from sandbox.org.records.store import Row
from sandbox.org.soql.grammar.date_literals import resolve_date_literal
from sandbox.org.soql.grammar.syntax import Comparison, Condition, Literal, Logical
from sandbox.org.soql.like import compile_like
from sandbox.org.wire.errors import ApiError, malformed_query
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import parse_time

ValueGetter: TypeAlias = Callable[[Row], Any]
Predicate: TypeAlias = Callable[[Row], bool]
Resolver: TypeAlias = Callable[[str], tuple[Field, ValueGetter]]

_LITERAL_KINDS = {
    "double": {"number"},
    "currency": {"number"},
    "int": {"number"},
    "boolean": {"boolean"},
    "datetime": {"time", "range"},
    "date": {"date", "range"},
}


def compile_condition(condition: Condition, *, resolve: Resolver) -> Predicate:
    """Return the test. Raises ApiError for a literal that does not fit its field."""
    if isinstance(condition, Comparison):
        return _compile_comparison(condition, resolve=resolve)
    parts = [compile_condition(part, resolve=resolve) for part in condition.parts]
    match condition.operator:
        case "AND":
            return lambda row: all(part(row) for part in parts)
        case "OR":
            return lambda row: any(part(row) for part in parts)
        case "NOT":
            return lambda row: not parts[0](row)
    return parts[0]


def equality_values(condition: Condition | None, field: str) -> list[str] | None:
    """Return the texts that the field must equal, to avoid reading every row; None where the condition does not fix them."""
    if isinstance(condition, Logical) and condition.operator in ("AND", "GROUP"):
        found = (equality_values(part, field) for part in condition.parts)
        return next((texts for texts in found if texts is not None), None)
    if not isinstance(condition, Comparison) or condition.operator not in ("=", "IN"):
        return None
    if condition.field.lower() != field.lower():
        return None
    return [str(literal.value) for literal in condition.literals]


def _compile_comparison(comparison: Comparison, *, resolve: Resolver) -> Predicate:
    field, read = resolve(comparison.field)
    if field.type == "textarea":
        # Long text cannot be filtered, which also bounds what a LIKE has to read.
        raise ApiError("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
    # Texts compare without case, but for fields marked as case-sensitive, of which the sandbox has none:
    # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fieldexpression.htm
    values = [_value(field, literal) for literal in comparison.literals]
    match comparison.operator:
        case "IN" | "NOT IN":
            wanted = set(values)
            # [A] NOT IN finds rows without a value, too: whether Salesforce does is not documented.
            inside = comparison.operator == "IN"
            return lambda row: (_key(field, read(row)) in wanted) is inside
        case "LIKE":
            matches = _like(field, comparison.literals[0])
            return lambda row: isinstance(read(row), str) and matches(read(row))
    if isinstance(values[0], tuple):
        return _compile_range(values[0], operator=comparison.operator, read=read)
    return _compile_order(field, values[0], operator=comparison.operator, read=read)


def _compile_order(field: Field, value: Any, *, operator: str, read: ValueGetter) -> Predicate:
    if operator == "=":
        return lambda row: bool(_key(field, read(row)) == value)
    if operator == "!=":
        return lambda row: bool(_key(field, read(row)) != value)
    if value is None:
        raise malformed_query(f"{field.name}: null can only be compared with = and !=")
    if field.type == "boolean":
        raise malformed_query(f"invalid operator on {field.name}")

    def ordered(row: Row) -> bool:
        present = _key(field, read(row))
        # Nothing is less or greater than null, so such a row is in neither half.
        if present is None:
            return False
        match operator:
            case "<":
                return bool(present < value)
            case ">":
                return bool(present > value)
            case "<=":
                return bool(present <= value)
        return bool(present >= value)

    return ordered


def _compile_range(limits: tuple[str, str], *, operator: str, read: ValueGetter) -> Predicate:
    """Compare with a day or days: [first, after the last) as texts of equal form."""
    # As texts: dates of one form have the order of their times, and reading each would cost more than the comparison.
    first, after = limits
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda text: first <= text < after,
        "!=": lambda text: not first <= text < after,
        "<": lambda text: text < first,
        ">": lambda text: text >= after,
        "<=": lambda text: text < after,
        ">=": lambda text: text >= first,
    }
    test = tests[operator]
    return lambda row: read(row) is not None and test(str(read(row)))


def _key(field: Field, value: Any) -> Any:
    """Return the form in which two values of the field are compared: texts without case, times as moments."""
    if value is None or isinstance(value, Decimal | bool):
        return value
    if field.type in ("id", "reference"):
        return value
    if field.type == "datetime":
        return parse_time(value)
    return value.lower() if isinstance(value, str) else value


def _value(field: Field, literal: Literal) -> Any:
    if literal.kind == "null":
        return None
    if field.type in ("id", "reference"):
        return _id_value(field, literal)
    if literal.kind not in _LITERAL_KINDS.get(field.type, {"text"}):
        quotes = "should not be" if literal.kind == "text" else "must be"
        wanted = f"must be of type {field.type} and {quotes} enclosed in quotes"
        raise ApiError("INVALID_FIELD", f"value of filter criterion for field '{field.name}' {wanted}")
    if literal.kind == "range":
        return _day_range(str(literal.value), with_time=field.type == "datetime")
    try:
        return _key(field, literal.value)
    except ValueError as error:
        raise malformed_query(f"{literal.value} is not a valid date") from error


def _id_value(field: Field, literal: Literal) -> str:
    try:
        # A short id equals the long one of the same record.
        return canonical_id(literal.value)
    except MalformedId as error:
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"{field.name}: invalid ID field: {literal.value}") from error


def _day_range(word: str, *, with_time: bool) -> tuple[str, str]:
    # [A] In UTC. Salesforce takes the zone of the user who asks:
    # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
    first, after = resolve_date_literal(word, today=datetime.now(UTC).date())
    return _edge(first, with_time=with_time), _edge(after, with_time=with_time)


def _edge(day: date, *, with_time: bool) -> str:
    return f"{day.isoformat()}T00:00:00.000+0000" if with_time else day.isoformat()


def _like(field: Field, literal: Literal) -> Callable[[str], bool]:
    if literal.kind != "text" or field.type in ("double", "currency", "int", "boolean", "datetime", "date"):
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on field {field.name}")
    return compile_like(str(literal.value))
