"""Turn marshmallow schemas into components of a document.

apispec reads the schemas that the doors themselves use, so that a document says what the code does.
https://apispec.readthedocs.io/en/latest/using_plugins.html#marshmallow-plugin
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

import manifests
from connector.web.openapi.parts.field_docs import doc_of
from connector.web.schemas.amount_schema import Amount

Field = fields.Field[Any]
_AMOUNT = r"\d{1,18}(\.\d{1,30})?"
_IDENTITY = manifests.load("connector.json")


def name_of(schema: Any) -> str:
    """Return a schema's name in the documents: what we take ends in ``Body``, what we answer in nothing."""
    name = _class_of(schema).__name__
    return name.removesuffix("Shape") if name.endswith("Shape") else name.removesuffix("Schema") + "Body"


def _class_of(schema: Any) -> type[Schema]:
    return cast(type[Schema], resolve_schema_cls(schema))


def new_spec(version: str, **options: Any) -> APISpec:
    """Return an empty document of an OpenAPI version, named and versioned as the package is."""
    return APISpec(_IDENTITY["title"], _IDENTITY["version"], version, plugins=[Schemas()], **options)


class Schemas(MarshmallowPlugin):
    """Turns schemas into components: says what each is and what its words mean, and how an amount looks."""

    def __init__(self) -> None:
        super().__init__(schema_name_resolver=name_of)

    def init_spec(self, spec: APISpec) -> None:
        """Add what our fields need."""
        super().init_spec(spec)
        for describe in (_texts, _documented):
            cast(Any, self.converter).add_attribute_function(describe)

    def schema_helper(self, name: Any, _: Any, schema: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Give a component the sentence that its class carries."""
        helper: Callable[..., dict[str, Any] | None] = super().schema_helper
        component = helper(name, _, schema=schema, **kwargs)
        rendered = " ".join((_class_of(schema).__doc__ or "").split())
        return component and {"description": rendered, **component, **_one_of(_class_of(schema))}


def _one_of(schema: type[Schema]) -> dict[str, Any]:
    """Return the rule for fields of which exactly one is to be sent; null is as good as left out."""
    names: tuple[str, ...] = getattr(schema, "one_of", ())
    rules = [{"required": [name], "properties": {name: {"type": "string"}}} for name in names]
    return {"oneOf": rules} if rules else {}


def in_order(spec: APISpec) -> dict[str, Any]:
    """Return a document with what a reader looks for first at its top."""
    rendered = spec.to_dict()
    first = ("openapi", "info", "servers", "tags", "paths")
    return {name: rendered[name] for name in (*first, *rendered) if name in rendered}


def _documented(self: OpenAPIConverter, field: Field, *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Meaning and example of a field."""
    if not _has_name(field):
        return {}
    documented = doc_of(name_of(field.parent), str(field.data_key or field.name))
    if documented is None:
        return {}
    rendered: dict[str, Any] = {"description": documented.description}
    if documented.example is not None:
        rendered |= {"example": documented.example} if _is_old(self) else {"examples": [documented.example]}
    return rendered


def _texts(self: OpenAPIConverter, field: Field, *, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Amounts are decimal strings both ways (those that we take are read later, in the order's currency); words are text.

    Python's end of text is JavaScript's ``$``.
    """
    if isinstance(field, Amount):
        return {"pattern": f"^{field.sign}{_AMOUNT}$"}
    if isinstance(field, fields.Enum):
        return _text(field, old=_is_old(self))
    if type(field) is fields.Raw and _has_name(field):
        return {**_text(field, old=_is_old(self)), "pattern": f"^{_AMOUNT}$"}
    pattern = str(ret.get("pattern", ""))
    return {"pattern": pattern.removesuffix("\\Z") + "$"} if pattern.endswith("\\Z") else {}


def _text(field: Field, *, old: bool) -> dict[str, Any]:
    """A text that may be null says so in each version's own way."""
    if not field.allow_none:
        return {"type": "string"}
    return {"type": "string", "nullable": True} if old else {"type": ["string", "null"]}


def _has_name(field: Field) -> bool:
    """What stands inside a list or an enumeration has none."""
    return isinstance(getattr(field, "parent", None), Schema)


def _is_old(converter: OpenAPIConverter) -> bool:
    return bool(converter.openapi_version.minor == 0)
