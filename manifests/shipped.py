"""The manifests as shipped, without a deployment's own entries."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@cache
def load_shipped(name: str) -> Any:
    """Return one manifest, for example ``load_shipped("core/statuses.json")``: read-only mappings, and tuples for lists."""
    return freeze(json.loads(files("manifests").joinpath(name).read_text(encoding="utf-8")))


def freeze(value: Any) -> Any:
    """Return a JSON value that nobody can change: mappings are read-only, lists are tuples."""
    # Every module of a process shares the cached manifests: a change by one would be a change for all.
    if isinstance(value, dict):
        return MappingProxyType({name: freeze(one) for name, one in value.items()})
    return tuple(freeze(one) for one in value) if isinstance(value, list) else value
