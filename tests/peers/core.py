"""A payment core in memory, at the wire.

It imports nothing of the connector, and speaks through ``responses``. A test sets switches and reads recorded calls;
state changes only as it would there.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from tests.factories import CORE, CORE_KEY, moment, notification
from tests.peers.answers import Answer, json_answer, lost_answer, refused_connection

_ANOTHER = {"paymentLinkRef": "another-link", "totalAmount": 1, "currency": "ZAR", "linkStatus": "PAYMENT_LINK_CREATED"}


# The core of somebody who runs one.
OWN_CORE = "https://pay.acme.example"


class FakeCore:
    """The payment core: links by link reference, each with the core's own record."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._told_now = now
        self.ahead = timedelta(0)  # of its clock, which is in its records and its Date headers
        self.links: dict[str, dict[str, Any]] = {}
        self.sends: list[dict[str, Any]] = []
        self.questions: list[str] = []
        self.cancels: list[str] = []
        self.first_word: str | None = "PAYMENT_LINK_CREATED"  # of a link that it has just made
        self.takes_no_lines = False  # it refuses a body with lines
        self.unknown_previous: set[str] = set()  # link references that it has never heard of
        self.cancel_bodies: list[dict[str, Any]] = []
        self.captures: list[tuple[str, float]] = []
        self.reversals: list[str] = []
        self.settled: set[str] = set()  # link references whose money can only be refunded at the gateway
        self.move_answer: dict[str, Any] | None = (
            None  # what it says to a capture or a reversal in place of its usual words
        )
        self.lags = False  # money has moved, and the record does not show it yet
        self.down = False  # connection refused, for everything
        self.mute = False  # questions (GET) are refused
        self.looks_up = True  # there is a look-up by our reference
        self.lists_others = False  # the look-up lists links whatever it is asked for
        self.hides = False  # the look-up knows of none, the way a list lags behind
        self.drop_answers = False  # carried out, and the answer is lost
        self.lose_requests = False  # not carried out, and no answer comes
        self.not_found = False
        self.customer_told = True
        self.configuration: dict[str, Any] = {
            "environment": "SANDBOX",
            "merchantName": "Acme Shop",
            "channels": ["sms"],
            "currencies": ["ZAR"],
        }
        self.not_told_because: str | None = None
        self.cancel_answer: dict[str, Any] | None = (
            None  # answered in place of the true answer; nothing is cancelled then
        )
        self.cancels_all_the_same = False
        self.charges_by_reply = False  # a customer's reply is being paid: no link is opened, and none can be cancelled
        self.refuse: tuple[int, str] | None = None  # (status, error code) for every POST
        # What only a core of our own has, by method and path behind /api/v2/: the answer, and what was asked with its query.
        self.own: dict[str, tuple[int, Any]] = {}
        self.own_asked: list[tuple[str, dict[str, str]]] = []
        self.on_send: Callable[[dict[str, Any]], object] | None = None
        self.on_sent: Callable[[dict[str, Any]], object] | None = None
        self.on_question: Callable[[], object] | None = None
        self.on_move: Callable[[], object] | None = None  # when a capture or a reversal arrives
        self.on_moved: Callable[[], object] | None = None
        self.on_cancelled: Callable[[], object] | None = None  # the link is closed, the answer has not left

    def register(self, wire: responses.RequestsMock) -> None:
        """Answer on the wire, as the vendor's core and as one of our own."""
        for method, url in itertools.product(("GET", "POST"), (CORE, OWN_CORE)):
            wire.add_callback(method, re.compile(re.escape(url) + "/.*"), callback=self.answer)

    def last(self) -> dict[str, Any]:
        """The record of the link made last."""
        return list(self.links.values())[-1]

    def happen(self, link: dict[str, Any], word: str, *, shape: str | None = None, **record: Any) -> dict[str, Any]:
        """Let something happen to a link: the core's record changes; return the notification that it would send."""
        now = self._now()
        total = link["totalAmount"]
        if word.startswith("PAYMENT_LINK_"):
            link["linkStatus"] = word
        else:
            link["paymentStatus"], link["paymentGatewayResponseTimestamp"] = word, moment(now)
            link["receiptLinkRef"] = f"receipt-{link['paymentLinkRef']}"
            link["reconciliationReference"] = f"TRN-{link['paymentLinkRef']}"
        if word == "PAYMENT_LINK_CLICKED":
            link.update(clickedAt=moment(now), expiresAt=moment(now + timedelta(minutes=15)))
        amounts = {"PAYMENT_AUTHORIZED": "authorizedAmount", "PAYMENT_RECEIVED": "capturedAmount",
                   "PAYMENT_CAPTURED": "capturedAmount", "PAYMENT_REVERSED": "reversedAmount"}  # fmt: skip
        if word in amounts:
            link[amounts[word]] = total
        link.update(record)
        return notification(link, word, at=now, shape=shape)

    def answer(self, request: requests.PreparedRequest) -> Answer:
        if self.down or (self.mute and request.method == "GET"):
            raise refused_connection(request)
        if request.headers["Authorization"] != CORE_KEY:
            return json_answer(401, {"errorCode": "INVALID_API_KEY", "message": "no"})
        if request.method == "POST" and self.refuse:
            return json_answer(self.refuse[0], {"errorCode": self.refuse[1], "message": "internal words of the core"})
        if request.method == "POST" and self.lose_requests:
            raise lost_answer(request)
        if request.method == "GET" and self.on_question:
            self.on_question()
        status, body = self._serve(request)
        if self.drop_answers and request.method == "POST":
            raise lost_answer(request)
        return json_answer(status, body, {"Date": format_datetime(self._now().replace(microsecond=0), usegmt=True)})

    def _now(self) -> datetime:
        return self._told_now() + self.ahead

    def _serve(self, request: requests.PreparedRequest) -> tuple[int, Any]:
        parts = urlsplit(str(request.url))
        steps = parts.path.removeprefix("/api/v2/payment-links").strip("/").split("/")
        if parts.path == "/api/v2/configuration":
            return 200, self.configuration
        asked = f"{request.method} {parts.path.removeprefix('/api/v2/')}"
        if asked in self.own:
            # As its description says: what is posted has a body of JSON, also where nothing is asked for by it.
            assert request.method == "GET" or json.loads(request.body or "null") == {}, "posted without a body"
            self.own_asked.append((asked, {name: found[0] for name, found in parse_qs(parts.query).items()}))
            return self.own[asked]
        if request.method == "POST" and steps == [""]:
            body = json.loads(request.body or "{}", parse_float=Decimal)
            if self.takes_no_lines and "orderLines" in body:
                return 422, {"errorCode": "VALIDATION_FAILED", "message": "no", "field": "orderLines"}
            made = self._send(body)
            if body.get("previousPaymentLinkRef") in self.unknown_previous:
                del self.links[made["paymentLinkRef"]]
                return 404, {"errorCode": "PREVIOUS_LINK_NOT_FOUND", "message": "no"}
            return 201, made
        if steps == [""]:
            wanted = parse_qs(parts.query)["reference"][0]
            self.questions.append(wanted)
            return self._listed(wanted)
        if steps[:3] == ["api", "v2", "payments"]:
            return self._move(self.links[steps[3]], steps[4], json.loads(request.body or "{}"))
        link = self.links.get(steps[0])
        if link is None or self.not_found:
            self.questions.append(steps[0])
            return 404, {"errorCode": "TRANSACTION_NOT_FOUND", "message": "no"}
        if steps[1:] == ["cancel"]:
            self.cancel_bodies.append(json.loads(request.body or "{}"))
            return self._cancel(link)
        self.questions.append(steps[0])
        return 200, link

    def _listed(self, wanted: str) -> tuple[int, Any]:
        """The look-up by our reference."""
        if not self.looks_up:
            return 404, {"errorCode": "NOT_FOUND", "message": "no such path"}
        found = [
            one for one in self.links.values() if one["additionalData"].get("reference") == wanted and not self.hides
        ]
        if self.lists_others and not found:
            found = [{**_ANOTHER, "additionalData": {"reference": "c2p_ofsomebodyelse"}}]
        return 200, {"items": found}

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sends.append(body)
        if self.on_send:
            self.on_send(body)
        now, reference = self._now(), f"link-{len(self.sends):04d}"
        self.links[reference] = {
            **{name: float(value) if isinstance(value, Decimal) else value for name, value in body.items()},
            "paymentLinkRef": reference,
            "linkStatus": "PAYMENT_LINK_CREATED",
            "paymentStatus": None,
            "environment": "SANDBOX",
            "createdAt": moment(now),
            "expiresAt": moment(now + timedelta(minutes=5)),
        }
        if self.on_sent:
            self.on_sent(self.links[reference])
        made = {
            "status": self.first_word,
            "createdAt": moment(now),
            "expiresAt": moment(now + timedelta(minutes=5)),
        }
        return {"paymentLinkRef": reference, **made}

    def _move(self, link: dict[str, Any], verb: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Capture or reverse, as the core's own record allows."""
        if self.on_move:
            self.on_move()
        reference, status = link["paymentLinkRef"], link["paymentStatus"]
        held = status == "PAYMENT_AUTHORIZED"
        if verb == "capture":
            self.captures.append((reference, body["amount"]))
            refused = None if held else "ALREADY_CAPTURED" if link.get("capturedAmount") else "NOTHING_TO_CAPTURE"
            word, record = "PAYMENT_CAPTURED", {"capturedAmount": body["amount"]}
        else:
            self.reversals.append(reference)
            is_back = status == "PAYMENT_REVERSED" and link["reversedAmount"] >= link.get("capturedAmount", 0)
            refused = "ALREADY_REVERSED" if is_back else "NOTHING_TO_REVERSE" if status is None else None
            refused = refused or ("ALREADY_SETTLED" if reference in self.settled else None)
            moved = link.get("authorizedAmount" if held else "capturedAmount", 0)
            word, record = "PAYMENT_REVERSED", {"reversedAmount": moved}
        if refused:
            return 409, {"errorCode": refused, "message": "internal words of the core"}
        if not self.lags:
            self.happen(link, word, **record)
        if self.on_moved:
            self.on_moved()
        return 200, self.move_answer or {
            "paymentStatus": word,
            "paymentGatewayDecision": "ACCEPT",
            "totalAmount": next(iter(record.values())),
        }

    def _cancel(self, link: dict[str, Any]) -> tuple[int, Any]:
        self.cancels.append(link["paymentLinkRef"])
        standing = {
            "PAYMENT_LINK_CLICKED": "LINK_ALREADY_CLICKED",
            "PAYMENT_LINK_CANCELLED": "LINK_ALREADY_CANCELLED",
            "PAYMENT_LINK_EXPIRED": "LINK_EXPIRED",
        }.get(link["linkStatus"])
        if standing or link["paymentStatus"] or self.charges_by_reply:
            return 409, {"errorCode": standing or "LINK_ALREADY_CLICKED", "message": "internal words of the core"}
        if self.cancel_answer is not None and not self.cancels_all_the_same:
            return 200, self.cancel_answer
        link["linkStatus"] = "PAYMENT_LINK_CANCELLED"
        if self.on_cancelled:
            self.on_cancelled()
        told = {"customerNotified": self.customer_told, "notNotifiedReason": self.not_told_because}
        return 200, {"status": "PAYMENT_LINK_CANCELLED", **told} if self.cancel_answer is None else self.cancel_answer
