"""What was logged while a test did something, with every field, also those that no line may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from foundation import log


@contextmanager
def capture_logs() -> Iterator[list[dict[str, Any]]]:
    """Collect what would be written, and write nothing."""
    entries: list[dict[str, Any]] = []

    def collect(level: str, event: str, fields: Mapping[str, Any]) -> None:
        entries.append({**fields, "event": event, "log_level": level})

    with patch.object(log, "_write", collect):
        yield entries
