"""Reads the fields of inner Apex classes, so that a test sends and expects what the Apex source declares."""

from __future__ import annotations

import re
from pathlib import Path

_CLASS = re.compile(
    r"^  public (?:abstract |virtual )?class (?P<name>\w+)(?: extends (?P<parent>\w+))? \{\n(?P<body>.*?)^  \}",
    re.M | re.S,
)
_FIELD = re.compile(r"^    public (?P<type>[\w<>]+) (?P<name>\w+)(?: = [^;]+)?;", re.M)
_PATH = re.compile(r"return '(/[^']+)';")


class ApexClasses:
    """The inner classes of one Apex class, by name."""

    def __init__(self, path: Path) -> None:
        self._found = {one["name"]: one for one in _CLASS.finditer(path.read_text("utf-8"))}

    def fields(self, name: str) -> set[str]:
        """Return the names of a class's fields, those of its parents included."""
        one = self._found[name]
        own = {field["name"] for field in _FIELD.finditer(one["body"])}
        return own | (self.fields(one["parent"]) if one["parent"] else set())

    def methods(self, name: str) -> dict[str, str]:
        """Return the name of the sentence that each class returns from one method."""
        answers = re.compile(rf" {name}\(\) \{{\n +return \w+\.(\w+);")
        found = {of: answers.search(one["body"]) for of, one in self._found.items()}
        return {of: one[1] for of, one in found.items() if one}

    def path(self, name: str) -> str:
        """Return the path that a body is posted to."""
        (path,) = _PATH.findall(self._found[name]["body"])
        return str(path)
