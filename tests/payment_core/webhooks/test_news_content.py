"""What a provider reported is read as it was stored: each fact in its own place."""

from __future__ import annotations

import json

import pytest

from payment_core.domain.enums import Channel, MessageStatus
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.webhooks import news_content
from payment_core.messengers.messenger import MessageReport, Reply
from tests.payment_core.conftest import CUSTOMER, NOW

WHOLE_REPORT = MessageReport("SM1", MessageStatus.FAILED, "unreachable", "30003", message_id="mes_1", occurred_at=NOW)
WHOLE_REPLY = Reply(
    "IN1", Channel.WHATSAPP, CUSTOMER, "Pay", payload="pay_1.crd_1", payload_unknown=True, opt="HELP",
    in_reply_to="SM1", occurred_at=NOW, carrier_confirms=False,
)  # fmt: skip
LEAST_REPLY = Reply("IN2", Channel.SMS, CUSTOMER, "STOP", carrier_confirms=True)


@pytest.mark.parametrize("report", [WHOLE_REPORT, MessageReport("SM2", MessageStatus.READ)], ids=["whole", "least"])
def test_a_report_of_a_message_is_read_as_it_came(report: MessageReport) -> None:
    stored = json.loads(json.dumps(news_content.of_news(report)))
    assert (stored["kind"], news_content.report_of(stored)) == ("fate", report)


@pytest.mark.parametrize("reply", [WHOLE_REPLY, LEAST_REPLY], ids=["whole", "least"])
def test_what_a_customer_wrote_is_read_as_it_came(reply: Reply) -> None:
    stored = json.loads(json.dumps(news_content.of_news(reply)))
    assert (stored["kind"], news_content.reply_of(stored)) == ("reply", reply)


@pytest.mark.parametrize("is_warning", [True, False])
def test_what_a_gateway_reported_names_the_same_payment(is_warning: bool) -> None:
    ids = PaymentIds("cs_1", "pi_1", "link_1", "att_1")
    seen = Sighting("evt_1", "charge.refunded", ids, occurred_at=NOW, is_fraud_warning=is_warning)
    stored = json.loads(json.dumps(news_content.of_sighting(seen)))
    assert news_content.payment_ids_of(stored) == ids
    assert (stored["kind"], stored["event"], stored["fraud_warning"]) == ("sighting", "charge.refunded", is_warning)
