"""What agents do at the connector: open the page of an order, send, cancel."""

from __future__ import annotations

import json
import random
import re
import secrets
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse, Response
from sandbox.rehearsal.registry import Order, Registry

_PAGE_DATA = re.compile(rb'id="page-data">(.*?)</script>', re.DOTALL)
_TRY_FOR_S = 45.0
_PAUSE_S = 0.3


@dataclass(frozen=True)
class SentRequest:
    """A payment request that the connector reported as sent, or as possibly sent."""

    reference: str
    token: str


class Agents:
    """Agents, as many as threads call. Each repeats what failed for a while, as people do."""

    def __init__(self, environment: Environment, registry: Registry) -> None:
        self._environment = environment
        self._registry = registry

    def send(self, order: Order, *, rng: random.Random) -> SentRequest | None:
        """Ask for money on an order; None where the connector will not, or cannot for too long."""
        until = time.monotonic() + _TRY_FOR_S
        body: dict[str, Any] | None = None
        # One key for all tries: however many of them arrive, one payment request is made.
        headers = {"Idempotency-Key": secrets.token_hex(12)}
        token = ""
        while time.monotonic() < until:
            page = self._open(order) if not token else None
            if page is not None:
                token = str(page["launch_token"])
                body = body or _send_body(order, page["order"], rng=rng)
            if body is None or not token:
                time.sleep(_PAUSE_S)
                continue
            answer = self._post("/api/payment-requests", token, content=body, headers=headers)
            if answer is None or answer.status >= 500 or _is_temporary(answer):
                time.sleep(_PAUSE_S)
                continue
            if answer.status in (401, 403):
                # The launch token has expired: open the page again.
                token = ""
                continue
            return self._sent_request(order, answer, token)
        self._registry.record_refusal("send: never answered")
        return None

    def may_send(self, order: Order) -> bool | None:
        """Open the page and return whether a request could be sent now; None where it did not open."""
        page = self._open(order)
        return bool(page["order"]["can_send"]) if page is not None else None

    def cancel(self, sent: SentRequest) -> None:
        """Press Cancel, once more if it failed. Whether the link ended is read from the core later."""
        # Twice and no more: links that were not closed are part of what is rehearsed.
        for _ in range(2):
            answer = self._post(f"/api/payment-requests/{sent.reference}/cancel", sent.token, content={})
            if answer is not None and answer.status == 200:
                return
            time.sleep(_PAUSE_S)

    def _sent_request(self, order: Order, answer: Response, token: str) -> SentRequest | None:
        body = answer.json() or {}
        if answer.status in (201, 202):
            self._registry.record_sent(order, body["reference"])
            return SentRequest(body["reference"], token)
        self._registry.record_refusal(f"send: {answer.status} {body.get('error', {}).get('code')}")
        return None

    def _open(self, order: Order) -> dict[str, Any] | None:
        """Launch the page as Salesforce does and return its data; None where it did not open."""
        launch = self._environment.org.retry_until_answered(
            "POST", "/sandbox/launches", content={"order_id": order.order_id}
        ).json()
        try:
            form = {"signed_request": launch["signed_request"]}
            answer = self._environment.connector.post_form("/launch", form)
        except NoResponse:
            return None
        page_data = _PAGE_DATA.search(answer.data) if answer.status == 200 else None
        return json.loads(page_data[1], parse_float=Decimal) if page_data else None

    def _post(
        self, path: str, token: str, *, content: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Response | None:
        authorized = {"Authorization": f"Bearer {token}", **(headers or {})}
        try:
            return self._environment.connector.request_json("POST", path, content=content, headers=authorized)
        except NoResponse:
            return None


def _is_temporary(answer: Response) -> bool:
    """Return whether a retry may help, because Salesforce did not show the order just now."""
    return answer.status == 422 and (answer.json() or {}).get("error", {}).get("code") == "no_access"


def _send_body(order: Order, shown: dict[str, Any], *, rng: random.Random) -> dict[str, Any]:
    """Return the body of a send; a quarter of them asks for a part of what is due."""
    body = {
        "channel": rng.choice(["sms", "whatsapp"]),
        "phone": order.phone,
        "order_id": order.order_id,
        "expected_total": str(order.total),
    }
    due = Decimal(str(shown["amount_due"])) - Decimal(str(shown["amount_authorized"]))
    if rng.random() < 0.25 and due > 10:
        # as many digits as the currency has: the page wrote the amount with them
        half = (due / 2).quantize(Decimal(1).scaleb(due.as_tuple().exponent))  # type: ignore[arg-type]
        body |= {"purpose": "part", "amount": str(half)}
    return body
