"""Knows how to hold what Salesforce shows against what is true, and counts the difference; refuses to explain it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.rehearsal.registry import Order, Registry
from sandbox.rehearsal.verification.oracle import (
    LINK_RANK,
    MONEY_RANK,
    ExpectedRequest,
    expected_order_fields,
    expected_request_fields,
    implied_states,
)
from sandbox.rehearsal.verification.org_view import Row

_NEVER_AT_THE_CORE = ("created", "sending", "unknown", "rejected", "expired")
_MONEY = ("Amount_Paid__c", "Amount_Authorized__c", "Amount_Reversed__c")
News = Mapping[tuple[str, str], int]


@dataclass
class Comparison:
    """`lost`: acknowledged news or money whose effect is missing. `wrong`: orders and requests that differ."""

    lost: int = 0
    wrong: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.lost == 0 and self.wrong == 0

    def differ(self, what: str) -> None:
        self.wrong += 1
        self.differences.append(what)


@dataclass(frozen=True)
class Evidence:
    """What is true and what is shown, of all orders of the rehearsal."""

    true: Mapping[str, Sequence[ExpectedRequest]]
    orders: Mapping[str, Row]
    requests: Mapping[str, Row]
    acknowledged: News


def compare(scene: Evidence, book: Registry) -> Comparison:
    """Compare every order, every payment request and every acknowledged notification."""
    proof = Comparison()
    by_order: dict[str, list[str]] = {}
    for reference, row in scene.requests.items():
        by_order.setdefault(row["Order__c"], []).append(reference)
    for order in book.orders:
        true = scene.true.get(order.order_id, ())
        for one in true:
            _request(proof, one, scene.requests.get(one.reference), order=order)
        strays = set(by_order.get(order.order_id, ())) - {one.reference for one in true}
        unknown = [reference for reference in strays if _stray(proof, scene.requests[reference])]
        asked = book.references.get(order.order_id, [])
        if true or asked or unknown:
            _order(proof, order, true, scene=scene, unknown=unknown, asked=asked)
    _news(proof, scene)
    for order_id in book.too_early:
        proof.differ(f"order {order_id} showed money that nobody had paid")
    for order_id in book.freed_too_early:
        proof.differ(f"order {order_id} could be sent for while its first link was live")
    if book.strangers_let_in:
        proof.differ(f"{book.strangers_let_in} notifications without the password were taken")
    return proof


def _request(proof: Comparison, true: ExpectedRequest, row: Row | None, *, order: Order) -> None:
    if row is None:
        proof.lost += 1
        proof.differ(f"request {true.reference} ({true.core_status}) is not in Salesforce")
        return
    wanted = expected_request_fields(true, order.order_id)
    differing = _differing(row, wanted)
    if differing:
        proof.differ(f"request {true.reference} of {order.number}: {_told(differing, row, wanted)}")
    if any(name in differing for name in _MONEY):
        proof.lost += 1


def _stray(proof: Comparison, row: Row) -> bool:
    """A request that the core never got: no money may stand in it. Returns whether it may still be live."""
    if any(Decimal(str(row[name] or 0)) for name in _MONEY) or row["Status__c"] not in _NEVER_AT_THE_CORE:
        proof.differ(f"request {row['Reference__c']} is unknown to the core and shown as {row['Status__c']}")
    return row["Status__c"] in ("sending", "unknown")


def _order(
    proof: Comparison,
    order: Order,
    true: Sequence[ExpectedRequest],
    *,
    scene: Evidence,
    unknown: Sequence[str],
    asked: Sequence[str],
) -> None:
    row = scene.orders.get(order.order_id)
    if row is None:
        proof.differ(f"order {order.number} is not shown")
        return
    wanted = expected_order_fields(order.total, true, unknown_live=bool(unknown))
    latest = asked[-1] if asked else None
    newest = next((one for one in true if one.reference == latest), None)
    if newest is not None:
        wanted |= {"Chat2Pay_Reference__c": (latest,), "Chat2Pay_Status__c": (newest.status,)}
    differing = _differing(row, wanted)
    if differing:
        proof.differ(f"order {order.number}: {_told(differing, row, wanted)}")


def _news(proof: Comparison, scene: Evidence) -> None:
    """Every acknowledged notification must have left its trace in the request's states."""
    of_link = {one.link: one.reference for requests in scene.true.values() for one in requests}
    for (link, word), count in scene.acknowledged.items():
        row = scene.requests.get(of_link.get(link, ""))
        least_link, least_money = implied_states(word)
        present = (str(row["Link_State__c"]), str(row["Money_State__c"])) if row else ("none", "none")
        if LINK_RANK[present[0]] < LINK_RANK[least_link] or MONEY_RANK[present[1]] < MONEY_RANK[least_money]:
            proof.lost += count
            proof.differences.append(f"{word} of {link} was acknowledged {count} times; shown is {present}")


def _differing(row: Row, wanted: Mapping[str, tuple[Any, ...]]) -> list[str]:
    return [name for name, values in wanted.items() if not any(_same(row[name], value) for value in values)]


def _same(shown: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return Decimal(str(shown or 0)) == value and (shown is not None or value == 0)
    return bool(shown == value)


def _told(names: Sequence[str], row: Row, wanted: Mapping[str, tuple[Any, ...]]) -> str:
    return ", ".join(f"{name} is {row[name]}, should be {' or '.join(map(str, wanted[name]))}" for name in names)
