"""An agent's page and a customer's phone, by the HTTP requests that they make."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sandbox.demo.http_client import wait_for
from sandbox.demo.stack import Stack
from sandbox.processes.errors import UnexpectedAnswer

APPROVED = "4111 1111 1111 1111"
_PAGE_DATA = re.compile(r'<script type="application/json" id="page-data">(.*?)</script>', re.DOTALL)
_FORM_ACTION = re.compile(r'<form method="post" action="([^"]+)"')


@dataclass
class AgentPage:
    """The agent's page on one order, as its script in the frame talks to the connector."""

    stack: Stack
    order_id: str
    token: str = field(repr=False)
    page: str = field(repr=False)
    view: dict[str, Any] = field(default_factory=dict, repr=False)
    unchanged: int = 0
    _tag: str | None = None

    def poll(self) -> dict[str, Any]:
        """Poll the order as the page does: an unchanged one costs a 304."""
        headers = self._headers() | ({"If-None-Match": self._tag} if self._tag else {})
        answer = self.stack.connector.request("GET", f"/api/orders/{self.order_id}", expect=(200, 304), headers=headers)
        if answer.status_code == 304:
            self.unchanged += 1
        else:
            self._tag, self.view = answer.headers["ETag"], answer.json()
        return self.view

    def send(self, *, channel: str) -> dict[str, Any]:
        """Press Send."""
        body = {
            "order_id": self.order_id,
            "channel": channel,
            "phone": self.view["phone"],
            "purpose": "full",
            "expected_total": self.view["total"],
        }
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.stack.connector.request(
            "POST", "/api/payment-requests", expect=201, json=body, headers=self._headers() | key
        )
        sent: dict[str, Any] = answer.json()
        return sent

    def cancel(self, reference: str) -> str:
        """Press Cancel, and return the outcome."""
        path = f"/api/payment-requests/{reference}/cancel"
        return str(self.stack.connector.request("POST", path, json={}, headers=self._headers()).json()["outcome"])

    def wait_until(self, status: str, *, within: float = 15.0) -> dict[str, Any]:
        """Poll until the newest payment request has the status, and return it."""

        def probe() -> dict[str, Any] | None:
            newest: dict[str, Any] = self.poll()["payment_requests"][0]
            return newest if newest["status"] == status else None

        return wait_for(probe, within=within, message=lambda: f"the page still says {self.status()}")

    def status(self) -> str:
        """Return the newest request's status, as the page showed it last."""
        requests = self.view.get("payment_requests") or [{"status": "nothing sent"}]
        return str(requests[0]["status"])

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def launch(stack: Stack, order_id: str | None = None) -> AgentPage:
    """Open the extension on an order, by default the first one, as Canvas does."""
    body = {"order_id": order_id} if order_id else {}
    made = stack.org.request("POST", "/sandbox/launches", json=body).json()
    form = {"signed_request": made["signed_request"]}
    page = stack.connector.request("POST", made["launch_url"], data=form).text
    found = _PAGE_DATA.search(page)
    if found is None:
        raise UnexpectedAnswer("the launch was answered with a page that holds no page-data")
    data = json.loads(found.group(1))
    return AgentPage(stack, str(data["order"]["order_id"]), str(data["launch_token"]), page)


@dataclass
class Phone:
    """The customer's phone and the browser on it."""

    stack: Stack
    number: str = field(repr=False)
    _read: int = 0

    def next_message(self, *, containing: str, within: float = 10.0) -> dict[str, Any]:
        """Wait for a message that was not read yet, and read it."""

        def probe() -> dict[str, Any] | None:
            messages = self.stack.core.get_json(f"/sandbox/phones/{self.number}")["messages"]
            unread = [one for one in messages if one["id"] > self._read and one["direction"] == "in"]
            return next((one for one in unread if containing in one["text"]), None)

        message = wait_for(probe, within=within, message=lambda: f"no message with “{containing}” on the phone")
        self._read = int(message["id"])
        return message

    def open_link(self, link: str) -> str:
        """Tap a link, press its button, and return the address of the card form that opens."""
        button = _form_of(self.stack.core.request("GET", link).text)
        return _form_of(self.stack.core.request("POST", button, headers=self._headers()).text)

    def pay(self, address: str) -> None:
        """Fill in the card and press Pay."""
        card = {"number": APPROVED, "expiry": "12/99", "cvc": "123", "name": "A Customer"}
        page = self.stack.core.request("POST", address, data=card, headers=self._headers()).text
        if "Paid, thank you" not in page:
            raise UnexpectedAnswer("the checkout does not say that it is paid")

    def _headers(self) -> dict[str, str]:
        return {"Origin": self.stack.core.origin}


def _form_of(page: str) -> str:
    """Return the address of a page's first form."""
    found = _FORM_ACTION.search(page)
    if found is None:
        raise UnexpectedAnswer("the link does not open a checkout page")
    return unescape(found.group(1))
