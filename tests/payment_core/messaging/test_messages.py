"""Messages leave once, and their links say what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, LinkStatus, MessageStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import SavedCard
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.compose import NOTHING_MORE, Details, Offer, compose, compose_answer
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.record_message_status import record_message_status
from payment_core.journeys.messaging.send_message import send_due
from payment_core.messengers.messenger import MessageReport, OutgoingMessage
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import messages as stored_messages
from payment_core.store.messages import opt_outs
from payment_core.store.messages.messages import Content
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import CUSTOMER, NOW
from tests.payment_core.domain.test_settlement import link_of
from tests.payment_core.fakes import FakeMessenger, Lost, MovableClock
from tests.payment_core.links import now_of

Make = Callable[..., Link]
ABOUT_A_LINK = (
    *(Purpose.PAYMENT_REQUEST, Purpose.REPLACED, Purpose.RECEIPT, Purpose.CANCELLED, Purpose.DECLINED),
    *(Purpose.REVIEW_DECLINED, Purpose.REVERSED, Purpose.EXPIRED, Purpose.DEAD_LINK, Purpose.NEEDS_PAGE),
    Purpose.UNDER_WAY,
)


def test_a_link_is_sent_with_merchant_amount_and_address_only(make_link: Make, messenger: FakeMessenger) -> None:
    link = make_link(channel=Channel.SMS)
    assert link.status is LinkStatus.SENT
    (text,) = messenger.texts_to("27831234567")
    for named in ("Karoo Coffee Roasters", "ZAR 150.00", "https://pay.example/pay/"):
        assert named in text
    assert "00000100" not in text, "a wrong number must not learn what was bought"


def test_a_provider_is_told_for_how_long_a_message_is_of_use(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock
) -> None:
    """It drops a request by itself that it could not deliver before its link was over."""
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link()
    clock.move(seconds=2)
    send_due(core)
    assert messenger.sent[-1].valid_seconds == (link.expires_at - clock()).total_seconds() == 298


@pytest.mark.parametrize("fault", [Lost.BEFORE, Lost.AFTER])
def test_a_message_that_was_perhaps_sent_is_never_sent_again(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, fault: Lost
) -> None:
    messenger.faults.append(fault)
    link = make_link()
    for _ in range(3):
        clock.move(minutes=1)
        send_due(core)
    assert len(messenger.sent) == (1 if fault is Lost.AFTER else 0)
    expected = LinkStatus.SENT if fault is Lost.AFTER else LinkStatus.CREATED
    assert now_of(core, link).status is expected


def test_a_message_that_never_left_is_tried_again_while_its_link_lives(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock
) -> None:
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link()
    clock.move(seconds=5)
    assert send_due(core) == 1
    assert now_of(core, link).status is LinkStatus.SENT


@pytest.mark.parametrize("fault", [Lost.BEFORE, Lost.AFTER])
def test_what_was_perhaps_sent_has_not_failed_by_growing_old(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, fault: Lost
) -> None:
    messenger.faults.append(fault)
    link = make_link()
    clock.move(minutes=6)
    send_due(core)
    found = now_of(core, link).message_status
    assert found is (MessageStatus.SENT if fault is Lost.AFTER else MessageStatus.UNKNOWN)
    for _ in range(4):
        clock.move(hours=1)
        send_due(core)
    assert send_due(core) == 0, "and it is looked for no more, once its time is long over"
    assert now_of(core, link).message_status is found


@pytest.mark.parametrize(("left", "is_sent"), [(1, True), (0, False)])
def test_a_message_is_sent_until_nobody_can_do_what_it_asks(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, left: int, is_sent: bool
) -> None:
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link()
    clock.move(seconds=(link.expires_at - clock()).total_seconds() - left)
    send_due(core)
    assert (len(messenger.sent), now_of(core, link).message_failure) == ((1, None) if is_sent else (0, "too_late"))


@pytest.mark.parametrize("purpose", [Purpose.RECEIPT, Purpose.HELP])
@pytest.mark.parametrize(("left", "is_sent"), [(1, True), (0, False)])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_brings_no_link_is_sent_within_four_hours(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, clock: MovableClock, purpose: Purpose,
    left: int, is_sent: bool,
) -> None:  # fmt: skip
    """A receipt that comes the next morning looks like another payment."""
    link = make_link(channel=Channel.SMS)
    messenger.sent.clear()
    with core.transactions.write() as work:
        if purpose is Purpose.RECEIPT:
            queue_message.queue(work, core, merchant, purpose, link)
        else:
            content, to = Content("Call us."), queue_message.Addressee(link.phone, link.channel)
            queue_message.answer(work, core, merchant, purpose, content, to=to, cause="IN1")
    clock.move(hours=4, seconds=-left)
    send_due(core)
    assert len(messenger.sent) == is_sent


@pytest.mark.parametrize(("late", "is_asked"), [(-31, True), (0, False)])
def test_what_was_perhaps_sent_is_looked_for_an_hour_beyond_its_time(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, late: int, is_asked: bool
) -> None:
    """The provider may have taken it in the last second, and lists it late."""
    messenger.faults.append(Lost.BEFORE)
    link = make_link()
    clock.move(seconds=(link.expires_at - clock()).total_seconds() + 3600 + late)
    assert send_due(core) == 1
    clock.move(days=1)
    assert send_due(core) == is_asked


def test_a_request_that_waited_is_not_sent_for_a_link_that_was_cancelled(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, clock: MovableClock
) -> None:
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link()
    cancel_link(core, merchant, link.reference)
    clock.move(seconds=5)
    send_due(core)
    (text,) = messenger.texts_to("27831234567")
    assert "/pay/" not in text
    assert now_of(core, link).message_failure == "too_late"


def test_a_process_that_slept_longer_than_its_lease_sends_nothing(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger.faults.append(Lost.NOTHING_LEFT)
    make_link()
    clock.move(seconds=5)
    whole = send_message.is_too_late

    def slow(*given: object) -> bool:
        monkeypatch.undo()
        clock.move(seconds=61)
        send_due(core)
        assert len(messenger.sent) == 1
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(send_message, "is_too_late", slow)
    send_due(core)
    assert len(messenger.sent) == 1


def test_one_broken_message_holds_up_no_other(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger.faults.extend([Lost.NOTHING_LEFT] * 2)
    links_made = [make_link(order_number=f"0000010{number}") for number in range(2)]
    clock.move(seconds=5)
    whole = messenger.send

    def send(message: OutgoingMessage) -> MessageReport:
        if message.link_reference == links_made[0].reference:
            raise KeyError("sid")
        return whole(message)

    monkeypatch.setattr(messenger, "send", send)
    send_due(core)
    assert now_of(core, links_made[1]).status is LinkStatus.SENT


def test_a_refusal_is_on_the_link_in_our_words(core: Core, make_link: Make, messenger: FakeMessenger) -> None:
    messenger.faults.append(Lost.REFUSED)
    link = now_of(core, make_link())
    assert (link.status, link.message_status, link.message_failure) == (
        LinkStatus.CREATED, MessageStatus.FAILED, "unreachable",
    )  # fmt: skip


def test_reports_in_any_order_only_move_a_message_on(core: Core, make_link: Make, messenger: FakeMessenger) -> None:
    link = make_link()
    message = messenger.sent[0].message_id
    for status in (MessageStatus.READ, MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.SENT):
        with core.transactions.write() as work:
            record_message_status(work, core, message, MessageReport("SM00000001", status))
    assert now_of(core, link).message_status is MessageStatus.READ


@pytest.mark.parametrize(("payable", "status"), [(True, LinkStatus.SENT), (False, LinkStatus.CREATED)])
def test_a_link_that_nobody_can_pay_any_more_is_not_called_sent(
    core: Core, make_link: Make, messenger: FakeMessenger, payable: bool, status: LinkStatus
) -> None:
    messenger.faults.append(Lost.BEFORE)
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(now_of(core, link), payable=payable))
        (message_id,) = work.connection.execute(select(messages.c.message_id)).scalars()
    with core.transactions.write() as work:
        record_message_status(work, core, message_id, MessageReport("SM1", MessageStatus.DELIVERED))
    assert (now_of(core, link).status, now_of(core, link).message_status) == (status, MessageStatus.DELIVERED)


@pytest.mark.parametrize("language", ["en", "ar", "pt_BR"])
@pytest.mark.parametrize("purpose", [one for one in Purpose if one in ABOUT_A_LINK])
def test_each_text_about_a_link_can_be_written(
    core: Core, merchant: Merchant, make_link: Make, purpose: Purpose, language: str
) -> None:
    link = make_link(language=language)
    text = compose(core, merchant, purpose, link, token="x").text
    assert "{" not in text


@pytest.mark.parametrize(("channel", "parts"), [(Channel.SMS, 2), (Channel.WHATSAPP, 1)])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_message_is_kept_with_the_parts_that_it_costs(
    core: Core, merchant: Merchant, make_link: Make, channel: Channel, parts: int
) -> None:
    link = make_link(channel=channel)
    own = replace(merchant, templates={f"cancelled.{channel.value}.en": "x" * 161})
    with core.transactions.write() as work:
        message_id = queue_message.queue(work, core, own, Purpose.CANCELLED, link)
        kept = stored_messages.find(work, str(message_id))
    assert kept is not None
    assert kept.parts == parts


@pytest.mark.parametrize("odd", ["{0}", "{}", "{amount.real}", "{amount[0]}", "{amount:d}", "{amount", "}"])
def test_a_stored_text_with_an_odd_place_keeps_no_customer_from_the_link(
    core: Core, make_link: Make, merchant: Merchant, odd: str
) -> None:
    """Refused when it is given now; what was stored before stands in the database."""
    own = replace(merchant, templates={"payment_request.sms.en": f"{odd} {{url}}", "help.sms.en": f"Write to us{odd}"})
    said = compose(core, own, Purpose.PAYMENT_REQUEST, make_link(channel=Channel.SMS), token="a" * 22)
    assert f"https://pay.example/pay/{'a' * 22}" in said.text
    assert compose_answer(own, Purpose.HELP, "en", Channel.SMS).text.strip()


def a_card(card_id: str, last4: str) -> SavedCard:
    token = CardToken("cus_1", card_id)
    return SavedCard(card_id, "mer", "003", Channel.SMS, Card("Visa", last4), token, "Keep it.", NOW, NOW)


ONE, THREE = (("4242",), ("4242", "4444", "0005"))
MONEY = Decimal("150.00")


@pytest.mark.parametrize(
    ("purpose", "changes", "cards", "said"),
    [
        (Purpose.PAYMENT_REQUEST, {}, (), "please pay ZAR 150.00 here"),
        (Purpose.REPLY_OFFER, {}, ONE, "with your card ending 4242: reply PAY 7K2F"),
        (Purpose.REPLY_OFFER, {"channel": Channel.WHATSAPP}, THREE, "card 4242, 4444 or 0005 by a button below"),
        (Purpose.REPLACED, {}, (), "please use this new link"),
        (Purpose.REPLACED, {}, ONE, "this replaces the earlier link. Pay ZAR 150.00 with your card ending 4242"),
        (Purpose.RECEIPT, {"payment_status": PaymentStatus.RECEIVED, "captured": MONEY}, (), "we received ZAR 150.00"),
        (Purpose.RECEIPT, {"payment_status": PaymentStatus.AUTHORIZED}, (), "we reserved ZAR 150.00"),
        # A bank shows a hold that was released as nothing at all, and money that was taken as a refund.
        (Purpose.REVERSED, {"payment_status": PaymentStatus.REVERSED}, (), "we reserved on your card are released"),
        (Purpose.REVERSED, {"payment_status": PaymentStatus.VOIDED, "captured": MONEY}, (), "is being returned to"),
        (Purpose.EXPIRED, {"payment_status": PaymentStatus.AUTHORIZED}, (), "has expired"),
        (Purpose.DECLINED, {"card_last4": "4242"}, (), "your card ending 4242 was declined"),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_customer_reads_what_was_done_with_the_money(
    core: Core, merchant: Merchant, purpose: Purpose, changes: dict[str, Any], cards: tuple[str, ...], said: str
) -> None:
    link = link_of(TransactionType.SALE, **changes)
    kept = tuple(a_card(f"crd_{last4}", last4) for last4 in cards)
    details = Details(Offer(kept, code="7K2F", payload="secret")) if kept else NOTHING_MORE
    content = compose(core, merchant, purpose, link, token="x", details=details)
    assert said in content.text
    buttons = [f"secret.crd_{last4}" for last4 in cards] if link.channel is Channel.WHATSAPP else []
    assert ([payload for payload, _ in content.buttons], content.code) == (buttons, "7K2F" if cards else None)


@pytest.mark.parametrize(
    ("languages", "used"), [("fr de en es", "fr"), ("es en de", "de"), ("es en", "en"), ("es", None), ("", None)]
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_an_approved_template_is_the_customers_language_else_the_merchants_else_english(
    core: Core, merchant: Merchant, languages: str, used: str | None
) -> None:
    ids = {language: f"HX{number:032}" for number, language in enumerate(languages.split())}
    own = replace(merchant, locale="de_AT", templates={f"receipt.whatsapp.{one}": ids[one] for one in ids})
    paid = link_of(TransactionType.SALE, channel=Channel.WHATSAPP, language="fr_FR", captured=MONEY)
    assert compose(core, own, Purpose.RECEIPT, paid, token="x").template == (ids[used] if used else None)


@pytest.mark.parametrize("purpose", [one for one in Purpose if one in ABOUT_A_LINK])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_whoever_stopped_a_channel_is_written_nothing_on_it_but_that_it_is_stopped(
    core: Core, merchant: Merchant, make_link: Make, purpose: Purpose
) -> None:
    link, to = make_link(channel=Channel.SMS), queue_message.Addressee(Phone(CUSTOMER), Channel.SMS)
    key, mark = phone_key.of(core, merchant.merchant_id, CUSTOMER), phone_key.mark_of(core)
    with core.transactions.write() as work:
        opt_outs.stop(work, merchant.merchant_id, key, Channel.SMS, at=core.now(), key_mark=mark)
        assert queue_message.queue(work, core, merchant, purpose, link) is None
        whatsapp = replace(link, channel=Channel.WHATSAPP)
        assert queue_message.queue(work, core, merchant, purpose, whatsapp) is not None, "it was not stopped there"
        for word, is_sent in ((Purpose.HELP, False), (Purpose.OPTED_OUT, True)):
            content = compose_answer(merchant, word, "en", Channel.SMS, support="")
            answered = queue_message.answer(work, core, merchant, word, content, to=to, cause=purpose.value)
            assert (answered is not None) is is_sent
