"""How an endpoint is described."""

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
    """One answer that is no error body. ``shape`` None: a page or a text of ``media``; both None: an empty body."""

    description: str
    shape: Schema | None = None
    media: str | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caller:
    """One way to prove who calls: the schemes that are needed together, and the scopes that open this endpoint."""

    schemes: tuple[str, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """The body of an endpoint: one of ``shapes``, with examples that it would take as they are."""

    shapes: tuple[Schema, ...]
    required: bool = True
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class RawBody:
    """The body of an endpoint where no schema of ours reads it."""

    media: str
    schema: Mapping[str, Any]
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. ``refuses``: every error code that it can answer, besides ``internal``."""

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
