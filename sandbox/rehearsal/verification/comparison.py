"""Compare what Salesforce shows with what is true, and count what is lost and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.rehearsal.registry import Order, Registry
from sandbox.rehearsal.verification.oracle import (
    LINK_RANK,
    MESSAGE_RANK,
    MONEY_RANK,
    ExpectedRequest,
    expected_order_fields,
    expected_request_fields,
    implied_message,
    implied_states,
)
from sandbox.rehearsal.verification.org_view import Row

_NEVER_AT_THE_CORE = ("created", "sending", "unknown", "rejected", "expired")
_MONEY = ("Amount_Paid__c", "Amount_Authorized__c", "Amount_Reversed__c")


@dataclass
class Comparison:
    """`lost`: acknowledged notifications or money without an effect. `wrong`: orders and requests that differ."""

    lost: int = 0
    wrong: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Return whether nothing was lost and nothing differs."""
        return self.lost == 0 and self.wrong == 0

    def add_wrong(self, difference: str) -> None:
        """Add an order or a request that differs, in words."""
        self.wrong += 1
        self.differences.append(difference)


@dataclass(frozen=True)
class Evidence:
    """What is true and what is shown, of all orders; `acknowledged` counts by (link, status word)."""

    expected: Mapping[str, Sequence[ExpectedRequest]]
    orders: Mapping[str, Row]
    requests: Mapping[str, Row]
    acknowledged: Mapping[tuple[str, str], int]


def compare(evidence: Evidence, registry: Registry) -> Comparison:
    """Compare every order, every payment request and every acknowledged notification."""
    comparison = Comparison()
    shown_by_order: dict[str, list[str]] = {}
    for reference, row in evidence.requests.items():
        shown_by_order.setdefault(row["Order__c"], []).append(reference)
    for order in registry.orders:
        expected = evidence.expected.get(order.order_id, ())
        for one in expected:
            _compare_request(comparison, one, evidence.requests.get(one.reference), order=order)
        unexpected = set(shown_by_order.get(order.order_id, ())) - {one.reference for one in expected}
        unknown = [one for one in unexpected if _check_unexpected(comparison, evidence.requests[one])]
        sent = registry.references.get(order.order_id, [])
        # An order that nobody asked money for has empty fields, and no zeros to compare.
        if expected or sent or unknown:
            _compare_order(comparison, order, evidence, unknown_live=bool(unknown), sent=sent)
    _compare_acknowledged(comparison, evidence)
    for order_id in registry.shown_too_early:
        comparison.add_wrong(f"order {order_id} showed money that nobody had paid")
    for order_id in registry.released_too_early:
        comparison.add_wrong(f"order {order_id} could be sent for while its first link was live")
    if registry.unauthenticated_accepted:
        comparison.add_wrong(f"{registry.unauthenticated_accepted} notifications without the password were taken")
    return comparison


def _compare_request(comparison: Comparison, expected: ExpectedRequest, row: Row | None, *, order: Order) -> None:
    if row is None:
        comparison.lost += 1
        comparison.add_wrong(f"request {expected.reference} ({expected.core_status}) is not in Salesforce")
        return
    fields = expected_request_fields(expected, order.order_id)
    differing = _differing(row, fields)
    if differing:
        comparison.add_wrong(f"request {expected.reference} of {order.number}: {_describe(differing, row, fields)}")
    if any(name in differing for name in _MONEY):
        comparison.lost += 1


def _check_unexpected(comparison: Comparison, row: Row) -> bool:
    """Check a request that the core never got: it may hold no money. Returns whether it may still be live."""
    if any(Decimal(str(row[name] or 0)) for name in _MONEY) or row["Status__c"] not in _NEVER_AT_THE_CORE:
        comparison.add_wrong(f"request {row['Reference__c']} is unknown to the core and shown as {row['Status__c']}")
    return row["Status__c"] in ("sending", "unknown")


def _compare_order(
    comparison: Comparison, order: Order, evidence: Evidence, *, unknown_live: bool, sent: Sequence[str]
) -> None:
    row = evidence.orders.get(order.order_id)
    if row is None:
        comparison.add_wrong(f"order {order.number} is not shown")
        return
    expected = evidence.expected.get(order.order_id, ())
    fields = expected_order_fields(order.total, expected, unknown_live=unknown_live)
    latest = sent[-1] if sent else None
    newest = next((one for one in expected if one.reference == latest), None)
    if newest is not None:
        fields |= {"Chat2Pay_Reference__c": (latest,), "Chat2Pay_Status__c": (newest.status,)}
    differing = _differing(row, fields)
    if differing:
        comparison.add_wrong(f"order {order.number}: {_describe(differing, row, fields)}")


def _compare_acknowledged(comparison: Comparison, evidence: Evidence) -> None:
    """Check that the request's states are at least what each acknowledged notification implies."""
    references = {one.link: one.reference for requests in evidence.expected.values() for one in requests}
    for (link, word), count in evidence.acknowledged.items():
        row = evidence.requests.get(references.get(link, ""))
        least_link, least_money = implied_states(word)
        shown = (str(row["Link_State__c"]), str(row["Money_State__c"])) if row else ("none", "none")
        message = str(row["Message_State__c"]) if row else "none"
        if MESSAGE_RANK[message] < MESSAGE_RANK[implied_message(word)]:
            comparison.lost += count
            comparison.differences.append(f"{word} of {link} was acknowledged {count} times; shown is {message}")
        if LINK_RANK[shown[0]] < LINK_RANK[least_link] or MONEY_RANK[shown[1]] < MONEY_RANK[least_money]:
            comparison.lost += count
            comparison.differences.append(f"{word} of {link} was acknowledged {count} times; shown is {shown}")


def _differing(row: Row, fields: Mapping[str, tuple[Any, ...]]) -> list[str]:
    return [name for name, values in fields.items() if not any(_is_same(row[name], value) for value in values)]


def _is_same(shown: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        # an empty field counts as zero, and as nothing else
        return Decimal(str(shown or 0)) == value and (shown is not None or value == 0)
    return bool(shown == value)


def _describe(names: Sequence[str], row: Row, fields: Mapping[str, tuple[Any, ...]]) -> str:
    return ", ".join(f"{name} is {row[name]}, should be {' or '.join(map(str, fields[name]))}" for name in names)
