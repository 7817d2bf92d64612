"""Knows how a Salesforce org and a payment core answer at the wire, in memory; refuses to know anything of the connector.

Both speak through ``responses``. A test sets switches and reads recorded calls; state changes only as it would there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.factories import CORE, CORE_KEY, HOST, moment, notification

Answer = tuple[int, dict[str, str], str]
RULE = "A newer version of this record is here already (newer version)."


def refused_connection(request: requests.PreparedRequest) -> requests.ConnectionError:
    """What requests raises when nobody listens: proof that nothing left."""
    host = urlsplit(str(request.url)).hostname or ""
    reason = NewConnectionError(HTTPSConnection(host), "Connection refused")
    return requests.ConnectionError(MaxRetryError(None, str(request.url), reason), request=request)  # type: ignore[arg-type]


def lost_answer(request: requests.PreparedRequest) -> requests.ReadTimeout:
    """What requests raises when the answer does not come."""
    return requests.ReadTimeout("Read timed out.", request=request)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body)


class FakeOrg:
    """One org: orders by id, who may see them by session, payment request records by reference."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.seen_by: dict[str, set[str]] = {}  # session token -> order ids
        self.users: dict[str, str] = {}  # user id -> session token
        self.sessions_over: set[str] = set()
        self.queries: list[tuple[str, str]] = []  # (session token, SOQL)
        self.writes: list[list[dict[str, Any]]] = []  # per Composite call: every record sent
        self.logins = 0
        self.calls = 0
        self.down = False
        self.limit = False
        self.drop_answers = False
        self.locked: set[str] = set()
        self.refuses: dict[str, str] = {}  # order id or reference -> error code
        self.before_query: Callable[[], None] | None = None
        self.before_write: Callable[[], None] | None = None
        self.after_write: Callable[[], None] | None = None

    def register(self, wire: responses.RequestsMock) -> None:
        """Answer on the wire."""
        for method in ("GET", "POST"):
            wire.add_callback(method, re.compile(re.escape(HOST) + "/.*"), callback=self._answer)

    def add_order(self, order_id: str, *seers: Any, **fields: Any) -> str:
        """Create an order that ``seers`` may see."""
        self.orders[order_id] = {
            "Id": order_id,
            "OrderNumber": f"0000{len(self.orders) + 102}",
            "AccountId": "001xx000003DGb2AAG",
            "BillToContact": {"MobilePhone": "+27 83 123 4567", "Phone": None},
            "Account": {"Phone": None},
            "Grand_Total__c": 115.0,
            "Tax__c": 15.0,
            "Sub_Total__c": 100.0,
            "Currency__c": "ZAR",
            "TotalAmount": None,
            **fields,
        }
        for agent in seers:
            self.users[agent.user_id] = agent.token
            self.seen_by.setdefault(agent.token, set()).add(order_id)
        return order_id

    @property
    def pushed(self) -> list[dict[str, Any]]:
        """Every record that was ever sent to be written."""
        return [record for call in self.writes for record in call]

    def order_records(self, order_id: str) -> list[dict[str, Any]]:
        """What was sent for one order's own fields, oldest first."""
        return [record for record in self.pushed if record.get("id") == order_id]

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        self.calls += 1
        if self.down:
            raise refused_connection(request)
        parts = urlsplit(str(request.url))
        if parts.path == "/services/oauth2/token":
            self.logins += 1
            return _json(
                200, {"access_token": f"integration-{self.logins}", "instance_url": HOST, "token_type": "Bearer"}
            )
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        known = token in self.users.values() or token.startswith("integration-")
        if not known or token in self.sessions_over:
            return _json(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if self.limit:
            return _json(403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
        if parts.path.rstrip("/").endswith("/composite"):
            return self._composite(request, json.loads(request.body or "{}"))
        return self._query(token, parse_qs(parts.query)["q"][0])

    def _query(self, token: str, soql: str) -> Answer:
        self.queries.append((token, soql))
        if self.before_query:
            self.before_query()
        if " FROM UserRecordAccess " in soql:
            user, record = re.findall(r"'(\w+)'", soql)
            sees = record in self.seen_by.get(self.users.get(user, ""), set())
            rows: list[Any] = [{"RecordId": record, "HasReadAccess": sees, "HasEditAccess": sees}]
        else:
            ids = re.findall(r"'(\w+)'", soql.partition(" WHERE ")[2])
            mine = ids if token.startswith("integration-") else [one for one in ids if one in self.seen_by[token]]
            rows = [self.orders[one] for one in mine if one in self.orders]
        return _json(200, {"totalSize": len(rows), "done": True, "records": rows})

    def _composite(self, request: requests.PreparedRequest, body: dict[str, Any]) -> Answer:
        self.writes.append([record for part in body["compositeRequest"] for record in part["body"]["records"]])
        hook, self.before_write = self.before_write, None
        if hook:
            hook()
        parts = [
            {"referenceId": part["referenceId"], "httpStatusCode": 200, "httpHeaders": {},
             "body": [self._write(record) for record in part["body"]["records"]]}
            for part in body["compositeRequest"]
        ]  # fmt: skip
        hook, self.after_write = self.after_write, None
        if hook:
            hook()
        if self.drop_answers:
            raise lost_answer(request)
        return _json(200, {"compositeResponse": parts})

    def _write(self, record: dict[str, Any]) -> dict[str, Any]:
        name = str(record.get("id") or record["Reference__c"])
        rows = self.orders if "id" in record else self.requests
        present = rows.get(name, {})
        if name in self.locked:
            return _record_error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        if name in self.refuses:
            return _record_error(self.refuses[name], "An approval process says no.")
        if (present.get("Chat2Pay_Version__c") or 0) > record["Chat2Pay_Version__c"]:
            return _record_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", RULE)
        rows[name] = {
            **present,
            **{field: value for field, value in record.items() if field not in ("id", "attributes")},
        }
        return {"id": name, "success": True, "errors": []}


def _record_error(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}


class FakeCore:
    """The payment core: links by link reference, each with the core's own record."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.links: dict[str, dict[str, Any]] = {}
        self.sends: list[dict[str, Any]] = []
        self.questions: list[str] = []
        self.cancels: list[str] = []
        self.down = False  # connection refused, for everything
        self.mute = False  # questions (GET) are refused
        self.drop_answers = False  # carried out, and the answer is lost
        self.lose_requests = False  # not carried out, and no answer comes
        self.not_found = False
        self.customer_told = True
        self.refuse: tuple[int, str] | None = None  # (status, error code) for every POST
        self.on_send: Callable[[dict[str, Any]], None] | None = None
        self.on_sent: Callable[[dict[str, Any]], None] | None = None
        self.on_question: Callable[[], None] | None = None

    def register(self, wire: responses.RequestsMock) -> None:
        """Answer on the wire."""
        for method in ("GET", "POST"):
            wire.add_callback(method, re.compile(re.escape(CORE) + "/.*"), callback=self._answer)

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

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        if self.down or (self.mute and request.method == "GET"):
            raise refused_connection(request)
        if request.headers["Authorization"] != CORE_KEY:
            return _json(401, {"errorCode": "INVALID_API_KEY", "message": "no"})
        if request.method == "POST" and self.refuse:
            return _json(self.refuse[0], {"errorCode": self.refuse[1], "message": "internal words of the core"})
        if request.method == "POST" and self.lose_requests:
            raise lost_answer(request)
        if request.method == "GET" and self.on_question:
            self.on_question()
        status, body = self._serve(request)
        if self.drop_answers and request.method == "POST":
            raise lost_answer(request)
        return _json(status, body)

    def _serve(self, request: requests.PreparedRequest) -> tuple[int, Any]:
        parts = urlsplit(str(request.url))
        steps = parts.path.removeprefix("/api/v2/payment-links").strip("/").split("/")
        if parts.path == "/api/v2/configuration":
            return 200, {
                "environment": "SANDBOX",
                "merchantName": "Acme Shop",
                "channels": ["sms"],
                "currencies": ["ZAR"],
            }
        if request.method == "POST" and steps == [""]:
            return 201, self._send(json.loads(request.body or "{}", parse_float=Decimal))
        if steps == [""]:
            wanted = parse_qs(parts.query)["reference"][0]
            self.questions.append(wanted)
            return 200, {"items": [one for one in self.links.values() if one["additionalData"]["reference"] == wanted]}
        link = self.links.get(steps[0])
        if link is None or self.not_found:
            self.questions.append(steps[0])
            return 404, {"errorCode": "TRANSACTION_NOT_FOUND", "message": "no"}
        if steps[1:] == ["cancel"]:
            return self._cancel(link)
        self.questions.append(steps[0])
        return 200, link

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
            "status": "PAYMENT_LINK_CREATED",
            "createdAt": moment(now),
            "expiresAt": moment(now + timedelta(minutes=5)),
        }
        return {"paymentLinkRef": reference, **made}

    def _cancel(self, link: dict[str, Any]) -> tuple[int, Any]:
        self.cancels.append(link["paymentLinkRef"])
        standing = {
            "PAYMENT_LINK_CLICKED": "LINK_ALREADY_CLICKED",
            "PAYMENT_LINK_CANCELLED": "LINK_ALREADY_CANCELLED",
            "PAYMENT_LINK_EXPIRED": "LINK_EXPIRED",
        }.get(link["linkStatus"])
        if standing or link["paymentStatus"]:
            return 409, {"errorCode": standing or "LINK_ALREADY_CLICKED", "message": "internal words of the core"}
        link["linkStatus"] = "PAYMENT_LINK_CANCELLED"
        return 200, {"status": "PAYMENT_LINK_CANCELLED", "customerNotified": self.customer_told}
