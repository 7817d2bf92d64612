"""Messages leave by Twilio once, as its published document wants them, and its answers mean what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, LinkStatus, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.send_message import send_due
from payment_core.messengers.twilio.failures import BY_CODE, failure_of
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.messages import messages
from payment_core.store.schema.tables import deliveries
from sandbox.twilio.app import TwilioStandIn
from sandbox.twilio.faults import Fault
from tests.payment_core.conftest import CUSTOMER, order_for
from tests.payment_core.fakes import MovableClock
from tests.payment_core.links import now_of
from tests.payment_core.twilio.conftest import HOOK, Line

Make = Callable[..., Link]
# Published by Twilio, read where it is given, and never copied: see that folder's README.
PUBLISHED = Path(__file__).parents[3].parent / "shared" / "vendor_specs" / "twilio_api_v2010.json"
# Every code of Twilio that our facts name, with what an agent is told.
FACTS = {
    21211: "invalid_number", 21408: "country_off", 21610: "opted_out", 21612: "country_off", 21614: "landline",
    21635: "landline", 30003: "phone_off", 30004: "blocked", 30005: "unknown_number", 30006: "landline",
    30007: "filtered", 30008: "unreachable", 30034: "not_registered", 30450: "pumping_guard",
    63003: "not_on_whatsapp", 63013: "template", 63040: "template", 63041: "template", 63042: "template",
    63014: "blocked", 63016: "window_closed", 63018: "too_many", 63024: "unreachable", 63032: "filtered",
}  # fmt: skip


def change(core: Core, merchant: Merchant, **values: Any) -> Merchant:
    with core.transactions.write() as work:
        return merchants.save(work, replace(merchant, **values), now=core.now())


@pytest.fixture(scope="module")
def is_published() -> Callable[[dict[str, str]], None]:
    """A function that fails for a form that the published document does not know."""
    if not PUBLISHED.exists():
        pytest.skip("Twilio's published document is not here (../shared/vendor_specs)")
    document = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    path = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    schema = path["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    whole = {**schema, "additionalProperties": False, "components": document["components"]}
    validator = jsonschema_rs.validator_for(whole)

    def check(form: dict[str, str]) -> None:
        numbers = {name: int(value) for name, value in form.items() if name == "ValidityPeriod"}
        validator.validate({**form, **numbers})

    return check


def test_an_sms_names_sender_validity_and_where_to_report(
    make_link: Make, twilio: TwilioStandIn, is_published: Callable[[dict[str, str]], None]
) -> None:
    link = make_link(channel=Channel.SMS)
    (form,) = twilio.calls
    is_published(form)
    assert (form["To"], form["From"], form["ValidityPeriod"]) == (f"+{CUSTOMER}", "+27870000000", "300")
    assert form["StatusCallback"].startswith(f"{HOOK}?message=mes_")
    assert link.status is LinkStatus.SENT


def test_a_whatsapp_request_is_its_approved_template_with_numbered_variables(
    make_link: Make, twilio: TwilioStandIn, line: Line, is_published: Callable[[dict[str, str]], None]
) -> None:
    make_link()
    (form,) = twilio.calls
    is_published(form)
    variables = json.loads(form["ContentVariables"])
    assert (variables["1"], variables["2"]) == ("Karoo Coffee Roasters", "ZAR 150.00")
    assert variables["3"].startswith("https://pay.example/pay/")
    assert {"Body", "ValidityPeriod"}.isdisjoint(form)
    line.bring()
    assert line.texts()[0].startswith("Karoo Coffee Roasters: please pay ZAR 150.00 at https://pay.example/pay/")


@pytest.mark.parametrize(
    ("configured", "named"),
    [("* ", {"merchant", "amount", "url"}), ("amount,url", {"1", "2"})],
)
def test_a_template_may_name_its_variables_or_order_them(
    core: Core, merchant: Merchant, twilio: TwilioStandIn, configured: str, named: set[str]
) -> None:
    content = merchant.templates["payment_request.whatsapp.en"]
    own = change(core, merchant, templates={"payment_request.whatsapp.en": f"{content} {configured}"})
    create_link(core, own, order_for())
    assert set(json.loads(twilio.calls[0]["ContentVariables"])) == named


def test_a_messaging_service_takes_the_place_of_a_number(
    core: Core, merchant: Merchant, twilio: TwilioStandIn, is_published: Callable[[dict[str, str]], None]
) -> None:
    service = "MG" + "0" * 32
    twilio.account.services.add(service)
    own = change(core, merchant, senders={Channel.SMS: service})
    assert create_link(core, own, order_for(channel=Channel.SMS)).link.status is LinkStatus.SENT
    is_published(twilio.calls[0])
    assert twilio.calls[0]["MessagingServiceSid"] == service
    assert "From" not in twilio.calls[0]


def test_a_name_that_begins_like_a_service_is_a_name(core: Core, merchant: Merchant, twilio: TwilioStandIn) -> None:
    twilio.account.senders.add("MG Motors")
    own = change(core, merchant, senders={Channel.SMS: "MG Motors"})
    assert create_link(core, own, order_for(channel=Channel.SMS)).link.status is LinkStatus.SENT
    assert twilio.calls[0]["From"] == "MG Motors"


def test_a_channel_without_a_sender_is_a_named_failure(core: Core, merchant: Merchant, twilio: TwilioStandIn) -> None:
    own = change(core, merchant, senders={Channel.WHATSAPP: "27870000000"})
    link = create_link(core, own, order_for(channel=Channel.SMS)).link
    assert (link.status, link.message_failure, twilio.calls) == (LinkStatus.CREATED, "no_sender", [])


def test_a_message_whose_time_the_list_does_not_say_is_found_all_the_same(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    twilio.faults.add(Fault.LOST_AFTER)
    link = make_link(channel=Channel.SMS)
    for row in twilio.account.messages.values():
        row["date_created"] = None
    clock.move(seconds=31)
    send_due(core)
    assert now_of(core, link).status is LinkStatus.SENT


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER])
def test_a_message_without_an_answer_is_found_and_never_sent_again(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock, fault: Fault
) -> None:
    twilio.faults.add(fault)
    link = make_link(channel=Channel.SMS)
    assert (link.status, link.message_status) == (LinkStatus.CREATED, MessageStatus.UNKNOWN)
    clock.move(seconds=31)
    send_due(core)
    assert now_of(core, link).status is LinkStatus.SENT
    assert len(twilio.account.messages) == 1


def test_a_report_tells_whose_message_it_was_whose_answer_was_lost(
    make_link: Make, core: Core, twilio: TwilioStandIn, line: Line
) -> None:
    twilio.faults.add(Fault.LOST_AFTER)
    link = make_link(channel=Channel.SMS)
    assert set(line.bring()) == {200}
    assert now_of(core, link).message_status is MessageStatus.DELIVERED
    assert send_due(core) == 0


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.ERROR_BEFORE])
def test_what_is_never_found_is_named_and_never_sent_again(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock, fault: Fault
) -> None:
    twilio.faults.add(fault)
    link = make_link(channel=Channel.SMS)
    for _ in range(200):
        clock.move(seconds=31)
        if not send_due(core):
            break
    assert (twilio.account.messages, now_of(core, link).message_failure) == ({}, "not_known")


def test_too_many_calls_are_tried_again(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    twilio.faults.add(Fault.BUSY)
    link = make_link(channel=Channel.SMS)
    clock.move(seconds=3)
    send_due(core)
    assert (now_of(core, link).status, len(twilio.account.messages)) == (LinkStatus.SENT, 1)


def test_an_earlier_message_about_the_same_link_is_not_taken_for_a_lost_one(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock, merchant: Merchant
) -> None:
    """Both hold the link's address, by which a lost message is found."""
    link = make_link(channel=Channel.SMS)
    clock.move(seconds=30)
    twilio.faults.add(Fault.LOST_BEFORE)
    with core.transactions.write() as work:
        message_id = queue_message.queue(work, core, merchant, Purpose.BY_PAGE, link)
    assert message_id is not None
    send_message.send_now(core, message_id)
    clock.move(seconds=31)
    send_due(core)
    with core.transactions.read() as work:
        found = messages.find(work, message_id)
    assert found is not None
    assert found.status is MessageStatus.UNKNOWN


