"""What the sandbox answers when it will not do something; it knows no HTTP framework."""

from __future__ import annotations


class Refusal(Exception):
    """Ends a request with this HTTP status, error code and message, and the field where one is to blame."""

    def __init__(self, status: int, code: str, *, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


class RefusedToStart(Exception):
    """The sandbox must not run in these surroundings."""


def invalid(field: str, why: str, *, status: int = 400) -> Refusal:
    """This function will give the refusal of one field; its message starts with the field's name."""
    return Refusal(status, "VALIDATION_FAILED", message=f"{field}: {why}", field=field)


def invalid_control(field: str, why: str) -> Refusal:
    """This function will give the 422 refusal that every sandbox control answers to bad input."""
    return invalid(field, why, status=422)
