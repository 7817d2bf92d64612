"""The files of the Salesforce project, read once: package directories, metadata files, and the components that they make."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

SHIPPED = Path(__file__).parents[2] / "manifests/salesforce"
MODULES = SHIPPED / "node_modules"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
BASE = "base"
# Folders whose components are folders themselves.
BUNDLES = {"aura", "lwc", "genAiFunctions", "genAiPlanners"}
IN_FOLDERS = {"reports", "dashboards"}
FOLDERS = {"ReportFolder", "DashboardFolder"}


def text(one: ElementTree.Element, path: str) -> str:
    """Return the text at a path of element names without a namespace."""
    return (one.findtext("/".join(NAMESPACE + part for part in path.split("/"))) or "").strip()


def texts(one: ElementTree.Element, path: str) -> list[str]:
    """Return all texts at such a path."""
    found = one.iterfind("/".join(NAMESPACE + part for part in path.split("/")))
    return [(element.text or "").strip() for element in found]


def tag(one: ElementTree.Element) -> str:
    """Return the element's name without its namespace."""
    return one.tag.removeprefix(NAMESPACE)


@dataclass(frozen=True)
class MetadataFile:
    """One file with `-meta.xml` at its end."""

    path: Path
    directory: str
    within: tuple[str, ...]
    root: ElementTree.Element

    @property
    def kind(self) -> str:
        """The metadata type."""
        return tag(self.root)

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return self.path.name.removesuffix("-meta.xml").rpartition(".")[0]

    @property
    def name(self) -> str:
        """The component's full name, as package.xml has it."""
        folder = self.within[0]
        if folder == "objects" and len(self.within) == 4:
            return f"{self.within[1]}.{self.stem}"
        if folder in BUNDLES:
            return self.within[1]
        if folder in IN_FOLDERS:
            return "/".join((*self.within[1:-1], self.stem))
        return self.stem

    def __str__(self) -> str:
        return str(self.path)


class Project:
    """A Salesforce project in a folder: the shipped one, an exported one, or a broken copy."""

    def __init__(self, root: Path = SHIPPED) -> None:
        self.root = root

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """What sfdx-project.json says."""
        read: dict[str, Any] = json.loads((self.root / "sfdx-project.json").read_text("utf-8"))
        return read

    @property
    def directories(self) -> list[str]:
        """The package directories in their order."""
        return [one["path"] for one in self.configuration["packageDirectories"]]

    @cached_property
    def files(self) -> list[tuple[str, Path]]:
        """Every file of the package directories, with its directory; paths begin at the project."""
        return [
            (directory, path.relative_to(self.root))
            for directory in self.directories
            for path in sorted((self.root / directory).rglob("*"))
            if path.is_file() and "__tests__" not in path.parts
        ]

    @cached_property
    def broken(self) -> list[str]:
        """Files that are no XML, and folders that no deploy looks into."""
        return [complaint for complaint, _ in self._read if complaint]

    @cached_property
    def metadata(self) -> list[MetadataFile]:
        """Every metadata file that can be read."""
        return [one for _, one in self._read if one]

    @cached_property
    def components(self) -> dict[str, set[tuple[str, str]]]:
        """(type, full name) of every component, by package directory."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in self.metadata:
            found[one.directory].add((one.kind, one.name))
        return found

    def of(self, kind: str) -> list[MetadataFile]:
        """Return the files of one type."""
        return [one for one in self.metadata if one.kind == kind]

    def within_reach(self, directory: str) -> set[tuple[str, str]]:
        """Return what a directory may refer to: itself and base."""
        return self.components[directory] | self.components[BASE]

    def read(self, path: Path) -> str:
        """Return a file's text, or nothing for what is no text."""
        try:
            return (self.root / path).read_text("utf-8")
        except UnicodeDecodeError:
            return ""

    @cached_property
    def _read(self) -> list[tuple[str, MetadataFile | None]]:
        return list(self._read_all())

    def _read_all(self) -> Iterator[tuple[str, MetadataFile | None]]:
        for directory, path in self.files:
            within = path.parts[len(Path(directory).parts) :]
            if within[:2] != ("main", "default") or len(within) < 4:
                yield f"{path}: outside main/default", None
            elif path.name.endswith("-meta.xml"):
                try:
                    root = ElementTree.parse(self.root / path).getroot()  # noqa: S314 our own file
                except ElementTree.ParseError as error:
                    yield f"{path}: broken XML, {error}", None
                    continue
                unknown = "" if root.tag.startswith(NAMESPACE) else f"{path}: not in the namespace of metadata"
                yield unknown, None if unknown else MetadataFile(path, directory, within[2:], root)


def custom_names(source: str) -> set[str]:
    """Return the API names of custom objects, fields and relationships that a text mentions."""
    return set(re.findall(r"\b[A-Za-z]\w*?__(?:c|r|e|mdt)\b", source))
