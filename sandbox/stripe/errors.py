"""Stripe's errors, in the shape of https://docs.stripe.com/api/errors."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """One refusal: its HTTP status and the body under ``error``."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message, **more}


def invalid(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> StripeError:
    """Return an ``invalid_request_error``."""
    more = {name: value for name, value in (("code", code), ("param", param)) if value}
    return StripeError(status, "invalid_request_error", message, **more)


def missing(kind: str, given: str) -> StripeError:
    """Return 404 ``resource_missing``: https://docs.stripe.com/error-codes#resource-missing"""
    return invalid(f"No such {kind}: '{given}'", code="resource_missing", param="id", status=404)


def unexpected_state(intent: dict[str, Any], what: str) -> StripeError:
    """Return https://docs.stripe.com/error-codes#payment-intent-unexpected-state"""
    message = f"This PaymentIntent could not be {what} because it has a status of {intent['status']}."
    return invalid(message, code="payment_intent_unexpected_state")


def card_error(intent: dict[str, Any]) -> StripeError:
    """Return 402 with the intent in it: https://docs.stripe.com/api/errors#errors-payment_intent"""
    error = dict(intent["last_payment_error"])
    return StripeError(402, error.pop("type"), error.pop("message"), **error, payment_intent=intent)