@pytest.mark.parametrize(
    ("to", "failure"),
    [
        ("15005550001", "invalid_number"),
        ("15005550002", "country_off"),
        ("15005550003", "country_off"),
        ("15005550004", "opted_out"),
        ("15005550009", "landline"),
    ],
)
def test_twilios_own_test_numbers_fail_as_they_should(core: Core, merchant: Merchant, to: str, failure: str) -> None:
    link = create_link(core, merchant, order_for(channel=Channel.SMS, phone=Phone(to))).link
    assert (link.status, link.message_status, link.message_failure) == (
        LinkStatus.CREATED, MessageStatus.FAILED, failure,
    )  # fmt: skip
    assert core.api.failure(failure) != core.api.failure("refused")


def test_every_code_of_the_facts_has_its_word_and_every_word_a_sentence(core: Core) -> None:
    assert {code: failure_of(code) for code in FACTS} == FACTS
    assert failure_of(12345) == failure_of(None) == failure_of("٣") == "refused"
    assert {word for word in BY_CODE.values() if word not in core.api.message_failures} == set()


@contextmanager
def another_key(twilio: TwilioStandIn) -> Iterator[None]:
    """Let the account accept another key and token than ours, as in the middle of a rotation."""
    account = twilio.account
    ours = account.key_secret, account.auth_token
    account.key_secret = account.auth_token = "another"
    yield
    account.key_secret, account.auth_token = ours


