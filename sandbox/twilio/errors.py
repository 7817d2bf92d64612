"""Errors as the API answers them. https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions"""

from __future__ import annotations

from typing import Any


class TwilioError(Exception):
    """A refusal: HTTP status and the code of https://www.twilio.com/docs/api/errors."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
