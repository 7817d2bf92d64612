"""Data without behaviour: what the connector is, what the payment core says, which Salesforce fields are used."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> Any:
    """Return one manifest, for example ``load("core/statuses.json")``. Treat it as read-only."""
    return json.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
