"""No machine word reaches an agent: codes, field names and ids of our own stay with code, logs and admins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import manifests
from connector.core.peer_fields import DisplayText
from connector.domain.tenants.obstacles import obstacles_of
from connector.domain.tenants.rights import Right
from connector.errors import ServiceError
from connector.salesforce.metadata.custom_permissions import permission_label
from connector.salesforce.metadata.describe import read_description
from connector.salesforce.metadata.labels import in_labels, readable
from connector.salesforce.orders.order_queries import read_order
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.wording import messages
from connector.web.wording.refusal_reasons import REASONS, reason_of
from connector.web.wording.sentences import Sentence, fill
from connector.web.wording.timeline import timeline_of
from tests.contracts.words.test_sentences import CATALOGUE, every_request
from tests.factories import make_tenant
from tests.unit.examples import NOW

ROOT = Path(__file__).resolve().parents[3]
# UPPER_CASE codes, fields and objects of Salesforce, snake_case ids, places that nothing filled in.
MACHINE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b\w+__[a-z]\b|\b[a-z]+_[a-z_]+\b|[{}]")
CODES = [
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "ENTITY_IS_LOCKED",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "NOT_FOUND",
    "A_CODE_THAT_NOBODY_LISTED",
    "UNKNOWN",
    None,
]


def text_of(one: Sentence) -> str:
    return fill(one.id, {"admin": "Naledi in IT", **one.values}, time_zone="UTC")


def test_the_test_knows_a_machine_word() -> None:
    for word in ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Grand_Total__c", "core_key_refused", "{admin}"):
        assert MACHINE.search(f"Because of {word}, it is so.")
    assert not MACHINE.search("Sent 10:42:07 by SMS to a number ending 4567, reference c2p_gkjh. Ask Naledi in IT.")


@pytest.mark.parametrize(("sentence_id", "template"), CATALOGUE.items(), ids=CATALOGUE.keys())
def test_no_sentence_holds_one(sentence_id: str, template: str) -> None:
    assert not MACHINE.search(re.sub(r"\{\w+(:\w+)?\}", "…", template))


@pytest.mark.parametrize("code", CODES)
def test_whatever_salesforce_says_of_an_order_the_agent_reads_words(code: str | None) -> None:
    assert f"reason_{reason_of(code)}" in CATALOGUE
    push = PushState(
        state=OutboxState.REFUSED, version=3, pushed_version=3, requests_version=3, pushed_at=NOW, reason=code
    )
    for request in every_request():
        for one in messages.sentences_of(request, push, followed=None):
            assert not MACHINE.search(text_of(one)), text_of(one)
        for _, line in timeline_of(request, [], push):
            assert not MACHINE.search(text_of(line))
    assert not MACHINE.search(fill("step_salesforce_refused", {"reason": reason_of(code)}, time_zone="UTC"))


def test_every_reason_is_told_apart() -> None:
    assert len({CATALOGUE[f"reason_{reason}"] for reason in REASONS}) == len(REASONS)


MAPPING = {
    "payable": [
        {"field": "Status", "none_of": ["ON_HOLD_X"]},
        {"field": "acme__Approval_State__c", "one_of": ["yes"]},
        {"field": "Account.Credit_Check__c", "one_of": ["passed"]},
    ]
}
ROW = {
    "Id": "801xx0000001gEh", "OrderNumber": "1", "Status": "ON_HOLD_X", "acme__Approval_State__c": "NOT_YET",
    "Account": {"Credit_Check__c": None},
}  # fmt: skip
DESCRIBED = {
    "name": "Order",
    "fields": [
        {
            "name": "Status", "label": "Order Status", "type": "picklist",
            "picklistValues": [{"value": "ON_HOLD_X", "label": "Waiting for stock", "active": True}],
        },
        {"name": "acme__Approval_State__c", "label": "", "type": "string"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("described", [DESCRIBED, None], ids=["described", "not described"])
@pytest.mark.parametrize("total", [Decimal("-5"), Decimal(0), Decimal("1E+20"), None, Decimal("115.00")], ids=str)
@pytest.mark.parametrize("currency", ["ZAR", "USD", "rand", "BHD"])
def test_whatever_is_wrong_with_an_order_the_agent_reads_no_field_name(
    described: dict[str, Any] | None, total: Decimal | None, currency: str
) -> None:
    configuration = {
        "channels": ["sms"], "currencies": ["ZAR", "BHD"], "merchant_name": None, "delivery_reports": [],
        "currency_digits": {"BHD": 0},
    }  # fmt: skip
    tenant = make_tenant(configuration=configuration, mapping=MAPPING)
    row = {
        **ROW,
        "Grand_Total__c": total,
        "Tax__c": Decimal("-1.5"),
        "Sub_Total__c": Decimal(3),
        "Currency__c": currency,
    }
    order = read_order(row, tenant=tenant, read_at=datetime(2026, 11, 21, tzinfo=UTC))
    order = in_labels(order, tenant, lambda *_: read_description(described) if described else None)
    for one in (*obstacles_of(order, tenant), *order.notes):
        text = text_of(Sentence(one.sentence, one.values))
        assert not MACHINE.search(text), text
        assert "acme" not in text


def test_a_field_is_called_what_the_orgs_own_pages_call_it() -> None:
    tenant = make_tenant(mapping=MAPPING)
    order = read_order(ROW, tenant=tenant, read_at=datetime(2026, 11, 21, tzinfo=UTC))
    told = in_labels(order, tenant, lambda *_: read_description(DESCRIBED))
    values = [(one.values["field"], one.values["value"]) for one in told.problems if "field" in one.values]
    assert values == [("Order Status", "Waiting for stock"), ("Approval State", "NOT YET"), ("Credit Check", "")]
    assert [one.field for one in told.problems] == [one.field for one in order.problems]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Status", "Status"), ("PoNumber", "Po Number"), ("Approval_Status__c", "Approval Status"),
        ("acme__Approval__c", "Approval"), ("Account.Credit_Check__c", "Credit Check"),
        ("GrandTotalAmount", "Grand Total Amount"),
    ],
)  # fmt: skip
def test_an_api_name_becomes_words(name: str, read: str) -> None:
    assert readable(name) == read


@pytest.mark.parametrize("right", Right)
def test_a_permission_is_called_by_its_label(right: Right) -> None:
    assert not MACHINE.search(permission_label(right))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("131047: no free text now.", "131047: no free text now."),
        ("TEMPLATE_MISSING", None),
        ("Refused: RE_ENGAGEMENT_MESSAGE", None),
        ("BLOCKED", None),
        ("The customer blocked us", "The customer blocked us"),
        ("Number \u0660\u0668\u0663 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667 is unknown", None),
        ("Card 4111|1111|1111|1111 was refused", None),
    ],
)
def test_what_the_core_says_for_people_is_shown_only_when_it_is(said: str, shown: str | None) -> None:
    assert DisplayText(most=80).deserialize(said) == shown


def error_messages() -> Iterator[tuple[str, str]]:
    """Every message that the code gives an error, as far as it is written on the spot, behind its place."""
    errors = {one.__name__ for one in _subclasses(ServiceError)}
    for path in [path for top in ("connector", "callbacks", "foundation") for path in (ROOT / top).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            if isinstance(node, ast.Call) and called in errors - {
                "LaunchRefused",
                "OrderDeleted",
                "UntrustedMessage",
                "UntrustedLaunch",
                "Misconfigured",
                "Invalid",
            }:
                for text in _texts(node.args[0]) if node.args else ():
                    yield f"{path.stem}:{node.lineno}", text


def _texts(node: ast.expr) -> Iterator[str]:
    """What is written in an expression; a key by which something is looked up is not shown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.BinOp | ast.IfExp):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _texts(part)


def _subclasses(one: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield one
    for below in one.__subclasses__():
        yield from _subclasses(below)


# All in one test, as every process of the tests would read the whole product to know how many there are.
def test_no_error_message_holds_one() -> None:
    found = list(error_messages())
    assert len(found) >= 50
    assert [(place, text) for place, text in found if MACHINE.search(text)] == []


def test_the_labels_of_the_permissions_are_those_of_the_org() -> None:
    named = manifests.load("connector.json")
    assert set(named["permission_labels"]) == set(named["rights"])
