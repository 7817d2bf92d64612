"""Knows what an agent does: open the page of an order, send, cancel; refuses to know how the connector works."""

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
    """A payment request that the connector says it has sent, or may have sent."""

    reference: str
    token: str


class Agents:
    """Agents, as many as threads call. Each repeats what failed for a while, as people do."""

    def __init__(self, stage: Environment, book: Registry) -> None:
        self._stage = stage
        self._book = book

    def send(self, order: Order, *, dice: random.Random) -> SentRequest | None:
        """Ask for money on an order; None where the connector will not, or cannot for too long."""
        until = time.monotonic() + _TRY_FOR_S
        wish: dict[str, Any] | None = None
        headers = {"Idempotency-Key": secrets.token_hex(12)}
        token = ""
        while time.monotonic() < until:
            opened = self._open(order) if not token else None
            if opened is not None:
                token = str(opened["launch_token"])
                wish = wish or _wish(order, opened["order"], dice=dice)
            if wish is None or not token:
                time.sleep(_PAUSE_S)
                continue
            answer = self._try("/api/payment-requests", token, given=wish, headers=headers)
            if answer is None or answer.status >= 500 or _is_passing(answer):
                time.sleep(_PAUSE_S)
                continue
            if answer.status in (401, 403):
                token = ""
                continue
            return self._outcome(order, answer, token)
        self._book.note_refusal("send: never answered")
        return None

    def may_send(self, order: Order) -> bool | None:
        """Open the page and say whether a request could be sent now; None where it did not open."""
        opened = self._open(order)
        return bool(opened["order"]["can_send"]) if opened is not None else None

    def cancel(self, sent: SentRequest) -> None:
        """Press Cancel once, perhaps twice; what becomes of it is for the core to say."""
        for _ in range(2):
            answer = self._try(f"/api/payment-requests/{sent.reference}/cancel", sent.token, given={})
            if answer is not None and answer.status == 200:
                return
            time.sleep(_PAUSE_S)

    def _outcome(self, order: Order, answer: Response, token: str) -> SentRequest | None:
        body = answer.json() or {}
        if answer.status in (201, 202):
            self._book.note_sent(order, body["reference"])
            return SentRequest(body["reference"], token)
        self._book.note_refusal(f"send: {answer.status} {body.get('error', {}).get('code')}")
        return None

    def _open(self, order: Order) -> dict[str, Any] | None:
        """Launch the page as Salesforce does and return what stands in it; None where it did not open."""
        signed = self._stage.org.insist("POST", "/sandbox/launches", given={"order_id": order.order_id}).json()
        try:
            answer = self._stage.connector.send_form("/launch", {"signed_request": signed["signed_request"]})
        except NoResponse:
            return None
        found = _PAGE_DATA.search(answer.data) if answer.status == 200 else None
        return json.loads(found[1], parse_float=Decimal) if found else None

    def _try(
        self, path: str, token: str, *, given: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Response | None:
        told = {"Authorization": f"Bearer {token}", **(headers or {})}
        try:
            return self._stage.connector.send_json("POST", path, given=given, headers=told)
        except NoResponse:
            return None


def _is_passing(answer: Response) -> bool:
    """An order that Salesforce would not show just now is worth another try."""
    return answer.status == 422 and (answer.json() or {}).get("error", {}).get("code") == "no_access"


def _wish(order: Order, shown: dict[str, Any], *, dice: random.Random) -> dict[str, Any]:
    wish = {
        "channel": dice.choice(["sms", "whatsapp"]),
        "phone": order.phone,
        "order_id": order.order_id,
        "expected_total": str(order.total),
    }
    due = Decimal(str(shown["amount_due"])) - Decimal(str(shown["amount_authorized"]))
    if dice.random() < 0.25 and due > 10:
        # a part: half of what is due, in the currency's own digits
        half = (due / 2).quantize(Decimal(1).scaleb(due.as_tuple().exponent))  # type: ignore[arg-type]
        wish |= {"purpose": "part", "amount": str(half)}
    return wish
