"""Knows how to start a sandbox in this process and to talk to it as its callers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sandbox.core.app import create_app
from sandbox.core.parts import Core

PHONE = "27831234567"
APPROVED, DECLINED = "4111 1111 1111 1111", "4000 0000 0000 0002"
REVIEW, CHALLENGE = "4000 0000 0000 9235", "4000 0000 0000 3220"


class Sandbox:
    """A sandbox and its callers: the connector, the customer's browser and phone, the tester."""

    def __init__(self, app: Flask) -> None:
        self.core: Core = app.extensions["core"]
        # Any, because every answer's JSON is looked into
        self.http: Any = app.test_client()

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": self.core.merchant.api_key}

    @property
    def application(self) -> str:
        return self.core.applications.listed()[0].uuid

    def ask(self, **changes: Any) -> dict[str, Any]:
        return {
            "applicationUuid": self.application,
            "orderNumber": "00000102",
            "channel": "sms",
            "endUserMobileNumber": PHONE,
            "currency": "ZAR",
            "totalAmount": 115.00,
            "taxAmount": 15.00,
            "subTotalAmount": 100.00,
            "additionalData": {"reference": "c2p_1"},
            **changes,
        }

    def send(self, **changes: Any) -> Any:
        return self.http.post("/api/v2/payment-links", json=self.ask(**changes), headers=self.key)

    def sent(self, **changes: Any) -> str:
        answer = self.send(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json["paymentLinkRef"])

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self.http.open(path, method=method, headers=self.key, **options)

    def transaction(self, ref: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/api/v2/payment-links/{ref}").json)

    def cancel(self, ref: str) -> Any:
        return self.call("POST", f"/api/v2/payment-links/{ref}/cancel")

    def page(self, ref: str) -> str:
        return f"/pay/{self.core.links.get(ref).token}"

    def pay(self, ref: str, number: str = APPROVED, **changes: str) -> Any:
        form = {"number": number, "expiry": "12/40", "cvc": "123", "name": "T Customer", **changes}
        return self.http.post(self.page(ref), data=form)

    def messages(self, phone: str = PHONE) -> list[dict[str, Any]]:
        return list(self.http.get(f"/sandbox/phones/{phone}").json["messages"])

    def reply(self, text: str, **more: str) -> Any:
        return self.http.post(f"/sandbox/phones/{PHONE}/replies", json={"text": text, **more})

    def advance(self, seconds: int) -> None:
        assert self.http.post("/sandbox/clock", json={"advance_s": seconds}).status_code == 200

    def listen_at(self, url: str) -> None:
        urls = dict.fromkeys(("payment_status_url", "transaction_status_url", "settings_url"), url)
        basic = {"user": "core", "password": "pass:word"}
        answer = self.http.put(f"/sandbox/applications/{self.application}", json={**urls, "basic": basic})
        assert answer.status_code == 200, answer.text

    def callbacks(self, ref: str | None = None) -> list[dict[str, Any]]:
        query = {"link_reference": ref} if ref else {}
        return list(self.http.get("/sandbox/callbacks", query_string=query).json["callbacks"])

    def events(self, ref: str, kind: str = "transaction-status") -> list[str]:
        return [entry["event"] for entry in self.callbacks(ref) if entry["kind"] == kind]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that queues callbacks but sends none by itself."""
    app = create_app(tmp_path / "state", background=False)
    sandbox = Sandbox(app)
    sandbox.listen_at("http://127.0.0.1:9/callbacks")
    yield sandbox
    sandbox.core.close()
