"""Calls of Stripe's API, with its errors in the vocabulary of gateways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests

from foundation.clock import read_http_date
from foundation.http.session import PeerSession, RequestNotSent, call
from foundation.secret import Secret
from payment_core.gateways.gateway import GatewayRefused, NotAdmitted, NothingLeft, ObjectUnknown, OutcomeUnknown

# Bodies, events and removed parameters follow the version: it is sent with every call and registered for the webhooks.
VERSION = "2026-10-28.endive"
BASE_URL = "https://api.stripe.com"
_BUSY = 429
# What begins a payment, which an earlier account must not take any more.
_BEGIN = ("/v1/checkout/sessions", "/v1/payment_intents")
_MISSING = "resource_missing"
# Another request with this key is under way: its outcome is not known yet.
_IN_USE = "idempotency_key_in_use"
# The key was used for another body; what became of that one is not said.
_OTHER_BODY = "idempotency_error"


class InvalidRequest(GatewayRefused):
    """400: Stripe did nothing of what was asked."""


class MissingRight(NotAdmitted):
    """403. Assumed: a restricted key that lacks a right is answered so before the object is looked for."""


class ServerFault(OutcomeUnknown):
    """5xx. Stripe keeps this answer for the key, whatever was done: repeating the request shows nothing any more."""


class CardRefused(Exception):
    """A card was refused (402); ``body`` is Stripe's error, which may hold the payment intent."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__("the card was refused")
        self.body = body


@dataclass(frozen=True)
class StripeCalls:
    """One merchant's account. ``base_url`` is Stripe's own, or that of a stand-in for tests.

    ``older`` are keys that are kept beside the present one, perhaps of an account that was moved away from: what the present
    account does not know is asked for there, and nothing begins there.
    """

    session: PeerSession
    key: Secret = field(repr=False)
    base_url: str = BASE_URL
    older: tuple[Secret, ...] = field(default=(), repr=False)

    def each_account(self) -> Iterator[StripeCalls]:
        """Yield the calls of the present key alone, then those of each older one."""
        return (replace(self, key=one, older=()) for one in (self.key, *self.older))

    def get(self, path: str, *, expand: tuple[str, ...] = (), query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read an object.

        Raises:
            NothingLeft, GatewayRefused, OutcomeUnknown.
        """
        pairs = [*(query or {}).items(), *(("expand[]", one) for one in expand)]
        url = f"{self.base_url}{path}?{urlencode(pairs)}" if pairs else f"{self.base_url}{path}"
        return self._send("GET", url, {}, None)

    def time(self) -> datetime | None:
        """Read the account's time, by which its signatures are made; None where the answer does not say it.

        Raises:
            NothingLeft, GatewayRefused, OutcomeUnknown.
        """
        response = self._call("GET", f"{self.base_url}/v1/checkout/sessions?limit=1", {}, None)
        _answer(response)
        return read_http_date(response.headers.get("Date", ""))

    def each(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Read a list page by page, newest first; raises as ``get``."""
        after: dict[str, str] = {}
        while True:
            page = self.get(path, query={"limit": "100", **query, **after})
            items = page.get("data") or []
            yield from items
            if not page.get("has_more") or not items:
                return
            after = {"starting_after": str(items[-1]["id"])}

    def post(self, path: str, body: bytes, *, key: str | None = None) -> dict[str, Any]:
        """Send a form-encoded body; with a key, the same body again changes nothing.

        Raises:
            CardRefused: 402; else as ``get``.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["Idempotency-Key"] = key
        sender = replace(self, older=()) if path in _BEGIN else self
        return sender._send("POST", f"{self.base_url}{path}", headers, body)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
        try:
            return _answer(self._call(method, url, headers, body))
        except GatewayRefused as refused:
            if refused.reason != _MISSING:
                raise
            for earlier in list(self.each_account())[1:]:
                # What an older key cannot answer either is answered as the present one does.
                with suppress(ObjectUnknown, NotAdmitted):
                    return earlier._send(method, url, headers, body)
            raise

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        every = {"Authorization": f"Bearer {self.key.value}", "Stripe-Version": VERSION, **headers}
        try:
            return call(self.session, method, url, operation="stripe", headers=every, body=body)
        except RequestNotSent as error:
            raise NothingLeft("The gateway cannot be reached.") from error
        except requests.RequestException as error:
            raise OutcomeUnknown("The gateway gave no answer.") from error


def _answer(response: requests.Response) -> dict[str, Any]:
    body = _object(response)
    if response.status_code < 300:
        if body is None:
            raise OutcomeUnknown("The gateway's answer cannot be read.")
        return body
    error = body.get("error", {}) if body else {}
    reason = str(error.get("code") or error.get("type") or response.status_code)
    if response.status_code == 402:
        raise CardRefused(error)
    if response.status_code == _BUSY:
        # Refused before anything was done: https://docs.stripe.com/rate-limits
        raise NothingLeft("The gateway is busy.", facts={"reason": reason})
    if response.status_code >= 500:
        # https://docs.stripe.com/api/idempotent_requests: a 500 is kept like any other answer; only a look at the object shows.
        raise ServerFault("The gateway could not say what it did.", facts={"reason": reason})
    if reason == _IN_USE:
        raise OutcomeUnknown("The same request is under way.", facts={"reason": reason})
    kinds: Mapping[int, type[GatewayRefused]] = {
        400: InvalidRequest, 401: NotAdmitted, 403: MissingRight, 404: ObjectUnknown,
    }  # fmt: skip
    kind = GatewayRefused if error.get("type") == _OTHER_BODY else kinds.get(response.status_code, GatewayRefused)
    raise kind("The gateway refused this.", reason=reason)


def _object(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
