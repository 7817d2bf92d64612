"""The data types that describe an endpoint for the OpenAPI documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import Schema

from connector.errors import ErrorCode

JSON = "application/json"
HTML = "text/html"


@dataclass(frozen=True)
class Parameter:
    """A value in the path, the query or a header."""

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False
    example: Any = None


@dataclass(frozen=True)
class Answer:
    """A response other than an error body. ``shape`` None: a page or a text of ``media``; both None: an empty body."""

    description: str
    shape: Schema | None = None
    media: str | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caller:
    """One way to authenticate: the schemes that are needed together, and the scopes that this endpoint requires."""

    schemes: tuple[str, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """The request body of an endpoint: one of ``shapes``, with examples that validate as they are."""

    shapes: tuple[Schema, ...]
    required: bool = True
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class RawBody:
    """The request body of an endpoint that validates it without a marshmallow schema."""

    media: str
    schema: Mapping[str, Any]
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. ``refuses``: every error code that it can answer, besides ``internal`` and ``try_later``."""

    method: Literal["get", "post"]
    path: str
    name: str
    summary: str
    group: str
    answers: Mapping[int, Answer]
    callers: tuple[Caller, ...] = ()
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | RawBody | None = None
    refuses: frozenset[ErrorCode] = frozenset()
