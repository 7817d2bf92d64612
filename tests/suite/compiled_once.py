"""Lets each route and template of a test process be compiled once, not once for each app that a test makes."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """Keeps templates, for all apps that share it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


# Those of the connector's own pages.
TEMPLATES = CompiledTemplates()


class _CompiledRule(Rule):
    """Keeps the functions that build a route's address: each is compiled, which is half the making of an app."""

    _kept: ClassVar[dict[Any, Any]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        made_of = (self.rule, repr(self.defaults), append_unknown)
        if made_of not in self._kept:
            self._kept[made_of] = super()._compile_builder(append_unknown)
        return self._kept[made_of]


def compile_routes_once() -> None:
    """Let every Flask app of this process share its routes' functions."""
    Flask.url_rule_class = _CompiledRule
