"""What an org lacks for payments of Order Management: named with where to click. They are recorded in the sandbox's own org."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import requests
from sqlalchemy import update

from connector.journeys.news.book_captures import BY_HAND, NO_SUMMARY
from connector.store.schema.tables import payment_news
from connector.workers.news_delivery import NewsDelivery
from tests.doctor.clinic import Clinic
from tests.peers.answers import Answer

SET = "Chat2Pay_Order_Management"


def named(clinic: Clinic) -> list[str]:
    return [one.subject for one in clinic.findings() if one.check == "order_payments"]


@pytest.fixture
def keeper(clinic: Clinic) -> Clinic:
    """A deployment that records payments, in an org with Order Management, whose user may."""
    clinic.control("PATCH", "org", {"order_summaries": True})
    clinic.control("POST", "deploy", {"directories": ["oms"]})
    sets = {"permission_sets": ["Chat2Pay_Integration", SET]}
    clinic.control("PATCH", f"users/{clinic.user('Integration')['id']}", sets)
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, order_payments=True)))
    return clinic


def pay(clinic: Clinic) -> str:
    """Let a link be sent and paid, and its records be written; return the order's id."""
    order: str = clinic.org.extensions["org"].orders()[0]["Id"]
    assert clinic.send().status_code == 201
    clinic.callback(clinic.core.happen(clinic.core.last(), "PAYMENT_RECEIVED"))
    clinic.clock.pass_by(seconds=3)
    clinic.push()
    clinic.clock.pass_by(seconds=3)
    return order


def test_a_paid_order_has_one_payment_in_one_summary_of_its_order_summary(keeper: Clinic) -> None:
    assert named(keeper) == []
    order = pay(keeper)
    delivery = NewsDelivery()
    delivery.deliver(keeper.services, patience=30)
    assert named(keeper) == ["no_order_summary"]
    keeper.control("PATCH", f"orders/{order}", {"managed": True})
    for _ in range(3):
        keeper.clock.pass_by(minutes=70)
        delivery.deliver(keeper.services, patience=30)
    records = keeper.org.extensions["org"].records
    (payment,) = records.rows("Payment")
    (summary,) = records.rows("OrderPaymentSummary")
    (of_order,) = records.rows("OrderSummary")
    assert payment["OrderPaymentSummaryId"] == summary["Id"]
    assert (summary["OrderSummaryId"], summary["CapturedAmount"]) == (of_order["Id"], payment["Amount"])
    assert named(keeper) == []


def test_a_payment_that_was_given_up_is_no_refused_bell(keeper: Clinic) -> None:
    pay(keeper)
    given_up = {"state": "refused", "reason": "INVALID_TYPE", "due_at": None, "finished_at": keeper.services.now()}
    with keeper.services.store.write() as work:
        work.connection.execute(update(payment_news).where(payment_news.c.medium == "payment").values(given_up))
    assert {(one.check, one.subject) for one in keeper.findings() if one.subject == "INVALID_TYPE"} == {
        ("order_payments", "INVALID_TYPE")
    }


@pytest.mark.parametrize(
    ("medium", "state", "reason", "subjects"),
    [
        ("payment", "due", "FIELD_INTEGRITY_EXCEPTION", ["FIELD_INTEGRITY_EXCEPTION"]),
        ("payment", "nobody", BY_HAND, [BY_HAND]),
        ("payment", "due", None, []),
        ("payment", "delivered", "FIELD_INTEGRITY_EXCEPTION", []),
        ("event", "due", "FIELD_INTEGRITY_EXCEPTION", []),
    ],
)
def test_what_keeps_a_payment_from_being_recorded_is_named(
    keeper: Clinic, medium: str, state: str, reason: str | None, subjects: list[str]
) -> None:
    pay(keeper)
    row = {"medium": medium, "state": state, "reason": reason, "finished_at": keeper.services.now()}
    with keeper.services.store.write() as work:
        work.connection.execute(update(payment_news).where(payment_news.c.medium == "payment").values(row))
    assert named(keeper) == subjects


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("due", "INVALID_TYPE", "1 payments are not recorded because of INVALID_TYPE; they wait."),
        (
            "refused", "INVALID_TYPE",
            "1 payments are not recorded because of INVALID_TYPE; they were given up after a week: enter them by hand.",
        ),
        ("due", NO_SUMMARY, "1 payments belong to orders that have no order summary yet."),
        ("nobody", BY_HAND, "1 reversals of the last day are no Refund in Order Management."),
    ],
)  # fmt: skip
def test_what_becomes_of_payments_that_are_not_recorded_is_said(
    keeper: Clinic, state: str, reason: str, said: str
) -> None:
    pay(keeper)
    row = {"state": state, "reason": reason, "due_at": None, "finished_at": keeper.services.now()}
    with keeper.services.store.write() as work:
        work.connection.execute(update(payment_news).where(payment_news.c.medium == "payment").values(row))
    (told,) = [one for one in keeper.findings() if one.check == "order_payments"]
    assert told.problem == said
    assert ("adapter" in told.remedy) is (reason == BY_HAND)


def test_a_field_that_the_org_demands_of_every_payment_is_named_with_where_to_click(keeper: Clinic) -> None:
    assert named(keeper) == []

    def demanding(request: requests.PreparedRequest) -> Answer | None:
        if not str(request.url).endswith("/Payment/describe"):
            return None
        status, headers, body = keeper.org_door(request)
        described = json.loads(body)
        described["fields"].append({
            "name": "Till__c", "type": "string", "createable": True, "nillable": False, "defaultedOnCreate": False,
        })  # fmt: skip
        return status, headers, json.dumps(described)

    keeper.on_the_way = demanding
    (told,) = [one for one in keeper.findings() if one.check == "order_payments"]
    assert told.subject == "required Till__c"
    assert told.problem == "The org demands the field Till__c of every Payment, and the connector has no value for it."
    assert told.remedy.startswith("Setup → Object Manager → Payment → Till__c: not required")


@pytest.mark.parametrize("reason", ["Payment", None], ids=["waits for it", "not tried yet"])
def test_a_missing_piece_is_named_once_and_not_with_each_payment(keeper: Clinic, reason: str | None) -> None:
    pay(keeper)
    keeper.control("PATCH", "org", {"order_summaries": False})
    with keeper.services.store.write() as work:
        waits = {"state": "due", "reason": reason}
        work.connection.execute(update(payment_news).where(payment_news.c.medium == "payment").values(waits))
    assert named(keeper) == ["Payment"]


def test_a_right_that_is_missing_is_named(keeper: Clinic) -> None:
    users = f"users/{keeper.user('Integration')['id']}"
    keeper.control("PATCH", users, {"permission_sets": ["Chat2Pay_Integration"]})
    assert named(keeper) == ["Chat2Pay_External_Id__c"]
    keeper.control("PATCH", "org", {"order_summaries": False})
    assert named(keeper) == ["Payment"]


def test_a_tenant_without_the_switch_is_asked_for_nothing(clinic: Clinic) -> None:
    assert named(clinic) == []
    pay(clinic)
    NewsDelivery().deliver(clinic.services, patience=30)
    assert clinic.org.extensions["org"].records.rows("Payment") == []
