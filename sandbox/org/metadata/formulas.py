"""Formulas of validation rules: the functions that the project's own rules use."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.org.wire.errors import StartupError

_TOKEN = re.compile(r"\s*(?:(?P<name>\$?[A-Za-z_][\w.]*)|(?P<number>\d+(?:\.\d+)?)|(?P<sign><=|>=|<>|!=|[(),<>=]))")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "!=": lambda left, right: left != right,
}
# In lower case, as formulas take names in any.
_PERMISSION = "$permission."


@dataclass(frozen=True)
class RecordChange:
    """A record before and after it is written, and what the writer may; nothing before a new record."""

    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    custom_permissions: Collection[str] = ()


Node = Callable[[RecordChange], Any]


@dataclass(frozen=True)
class Formula:
    """A formula that can be asked whether it is true of a change."""

    holds: Node
    fields: frozenset[str]


def parse_formula(text: str, *, source: str) -> Formula:
    """Return the formula. Raises StartupError for one that the sandbox cannot evaluate."""
    parser = _Parser(text, source)
    return Formula(parser.whole(), frozenset(parser.fields))


class _Parser:
    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._tokens = list(self._read(text.strip()))
        self._place = 0
        self.fields: set[str] = set()

    def whole(self) -> Node:
        node = self._comparison()
        if self._place != len(self._tokens):
            raise self._unknown()
        return node

    def _read(self, text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._unknown()
            yield str(found.lastgroup), found[found.lastgroup or 0]
            at = found.end()

    def _comparison(self) -> Node:
        left = self._operand()
        if self._peek() not in _COMPARISONS:
            return left
        compare = _COMPARISONS[self._take()]
        right = self._operand()

        def compared(change: RecordChange) -> bool:
            values = left(change), right(change)
            # [A] A comparison with a blank value is not true.
            return None not in values and compare(*values)

        return compared

    def _operand(self) -> Node:
        kind, text = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        self._place += 1
        if kind == "number":
            return lambda change: Decimal(text)
        if kind != "name":
            raise self._unknown()
        if self._peek() == "(":
            return self._call(text.upper())
        if text.lower().startswith(_PERMISSION):
            return lambda change: text[len(_PERMISSION) :] in change.custom_permissions
        # Collected so that a rule about a field that does not exist stops the start.
        self.fields.add(text)
        return lambda change: change.after.get(text)

    def _call(self, name: str) -> Node:
        make = _FUNCTIONS.get(name)
        if make is None:
            raise self._unknown()
        # These ask for the field and not for its value, so their argument is never evaluated.
        if name in _OF_FIELDS:
            return _OF_FIELDS[name](self._only_field())
        arguments = self._arguments()
        return make(arguments)

    def _arguments(self) -> list[Node]:
        self._expect("(")
        arguments: list[Node] = []
        while self._peek() != ")":
            if arguments:
                self._expect(",")
            arguments.append(self._comparison())
        self._expect(")")
        return arguments

    def _only_field(self) -> str:
        self._expect("(")
        kind, name = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        if kind != "name":
            raise self._unknown()
        self._place += 1
        self._expect(")")
        self.fields.add(name)
        return name

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._unknown()
        self._place += 1

    def _unknown(self) -> StartupError:
        return StartupError(f"{self._source}: the sandbox cannot evaluate this formula, so it could not keep the rule")


def _is_changed(name: str) -> Node:
    # https://help.salesforce.com/s/articleView?id=sf.customize_functions_ischanged.htm : never true of a new record.
    return lambda change: change.before is not None and change.before.get(name) != change.after.get(name)


def _prior_value(name: str) -> Node:
    # Of a new record it is the value itself.
    return lambda change: (change.after if change.before is None else change.before).get(name)


_OF_FIELDS: dict[str, Callable[[str], Node]] = {"ISCHANGED": _is_changed, "PRIORVALUE": _prior_value}
_FUNCTIONS: dict[str, Callable[[list[Node]], Node]] = {
    "AND": lambda nodes: lambda change: all(node(change) for node in nodes),
    "OR": lambda nodes: lambda change: any(node(change) for node in nodes),
    "NOT": lambda nodes: lambda change: not nodes[0](change),
    "ISNEW": lambda nodes: lambda change: change.before is None,
    "ISBLANK": lambda nodes: lambda change: nodes[0](change) in (None, ""),
    # Only their names count here: `_call` evaluates these two by the field, before it reads arguments.
    **dict.fromkeys(_OF_FIELDS, lambda nodes: nodes[0]),
}
