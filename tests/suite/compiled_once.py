"""Lets each route and template of a test process be compiled once, not once for each app that a test makes."""

from __future__ import annotations

from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """Keeps templates by their file and its content, for all apps that share it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class _CompiledRule(Rule):
    """Keeps the functions that build a route's address: each is compiled, which is half the making of an app."""

    _kept: ClassVar[dict[Any, Any]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        made_of = (self.rule, repr(self.defaults), append_unknown)
        if made_of not in self._kept:
            self._kept[made_of] = super()._compile_builder(append_unknown)
        return self._kept[made_of]


def compile_once() -> None:
    """Let every Flask app of this process share its routes' functions and its templates."""
    Flask.url_rule_class = _CompiledRule
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
