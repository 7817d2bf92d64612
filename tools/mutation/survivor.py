"""A change that no test noticed, and whether it is known to do no harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KILLED = frozenset({"killed", "caught by type check", "timeout", "segfault"})


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed: its name, what became of it, and the lines before and after."""

    name: str
    status: str
    was: tuple[str, ...]
    becomes: tuple[str, ...]

    @property
    def function(self) -> str:
        """The changed function, by its dotted name: without the number, which moves with every edit."""
        module, _, mangled = self.name.partition("__mutmut_")[0].rpartition(".")
        plain = mangled.removeprefix("xǁ").replace("ǁ", ".") if mangled.startswith("xǁ") else mangled.removeprefix("x_")
        return f"{module}.{plain}"

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.status})"]
        return "\n".join([*lines, *(f"  - {one}" for one in self.was), *(f"  + {one}" for one in self.becomes)])


def is_harmless(one: Survivor, known: Sequence[dict[str, str]]) -> bool:
    """Return whether a change is known: by its function and the lines that it makes, of which ``becomes`` may name a part."""
    return any(
        entry["function"] == one.function and entry["becomes"] in "\n".join(one.becomes) and entry["why"]
        for entry in known
    )
