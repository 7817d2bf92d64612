"""Which processes there are, by Linux' own list."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process' children."""
    try:
        return [int(one) for one in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def with_setting(name: str, value: str) -> set[int]:
    """Return the ids of all processes that were started with this in their environment."""
    return {int(one.name) for one in PROC.iterdir() if one.name.isdigit() and f"{name}={value}\0" in _environment(one)}


def lives(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not waited for yet does not."""
    try:
        return (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _environment(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace") if lives(int(process.name)) else ""
    except OSError:
        return ""
