"""The errors of refused grants and of identity URLs."""

from __future__ import annotations


class OAuthError(Exception):
    """One refused grant, as {error, error_description}."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class IdentityError(Exception):
    """An identity URL that is not answered; the body is the code alone."""

    def __init__(self, code: str, *, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
