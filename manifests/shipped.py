"""The manifests as shipped, without a deployment's own entries."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_shipped(name: str) -> Any:
    """Return one manifest, for example ``load_shipped("core/statuses.json")``. Treat it as read-only."""
    return json.loads(files("manifests").joinpath(name).read_text(encoding="utf-8"))
