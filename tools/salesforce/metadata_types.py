"""The types of the Metadata API, as `@salesforce/types` has them from its WSDL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tools.salesforce.project import MODULES

_TYPE = re.compile(r"^export type (\w+) = ((?:\w+ & )*)\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_VALUES = re.compile(r"^export type (\w+) = ((?:'[^'\n]*'(?: \| )?)+);", re.MULTILINE)
_ALIAS = re.compile(r"^export type (\w+) = (string|number|boolean);", re.MULTILINE)
_ELEMENT = re.compile(r"^ {4}(\w+)(\??): (\w+)(\[\])?;", re.MULTILINE)


@dataclass(frozen=True)
class Element:
    """What a type says of one of its elements."""

    type: str
    many: bool
    optional: bool


@dataclass(frozen=True)
class Types:
    """Types by name, and the values of enumerations."""

    elements: dict[str, dict[str, Element]]
    values: dict[str, frozenset[str]]


@cache
def read_types() -> Types:
    """Read the declarations once."""
    source = (MODULES / "@salesforce/types/lib/metadata.d.ts").read_text("utf-8")
    aliases = dict(_ALIAS.findall(source))
    declared = {name: (parents.split(" & "), body) for name, parents, body in _TYPE.findall(source)}

    def elements_of(name: str) -> dict[str, Element]:
        parents, body = declared.get(name, ([], ""))
        inherited = {one: element for parent in parents for one, element in elements_of(parent).items()}
        return inherited | {
            element: Element(aliases.get(kind, kind), bool(many), bool(optional or many))
            for element, optional, kind, many in _ELEMENT.findall(body)
        }

    elements = {name: elements_of(name) for name in declared}
    values = {name: frozenset(re.findall(r"'([^']*)'", body)) for name, body in _VALUES.findall(source)}
    return Types(elements, values)
