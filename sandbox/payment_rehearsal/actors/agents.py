"""Agents: make links, cancel, capture and reverse over the API, and ask again where no answer came."""

from __future__ import annotations

import time
from typing import Any

from sandbox.payment_rehearsal.actors.payment import Payment
from sandbox.payment_rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse, Response

_TRIES = 40
_PAUSE_SECONDS = 0.25


class Agents:
    """What the application's people do."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def send(self, payment: Payment) -> bool:
        """Ask for a link until there is an answer, always by the same reference; return whether there is a link."""
        body: dict[str, Any] = {
            "applicationUuid": self._environment.application, "orderNumber": payment.caller_reference,
            "channel": payment.channel, "endUserMobileNumber": payment.phone, "currency": payment.currency,
            "totalAmount": payment.total, "taxAmount": "0", "subTotalAmount": payment.total, "language": "en",
            "additionalData": {"reference": payment.caller_reference}, "payerReference": payment.payer,
        }  # fmt: skip
        if payment.previous:
            body["previousPaymentLinkRef"] = payment.previous
        answer = self._asked("/api/v2/payment-links", body)
        if answer is not None and answer.status in (200, 201):
            payment.reference = answer.json()["paymentLinkRef"]
        return payment.reference is not None

    def cancel(self, payment: Payment, *, for_replacement: bool = False) -> int:
        """Cancel a link, and return the status of the answer; 0 for none."""
        body = {"forReplacement": True} if for_replacement else {}
        answer = self._asked(f"/api/v2/payment-links/{payment.reference}/cancel", body)
        return answer.status if answer else 0

    def capture(self, payment: Payment, amount: str | None) -> None:
        """Take what is held, or a part of it."""
        self._asked(
            f"/api/v2/payments/{payment.reference}/capture", {} if amount is None else {"amount": amount}, tries=4
        )

    def reverse(self, payment: Payment) -> None:
        """Give the money back."""
        self._asked(f"/api/v2/payments/{payment.reference}/reverse", {}, tries=4)

    def is_notified(self, payment: Payment) -> bool:
        """Return whether the application was notified that a link is paid."""
        return payment.reference in self._environment.receiver.paid

    def record(self, caller_reference: str) -> list[dict[str, Any]]:
        """Return the core's records of the links of a caller's reference."""
        path = f"/api/v2/payment-links?reference={caller_reference}"
        answer = self._environment.core.retry_until_answered("GET", path, headers=self._environment.headers)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def _asked(self, path: str, body: dict[str, Any], *, tries: int = _TRIES) -> Response | None:
        """Post until there is an answer that is no passing failure."""
        answer = None
        for _ in range(tries):
            try:
                answer = self._environment.core.request_json(
                    "POST", path, content=body, headers=self._environment.headers
                )
            except NoResponse:
                answer = None
            # A refusal is an answer: only what may pass by itself is asked again.
            if answer is not None and answer.status < 500:
                return answer
            time.sleep(_PAUSE_SECONDS)
        return answer
