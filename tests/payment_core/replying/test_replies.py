"""A reply pays only the link that it names, with a card of its own person, by rules that are read when it arrives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.journeys.replying.reply_words import Meaning, meaning
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store.deliveries import delivery_list
from payment_core.store.links import links
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION, CUSTOMER, order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of

Make = Callable[..., Link]
PAYER = "003000000000001"


class Phone:
    """A customer's phone: it writes replies, each with an id of its network."""

    def __init__(self, core: Core, merchant: Merchant, *, network: str = "IN") -> None:
        self.core, self.merchant, self._network, self._count = core, merchant, network, 0

    def reply(
        self, text: str, *, channel: Channel = Channel.SMS, payload: str | None = None, again: bool = False
    ) -> None:
        self._count += not again
        reply = Reply(f"{self._network}{self._count}", channel, CUSTOMER, text, payload=payload)
        receive_reply(self.core, self.merchant, reply)


def keep_a_card(core: Core, merchant: Merchant, gateway: FakeGateway, channel: Channel = Channel.SMS) -> None:
    """Pay once on the page, with the box ticked."""
    order = order_for(channel=channel, payer_reference=PAYER, order_number="00000001", caller_reference="first")
    link = create_link(core, merchant, order).link
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), saves=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)


def code_in(text: str) -> str:
    found = re.search(r"PAY ([0-9A-Z]{4})", text)
    assert found, text
    return found[1]


def test_a_code_by_sms_pays_the_link_that_it_names(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    first = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    code = code_in(messenger.sent[-1].text)
    second = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="b", total=Decimal("90.00"))
    phone = Phone(core, merchant)
    phone.reply("yes")
    assert now_of(core, first).payment_status is None, "YES is a carrier's word for START, and pays nothing by SMS"
    phone.reply(f"pay {code.lower()}")
    assert now_of(core, first).payment_status is PaymentStatus.RECEIVED
    assert now_of(core, second).payment_status is None
    phone.reply(f"pay {code.lower()}", again=True)
    assert gateway.charged(first.reference) == Decimal("150.00")


def test_a_code_that_comes_after_many_tries_leads_to_the_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    """By SMS a sender can be forged, and whoever does it may try one code after the other."""
    keep_a_card(core, merchant, gateway)
    phone, tries = Phone(core, merchant), ("AAA2", "BBB3", "CCC4", "DDD5", "EEE6", "FFF7", "GGG8", "HHH9", "JJJ2")
    for reference, more, is_paid in (("a", (), True), ("b", ("KKK3",), False)):
        clock.move(seconds=1)
        link = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference=reference)
        code = code_in(messenger.sent[-1].text)
        for guess in (*tries, *more):
            clock.move(seconds=1)
            phone.reply(f"pay {guess}")
        phone.reply(f"pay {code}")
        assert (now_of(core, link).payment_status is PaymentStatus.RECEIVED) is is_paid
    assert "please pay ZAR 150.00 here: https://pay.example/pay/" in messenger.sent[-1].text
    assert now_of(core, link).payable


