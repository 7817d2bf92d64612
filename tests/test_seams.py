"""Tests come through the product's doors: none reaches into what is private to a class or a module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What is public all the same in its library, and what SQLAlchemy, requests and the signer of Stripe's library have no other
# way to.
OF_LIBRARIES = {"_mapping", "_replace", "_asdict", "_compiled_cache", "_exit", "_compute_signature", "_content"}


def _reached(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and not _is_own(node.value):
            yield node.lineno, node.attr
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] != "re":
            yield from ((node.lineno, alias.name) for alias in node.names if _is_private(alias.name))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in OF_LIBRARIES


def _is_own(value: ast.expr) -> bool:
    is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    return is_super or (isinstance(value, ast.Name) and value.id in ("self", "cls"))


def test_no_test_reaches_into_privates() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for line, name in _reached(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []
