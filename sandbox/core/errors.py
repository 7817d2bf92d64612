"""What the sandbox answers when it will not do something."""

from __future__ import annotations


class Refusal(Exception):
    """Ends a request with this HTTP status, error code and message, and the field where one is to blame."""

    def __init__(self, status: int, code: str, *, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


class UnsafeSurroundings(Exception):
    """The sandbox must not run in these surroundings."""


def invalid_control(field: str, problem: str) -> Refusal:
    """Return the 422 refusal of one field of a control; its message begins with the field's name."""
    return Refusal(422, "VALIDATION_FAILED", message=f"{field}: {problem}", field=field)
