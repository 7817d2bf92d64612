"""Turn marshmallow schemas into components of an OpenAPI document.

apispec reads the schemas that validate the requests themselves, so that the documents cannot differ from the code.
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
from connector.web.schemas.amount_fields import AmountField

Field = fields.Field[Any]
_AMOUNT = r"\d{1,18}(\.\d{1,30})?"
_IDENTITY = manifests.load("connector.json")


def name_of(schema: Any) -> str:
    """Return a schema's component name: ``SendSchema`` becomes ``SendBody``, ``OrderShape`` becomes ``Order``."""
    name = _class_of(schema).__name__
    return name.removesuffix("Shape") if name.endswith("Shape") else name.removesuffix("Schema") + "Body"


def _class_of(schema: Any) -> type[Schema]:
    return cast(type[Schema], resolve_schema_cls(schema))


def new_spec(version: str, **options: Any) -> APISpec:
    """Return an empty document of an OpenAPI version, with the title and version of this package."""
    return APISpec(_IDENTITY["title"], _IDENTITY["version"], version, plugins=[Schemas()], **options)


class Schemas(MarshmallowPlugin):
    """apispec plugin that adds descriptions of schemas and fields, and the patterns of amounts."""

    def __init__(self) -> None:
        super().__init__(schema_name_resolver=name_of)

    def init_spec(self, spec: APISpec) -> None:
        """Register the attribute functions for our fields."""
        super().init_spec(spec)
        for describe in (_texts, _documented):
            cast(Any, self.converter).add_attribute_function(describe)

    def schema_helper(self, name: Any, _: Any, schema: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Describe a component by its schema's docstring: those docstrings are published text."""
        helper: Callable[..., dict[str, Any] | None] = super().schema_helper
        component = helper(name, _, schema=schema, **kwargs)
        rendered = " ".join((_class_of(schema).__doc__ or "").split())
        return component and {"description": rendered, **component, **_one_of(_class_of(schema))}


def _one_of(schema: type[Schema]) -> dict[str, Any]:
    """Return the ``oneOf`` rule for fields of which exactly one must be sent."""
    # A type and not only `required`: null counts as left out.
    names: tuple[str, ...] = getattr(schema, "one_of", ())
    rules = [{"required": [name], "properties": {name: {"type": "string"}}} for name in names]
    return {"oneOf": rules} if rules else {}


def in_order(spec: APISpec) -> dict[str, Any]:
    """Return the finished document, with what a reader looks for first at its top."""
    rendered = spec.to_dict()
    first = ("openapi", "info", "servers", "tags", "paths")
    return {name: rendered[name] for name in (*first, *rendered) if name in rendered}


def _documented(self: OpenAPIConverter, field: Field, **_: Any) -> dict[str, Any]:
    """Return the description and the example of a field."""
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
    """Return the types and patterns that apispec cannot derive: of amounts, enumerations and regular expressions."""
    if isinstance(field, AmountField):
        return {"pattern": f"^{field.sign_pattern}{_AMOUNT}$"}
    if isinstance(field, fields.Enum):
        return _text(field, old=_is_old(self))
    # Amounts in requests are raw fields: they are read later, once the order's currency is known.
    if type(field) is fields.Raw and _has_name(field):
        return {**_text(field, old=_is_old(self)), "pattern": f"^{_AMOUNT}$"}
    # JSON Schema's patterns are ECMA-262, which has no `\Z`: its `$` matches at the end of the text only.
    pattern = str(ret.get("pattern", ""))
    return {"pattern": pattern.removesuffix("\\Z") + "$"} if pattern.endswith("\\Z") else {}


def _text(field: Field, *, old: bool) -> dict[str, Any]:
    """Return the type of a text, nullable in the way of the document's OpenAPI version."""
    if not field.allow_none:
        return {"type": "string"}
    return {"type": "string", "nullable": True} if old else {"type": ["string", "null"]}


def _has_name(field: Field) -> bool:
    """Return whether the field belongs to a schema; the inner field of a list has no name of its own."""
    return isinstance(getattr(field, "parent", None), Schema)


def _is_old(converter: OpenAPIConverter) -> bool:
    return bool(converter.openapi_version.minor == 0)
