"""Each reply has its answer on the phone, once, in the customer's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from payment_core.domain.enums import Channel, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Looks, Merchant
from payment_core.domain.payment import Card, PaymentState
from payment_core.journeys.messaging import send_message
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.replying import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import messages
from tests.payment_core.conftest import CUSTOMER
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of
from tests.payment_core.replying.test_replies import PAYER, Phone, code_in, keep_a_card

Make = Callable[..., Link]
WHATSAPP = Channel.WHATSAPP
MASTERCARD = Card("MASTERCARD", "4444", "2031-01")


def keep_another(core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, card: Card) -> None:
    link = make_link(payer_reference=PAYER, caller_reference=card.last4)
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), card=card, saves=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)


def test_several_offers_are_listed_with_codes_and_amounts(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    first = code_in(messenger.sent[-1].text)
    make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="b", total=Decimal("90.00"))
    second = code_in(messenger.sent[-1].text)
    Phone(core, merchant).reply("yes")
    assert f"{first} (ZAR 150.00)" in messenger.sent[-1].text
    assert f"{second} (ZAR 90.00)" in messenger.sent[-1].text


@pytest.mark.both_databases
def test_a_yes_by_whatsapp_pays_only_as_the_next_message_after_the_one_offer(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    phone = Phone(core, merchant)
    clock.move(seconds=1)
    link = make_link(payer_reference=PAYER)
    clock.move(seconds=1)
    phone.reply("what is this?", channel=WHATSAPP)
    clock.move(seconds=1)
    phone.reply("yes", channel=WHATSAPP)
    assert now_of(core, link).payment_status is None
    assert "reply PAY" in messenger.sent[-1].text
    clock.move(minutes=6)
    again = make_link(payer_reference=PAYER, caller_reference="again")
    clock.move(seconds=1)
    phone.reply("ja", channel=WHATSAPP)
    assert now_of(core, again).payment_status is PaymentStatus.RECEIVED


def test_what_is_written_by_sms_does_not_come_between_an_offer_by_whatsapp_and_its_yes(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    phone = Phone(core, merchant)
    clock.move(seconds=1)
    link = make_link(payer_reference=PAYER)
    clock.move(seconds=1)
    phone.reply("what is this?", channel=Channel.SMS)
    clock.move(seconds=1)
    phone.reply("yes", channel=WHATSAPP)
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_yes_on_another_channel_than_the_offer_pays_nothing(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """The offer came by SMS, where a yes never pays: whoever writes it by WhatsApp answers something else."""
    keep_a_card(core, merchant, gateway)
    clock.move(seconds=1)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    clock.move(seconds=1)
    Phone(core, merchant).reply("yes", channel=WHATSAPP)
    assert gateway.charged(link.reference) == Decimal("0.00")


def test_a_yes_with_two_open_offers_pays_nothing(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    clock.move(seconds=1)
    both = [make_link(payer_reference=PAYER, caller_reference=one) for one in "ab"]
    clock.move(seconds=1)
    Phone(core, merchant).reply("yes", channel=WHATSAPP)
    assert [now_of(core, one).payment_status for one in both] == [None, None]


def test_each_of_several_cards_has_its_own_button(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    clock.move(seconds=1)
    keep_another(core, merchant, make_link, gateway, MASTERCARD)
    clock.move(seconds=1)
    link = make_link(payer_reference=PAYER)
    buttons = messenger.sent[-1].buttons
    assert [one.title for one in buttons] == ["Pay with card 4444", "Pay with card 4242"]
    Phone(core, merchant).reply("Pay with card 4242", channel=WHATSAPP, payload=buttons[1].payload)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
        card = saved_cards.find(work, attempt.card_id or "")
    plan = gateway.plans[attempt.key]
    assert plan.token.card == "pm_4242"  # type: ignore[union-attr]
    assert card is not None, "whose consent it was can be shown"
    assert card.card.last4 == "4242"
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_forwarded_button_pays_nothing_and_says_so(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    link = make_link(payer_reference=PAYER)
    payload = messenger.sent[-1].buttons[0].payload
    reply = Reply("IN9", WHATSAPP, "27839999999", "Pay", payload=payload)
    receive_reply.receive_reply(core, merchant, reply)
    assert now_of(core, link).payment_status is None
    assert (messenger.sent[-1].to, "no longer open" in messenger.sent[-1].text) == ("27839999999", True)


@pytest.mark.parametrize("payload", ["pay_of_no_link.crd_1", "hello"])
def test_a_button_that_is_none_of_ours_pays_nothing_and_says_so(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, payload: str
) -> None:
    keep_a_card(core, merchant, gateway, WHATSAPP)
    link = make_link(payer_reference=PAYER)
    Phone(core, merchant).reply("Pay", channel=WHATSAPP, payload=payload)
    assert (now_of(core, link).payment_status, "no longer open" in messenger.sent[-1].text) == (None, True)


def test_a_dead_links_button_and_code_say_so(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    clock.move(minutes=6)
    Phone(core, merchant).reply(f"PAY {code}")
    assert "no longer open" in messenger.sent[-1].text


def test_a_decline_names_the_card_and_the_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    gateway.saved_card_answers.append(PaymentState.DECLINED)
    Phone(core, merchant).reply(f"PAY {code}")
    assert "your card ending 4242 was declined for ZAR 150.00" in messenger.sent[-1].text
    assert now_of(core, link).payment_status is PaymentStatus.DECLINED


def test_after_a_decline_the_payment_is_still_named_by_its_own_code(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    code, phone = code_in(messenger.sent[-1].text), Phone(core, merchant)
    clock.move(seconds=1)
    gateway.saved_card_answers.append(PaymentState.DECLINED)
    phone.reply(f"PAY {code}")
    clock.move(seconds=1)
    phone.reply("yes")
    assert messenger.sent[-1].text.endswith(f"{code} (ZAR 150.00)")


def test_a_decline_that_is_known_only_later_is_told_as_was_promised(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    gateway.saved_card_answers.append(PaymentState.DECLINED)
    gateway.loses("charge_saved", Lost.AFTER)
    Phone(core, merchant).reply(f"PAY {code}")
    assert "under way" in messenger.sent[-1].text
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    for _ in range(2):
        look(core, attempt)
    send_message.send_due(core)
    assert sum("was declined" in one.text for one in messenger.sent) == 1


def test_what_is_paid_already_is_said_with_its_receipt(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    phone, code = Phone(core, merchant), code_in(messenger.sent[-1].text)
    phone.reply(f"PAY {code}")
    for _ in range(2):
        before = len(messenger.sent)
        phone.reply(f"PAY {code}")
        assert ["paid already" in one.text for one in messenger.sent[before:]] == [True], "each reply is answered"
    assert gateway.charged(link.reference) == Decimal("150.00")


def test_a_code_that_may_be_a_guess_says_of_a_paid_link_that_it_is_paid(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    phone, code = Phone(core, merchant), code_in(messenger.sent[-1].text)
    for _ in range(11):
        phone.reply(f"PAY {code}")
    assert "paid already" in messenger.sent[-1].text


def test_a_link_that_was_sent_before_its_card_was_kept_has_no_code_to_name(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    keep_a_card(core, merchant, gateway)
    Phone(core, merchant).reply("yes")
    assert "please pay ZAR 150.00 here: https://pay.example/pay/" in messenger.sent[-1].text


def test_a_forgotten_card_leads_to_the_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    code, phone = code_in(messenger.sent[-1].text), Phone(core, merchant)
    phone.reply("forget")
    phone.reply(f"PAY {code}")
    assert "please pay ZAR 150.00 here: https://pay.example/pay/" in messenger.sent[-1].text


@pytest.mark.parametrize("text", ["yes", "PAY 9XYZ"])
def test_one_open_payment_is_never_called_several(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, text: str
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    Phone(core, merchant).reply(text)
    assert messenger.sent[-1].text.endswith(
        f": to pay, reply PAY and the code of the payment you mean: {code} (ZAR 150.00)"
    )
    assert gateway.charged(link.reference) == 0


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("HELP", "accounts@karoo.example"),
        ("yes", "nothing to pay"),
        ("PAY 7K2F", "nothing to pay"),
        ("hm?", "karoo.example"),
    ],
)
def test_words_without_a_link_are_answered(
    core: Core, merchant: Merchant, messenger: FakeMessenger, word: str, said: str
) -> None:
    helpful = replace(merchant, looks=Looks(support="accounts@karoo.example"))
    Phone(core, helpful).reply(word)
    assert said in messenger.sent[-1].text


def test_what_the_carrier_has_helped_with_is_answered_once(
    core: Core, merchant: Merchant, messenger: FakeMessenger
) -> None:
    assert receive_reply.receive_reply(core, merchant, Reply("IN1", Channel.SMS, CUSTOMER, "HELP", opt="HELP"))
    assert messenger.sent == []


@pytest.mark.parametrize("word", ["HELP", "hm?", "yes", "PAY 7K2F"])
@pytest.mark.parametrize(("age", "is_answered"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)])
def test_what_is_found_a_day_late_is_answered_by_nothing(
    core: Core, merchant: Merchant, messenger: FakeMessenger, word: str, age: timedelta, is_answered: bool
) -> None:
    found = Reply("IN1", Channel.SMS, CUSTOMER, word, occurred_at=core.now() - age)
    assert receive_reply.receive_reply(core, merchant, found)
    assert bool(messenger.sent) is is_answered


@pytest.mark.parametrize(("age", "counts_since"), [(None, 0), (0, 0), (60, 0), (61, 61), (3600, 3600)])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_is_found_late_counts_from_when_it_was_written(
    core: Core, merchant: Merchant, age: int | None, counts_since: int
) -> None:
    """What a webhook brought counts by our own clock: the provider's may be a little ahead or behind."""
    now, second = core.now(), timedelta(seconds=1)
    written = Reply("IN1", Channel.SMS, CUSTOMER, "hello", occurred_at=None if age is None else now - age * second)
    assert receive_reply.receive_reply(core, merchant, written)
    with core.transactions.read() as work:
        stored = messages.by_provider(work, merchant.merchant_id, "IN1")
    assert stored is not None
    assert stored.created_at == now - counts_since * second


