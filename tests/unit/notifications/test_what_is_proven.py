"""Which facts of a record, and of a callback that is believed by itself, become known of a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.core.lifecycle import lifecycle
from connector.domain.payments.evidence import apply_evidence
from connector.domain.payments.notification import Notification
from connector.domain.payments.status import Link, Message, Money, States, StatusUpdate
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.take_record import evidence_of, is_only_of_charge, own_evidence, take_record
from connector.store.inbox.inbox import InboxEntry
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW, make_request

REQUEST = make_request(link_reference="link-1", live=True, states=States(link=Link.SENT), sent_at=NOW)
EARLIER = NOW - timedelta(minutes=1)
PAID = {"news": StatusUpdate(money=Money.PAID), "captured": Decimal(115)}
FAILED = {"news": StatusUpdate(message=Message.FAILED), "message": Message.FAILED}


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param({"receipt_reference": "r-1"}, {"receipt_reference": "r-1"}, id="the receipt"),
        pytest.param({"reconciliation_reference": "b-1"}, {"reconciliation_reference": "b-1"}, id="the bank's"),
        pytest.param({"created_at": EARLIER, **PAID}, {"sent_at": EARLIER}, id="when it was sent"),
        pytest.param({"clicked_at": EARLIER}, {"opened_at": EARLIER}, id="when it was opened"),
        pytest.param({"core_status": "A_WORD", **PAID}, {"core_status": "A_WORD"}, id="the core's word"),
        pytest.param({"authorized": Decimal(115)}, {"authorized": Decimal(115)}, id="held"),
        pytest.param(PAID, {"captured": Decimal(115)}, id="taken"),
        pytest.param({**PAID, "reversed": Decimal(40)}, {"reversed": Decimal(40)}, id="given back"),
        pytest.param(
            {**FAILED, "message_failure": "not_a_mobile"},
            {"message_failure": "not_a_mobile", "message_at": NOW},
            id="why its message failed",
        ),
        pytest.param({"do_not_ship": True}, {"do_not_ship": True}, id="the goods must wait"),
        pytest.param(
            {"attention": "disputed", "attention_at": EARLIER},
            {"attention": "disputed", "attention_at": EARLIER},
            id="a person must look",
        ),
        pytest.param({"capture_before": EARLIER}, {"capture_before": EARLIER}, id="until when it can be taken"),
        pytest.param({"settled": True}, {"settled": True}, id="it is settled"),
        pytest.param(
            {"charging": True, "charging_at": EARLIER}, {"charging": True, "charging_at": EARLIER}, id="it is charged"
        ),
    ],
)
def test_what_a_record_says_is_known_of_the_request(said: dict[str, Any], known: dict[str, Any]) -> None:
    record = replace(CORE_RECORD, **said)
    taken = take_record(REQUEST, Found(record), tenant=make_tenant(), now=NOW)
    assert {name: getattr(taken, name) for name in known} == known


def test_a_record_of_a_link_that_ended_speaks_of_its_money_and_of_its_end_apart() -> None:
    news = StatusUpdate(link=Link.EXPIRED, money=Money.PAID)
    record = replace(CORE_RECORD, news=news, captured=Decimal(115), core_status="PAID", link_word="EXPIRED")
    money, end = evidence_of(record, now=NOW)
    assert (money.news, money.core_status) == (StatusUpdate(money=Money.PAID), "PAID")
    assert (end.news, end.core_status) == (StatusUpdate(link=Link.EXPIRED), "EXPIRED")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param({"core_status": "A_WORD"}, {"core_status": "A_WORD"}, id="the core's word"),
        pytest.param({"receipt_reference": "r-1"}, {"receipt_reference": "r-1"}, id="the receipt"),
        pytest.param({"reconciliation_reference": "b-1"}, {"reconciliation_reference": "b-1"}, id="the bank's"),
        pytest.param(
            {"news": StatusUpdate(message=Message.FAILED), "message_failure": "not_a_mobile"},
            {"message_failure": "not_a_mobile", "message_at": EARLIER},
            id="why its message failed",
        ),
        pytest.param({"link_reference": "link-2"}, {"link_reference": "link-1"}, id="never another link"),
        pytest.param({"news": StatusUpdate(link=Link.SENT)}, {"sent_at": NOW}, id="never when it was sent"),
    ],
)
def test_what_a_callback_says_is_known_of_the_request(said: dict[str, Any], known: dict[str, Any]) -> None:
    paid = StatusUpdate(money=Money.PAID)
    told = Notification("00000102", "link-1", "c2p_1", "PAID", paid, Decimal(115), None, None, EARLIER)
    entry = InboxEntry(b"d", "acme", "transaction-status", b"{}", NOW, 1, 1, None, "w1.1", True)
    proof = own_evidence(entry, replace(told, **said), REQUEST)
    after = apply_evidence(REQUEST, proof, lifecycle=lifecycle())
    assert {name: getattr(after, name) for name in known} == known


@pytest.mark.parametrize(
    ("changes", "is_only"),
    [
        ({"charging": True, "charging_at": NOW}, True),
        ({"charging_at": NOW}, True),
        ({"charging": True, "charging_at": NOW, "settled": True}, False),
    ],
    ids=["it begins", "it has ended", "and more is known"],
)
def test_a_card_that_is_being_charged_is_news_to_pages_alone(changes: dict[str, Any], is_only: bool) -> None:
    assert is_only_of_charge(REQUEST, replace(REQUEST, **changes)) is is_only
