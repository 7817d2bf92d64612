"""The page that holds the panel, and the Apex behind it: the calls of its sources, played against the running connector."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from tests.journeys.panel.apex_twin import ApexTwin, Reply

HERE = Path(__file__).parent
BUNDLE = HERE / "node_modules/.panel/panel.js"
SLDS = HERE / "node_modules/@salesforce-ux/design-system/assets/styles/salesforce-lightning-design-system.min.css"
THEMES = HERE / "walk/themes.css"
_PANEL = HERE.parents[2] / "manifests/salesforce/panel/main/default"
COMPONENTS, RESOURCES = _PANEL / "lwc", _PANEL / "staticresources"
ORIGIN = "https://panel.example"
_VERBS = {"refresh": "Refresh", "cancel": "Cancel", "capture": "Capture", "reverse": "Reversal", "release": "Release"}
_PREVIEWS: dict[str, dict[str, Any]] = {"previewMessage": {}, "previewReplacement": {"replaces": True}}
_TAKINGS = {"showReceipt": "ShowReceipt", "sendReceipt": "SendReceipt", "copyLink": "CopyLink"}
_PAGE = """<!doctype html><html lang="en"{direction}><head><meta charset="utf-8"><title>Order</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/slds.css"><link rel="stylesheet" href="/themes.css">
<script>window.chat2paySession = {session};</script></head>
<body><main><h1 class="slds-assistive-text">Order</h1><div id="panel"></div></main>
<script src="/panel.js"></script></body></html>"""
Apex = Callable[[str, dict[str, Any]], dict[str, Any]]


class PlayedApex:
    """The controller of the panel as one user, in the shapes that the Apex sources declare."""

    def __init__(self, twin: ApexTwin, version_of: Callable[[str], str]) -> None:
        self.twin, self.version_of = twin, version_of

    def call(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer a method as Lightning does: {"value": …}, or {"thrown": the text of the exception}."""
        order_id = given["orderId"]
        if name == "version":
            return {"value": self.version_of(order_id)}
        if name == "open":
            return self._opened(order_id)
        if name in ("send", "replace"):
            reply = self.twin.send(
                order_id, given["command"], reference=given.get("reference"), key=given["idempotencyKey"]
            )
        elif name == "readPhone":
            reply = self.twin.act(order_id, "PhoneReading", {"phone": given["phone"]})
        elif name in _TAKINGS:
            reply = self.twin.act(order_id, _TAKINGS[name], reference=given["reference"])
        elif name in _PREVIEWS:
            fields = {one: given[one] for one in ("channel", "amount")} | _PREVIEWS[name]
            reply = self.twin.act(order_id, "MessagePreview", fields)
        elif name == "writeNote":
            reply = self.twin.act(order_id, "OrderNote", {one: given[one] for one in ("text", "version")})
        else:
            fields = {one: given[one] for one in ("amount", "reason") if one in given}
            reply = self.twin.act(
                order_id, _VERBS[name], fields, reference=given["reference"], key=given.get("idempotencyKey")
            )
        return _answered(reply, name)

    def _opened(self, order_id: str) -> dict[str, Any]:
        reply = self.twin.opened(order_id)
        if reply.status != 200:
            return _thrown(reply)
        launch = self.twin.open(order_id)
        return {"value": _answer(launch.value("content"), seen=launch.seen)}


def _answered(reply: Reply, name: str) -> dict[str, Any]:
    if reply.status >= 400:
        return _thrown(reply)
    pending = reply.status == 202
    if name in ("send", "readPhone", "writeNote", *_PREVIEWS, *_TAKINGS):
        return {"value": _answer(reply.body, pending=pending)}
    said = {one: reply.body[one] for one in ("outcome", "sentence")}
    return {"value": _answer(reply.body["payment_request"], pending=pending) | said}


def _thrown(reply: Reply) -> dict[str, Any]:
    # As Chat2PayConnector.refusal: behind an error of the server the call may have been made.
    said = reply.problem if reply.status < 500 else reply.problem | {"code": "outcome_unknown"}
    return {"thrown": json.dumps(said | ({"cause": reply.problem["code"]} if reply.status >= 500 else {}))}


def _answer(body: Any, *, seen: str | None = None, pending: bool = False) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"outcome": None, "sentence": None, "pending": pending, "body": json.dumps(body), "seen": seen, "now": now}


class PanelPage:
    """A tab with the record page of an order; whose Apex answers it can be changed between two pages."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.apex: Apex = lambda _name, _given: {"value": None}
        self._html, self._shown = "", "no order"
        self._files = {"/panel.js": BUNDLE, "/slds.css": SLDS, "/themes.css": THEMES}
        self._files |= {f"/resource/{one.stem}": one for one in RESOURCES.glob("*.json")}
        tab.route(f"{ORIGIN}/**", self._answer)
        tab.expose_function("chat2payPlayed", lambda name, given: self.apex(name, given))
        tab.add_init_script(
            """window.chat2payApex = async (name, given) => {
              const { value, thrown } = await window.chat2payPlayed(name, JSON.parse(JSON.stringify(given)));
              if (thrown !== undefined) throw { body: { message: thrown } };
              return value;
            };"""
        )

    def show(self, order_id: str, user_id: str, *, language: str = "en-US", locale: str = "en-GB") -> None:
        """Open the page of an order, as Salesforce shows it to a user of a language."""
        session = {"recordId": order_id, "userId": user_id, "timeZone": "Africa/Johannesburg"}
        session |= {"lang": language, "locale": locale}
        direction = ' dir="rtl"' if language == "ar" else ""
        before, self._html = self._html, _PAGE.format(session=json.dumps(session), direction=direction)
        # The same user's page of another order loads nothing anew, as a move from record to record does not.
        if before.replace(self._shown, order_id) == self._html:
            self.tab.evaluate("recordId => window.chat2payShow(recordId)", order_id)
        else:
            self.tab.goto(f"{ORIGIN}/")
        self._shown = order_id

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path in self._files:
            route.fulfill(path=self._files[path])
        elif path == "/":
            route.fulfill(body=self._html, content_type="text/html")
        else:
            route.fulfill(status=404, body="")
