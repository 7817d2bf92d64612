"""Gate: every element of every metadata file is one that the Metadata API defines, with a value that it accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from tools.salesforce.metadata_types import Types, read_types
from tools.salesforce.project import FOLDERS, Project, tag

_PLAIN = {"string": r"[\s\S]*", "boolean": r"true|false", "number": r"-?\d+(\.\d+)?"}
# The declarations have a text here; the Developer Guide has elements.
_OPEN = {("LightningComponentBundle", "targetConfigs")}
# Every component may have these.
_EVERYWHERE = {"fullName"}
# The declarations ask for these always; Salesforce only where they are retrieved, or where another element asks for them.
_NOT_ASKED = {
    ("CustomObject", "fullName"),
    ("CustomMetadataValue", "value"),
}


def check(project: Project) -> list[str]:
    """Return what is wrong, a sentence each, with its file."""
    types = read_types()
    found = list(project.broken)
    for one in project.metadata:
        # The declarations have one type for all folders, whatever is in them.
        kind = "Folder" if one.kind in FOLDERS else one.kind
        if kind not in types.elements:
            found.append(f"{one}: {one.kind} is no metadata type")
            continue
        found += [f"{one}: {complaint}" for complaint in _below(one.root, kind, types)]
    return found


def _below(parent: ElementTree.Element, kind: str, types: Types) -> Iterator[str]:
    known, order = types.elements[kind], [tag(child) for child in parent]
    yield from _counted(order, kind, types)
    for child in parent:
        name = tag(child)
        if name in _EVERYWHERE or (kind, name) in _OPEN:
            continue
        if name not in known:
            yield f"{kind} has no element {name}"
        elif known[name].type in types.elements:
            yield from _below(child, known[name].type, types)
        else:
            yield from _value(child, kind, known[name].type, types)


def _counted(order: list[str], kind: str, types: Types) -> Iterator[str]:
    for name, element in types.elements[kind].items():
        times = order.count(name)
        if times > 1 and not element.many:
            yield f"{kind} has {name} {times} times"
        if times > 1 and order[order.index(name) :][:times] != [name] * times:
            yield f"{kind} has {name} in several places, which a deploy calls a duplicate"
        if not times and not element.optional and (kind, name) not in _NOT_ASKED:
            yield f"{kind} lacks {name}"


def _value(child: ElementTree.Element, kind: str, type_name: str, types: Types) -> Iterator[str]:
    value, name = (child.text or "").strip(), tag(child)
    if type_name in types.values:
        if value not in types.values[type_name]:
            yield f"{kind} has {name} {value!r}, which is none of {type_name}"
    elif type_name == "any":
        return
    elif len(child):
        yield f"{kind} has elements in {name}, which is a {type_name}"
    elif type_name in _PLAIN and not re.fullmatch(_PLAIN[type_name], value):
        yield f"{kind} has {name} {value!r}, which is no {type_name}"
    elif type_name not in _PLAIN:
        yield f"{kind} has {name} of the unknown type {type_name}"
