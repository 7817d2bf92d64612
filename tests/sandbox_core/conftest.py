"""Start the payment core of a demo in this process, and talk to it as its callers do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.demo_core import DemoCore, demo_core

PHONE = "27831234567"
PAYER = "003xx000004TmiQAAS"
APPROVED, DECLINED = "4111 1111 1111 1111", "4000 0000 0000 0002"
REVIEW, CHALLENGE = "4000 0000 0000 9235", "4000 0000 0000 3220"
_CODE = re.compile(r"PAY [2-9A-HJ-NP-Z]{4}")


class Sandbox:
    """A sandbox and its callers: the connector, the customer's browser and phone, the tester."""

    def __init__(self, pair: DemoCore, *, works: bool = False) -> None:
        self.pair = pair
        # Any, because every answer's JSON is looked into
        self.http: Any = pair.front.test_client()
        self._works = works
        self._asked = 0

    @property
    def credentials(self) -> dict[str, Any]:
        return dict(self.http.get("/sandbox/credentials").json)

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": self.credentials["api_key"]}

    @property
    def application(self) -> str:
        return str(self.credentials["applications"][0]["uuid"])

    def ask(self, **changes: Any) -> dict[str, Any]:
        """An order for a link, each under a reference of its own."""
        self._asked += 1
        return {
            "applicationUuid": self.application,
            "orderNumber": "00000102",
            "channel": "sms",
            "endUserMobileNumber": PHONE,
            "currency": "ZAR",
            "totalAmount": 115.00,
            "taxAmount": 15.00,
            "subTotalAmount": 100.00,
            "additionalData": {"reference": f"c2p_{self._asked}"},
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
        self.settle()
        return dict(self.call("GET", f"/api/v2/payment-links/{ref}").json)

    def cancel(self, ref: str) -> Any:
        return self.call("POST", f"/api/v2/payment-links/{ref}/cancel")

    def page(self, ref: str) -> str:
        """The path of a link's page, as its message has it."""
        phone = self.http.get(f"/sandbox/phones/{PHONE}").json
        found = next(one for one in phone["messages"] + phone["undelivered"] if one["link_reference"] == ref)
        return "/pay/" + str(found["link"]).rpartition("/")[2]

    def press(self, ref: str) -> Any:
        """Press the button of a link's page: this is the click."""
        return self.http.post(self.page(ref))

    def pay(self, ref: str, number: str = APPROVED, **changes: str) -> Any:
        form = {"number": number, "expiry": "12/99", "cvc": "123", "name": "T Customer", **changes}
        return self.http.post(self.page(ref), data=form)

    def messages(self, phone: str = PHONE) -> list[dict[str, Any]]:
        self.settle()
        return list(self.http.get(f"/sandbox/phones/{phone}").json["messages"])

    def code(self) -> str:
        """The text that the newest message asks for."""
        found = _CODE.search(self.messages()[-1]["text"])
        assert found, "the newest message offers no code"
        return found.group()

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
        self.settle()
        query = {"link_reference": ref} if ref else {}
        return list(self.http.get("/sandbox/callbacks", query_string=query).json["callbacks"])

    def events(self, ref: str, kind: str = "transaction-status") -> list[str]:
        return [entry["event"] for entry in self.callbacks(ref) if entry["kind"] == kind]

    def settle(self) -> None:
        """Do what the core's own threads would do, where none run."""
        if not self._works:
            self.pair.work()


@pytest.fixture
def sandbox(tmp_path: Path, migrated_core: Path) -> Iterator[Sandbox]:
    """A sandbox that queues callbacks but sends none by itself."""
    with demo_core(tmp_path / "state", migrated_core) as pair:
        sandbox = Sandbox(pair)
        sandbox.listen_at("http://127.0.0.1:9/callbacks")
        yield sandbox


@pytest.fixture
def live(tmp_path: Path, migrated_core: Path) -> Iterator[Sandbox]:
    """A sandbox with its worker threads running."""
    with demo_core(tmp_path / "live", migrated_core, works=True) as pair:
        yield Sandbox(pair, works=True)
