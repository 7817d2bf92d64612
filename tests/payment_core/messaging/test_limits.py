"""Guards against pumping: refused by name before a link exists, and counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from foundation.phones.phone import Phone
from payment_core import metrics
from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant, MerchantSecrets, SendLimits
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.queue_message import Addressee, answer, queue
from payment_core.journeys.messaging.send_limits import LIMIT
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from payment_core.store.messages import messages
from payment_core.store.messages.messages import Content
from tests.payment_core.conftest import CUSTOMER, order_for
from tests.payment_core.fakes import FakeMessenger, MovableClock
from tests.payment_core.replying.test_replies import Phone as CustomerPhone

NONE = SendLimits(per_number=0, per_country=0, per_merchant=0)
OTHERS = [f"2783000000{number}" for number in range(5)]


def limited(merchant: Merchant, **limits: object) -> Merchant:
    return replace(merchant, limits=replace(NONE, **limits))  # type: ignore[arg-type]


def refusal_of(core: Core, merchant: Merchant, phone: str, reference: str) -> Refusal | None:
    order = order_for(channel=Channel.SMS, phone=Phone(phone), caller_reference=reference)
    try:
        create_link(core, merchant, order)
    except Refusal as refused:
        return refused
    return None


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("limits", "phones", "first_refused"),
    [
        ({"per_number": 2}, [CUSTOMER, CUSTOMER, OTHERS[0], CUSTOMER], 3),
        ({"per_country": 3}, [*OTHERS[:3], "447700900123", OTHERS[3]], 4),
        ({"per_merchant": 3}, [*OTHERS[:2], "447700900123", OTHERS[3]], 3),
        ({"countries": frozenset({"ZA"})}, [CUSTOMER, "447700900123"], 1),
    ],
)
def test_a_limit_refuses_before_there_is_a_link(
    core: Core, merchant: Merchant, messenger: FakeMessenger, limits: dict[str, object], phones: list[str],
    first_refused: int,
) -> None:  # fmt: skip
    guarded = limited(merchant, **limits)
    refused = [refusal_of(core, guarded, phone, f"r{number}") for number, phone in enumerate(phones)]
    assert [one is not None for one in refused] == [number == first_refused for number in range(len(phones))]
    last = refused[first_refused]
    assert last is not None
    word = "COUNTRY_NOT_ALLOWED" if "countries" in limits else "MESSAGE_LIMIT_REACHED"
    assert (last.status, last.word) == (409, word)
    assert len(messenger.sent) == len(phones) - 1
    with core.transactions.read() as work:
        assert links.by_caller(work, merchant.merchant_id, f"r{first_refused}") == []


def test_the_next_day_counts_anew(core: Core, merchant: Merchant, clock: MovableClock) -> None:
    guarded = limited(merchant, per_number=1)
    assert refusal_of(core, guarded, CUSTOMER, "a") is None
    assert refusal_of(core, guarded, CUSTOMER, "b") is not None
    clock.move(days=1)
    assert refusal_of(core, guarded, CUSTOMER, "b") is None


def test_what_a_customer_must_hear_is_never_held_back(core: Core, merchant: Merchant, messenger: FakeMessenger) -> None:
    guarded = limited(merchant, per_number=1)
    link = create_link(core, guarded, order_for(channel=Channel.SMS)).link
    assert cancel_link(core, guarded, link.reference).failure is None
    assert len(messenger.sent) == 2


# Each comes once for what was done with money or a link; of the three that bring a link, its caller was refused before.
NEVER_HELD_BACK = (
    *("receipt", "reversed", "review_declined", "cancelled", "expired", "opted_out"),
    *("payment_request", "reply_offer", "replaced"),
)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_beyond_the_limit_only_answers_are_held_back(core: Core, merchant: Merchant, purpose: Purpose) -> None:
    guarded = limited(merchant, per_number=1)
    link = create_link(core, guarded, order_for(channel=Channel.SMS)).link
    with core.transactions.write() as work:
        message_id = queue(work, core, guarded, purpose, link)
        message = messages.find(work, str(message_id))
    assert message is not None
    assert message.failure == (None if purpose.value in NEVER_HELD_BACK else LIMIT)


def test_an_answer_beyond_the_limit_is_held_back_and_counted(
    core: Core, merchant: Merchant, messenger: FakeMessenger
) -> None:
    guarded = limited(merchant, per_number=2)
    before = metrics.registry.counts(metrics.MESSAGES_HELD_BACK).get((LIMIT,), 0)
    phone = CustomerPhone(core, guarded)
    for _ in range(4):
        phone.reply("HELP")
    assert len(messenger.sent) == 2
    assert metrics.registry.counts(metrics.MESSAGES_HELD_BACK)[(LIMIT,)] == before + 2


def test_an_answer_that_is_written_again_after_a_crash_is_not_reported_as_held_back(
    core: Core, merchant: Merchant
) -> None:
    guarded, to = limited(merchant, per_number=1), Addressee(Phone(CUSTOMER), Channel.SMS)
    before = metrics.registry.counts(metrics.MESSAGES_HELD_BACK).get((LIMIT,), 0)

    def answered(cause: str) -> str | None:
        with core.transactions.write() as work:
            return answer(work, core, guarded, Purpose.HELP, Content("Call us."), to=to, cause=cause)

    assert answered("IN1") == answered("IN1")
    assert metrics.registry.counts(metrics.MESSAGES_HELD_BACK).get((LIMIT,), 0) == before
    assert answered("IN2") != answered("IN1")
    assert metrics.registry.counts(metrics.MESSAGES_HELD_BACK)[(LIMIT,)] == before + 1


def test_what_is_held_back_uses_no_limit_up(core: Core, merchant: Merchant) -> None:
    guarded = limited(merchant, countries=frozenset({"ZA"}), per_merchant=1)
    abroad = Addressee(Phone("447700900123"), Channel.SMS)
    with core.transactions.write() as work:
        assert answer(work, core, guarded, Purpose.HELP, Content("Call us."), to=abroad, cause="IN1") is not None
    assert refusal_of(core, guarded, CUSTOMER, "a") is None


@pytest.mark.parametrize("limit", ["per_number", "per_country", "per_merchant"])
def test_what_one_merchant_sends_counts_for_no_other(core: Core, merchant: Merchant, limit: str) -> None:
    guarded = limited(merchant, **{limit: 1})
    stranger = replace(guarded, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
        answer(
            work,
            core,
            stranger,
            Purpose.HELP,
            Content("Call us."),
            to=Addressee(Phone(CUSTOMER), Channel.SMS),
            cause="IN1",
        )
    assert [refusal_of(core, guarded, CUSTOMER, one) is None for one in "ab"] == [True, False]


def test_a_caller_is_told_what_it_can_do(
    core: Core, merchant: Merchant, client: FlaskClient, api_key: str, application: object
) -> None:
    with core.transactions.write() as work:
        merchants.save(work, limited(merchant, per_number=1), now=core.now())
    body = {
        "applicationUuid": application.application_id,  # type: ignore[attr-defined]
        "orderNumber": "1", "channel": "sms", "endUserMobileNumber": CUSTOMER, "currency": "ZAR",
        "totalAmount": 10, "taxAmount": 0, "subTotalAmount": 10,
    }  # fmt: skip
    headers = {"Authorization": api_key}
    assert client.post("/api/v2/payment-links", json=body, headers=headers).status_code == 201
    answer = client.post("/api/v2/payment-links", json=body, headers=headers)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (409, "MESSAGE_LIMIT_REACHED")
    assert answer.get_json()["message"] == core.api.failure(LIMIT)
