"""The API: each path that our payment core calls, with its key, its idempotency and its failures."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from sandbox.stripe.account import Account, Object
from sandbox.stripe.errors import StripeError, invalid, missing
from sandbox.stripe.events import API_VERSION
from sandbox.stripe.faults import Fault, Faults
from sandbox.stripe.forms import expanded, listed, nested, whole
from sandbox.stripe.intents import Intents
from sandbox.stripe.sessions import Sessions

_LISTED = {
    "checkout/sessions": "checkout.session", "payment_intents": "payment_intent", "charges": "charge",
    "refunds": "refund", "reviews": "review", "disputes": "dispute", "events": "event", "customers": "customer",
    "payment_methods": "payment_method", "webhook_endpoints": "webhook_endpoint",
    "balance_transactions": "balance_transaction", "radar/early_fraud_warnings": "radar.early_fraud_warning",
}  # fmt: skip
# Parts of our own, which Stripe's objects do not have.
_OWN = ("intent_data", "from_page", "number", "secret", "customer_creation")
_KEY_LENGTH = 255


class Api:
    """The calls of one account."""

    def __init__(self, account: Account, intents: Intents, sessions: Sessions, faults: Faults) -> None:
        self.account, self.intents, self.sessions, self.faults = account, intents, sessions, faults
        self.calls: list[str] = []
        self._under_way: set[str] = set()

    def answer(self, path: str) -> Response:
        """Answer the present request."""
        operation = f"{request.method} /v1/{_shape(path)}"
        self.calls.append(operation)
        fault = self.faults.next(operation)
        if fault is Fault.BUSY:
            # https://docs.stripe.com/rate-limits
            return _json(429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Busy."}})
        if fault is Fault.LOST_BEFORE:
            return hang_up()
        status, body, replayed = self._answered(path, fault)
        if fault is Fault.TIMED_OUT:
            time.sleep(self.faults.silent_seconds)
        if fault in (Fault.LOST_AFTER, Fault.TIMED_OUT):
            return hang_up()
        response = _json(status, body)
        # By the account's own clock, as its signatures are.
        response.headers["Date"] = format_datetime(datetime.fromtimestamp(self.account.seconds, UTC), usegmt=True)
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _answered(self, path: str, fault: Fault | None) -> tuple[int, Any, bool]:
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if len(key) > _KEY_LENGTH:
            raise invalid("Idempotency keys are at most 255 characters long.")
        self._check_caller(path)
        with self.account.lock:
            if not key:
                return (*self._done(path, fault), False)
            # https://docs.stripe.com/api/idempotent_requests
            digest = hashlib.sha256(f"{path}\n".encode() + request.get_data()).hexdigest()
            kept = self.account.find(f"key_{key}", "kept_answer")
            if kept is not None:
                if kept["digest"] != digest:
                    raise StripeError(
                        400,
                        "idempotency_error",
                        "Keys for idempotent requests can only be used with the same parameters.",
                    )
                return kept["status"], json.loads(kept["body"]), True
            status, body = self._done(path, fault)
            self.account.save(
                {
                    "id": f"key_{key}",
                    "object": "kept_answer",
                    "digest": digest,
                    "status": status,
                    "body": json.dumps(body),
                }
            )
            return status, body, False

    def _done(self, path: str, fault: Fault | None) -> tuple[int, Any]:
        """Do it, and return status and body; a server's error is kept for its key, too."""
        broken = 500, {"error": {"type": "api_error", "message": "Something went wrong on Stripe's end."}}
        if fault is Fault.ERROR_BEFORE:
            return broken
        try:
            found = self._do(path)
        except StripeError as error:
            status, body = error.status, {"error": error.error}
        else:
            status, body = 200, found
        return broken if fault is Fault.ERROR_AFTER else (status, _public(body))

    def _check_caller(self, path: str) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        mode = "live" if self.account.livemode else "test"
        if not key.startswith((f"rk_{mode}_", f"sk_{mode}_")):
            raise StripeError(401, "invalid_request_error", "Invalid API Key provided.")
        version = request.headers.get("Stripe-Version")
        if version != API_VERSION:
            raise invalid(f"Invalid Stripe API version: {version}")
        resource = next((one for one in _LISTED if path.startswith(one)), "")
        if resource in self.account.denied:
            # [A] A right that is missing is said before anything else.
            raise StripeError(403, "invalid_request_error", "The provided key does not have the required permissions.")

    def _do(self, path: str) -> Any:
        form = nested(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
        if request.method == "GET":
            form = nested(parse_qsl(request.query_string.decode(), keep_blank_values=True))
        expand = [str(one) for one in listed(form.pop("expand", {}))]
        if path == "account":
            return {"id": "acct_1", "object": "account", "charges_enabled": not self.account.livemode}
        if request.method == "GET" and path in _LISTED:
            return self._list(path, form)
        found = self._one(path) if request.method == "GET" else self._act(path, form)
        return expanded(self.account, found, expand)

    def _one(self, path: str) -> Object:
        resource, _, one = path.rpartition("/")
        if resource == "checkout/sessions":
            return self.sessions.get(one)
        if resource == "payment_intents":
            return self.intents.get(one)
        found = self.account.find(one, _LISTED.get(resource, ""))
        if found is None:
            raise missing(resource, one)
        return found

    def _act(self, path: str, body: dict[str, Any]) -> Object:
        if path == "checkout/sessions":
            return self.sessions.create(body)
        if path == "payment_intents":
            return self.intents.charge_saved(body)
        if path == "refunds":
            amount = whole(body["amount"], "amount") if "amount" in body else None
            return self.intents.refund(self.intents.get(body.get("payment_intent")), amount)
        resource, one, action = path.rsplit("/", 2)
        actions: dict[tuple[str, str], Callable[[], Object]] = {
            ("checkout/sessions", "expire"): lambda: self.sessions.expire(self.sessions.get(one)),
            ("payment_intents", "capture"): lambda: self.intents.capture(self.intents.get(one), body),
            ("payment_intents", "cancel"): lambda: self.intents.cancel(
                self.intents.get(one), body.get("cancellation_reason")
            ),
            ("payment_methods", "detach"): lambda: self._detach(one),
        }
        if (resource, action) not in actions:
            raise StripeError(404, "invalid_request_error", f"Unrecognized request URL (POST: /v1/{path}).")
        return actions[resource, action]()

    def _detach(self, one: str) -> Object:
        card = self.account.find(one, "payment_method")
        if card is None:
            raise missing("PaymentMethod", one)
        if card["customer"] is None:
            raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
        return self.account.save(card | {"customer": None})

    def _list(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """https://docs.stripe.com/api/pagination: newest first"""
        items = list(self.account.each(_LISTED[path]))
        created = query.get("created", {})
        if isinstance(created, dict) and "gte" in created:
            items = [one for one in items if one["created"] >= int(created["gte"])]
        if "types" in query:
            kinds = listed(query["types"])  # https://docs.stripe.com/api/events/list#list_events-types: at most 20
            items = [one for one in items if one.get("type") in kinds]
        if "customer" in query:
            if self.account.find(query["customer"], "customer") is None:
                raise missing("customer", query["customer"])  # [A] also for one that was deleted
            items = [one for one in items if one.get("customer") == query["customer"]]
        if "payment_intent" in query:
            self.intents.get(query["payment_intent"])  # [A] one that is unknown is missing, as a customer is
            items = [one for one in items if one.get("payment_intent") == query["payment_intent"]]
        if "starting_after" in query:
            place = next((n for n, one in enumerate(items) if one["id"] == query["starting_after"]), len(items))
            items = items[place + 1 :]
        limit = whole(query.get("limit", 10), "limit")
        return {"object": "list", "url": f"/v1/{path}", "data": items[:limit], "has_more": len(items) > limit}


def blueprint(api: Api) -> Blueprint:
    """Return the routes of the API."""
    made = Blueprint("api", __name__)
    made.add_url_rule("/v1/<path:path>", view_func=api.answer, methods=["GET", "POST"], endpoint="answer")
    return made


def hang_up() -> Response:
    """End the connection without an answer."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=200)


def _shape(path: str) -> str:
    parts = ["{id}" if part[:3] in ("cs_", "pi_", "pm_", "re_", "ch_") else part for part in path.split("/")]
    return "/".join(parts)


def _public(item: Any) -> Any:
    if isinstance(item, dict):
        return {name: _public(value) for name, value in item.items() if name not in _OWN}
    return [_public(one) for one in item] if isinstance(item, list) else item


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