def test_unknown_words_get_one_helpful_answer_a_day(
    core: Core, merchant: Merchant, messenger: FakeMessenger, clock: MovableClock
) -> None:
    phone = Phone(core, merchant)
    for text in ("hm?", "hello", "thanks"):
        phone.reply(text)
    assert len(messenger.sent) == 1
    for seconds, answers in ((24 * 60 * 60, 1), (1, 2)):
        clock.move(seconds=seconds)
        phone.reply("hm?")
        assert len(messenger.sent) == answers


def test_answers_are_in_the_language_of_the_customers_last_link_else_the_merchants(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    german = replace(merchant, locale="de_DE")
    phone = Phone(core, german)
    phone.reply("HELP")
    assert "Zahlungslinks" in messenger.sent[-1].text
    make_link(channel=Channel.SMS, language="fr")
    phone.reply("AIDE")
    assert "liens de paiement" in messenger.sent[-1].text


@pytest.mark.parametrize(
    ("word", "end"),
    [*((one, None) for one in ("HELP", "STOP", "FORGET", "yes", "PAY {code}")), ("PAY {code}", PaymentState.DECLINED)],
)
def test_a_reply_whose_process_died_is_carried_out_again_and_nothing_twice(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, word: str,
    end: PaymentState | None, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It dies after all was done, and before that is written: the worst moment."""
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    text, phone = word.format(code=code_in(messenger.sent[-1].text)), Phone(core, merchant)
    gateway.saved_card_answers.extend([end] if end else [])
    written = messages.change

    def dies(*args: object, **values: object) -> None:
        if values.get("status") is MessageStatus.READ:
            raise RuntimeError("killed")
        written(*args, **values)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(messages, "change", dies)
        with pytest.raises(RuntimeError):
            phone.reply(text)
    send_message.send_due(core)
    before, charges = list(messenger.texts_to(CUSTOMER)), len(gateway.calls)
    phone.reply(text, again=True)
    send_message.send_due(core)
    assert messenger.texts_to(CUSTOMER) == before
    assert [name for name, _ in gateway.calls[charges:]] == []
    paid = PaymentStatus.DECLINED if end else PaymentStatus.RECEIVED
    assert now_of(core, link).payment_status is (paid if "PAY" in word else None)


def test_a_message_that_waits_is_not_sent_after_a_stop(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, clock: MovableClock
) -> None:
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link(channel=Channel.SMS)
    Phone(core, merchant).reply("STOP")
    clock.move(seconds=5)
    send_message.send_due(core)
    assert [one for one in messenger.texts_to(CUSTOMER) if "please pay" in one] == []
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    assert found.message_failure == "opted_out"


def test_the_code_of_a_card_that_is_forgotten_is_not_promised_to_pay(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    phone = Phone(core, merchant)
    phone.reply("PAY ZZZZ")
    assert code in messenger.sent[-1].text
    phone.reply("FORGET")
    phone.reply("PAY YYYY")
    assert (code in messenger.sent[-1].text, "/pay/" in messenger.sent[-1].text) == (False, True)
