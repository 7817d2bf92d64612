"""Translate the core's answers into our errors; the core's own text is never shown.

nothing was sent                   CoreUnavailable      repeat later
no answer, or an unreadable one    CoreOutcomeUnknown   ask for the record, never repeat blindly
400 401 403 404 409 422            CoreRefused          final; ``reason`` is the core's error code
429                                CoreUnavailable      the request was not processed
every other status                 CoreOutcomeUnknown   a 5xx does not say what was done before
"""

from __future__ import annotations

import json
import re

import requests

import manifests
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, UpstreamError
from foundation.http.session import RequestNotSent

_REFUSALS = frozenset({400, 401, 403, 404, 409, 422})
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_DOWN = "Payments cannot be sent now. Nothing went out."
_UNKNOWN = "We do not know yet whether the payment core carried this out."


def transport_error(fault: requests.RequestException, operation: str) -> UpstreamError:
    """Return the error for a call without an answer."""
    # The only failure after which a send may simply be repeated.
    if isinstance(fault, RequestNotSent):
        return CoreUnavailable(_DOWN, operation=operation)
    return CoreOutcomeUnknown(_UNKNOWN, operation=operation)


def answer_error(response: requests.Response, operation: str) -> UpstreamError:
    """Return the error for an answer whose status is not a success of the operation."""
    status = response.status_code
    if status in _REFUSALS:
        sentence = "The payment core refused this request."
        if status == 401:
            sentence = "The payment core does not accept our API key. Ask your admin."
        return CoreRefused(sentence, operation=operation, status=status, reason=_error_code(response))
    # Too many requests: refused before anything was done.
    if status == 429:
        return CoreUnavailable(_DOWN, operation=operation, status=status)
    return CoreOutcomeUnknown(_UNKNOWN, operation=operation, status=status)


def _error_code(response: requests.Response) -> str | None:
    """Return the core's error code; None where the answer holds none."""
    # Only what has the form of a code: a peer's free text is neither logged nor shown.
    try:
        code = json.loads(response.content).get(manifests.load("core/operations.json")["errors"]["code"])
    except (ValueError, AttributeError, RecursionError):
        return None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None
