"""The recursive-descent parser of SOQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

from sandbox.org.soql.date_literals import is_date_literal
from sandbox.org.soql.syntax import Aggregate, Comparison, Condition, Literal, Logical, OrderBy, Query, SemiJoin
from sandbox.org.soql.tokens import TokenReader, tokenize, unescape
from sandbox.org.wire.errors import ApiError, malformed_query

_COMPARISONS = {"=", "!=", "<>", "<", ">", "<=", ">="}
_FUNCTIONS = {"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"}
_KEYWORDS = {"FROM", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET"}
_DEEPEST = 50
_MOST_SEMI_JOINS = 2
_Part = TypeVar("_Part")


def parse(text: str) -> Query:
    """Return the tree. Raises ApiError MALFORMED_QUERY."""
    query = _Parser(TokenReader(tokenize(text))).query()
    _check_semi_joins(query.where)
    return query


def _check_semi_joins(where: Condition | None) -> None:
    # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
    joins = [one for one in _comparisons(where) if one.semi_join]
    top = where.parts if isinstance(where, Logical) and where.operator == "AND" else (where,)
    if any(join not in top for join in joins):
        message = "Semi join sub-selects are only allowed at the top level WHERE expressions"
        raise malformed_query(f"{message} and not in nested WHERE expressions.")
    if any(inner.semi_join for join in joins if join.semi_join for inner in _comparisons(join.semi_join.where)):
        raise malformed_query("Nesting of semi join sub-selects is not supported")
    if len(joins) > _MOST_SEMI_JOINS:
        message = f"Maximum of {_MOST_SEMI_JOINS} semi join sub-selects are allowed"
        raise ApiError("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", message)


def _comparisons(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from _comparisons(part)


class _Parser:
    def __init__(self, reader: TokenReader) -> None:
        self._reader = reader
        self._depth = 0

    @contextmanager
    def _nested(self) -> Iterator[None]:
        """Bound the recursion. Raises ApiError MALFORMED_QUERY."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise malformed_query("too many parentheses")
        yield
        self._depth -= 1

    # Clauses

    def query(self) -> Query:
        reader = self._reader
        reader.expect("SELECT")
        counts = reader.has("COUNT", "(", ")")
        fields, aggregates = ((), ()) if counts else self._selected()
        reader.expect("FROM")
        object_name = reader.take("word")
        where = self._either() if reader.has("WHERE") else None
        if reader.has("WITH") and not (reader.has("USER_MODE") or reader.has("SECURITY_ENFORCED")):
            raise reader.unexpected()
        group_by = self._listed(lambda: reader.take("word")) if reader.has("GROUP", "BY") else ()
        having = self._either() if group_by and reader.has("HAVING") else None
        order_by = self._listed(self._order_by) if reader.has("ORDER", "BY") else ()
        limit = self._whole_number() if reader.has("LIMIT") else None
        offset = self._whole_number() if reader.has("OFFSET") else 0
        if reader.peek().kind != "end":
            raise reader.unexpected()
        return Query(fields, object_name, where, order_by, limit, offset, counts, aggregates, group_by, having)

    def _selected(self) -> tuple[tuple[str, ...], tuple[Aggregate, ...]]:
        fields: list[str] = []
        aggregates: list[Aggregate] = []
        unnamed = 0
        for text in self._listed(self._field):
            if "(" not in text or text.startswith("FIELDS("):
                fields.append(text)
                continue
            call, _, name = text.partition(" ")
            function, _, field = call.removesuffix(")").partition("(")
            aggregates.append(Aggregate(function, field, name or f"expr{unnamed}"))
            unnamed += not name
        if len({name.lower() for name in fields}) != len(fields):
            raise malformed_query("duplicate field selected")
        return tuple(fields), tuple(aggregates)

    def _field(self) -> str:
        """Return a path, or an aggregate as `SUM(Amount__c) name`."""
        word = self._reader.take("word")
        if not self._reader.has("("):
            return word
        inner = self._reader.take("word")
        self._reader.expect(")")
        call = f"{word.upper()}({inner.upper() if word.upper() == 'FIELDS' else inner})"
        if call in ("FIELDS(ALL)", "FIELDS(STANDARD)", "FIELDS(CUSTOM)"):
            return call
        if word.upper() not in _FUNCTIONS:
            raise malformed_query(f"unknown function: {word}")
        named = self._reader.peek()
        if named.kind == "word" and named.text.upper() not in _KEYWORDS:
            return f"{call} {self._reader.take('word')}"
        return call

    def _operand(self) -> str:
        """Return what a comparison or a sorting is about: a path, or an aggregate without a name."""
        word = self._reader.take("word")
        if word.upper() not in _FUNCTIONS or not self._reader.has("("):
            return word
        inner = self._reader.take("word")
        self._reader.expect(")")
        return f"{word.upper()}({inner})"

    def _listed(self, one: Callable[[], _Part]) -> tuple[_Part, ...]:
        items = [one()]
        while self._reader.has(","):
            items.append(one())
        return tuple(items)

    def _order_by(self) -> OrderBy:
        field = self._operand()
        descending = self._reader.has("DESC")
        if not descending:
            self._reader.has("ASC")
        nulls_last = self._reader.has("NULLS", "LAST")
        if not nulls_last:
            self._reader.has("NULLS", "FIRST")
        return OrderBy(field, descending, nulls_last)

    def _whole_number(self) -> int:
        text = self._reader.take("number")
        if not text.isdigit():
            raise malformed_query(f"not a whole number: {text}")
        return int(text)

    # Conditions

    def _either(self) -> Condition:
        return self._joined("OR", self._both)

    def _both(self) -> Condition:
        return self._joined("AND", self._one)

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._reader.has(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        other = "AND" if word == "OR" else "OR"
        # Salesforce refuses a AND b OR c without parentheses instead of ranking the two words.
        if any(isinstance(p, Logical) and p.operator == other for p in parts):
            raise malformed_query("AND and OR need parentheses when they stand together")
        return Logical(word, tuple(parts))

    def _one(self) -> Condition:
        if self._reader.has("NOT"):
            with self._nested():
                return Logical("NOT", (self._one(),))
        if self._reader.has("("):
            return self._enclosed()
        return self._comparison()

    def _enclosed(self) -> Condition:
        with self._nested():
            inner = self._either()
        self._reader.expect(")")
        # A group of one: keeps the parentheses visible to the check above.
        return Logical("GROUP", (inner,))

    def _comparison(self) -> Comparison:
        field = self._operand()
        if self._reader.has("NOT", "IN"):
            return self._membership(field, "NOT IN")
        if self._reader.has("IN"):
            return self._membership(field, "IN")
        if self._reader.has("LIKE"):
            return Comparison(field, "LIKE", (self._literal(),))
        sign = self._reader.take("sign")
        if sign not in _COMPARISONS:
            raise malformed_query(f"unexpected token: '{sign}'")
        return Comparison(field, "!=" if sign == "<>" else sign, (self._literal(),))

    def _membership(self, field: str, operator: str) -> Comparison:
        self._reader.expect("(")
        if self._reader.has("SELECT"):
            comparison = Comparison(field, operator, (), self._semi_join())
        else:
            comparison = Comparison(field, operator, self._listed(self._literal))
        self._reader.expect(")")
        return comparison

    def _semi_join(self) -> SemiJoin:
        """Return the inner query: one field, no sorting, no limit, as Salesforce allows it."""
        field = self._reader.take("word")
        self._reader.expect("FROM")
        object_name = self._reader.take("word")
        with self._nested():
            where = self._either() if self._reader.has("WHERE") else None
        return SemiJoin(field, object_name, where)

    def _literal(self) -> Literal:
        token = self._reader.peek()
        if token.kind not in ("text", "number", "time", "word"):
            raise self._reader.unexpected()
        self._reader.skip()
        match token.kind:
            case "text":
                return Literal("text", unescape(token.text))
            case "number":
                return Literal("number", Decimal(token.text))
            case "time":
                return Literal("time" if "T" in token.text else "date", token.text)
        return _word_literal(token.text.upper())


def _word_literal(word: str) -> Literal:
    if word == "NULL":
        return Literal("null", None)
    if word in ("TRUE", "FALSE"):
        return Literal("boolean", word == "TRUE")
    if is_date_literal(word):
        return Literal("range", word)
    raise malformed_query(f"unexpected token: '{word}'")
