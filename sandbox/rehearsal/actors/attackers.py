"""Strangers who hold the callback's proof: ends that never were, and links of other customers under our references."""

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
_BELIEVED_WITHIN_S = 1.0


@dataclass
class Attackers:
    """They lie about links that live. Whether anybody believed them is seen at once, and by the proof at the end."""

    stage: Environment
    plan: Plan
    book: Registry
    agents: Agents
    customers: Customers
    _records: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lie_about(self, order: Order, sent: SentRequest, *, dice: random.Random) -> None:
        """Tell some lies about what was just sent."""
        record = self._record_of(order, sent)
        if self.plan.has("false_ends") and record is not None and dice.random() < 0.5:
            self._end_falsely(order, record, dice=dice)
        if self.plan.has("wrong_bindings") and dice.random() < 0.5:
            self._bind_wrongly(sent, dice=dice)
        if record is not None:
            with self._lock:
                self._records.append(record)

    def _record_of(self, order: Order, sent: SentRequest) -> dict[str, Any] | None:
        records = (self.customers.record(link) for link in self.customers.links(order))
        return next((one for one in records if one["additionalData"]["reference"] == sent.reference), None)

    def _end_falsely(self, order: Order, record: dict[str, Any], *, dice: random.Random) -> None:
        if not _is_live(record):
            return
        for _ in range(dice.randint(1, 3)):
            self._post(_news(record, dice.choice(_ENDS), dice=dice), dice=dice)
        time.sleep(dice.random() * _BELIEVED_WITHIN_S)
        may_send = self.agents.may_send(order)
        if may_send and _is_live(self.customers.record(record["paymentLinkRef"])):
            self.book.freed_too_early.add(order.order_id)

    def _bind_wrongly(self, sent: SentRequest, *, dice: random.Random) -> None:
        with self._lock:
            other = dice.choice(self._records) if self._records else None
        if other is None or other["additionalData"]["reference"] == sent.reference:
            return
        body = _news(other, dice.choice(_BINDING), dice=dice) | {"additionalData": {"reference": sent.reference}}
        for name in ("orderNumber", "totalAmount"):
            if dice.random() < 0.5:
                del body[name]
        self._post(body, dice=dice)

    def _post(self, body: dict[str, Any], *, dice: random.Random) -> None:
        """Post until it is stored, as the core does: only then does the ledger owe us a line of it."""
        raw = json.dumps(body, default=str).encode()
        path = dice.choice([self.stage.callbacks.transaction_path, self.stage.callbacks.payment_path])
        headers = {"Content-Type": "application/json", "Authorization": self.stage.callbacks.authorization}
        for _ in range(_TRIES):
            try:
                if self.stage.connector.ask("POST", path, body=raw, headers=headers).status == 200:
                    self.book.note_forged(body=raw, unknown_link=None)
                    return
            except NoResponse:
                pass
            time.sleep(_PAUSE_S)


def _is_live(record: dict[str, Any]) -> bool:
    return record["linkStatus"] in _LIVE and record["paymentStatus"] in (None, "PAYMENT_DECLINED")


def _news(record: dict[str, Any], word: str, *, dice: random.Random) -> dict[str, Any]:
    names = ("orderNumber", "paymentLinkRef", "totalAmount", "currency", "channel", "environment", "additionalData")
    status = "transactionStatus" if word.startswith("PAYMENT_LINK_") else "paymentStatus"
    return {name: record[name] for name in names} | {status: word, "traceId": f"{dice.getrandbits(64):016x}"}