def test_a_yes_by_sms_pays_nothing_even_right_after_the_one_offer(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """It is a carrier's word for START: whoever takes messages again has bought nothing by that."""
    keep_a_card(core, merchant, gateway)
    clock.move(seconds=1)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    clock.move(seconds=1)
    Phone(core, merchant).reply("yes")
    assert gateway.charged(link.reference) == Decimal("0.00")


def test_a_yes_after_two_offers_pays_neither(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """It may mean the first."""
    keep_a_card(core, merchant, gateway, Channel.WHATSAPP)
    made = []
    for reference in ("a", "b"):
        clock.move(seconds=1)
        made.append(make_link(payer_reference=PAYER, caller_reference=reference))
    clock.move(seconds=1)
    Phone(core, merchant).reply("yes", channel=Channel.WHATSAPP)
    assert [gateway.charged(one.reference) for one in made] == [Decimal("0.00")] * 2


def test_a_link_that_was_paid_by_reply_is_not_cancelled(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    """Nobody opened it, and it was used all the same."""
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    Phone(core, merchant).reply(f"pay {code_in(messenger.sent[-1].text)}")
    with pytest.raises(Refusal) as refused:
        cancel_link(core, merchant, link.reference)
    assert (refused.value.status, refused.value.word) == (409, "LINK_ALREADY_CLICKED")
    after = now_of(core, link)
    assert (after.status, after.payment_status) == (link.status, PaymentStatus.RECEIVED)


def test_a_button_by_whatsapp_pays_its_own_link(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway, Channel.WHATSAPP)
    link = make_link(payer_reference=PAYER)
    payload = messenger.sent[-1].buttons[0].payload
    Phone(core, merchant).reply("Pay with card 4242", channel=Channel.WHATSAPP, payload=payload)
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_card_of_another_person_or_an_old_one_is_not_offered(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway)
    make_link(channel=Channel.SMS, payer_reference="003000000000002", caller_reference="a")
    assert "reply PAY" not in messenger.sent[-1].text
    make_link(channel=Channel.SMS, caller_reference="b")
    assert "reply PAY" not in messenger.sent[-1].text
    clock.move(days=91)
    make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="c")
    assert "reply PAY" not in messenger.sent[-1].text


def test_a_bank_that_wants_to_see_the_customer_sends_to_the_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    gateway.saved_card_answers.append(PaymentState.NEEDS_CUSTOMER)
    before = len(messenger.sent)
    Phone(core, merchant).reply(f"PAY {code_in(messenger.sent[-1].text)}")
    after = now_of(core, link)
    assert (after.payment_status, after.payable) == (None, True)
    (answered,) = messenger.sent[before:]
    assert "https://pay.example/pay/" in answered.text, "it waits for no worker"


def test_a_charge_without_an_answer_is_found_out_with_its_own_key(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    gateway.loses("charge_saved", Lost.AFTER)
    phone, code = Phone(core, merchant), code_in(messenger.sent[-1].text)
    phone.reply(f"PAY {code}")
    phone.reply(f"PAY {code}")
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED
    assert gateway.charged(link.reference) == Decimal("150.00")


def test_that_a_customer_stopped_is_told_without_waiting_where_the_carrier_confirms_it(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    make_link(channel=Channel.SMS)
    sent = len(messenger.sent)
    for number, word in enumerate(("STOP", "START")):
        core.wake.deliveries.clear()
        reply = Reply(f"C{number}", Channel.SMS, CUSTOMER, word, opt=word, carrier_confirms=True)
        assert receive_reply(core, merchant, reply)
        assert core.wake.deliveries.is_set()
    assert len(messenger.sent) == sent, "a second confirmation would be one too many"


def test_stop_is_confirmed_once_ends_messages_and_start_undoes_it(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    make_link(channel=Channel.SMS, caller_reference="a")
    phone, before = Phone(core, merchant), len(messenger.sent)
    phone.reply("STOP")
    phone.reply("stop")
    assert len(messenger.sent) == before + 1
    with pytest.raises(Refusal) as refused:
        make_link(channel=Channel.SMS, caller_reference="b")
    assert (refused.value.status, refused.value.word) == (409, "RECIPIENT_OPTED_OUT")
    phone.reply("START")
    phone.reply("start")
    assert make_link(channel=Channel.SMS, caller_reference="c").reference
    with core.transactions.read() as work:
        told = [one["event"] for one in delivery_list.listed(work) if one["link_reference"] is None]
    assert told == ["RECIPIENT_OPTED_OUT", "RECIPIENT_OPTED_IN"]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_a_stop_and_a_start_are_told_of_the_channel_on_which_they_came(
    core: Core, merchant: Merchant, channel: Channel
) -> None:
    phone = Phone(core, merchant)
    for word in ("STOP", "START"):
        phone.reply(word, channel=channel)
    with core.transactions.read() as work:
        query = select(deliveries.c.lane, deliveries.c.event).order_by(deliveries.c.delivery_id)
        told = [tuple(row) for row in work.connection.execute(query)]
    lane = f"{APPLICATION.application_id}:{channel.value}:opted"
    assert told == [(lane, "RECIPIENT_OPTED_OUT"), (lane, "RECIPIENT_OPTED_IN")]


def test_what_the_carrier_confirms_is_confirmed_by_nobody_else(
    core: Core, merchant: Merchant, messenger: FakeMessenger
) -> None:
    said = {"STOP": "no more messages", "START": "You get messages here again"}
    for word, is_ours in (("STOP", False), ("START", False), ("STOP", True), ("START", True)):
        before = len(messenger.sent)
        reply = Reply(f"IN {word} {is_ours}", Channel.SMS, CUSTOMER, word, carrier_confirms=not is_ours)
        assert receive_reply(core, merchant, reply)
        assert [said[word] in one.text for one in messenger.sent[before:]] == [True] * is_ours


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("stop stopall unsubscribe cancel end quit revoke optout arret stopp pare cancelar", Meaning.STOP),
        ("start unstop", Meaning.START),
        ("help info hilfe aide ayuda ajuda hulp", Meaning.HELP),
        ("forget vergessen oublier olvidar esquecer vergeet", Meaning.FORGET),
        ("yes y ja j oui si sí sim نعم", Meaning.YES),
    ],
)
def test_each_word_means_what_carriers_and_people_mean_by_it(words: str, meant: Meaning) -> None:
    for word in words.split():
        assert [meaning(said) for said in (word, word.upper(), f" {word}. ", f"{word}!")] == [meant] * 4
        assert meaning(f"{word} it") is None


def test_words_of_two_and_the_carriers_own_reading_count_too() -> None:
    assert [meaning(said) for said in ("Stop  all", "opt out")] == [Meaning.STOP] * 2
    assert [meaning("yes", opt=opt) for opt in ("STOP", "START", "HELP")] == [Meaning.STOP, Meaning.START, Meaning.HELP]
    assert meaning("yes", opt="of another kind") is Meaning.YES


@pytest.mark.parametrize(
    "said",
    [
        *('"STOP"', "'Stop'", "“stop”", "«STOP»", "(stop)", "¡STOP!", "stop,", "STOP…", "* stop", "stop 🙏", "🛑 STOP"),
        *("stop\u200b", "\ufeffstop", "ＳＴＯＰ", "opt-out", "stop_all", "Stop stop", "please stop!", "STOP, please"),
        *("Arrêt", "ARRÊTER", "désabonner", "abmelden", "Stopp.", "afmelden", "parar", "alto", "BAJA", "sair"),
        *("توقف", "إيقاف", "ايقاف", "قف.", "إلغاء"),
    ],
)
def test_whoever_wants_no_more_messages_is_understood_however_it_is_written(said: str) -> None:
    assert meaning(said) is Meaning.STOP


@pytest.mark.parametrize(
    "said",
    [
        "stop?",
        "¿cancelar?",
        "توقف؟",
        "bus stop",
        "do not stop",
        "the end",
        "yes 👎",
        '"yes"',
        "yes?",
        "y e s",
        "👍",
        "7",
    ],
)
def test_what_only_holds_a_word_means_nothing_and_pays_nothing(said: str) -> None:
    assert meaning(said) is None


def test_a_stop_that_a_network_repeats_after_the_start_stops_nobody(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    stop, start = (Reply(f"IN{word}", Channel.SMS, CUSTOMER, word) for word in ("STOP", "START"))
    assert receive_reply(core, merchant, stop)
    assert receive_reply(core, merchant, start)
    assert not receive_reply(core, merchant, stop)
    assert make_link(channel=Channel.SMS).reference


def test_forget_ends_every_offer(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    code = code_in(messenger.sent[-1].text)
    phone = Phone(core, merchant)
    phone.reply("FORGET")
    phone.reply(f"PAY {code}")
    assert now_of(core, link).payment_status is None
    assert len(gateway.forgotten) == 1


def test_a_forgotten_card_stays_forgotten_when_its_payment_is_looked_at_again(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    """A late webhook, the look a day later, a dispute: each reads the payment that kept the card."""
    keep_a_card(core, merchant, gateway)
    with core.transactions.read() as work:
        first = attempts_of(work, links.by_caller(work, merchant.merchant_id, "first")[0].reference)[0]
    clock.move(minutes=1)
    Phone(core, merchant).reply("FORGET")
    clock.move(minutes=1)
    look(core, first)
    make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    assert "reply PAY" not in messenger.sent[-1].text


def test_a_forget_while_the_page_is_open_counts_for_its_card_too(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock
) -> None:
    """The box was ticked before, and the customer was told that no card is kept."""
    link = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="first")
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    clock.move(minutes=1)
    Phone(core, merchant).reply("FORGET")
    clock.move(minutes=1)
    gateway.pay(gateway.key_of(link.reference), saves=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    for _ in range(2):
        look(core, attempt)
    assert (now_of(core, link).payment_status, len(gateway.forgotten)) == (PaymentStatus.RECEIVED, 1)
    make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    assert "reply PAY" not in messenger.sent[-1].text


def test_above_the_ceiling_the_link_is_sent_without_an_offer(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    keep_a_card(core, merchant, gateway)
    capped = replace(merchant, reply=replace(merchant.reply, ceiling=Decimal(100)))
    create_link(core, capped, order_for(channel=Channel.SMS, payer_reference=PAYER))
    assert "reply PAY" not in messenger.sent[-1].text
