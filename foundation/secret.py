"""The type of texts that must never be printed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Secret:
    """A text whose ``str`` and ``repr`` do not show it."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "•••"

    def __bool__(self) -> bool:
        return bool(self.value)
