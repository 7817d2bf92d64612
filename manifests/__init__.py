"""Data of a version: the connector's identity, the payment core's operations and statuses, the Salesforce fields.

``CHAT2PAY_CORE_MANIFEST`` names a folder of an admin's own entries, which replace shipped ones of ``core/``. They are merged
here, so that every process and every reader of a manifest sees the same; a folder with a fault is ignored, and no process
starts with one (``manifests.configuration``).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from manifests.overlay import current_overlay
from manifests.shipped import load_shipped

_CORE = "core/"


@cache
def load(name: str) -> Any:
    """Return one manifest, for example ``load("core/statuses.json")``: read-only mappings, and tuples for lists."""
    found = load_shipped(name)
    return current_overlay().over(name.removeprefix(_CORE), found) if name.startswith(_CORE) else found
