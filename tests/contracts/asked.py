"""What a PromQL query asks for: names, matchers, and the labels that it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


@dataclass(frozen=True)
class Asked:
    """One selector: its name, its (label, operator, value)s, and the function or operator right around it."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]
    within: str = ""


def asked_of(tree: Any) -> list[Asked]:
    """Return every selector of a query."""
    return list(_selectors(tree, ""))


def labels_named(tree: Any) -> set[str]:
    """Return every label by which a query groups or joins."""
    found: set[str] = set()
    for node in _every(tree):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql.AggregateExpr) and modifier is not None:
            found |= set(modifier.labels)
    return found


def _selectors(node: Any, within: str) -> Iterator[Asked]:
    if isinstance(node, promql.VectorSelector):
        matchers = tuple((one.name, _OPERATORS[str(one.op)], one.value) for one in node.matchers.matchers)
        yield Asked(str(node.name), matchers, within)
        return
    around = within
    if isinstance(node, promql.Call):
        around = node.func.name
    elif isinstance(node, promql.BinaryExpr) and str(node.op) == "unless":
        around = "unless"
    for inner in _inner(node):
        yield from _selectors(inner, around)


def _every(node: Any) -> Iterator[Any]:
    yield node
    for inner in _inner(node):
        yield from _every(inner)


def _inner(node: Any) -> list[Any]:
    if isinstance(node, promql.BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, promql.Call):
        return list(node.args)
    if isinstance(node, promql.MatrixSelector):
        return [node.vector_selector]
    return [node.expr] if hasattr(node, "expr") else []
