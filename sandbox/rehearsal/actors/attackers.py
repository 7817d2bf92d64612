"""Attackers who have the callback's password: false ends of links, and other customers' links under our references."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.rehearsal.actors.agents import Agents, SentRequest
from sandbox.rehearsal.actors.customers import Customers
from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse
from sandbox.rehearsal.plan import Plan
from sandbox.rehearsal.registry import Order, Registry

_LIVE = ("PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT", "PAYMENT_LINK_CLICKED")
_ENDS = ("PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED")
_BINDING = (*_LIVE, "PAYMENT_RECEIVED")
_TRIES, _PAUSE_S = 60, 0.1
_EFFECT_TIMEOUT_S = 1.0


@dataclass
class Attackers:
    """They forge notifications of live links. An effect is looked for at once, and by the comparison at the end."""

    environment: Environment
    plan: Plan
    registry: Registry
    agents: Agents
    customers: Customers
    _records: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attack(self, order: Order, sent: SentRequest, *, rng: random.Random) -> None:
        """Post some forged notifications of what was just sent."""
        record = self._record_of(order, sent)
        if self.plan.has("false_ends") and record is not None and rng.random() < 0.5:
            self._post_false_ends(order, record, rng=rng)
        if self.plan.has("wrong_bindings") and rng.random() < 0.5:
            self._post_wrong_binding(sent, rng=rng)
        if record is not None:
            with self._lock:
                self._records.append(record)

    def _record_of(self, order: Order, sent: SentRequest) -> dict[str, Any] | None:
        records = (self.customers.record(link) for link in self.customers.links(order))
        return next((one for one in records if one["additionalData"]["reference"] == sent.reference), None)

    def _post_false_ends(self, order: Order, record: dict[str, Any], *, rng: random.Random) -> None:
        if not _is_live(record):
            return
        for _ in range(rng.randint(1, 3)):
            self._post(_notification(record, rng.choice(_ENDS), rng=rng), rng=rng)
        # A notification is answered when it is stored, and takes effect when it is drained.
        time.sleep(rng.random() * _EFFECT_TIMEOUT_S)
        may_send = self.agents.may_send(order)
        # asked after the page: a link that really ended meanwhile is no fault
        if may_send and _is_live(self.customers.record(record["paymentLinkRef"])):
            self.registry.released_too_early.add(order.order_id)

    def _post_wrong_binding(self, sent: SentRequest, *, rng: random.Random) -> None:
        with self._lock:
            other = rng.choice(self._records) if self._records else None
        if other is None or other["additionalData"]["reference"] == sent.reference:
            return
        body = _notification(other, rng.choice(_BINDING), rng=rng) | {"additionalData": {"reference": sent.reference}}
        # What is left out cannot contradict the request: then only the link gives the forgery away.
        for name in ("orderNumber", "totalAmount"):
            if rng.random() < 0.5:
                del body[name]
        self._post(body, rng=rng)

    def _post(self, body: dict[str, Any], *, rng: random.Random) -> None:
        """Post until it is acknowledged, as the core does: only then must the inbox hold it."""
        raw = json.dumps(body, default=str).encode()
        endpoints = self.environment.callbacks
        path = rng.choice([endpoints.transaction_path, endpoints.payment_path])
        headers = {"Content-Type": "application/json", "Authorization": endpoints.authorization}
        for _ in range(_TRIES):
            try:
                if self.environment.connector.request("POST", path, body=raw, headers=headers).status == 200:
                    self.registry.record_forged(body=raw, unknown_link=None)
                    return
            except NoResponse:
                pass
            time.sleep(_PAUSE_S)


def _is_live(record: dict[str, Any]) -> bool:
    return record["linkStatus"] in _LIVE and record["paymentStatus"] in (None, "PAYMENT_DECLINED")


def _notification(record: dict[str, Any], word: str, *, rng: random.Random) -> dict[str, Any]:
    names = ("orderNumber", "paymentLinkRef", "totalAmount", "currency", "channel", "environment", "additionalData")
    status = "transactionStatus" if word.startswith("PAYMENT_LINK_") else "paymentStatus"
    return {name: record[name] for name in names} | {status: word, "traceId": f"{rng.getrandbits(64):016x}"}
