"""The page that holds the panel, and the Apex behind it: the calls of its sources, played against the running connector."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from sandbox.demo.stack import Stack
from tests.journeys.panel.apex_twin import ApexTwin, Reply

HERE = Path(__file__).parent
BUNDLE = HERE / "node_modules/.panel/panel.js"
SLDS = HERE / "node_modules/@salesforce-ux/design-system/assets/styles/salesforce-lightning-design-system.min.css"
_PANEL = HERE.parents[2] / "manifests/salesforce/panel/main/default"
COMPONENTS, RESOURCES = _PANEL / "lwc", _PANEL / "staticresources"
ORIGIN = "https://panel.example"
_VERBS = {"refresh": "Refresh", "cancel": "Cancel", "capture": "Capture", "reverse": "Reversal", "release": "Release"}
_TAKINGS = {"showReceipt": "ShowReceipt", "sendReceipt": "SendReceipt", "copyLink": "CopyLink"}
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Order</title>
<link rel="stylesheet" href="/slds.css"><style>body {{ background: #f3f3f3; }}</style>
<script>window.chat2paySession = {session};</script></head>
<body><main><h1 class="slds-assistive-text">Order</h1><div id="panel"></div></main>
<script src="/panel.js"></script></body></html>"""


class PlayedApex:
    """The controller of the panel as one user, in the shapes that the Apex sources declare."""

    def __init__(self, stack: Stack, twin: ApexTwin) -> None:
        self.stack, self.twin, self.token = stack, twin, stack.org_token()

    def call(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer a method as Lightning does: {"value": …}, or {"thrown": the text of the exception}."""
        order_id = given["orderId"]
        if name == "version":
            return {"value": self._version(order_id)}
        if name == "open":
            return self._opened(order_id)
        if name in ("send", "replace"):
            reply = self.twin.wish(
                order_id, given["wish"], reference=given.get("reference"), key=given["idempotencyKey"]
            )
        elif name == "readPhone":
            reply = self.twin.act(order_id, "PhoneReading", {"phone": given["phone"]})
        elif name in _TAKINGS:
            reply = self.twin.act(order_id, _TAKINGS[name], reference=given["reference"])
        elif name == "previewMessage":
            reply = self.twin.act(order_id, "MessagePreview", {one: given[one] for one in ("channel", "amount")})
        elif name == "writeNote":
            reply = self.twin.act(order_id, "OrderNote", {one: given[one] for one in ("text", "version")})
        else:
            fields: dict[str, Any] = {one: given[one] for one in ("amount", "reason") if one in given}
            reply = self.twin.act(
                order_id, _VERBS[name], fields, reference=given["reference"], key=given.get("idempotencyKey")
            )
        return _answered(reply, name)

    def _version(self, order_id: str) -> str:
        soql = f"SELECT Chat2Pay_Version__c FROM Order WHERE Id = '{order_id}'"
        return str(self.stack.query(soql, token=self.token)[0]["Chat2Pay_Version__c"] or "")

    def _opened(self, order_id: str) -> dict[str, Any]:
        reply = self.twin.opened(order_id)
        if reply.status != 200:
            return {"thrown": json.dumps(reply.problem)}
        launch = self.twin.open(order_id)
        return {"value": _answer(launch.value("content"), seen=launch.seen)}


def _answered(reply: Reply, name: str) -> dict[str, Any]:
    if reply.status >= 400:
        return {"thrown": json.dumps(reply.problem)}
    pending = reply.status == 202
    if name in ("send", "readPhone", "previewMessage", "writeNote", *_TAKINGS):
        return {"value": _answer(reply.body, pending=pending)}
    said = {one: reply.body[one] for one in ("outcome", "sentence")}
    return {"value": _answer(reply.body["payment_request"], pending=pending) | said}


def _answer(body: Any, *, seen: str | None = None, pending: bool = False) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"outcome": None, "sentence": None, "pending": pending, "body": json.dumps(body), "seen": seen, "now": now}


def show_panel(page: Page, apex: Callable[[str, dict[str, Any]], dict[str, Any]], order_id: str, user_id: str) -> None:
    """Open a page that holds the panel of an order."""
    session = {"recordId": order_id, "userId": user_id, "timeZone": "Africa/Johannesburg"}
    session |= {"lang": "en-US", "locale": "en-GB"}
    files = {"/panel.js": BUNDLE, "/slds.css": SLDS}
    files |= {f"/resource/{one.stem}": one for one in RESOURCES.glob("*.json")}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path in files:
            route.fulfill(path=files[path])
        elif path == "/":
            route.fulfill(body=_PAGE.format(session=json.dumps(session)), content_type="text/html")
        else:
            route.fulfill(status=404, body="")

    page.route(f"{ORIGIN}/**", answer)
    page.expose_function("chat2payPlayed", apex)
    page.add_init_script(
        """window.chat2payApex = async (name, given) => {
          const { value, thrown } = await window.chat2payPlayed(name, JSON.parse(JSON.stringify(given)));
          if (thrown !== undefined) throw { body: { message: thrown } };
          return value;
        };"""
    )
    page.goto(f"{ORIGIN}/")
