"""A link that takes the place of another: the old one is dead first, and the customer reads one message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from foundation.phones.phone import Phone
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import Channel, LinkStatus, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.linking.replace_link import check_previous
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links
from tests.payment_core.conftest import CUSTOMER
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.payment_core.links import attempts_of
from tests.payment_core.replying.test_replies import PAYER, code_in, keep_a_card

Make = Callable[..., Link]


def test_a_replaced_link_is_told_by_one_message(
    core: Core, client: FlaskClient, api_key: str, make_link: Make, messenger: FakeMessenger
) -> None:
    old = make_link(channel=Channel.SMS, caller_reference="a")
    answer = client.post(
        f"/api/v2/payment-links/{old.reference}/cancel",
        json={"forReplacement": True},
        headers={"Authorization": api_key},
    )
    assert (answer.status_code, answer.get_json()["customerNotified"]) == (200, False)
    assert answer.get_json()["notNotifiedReason"] == core.api.failure("replaced")
    new = make_link(channel=Channel.SMS, caller_reference="b", previous=old.reference)
    assert new.previous == old.reference
    texts = messenger.texts_to(CUSTOMER)
    assert len(texts) == 2
    assert "the old one no longer works" in texts[1]


def test_who_never_got_the_old_link_reads_nothing_of_it(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    old = make_link(channel=Channel.SMS, caller_reference="a")
    cancel_link(core, merchant, old.reference, for_replacement=True)
    other = make_link(channel=Channel.SMS, caller_reference="b", previous=old.reference, phone=Phone("27837654321"))
    assert other.previous == old.reference
    assert "please pay" in messenger.texts_to("27837654321")[-1]
    with core.transactions.write() as work:
        link = links.lock(work, old.reference)
        assert link is not None
        links.save(work, replace(link, message_status=MessageStatus.FAILED))
    make_link(channel=Channel.SMS, caller_reference="c", previous=old.reference)
    assert "please pay" in messenger.texts_to(CUSTOMER)[-1]


def test_a_replacement_that_a_card_can_pay_says_both(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    old = make_link(channel=Channel.SMS, caller_reference="a", payer_reference=PAYER)
    cancel_link(core, merchant, old.reference, for_replacement=True)
    make_link(channel=Channel.SMS, caller_reference="b", payer_reference=PAYER, previous=old.reference)
    assert "this replaces the earlier link" in messenger.sent[-1].text
    assert code_in(messenger.sent[-1].text)


def test_a_link_that_ended_is_not_replaced_while_an_attempt_to_pay_it_is_live(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    """No link ends so here; a database that was brought back to an earlier time may hold one."""
    old = make_link(caller_reference="a")
    begin_payment(core, merchant, old, saves_card=False, return_url="https://pay.example/pay/x")
    with core.transactions.write() as work:
        link = links.lock(work, old.reference)
        assert link is not None
        links.save(work, replace(link, status=LinkStatus.EXPIRED, payable=False))
    with pytest.raises(Refusal) as refused:
        make_link(caller_reference="b", previous=old.reference)
    assert (refused.value.status, refused.value.word) == (409, core.api.refusal("send_payment_link", "previous_open"))


@pytest.mark.parametrize("what", ["cancel", "expire"])
def test_a_dead_link_may_be_replaced(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock, what: str
) -> None:
    old = make_link(caller_reference="a")
    if what == "cancel":
        cancel_link(core, merchant, old.reference)
    else:
        clock.move(minutes=5)
    assert make_link(caller_reference="b", previous=old.reference).payable


def test_an_open_a_paid_and_an_unknown_link_may_not(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    def word(previous: str, reference: str) -> tuple[int, str]:
        with pytest.raises(Refusal) as refused:
            make_link(caller_reference=reference, previous=previous)
        return refused.value.status, refused.value.word

    old = make_link(caller_reference="a")
    sent = len(messenger.sent)
    assert word(old.reference, "b") == (409, "PREVIOUS_LINK_OPEN")
    begin_payment(core, merchant, old, saves_card=False, return_url="https://pay.example/pay/x")
    assert word(old.reference, "b") == (409, "PREVIOUS_LINK_OPEN")
    key = gateway.key_of(old.reference)
    gateway.pay(key, state=PaymentState.REVIEW)
    with core.transactions.read() as work:
        attempt = attempts_of(work, old.reference)[0]
    look(core, attempt)
    assert word(old.reference, "b") == (409, "PREVIOUS_LINK_PAID"), "its money may come yet"
    gateway.change(key, state=PaymentState.TAKEN, authorized=old.total, captured=old.total)
    look(core, attempt)
    assert word(old.reference, "b") == (409, "PREVIOUS_LINK_PAID")
    assert word("nothing", "b") == (404, "PREVIOUS_LINK_NOT_FOUND")
    assert len(messenger.sent) == sent


DEAD: dict[str, Any] = {"status": LinkStatus.CANCELLED, "payable": False}
PAID = Decimal("150.00")


@pytest.mark.parametrize(
    ("became", "attempt", "word"),
    [
        (DEAD, None, None),
        ({"status": LinkStatus.EXPIRED, "payable": False}, None, None),
        (DEAD | {"payment_status": PaymentStatus.DECLINED}, None, None),
        (DEAD, AttemptState.ENDED, None),
        # What came back whole is paid no more.
        (DEAD | {"payment_status": PaymentStatus.VOIDED, "captured": PAID, "reversed": PAID}, None, None),
        ({}, None, "PREVIOUS_LINK_OPEN"),
        ({"status": LinkStatus.CLICKED, "payable": False}, None, "PREVIOUS_LINK_OPEN"),
        # Each of these alone means that money may still come.
        ({"status": LinkStatus.CANCELLED}, None, "PREVIOUS_LINK_OPEN"),
        ({"status": LinkStatus.EXPIRED}, None, "PREVIOUS_LINK_OPEN"),
        (DEAD, AttemptState.PREPARED, "PREVIOUS_LINK_OPEN"),
        (DEAD, AttemptState.OPEN, "PREVIOUS_LINK_OPEN"),
        (DEAD, AttemptState.CLOSING, "PREVIOUS_LINK_OPEN"),
        (DEAD | {"payment_status": PaymentStatus.RECEIVED, "captured": PAID}, None, "PREVIOUS_LINK_PAID"),
        (DEAD | {"payment_status": PaymentStatus.AUTHORIZED, "authorized": PAID}, None, "PREVIOUS_LINK_PAID"),
        (DEAD | {"payment_status": PaymentStatus.REVIEW}, None, "PREVIOUS_LINK_PAID"),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_link_is_replaced_only_where_no_money_can_come_by_it(
    core: Core, merchant: Merchant, make_link: Make, became: dict[str, Any], attempt: AttemptState | None,
    word: str | None,
) -> None:  # fmt: skip
    """Else the customer could pay twice."""
    link = make_link()
    made = Attempt(
        "att_1", link.reference, link.merchant_id, AttemptKind.PAGE, AttemptState.PREPARED, "k", core.now(), None
    )
    with core.transactions.write() as work:
        old = links.save(work, replace(link, **became))
        if attempt is not None:
            attempts.add(work, replace(made, state=attempt))
        if word is None:
            assert check_previous(work, core, merchant, link.reference) == old
            return
        with pytest.raises(Refusal) as refused:
            check_previous(work, core, merchant, link.reference)
    assert (refused.value.status, refused.value.word) == (409, word)


def test_another_merchants_dead_link_is_none_to_be_replaced(core: Core, merchant: Merchant, make_link: Make) -> None:
    old = make_link(caller_reference="a")
    cancel_link(core, merchant, old.reference)
    stranger = replace(merchant, merchant_id="mer_other")
    with core.transactions.write() as work, pytest.raises(Refusal) as refused:
        check_previous(work, core, stranger, old.reference)
    assert (refused.value.status, refused.value.word) == (404, "PREVIOUS_LINK_NOT_FOUND")


@pytest.mark.parametrize("tells", [True, False])
def test_an_expired_link_is_told_where_the_merchant_wants_it(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, clock: MovableClock, tells: bool
) -> None:
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, tells_expiry=tells), now=core.now())
    make_link(channel=Channel.SMS)
    clock.move(minutes=5)
    expire_links(core)
    send_due(core)
    assert ("has expired" in messenger.sent[-1].text) is tells
