"""Errors of the data API, of the controls and of the start."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """One refused call or record, as {message, errorCode, fields} of the given HTTP status."""

    def __init__(self, code: str, message: str, *, fields: tuple[str, ...] = (), status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = list(fields)
        self.status = status

    def as_body(self) -> list[dict[str, Any]]:
        """Return the error as the body of a call: a list of one."""
        # A call's error has `fields` only where it is about some; the errors of single records always have it.
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return [body | {"fields": self.fields}] if self.fields else [body]

    def as_save_errors(self) -> list[dict[str, Any]]:
        """Return the error as a result of several records holds it."""
        return [{"statusCode": self.code, "message": self.message, "fields": self.fields}]


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """Return the error for what does not exist, or is not shown."""
    return ApiError("NOT_FOUND", message, status=404)


def invalid_session(message: str = "Session expired or invalid") -> ApiError:
    """Return the error for a token that has ended."""
    return ApiError("INVALID_SESSION_ID", message, status=401)


def malformed_query(message: str) -> ApiError:
    """Return the error for a query that cannot be parsed."""
    return ApiError("MALFORMED_QUERY", message)


def no_such_column(column: str, *, object_name: str) -> ApiError:
    """Return the error for a field that an object does not have, or does not show."""
    return ApiError("INVALID_FIELD", f"No such column '{column}' on sobject of type {object_name}")


def malformed_id(value: object, *, field: str) -> ApiError:
    """Return the error for an id of the wrong form."""
    return ApiError("MALFORMED_ID", f"{field}: id value of incorrect type: {str(value)[:40]}", fields=(field,))


def entity_is_deleted() -> ApiError:
    """Whatever is done with a record in the recycle bin, or to point at it."""
    return ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)


class StartupError(Exception):
    """The sandbox's configuration is not possible; the message says why, in one line."""


class BadInput(ValueError):
    """What the caller of a control sent cannot be used: {field: sentence}."""

    def __init__(self, **fields: str) -> None:
        super().__init__("; ".join(f"{name} {sentence}" for name, sentence in fields.items()))
        self.fields = fields
