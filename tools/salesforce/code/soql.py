"""Gate: every query of Apex is SOQL, and each object, field and relationship in it exists, in reach of its package directory."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.salesforce import standard
from tools.salesforce.programs import find_node
from tools.salesforce.project import Project, text
from tools.salesforce.references import ON_EVERY_OBJECT

_SCRIPT = Path(__file__).with_name("queries.cjs")
_APEX = (".cls", ".trigger")
# Relationships that every custom object has.
_TO_USERS = {"Owner": "User", "CreatedBy": "User", "LastModifiedBy": "User"}
# A reference to several objects: Salesforce looks the fields up in each record's own.
_ANY = "SObject"


class Reach:
    """What a package directory may name: its own components and those of base, else Salesforce's."""

    def __init__(self, project: Project, directory: str) -> None:
        self._components = project.within_reach(directory)
        fields = [one for one in project.of("CustomField") if ("CustomField", one.name) in self._components]
        # The field itself -> the object that it refers to; object and name of children -> the object that holds the field.
        self._parents = {one.name: text(one.root, "referenceTo") for one in fields}
        self._children = {
            (text(one.root, "referenceTo"), f"{text(one.root, 'relationshipName')}__r"): one.name.partition(".")[0]
            for one in fields
        }

    def is_object(self, name: str) -> bool:
        """Return whether an object exists."""
        return ("CustomObject", name) in self._components or standard.is_object(name)

    def is_field(self, object_name: str, field: str) -> bool:
        """Return whether an object has a field."""
        if ("CustomField", f"{object_name}.{field}") in self._components or object_name == _ANY:
            return True
        if object_name.endswith(("__c", "__mdt", "__e")):
            return field in ON_EVERY_OBJECT
        return standard.is_field(object_name, field)

    def parent_of(self, object_name: str, relationship: str) -> str | None:
        """Return the object that a relationship leads to."""
        if relationship.endswith("__r"):
            return self._parents.get(f"{object_name}.{relationship.removesuffix('__r')}__c") or None
        if object_name.endswith("__c"):
            return _TO_USERS.get(relationship)
        return standard.parent_of(object_name, relationship)

    def child_of(self, object_name: str, relationship: str) -> str | None:
        """Return the object of a subquery."""
        return self._children.get((object_name, relationship)) or standard.child_of(object_name, relationship)


def check(project: Project) -> list[str]:
    """Return what no parser reads, and what leads nowhere; all files are read in one call of Node.js."""
    directories = {str(project.root / path): one for one, path in project.files if path.suffix in _APEX}
    if not directories:
        return []
    reaches = {one: Reach(project, one) for one in set(directories.values())}
    found = []
    for query in _read(sorted(directories)):
        place = f"{Path(query['path']).relative_to(project.root)}:{query['line']}"
        reach = reaches[directories[query["path"]]]
        said = [query["error"]] if "error" in query else _complaints(query["uses"], reach)
        found += [f"{place}: {one}" for one in said]
    return found


def _read(paths: list[str]) -> list[dict[str, Any]]:
    command = [find_node(), str(_SCRIPT), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own command
    if done.returncode:
        raise RuntimeError(done.stderr)
    read: list[dict[str, Any]] = json.loads(done.stdout)
    return read


def _complaints(uses: list[dict[str, Any]], reach: Reach) -> list[str]:
    return list(dict.fromkeys(one for use in uses for one in _of_use(use, reach)))


def _of_use(use: dict[str, Any], reach: Reach) -> Iterator[str]:
    at = use["object"]
    if not reach.is_object(at):
        yield f"queries {at}, which is no object"
        return
    for relationship in use["children"]:
        child = reach.child_of(at, relationship)
        if child is None:
            yield f"queries {relationship}, which are no children of {at}"
            return
        at = child
    *relationships, field = use.get("field", "").split(".")
    for relationship in relationships:
        parent = reach.parent_of(at, relationship)
        if parent is None:
            yield f"names {use['field']}, but {at} has no relationship {relationship}"
            return
        at = parent
    if field and not reach.is_field(at, field):
        yield f"names {use['field']}, which is no field of {at}"
