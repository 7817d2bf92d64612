"""Send one notification to an application over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import requests

from foundation.http.session import PeerSession, call
from payment_core.couriers.proof_headers import proof_headers
from payment_core.domain.application import Application
from payment_core.store.deliveries.deliveries import Answer, Delivery

# Enough for a person to recognise an error page; a receiver's answer may be any size, and is stored at every attempt.
_KEPT_ANSWER = 300


@dataclass(frozen=True)
class Courier:
    """Sends deliveries over HTTP."""

    session: PeerSession

    def post(self, application: Application, delivery: Delivery, *, at: datetime) -> Answer:
        """Make one attempt."""
        url = application.url_for(delivery.kind)
        headers = {"Content-Type": "application/json", "User-Agent": "chat2pay-core"}
        # The time is the attempt's: receivers refuse a signature that is older than some minutes.
        headers |= proof_headers(application.proof, delivery.message_id, delivery.body, at=int(at.timestamp()))
        begun = time.monotonic()
        status = text = error = None
        try:
            answer = call(self.session, "POST", url, operation="notify", headers=headers, body=delivery.body)
            status, text = answer.status_code, answer.text[:_KEPT_ANSWER]
        except requests.RequestException as reason:
            # Only its kind: the text could name the address with its secrets.
            error = type(reason).__name__
        return Answer(status, text, error, round((time.monotonic() - begun) * 1000))
