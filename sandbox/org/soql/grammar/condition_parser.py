"""The part of the parser that reads conditions, and what both parts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

from sandbox.org.soql.grammar.date_literals import is_date_literal
from sandbox.org.soql.grammar.syntax import Comparison, Condition, Literal, Logical, SemiJoin
from sandbox.org.soql.grammar.tokens import TokenReader, unescape
from sandbox.org.wire.errors import malformed_query

AGGREGATES = {"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"}
KEYWORDS = {"FROM", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "USING", "AS", "FOR"}
_COMPARISONS = {"=", "!=", "<>", "<", ">", "<=", ">="}
_DEEPEST = 50
_Part = TypeVar("_Part")


class ConditionParser:
    """The parser of WHERE and HAVING, which the parser of queries extends."""

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

    # Shared

    def _operand(self) -> str:
        """Return what a comparison or a sorting is about: a path, toLabel(path), or an aggregate without a name."""
        word = self._reader.take("word")
        function = "toLabel" if word.upper() == "TOLABEL" else word.upper()
        if function not in (*AGGREGATES, "toLabel") or not self._reader.has("("):
            return word
        inner = self._reader.take("word")
        self._reader.expect(")")
        return f"{function}({inner})"

    def _listed(self, one: Callable[[], _Part]) -> tuple[_Part, ...]:
        items = [one()]
        while self._reader.has(","):
            items.append(one())
        return tuple(items)

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
            # A date is no time at midnight: which fields take which is checked once the field is known.
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