def test_a_wrong_key_is_named_once_it_has_had_a_minute_to_be_replaced(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    with another_key(twilio):
        link = make_link(channel=Channel.SMS)
        assert (link.status, link.message_failure) == (LinkStatus.CREATED, None)
        for _ in range(6):
            clock.move(seconds=15)
            send_due(core)
    assert (now_of(core, link).message_status, now_of(core, link).message_failure) == (MessageStatus.FAILED, "account")
    clock.move(minutes=1)
    assert (send_due(core), twilio.account.messages) == (0, {}), "what failed is final"


def test_a_message_that_met_a_key_in_its_rotation_leaves_once_after_it(
    core: Core, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    """Twilio took nothing of it: https://www.twilio.com/docs/api/errors/20003"""
    with another_key(twilio):
        link = make_link(channel=Channel.SMS)
    for _ in range(3):
        clock.move(seconds=15)
        send_due(core)
    assert (now_of(core, link).status, now_of(core, link).message_failure) == (LinkStatus.SENT, None)
    assert len(twilio.account.messages) == 1


def test_a_message_that_nobody_waits_for_is_tried_for_an_hour(
    core: Core, merchant: Merchant, make_link: Make, twilio: TwilioStandIn, clock: MovableClock
) -> None:
    link = make_link(channel=Channel.SMS)
    with another_key(twilio):
        assert cancel_link(core, merchant, link.reference).failure == "account", "it is not sent yet"
        clock.move(minutes=40)
        send_due(core)
    clock.move(minutes=1)
    send_due(core)
    assert len(twilio.account.messages) == 2


def test_reports_come_in_any_order_and_more_than_once(
    core: Core, make_link: Make, twilio: TwilioStandIn, line: Line
) -> None:
    link = make_link(channel=Channel.SMS)
    twilio.deliveries.waiting = [*reversed(twilio.deliveries.waiting), *twilio.deliveries.waiting]
    assert set(line.bring()) == {200}
    assert now_of(core, link).message_status is MessageStatus.DELIVERED


def test_a_failure_that_is_told_later_is_on_the_link_in_our_words(
    core: Core, make_link: Make, twilio: TwilioStandIn, line: Line
) -> None:
    twilio.account.endings[f"+{CUSTOMER}"] = ("undelivered", 30003)
    link = make_link(channel=Channel.SMS)
    line.bring()
    assert (now_of(core, link).message_failure, now_of(core, link).status) == ("phone_off", LinkStatus.SENT)


@pytest.mark.both_databases
def test_a_stop_that_never_reached_us_is_learnt_from_the_refusal_and_told(
    core: Core, make_link: Make, twilio: TwilioStandIn, line: Line
) -> None:
    twilio.account.stopped.add(f"+{CUSTOMER}")
    link = make_link(channel=Channel.SMS, caller_reference="a")
    assert link.message_failure == "opted_out"
    with pytest.raises(Refusal) as refused:
        make_link(channel=Channel.SMS, caller_reference="b")
    assert refused.value.word == "RECIPIENT_OPTED_OUT"
    with core.transactions.read() as work:
        events = [row.event for row in work.connection.execute(deliveries.select())]
    assert events.count(core.api.opted_out) == 1


@pytest.mark.both_databases
def test_a_cancel_text_outside_the_window_needs_a_template(
    core: Core, merchant: Merchant, make_link: Make, twilio: TwilioStandIn, line: Line, clock: MovableClock
) -> None:
    first = make_link(caller_reference="a")
    assert cancel_link(core, merchant, first.reference).failure == "window_closed"
    assert len(twilio.calls) == 1, "what Twilio would only fail later is not sent"
    line.write("hello", channel=Channel.WHATSAPP)
    second = make_link(caller_reference="b")
    assert cancel_link(core, merchant, second.reference).failure is None
    assert line.texts()[-1] == "The 00000100 has been canceled by the Agent"
    clock.move(hours=25)
    content = twilio.account.add_template("Order {{1}} was cancelled.")
    own = change(core, merchant, templates={**merchant.templates, "cancelled.whatsapp.en": content})
    third = create_link(core, own, order_for(caller_reference="c")).link
    assert cancel_link(core, own, third.reference).failure is None
    assert line.texts()[-1] == "Order 00000100 was cancelled."


def test_a_whatsapp_request_without_a_template_says_what_the_merchant_must_do(
    core: Core, merchant: Merchant, twilio: TwilioStandIn
) -> None:
    own = change(core, merchant, templates={})
    assert create_link(core, own, order_for()).link.message_failure == "template"
    assert twilio.calls == []
