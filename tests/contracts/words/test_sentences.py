"""What the agent reads: every sentence that the code names exists, is given its values, and says what was agreed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import manifests
from connector.core.statuses import core_statuses
from connector.domain.payments.alarms import Attention, attention_fact, needs_look
from connector.domain.payments.balance import OrderPaymentState, balance_of
from connector.domain.payments.message_delivery import REMEDIES
from connector.domain.payments.news import Bell, bell_key
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, Money, States, Status
from connector.domain.tenants.rights import Right
from connector.domain.tenants.send_limits import Counted
from connector.errors import ErrorCode
from connector.journeys.access.authorize_change import ChangePermission
from connector.journeys.amending.cancel_payment_request import Cancelled, CancelOutcome
from connector.journeys.amending.capture_payment import CaptureOutcome
from connector.journeys.amending.release_payment_request import ReleaseOutcome
from connector.journeys.amending.replace_payment_request import ReplaceOutcome
from connector.journeys.amending.reverse_payment import ReverseOutcome
from connector.journeys.reconciling.reconcile_payment import Freshness
from connector.journeys.requesting import check_consent
from connector.journeys.requesting.preview_message import PreviewOutcome
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.wording import messages, replace_messages
from connector.web.wording.alarm_messages import alarm_sentences
from connector.web.wording.balance_messages import money_sentences
from connector.web.wording.customer_talk import say_of
from connector.web.wording.refusal_reasons import REASONS
from connector.web.wording.sentences import Sentence, fill
from connector.web.wording.timeline import timeline_of
from foundation.phones.choose_phone_field import NoteReason
from foundation.phones.read_phone import PhoneRefusal
from tests.unit.examples import NOW, THANDI, make_order, make_request

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE: dict[str, str] = manifests.load("sentences/en.json")
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
# (name of the call, place of the sentence id among its arguments, place or name of the values)
KEYWORDS = "by its own keywords"
CALLS: dict[str, tuple[int, int | str | None]] = {
    "Sentence": (0, 1),
    "fill": (0, 1),
    "LaunchRefused": (0, "values"),
    "refusal_page": (0, "values"),
    "_plain": (0, None),
    "OrderProblem": (1, 2),
    "OrderRemark": (1, 2),
    "with_sentence": (0, KEYWORDS),
}
FILES = [
    "connector/web/wording/messages.py",
    "connector/web/wording/customer_talk.py",
    "connector/web/wording/opening_messages.py",
    "connector/web/wording/balance_messages.py",
    "connector/web/wording/alarm_messages.py",
    "connector/web/wording/money_messages.py",
    "connector/web/wording/replace_messages.py",
    "connector/web/schemas/serializers.py",
    "connector/web/callers/bearer.py",
    "connector/web/flow/routes.py",
    "connector/web/flow/send_one.py",
    "connector/web/flow/send_each.py",
    "connector/web/launching/launch.py",
    "connector/web/requests/notes.py",
    "connector/web/requests/order_phones.py",
    "connector/web/requests/payments.py",
    "connector/web/requests/operations.py",
    "connector/web/responses/error_handlers.py",
    "connector/core/client.py",
    "connector/errors.py",
    "connector/domain/tenants/amount_limits.py",
    "connector/journeys/requesting/choose_amount.py",
    "connector/journeys/amending/limit_capture.py",
    "connector/journeys/requesting/explain_core_refusal.py",
    "connector/journeys/access/explain_agent_refusal.py",
    "connector/journeys/access/read_order.py",
    "connector/web/schemas/phone_serializers.py",
    "connector/journeys/requesting/read_recipient.py",
    "connector/journeys/launching/open_launch.py",
    "connector/journeys/launching/require_fresh_launch.py",
    "connector/journeys/requesting/send_payment_request.py",
    "connector/journeys/launching/renew_launch.py",
    "connector/journeys/connecting/guard_clone.py",
    "connector/domain/tenants/obstacles.py",
    "connector/domain/payments/order.py",
    "connector/salesforce/client.py",
    "connector/salesforce/auth/login.py",
    "connector/salesforce/orders/order_queries.py",
    "connector/store/tenants/tenants.py",
    "connector/store/encryption/vault.py",
    "connector/web/responses/error_pages.py",
]
# Filled in by the door that shows the problem.
ADDED = {call: {"admin"} for call in ("OrderProblem", "OrderRemark", "LaunchRefused", "refusal_page", "with_sentence")}


def places(sentence_id: str) -> set[str]:
    return {name for name, _ in PLACE.findall(CATALOGUE[sentence_id])}


def named_in(path: str) -> Iterator[tuple[str, int, str, set[str] | None]]:
    """Yield (call, line, sentence id, names of the values; None where they are not written on the spot)."""
    for function in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        known = {
            target.id: _keys(node.value, {})
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            name = _called(node)
            if isinstance(node, ast.Call) and name in CALLS:
                at, values_at = CALLS[name]
                for sentence_id in _texts(_argument(node, at)):
                    yield name, node.lineno, sentence_id, _values(node, values_at, known)


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _values(call: ast.Call, place: int | str | None, known: dict[str, set[str] | None]) -> set[str] | None:
    if place == KEYWORDS:
        names = {one.arg for one in call.keywords}
        return None if None in names else {name for name in names if name}
    values = _argument(call, place)
    return set() if values is None else _keys(values, known)


def _argument(call: ast.Call, place: int | str | None) -> ast.expr | None:
    if isinstance(place, int):
        return call.args[place] if len(call.args) > place else None
    return next((one.value for one in call.keywords if one.arg == place), None)


def _texts(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _keys(node: ast.expr, known: dict[str, set[str] | None]) -> set[str] | None:
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    if isinstance(node, ast.BinOp):
        left, right = _keys(node.left, known), _keys(node.right, known)
        return left | right if left is not None and right is not None else None
    return known.get(node.id) if isinstance(node, ast.Name) else None


# All in one test, as every process of the tests would read all these files to know how many there are.
def test_a_sentence_that_the_code_names_exists_and_is_given_its_values() -> None:
    named = [(path, *found) for path in FILES for found in named_in(path)]
    found = {sentence_id for _, _, _, sentence_id, _ in named}
    assert {
        "paid_written",
        "overpaid",
        "send_off",
        "core_key_refused",
        "sub_total_differs",
        "launch_replayed",
        "in_review",
    } <= found
    assert len(found) > 60
    assert [(path, line, sentence_id) for path, _, line, sentence_id, _ in named if sentence_id not in CATALOGUE] == []
    lacking = [
        (path, line, sentence_id)
        for path, call, line, sentence_id, given in named
        if given is not None and not places(sentence_id) <= given | ADDED.get(call, set())
    ]
    assert lacking == []


@pytest.mark.parametrize("sentence_id", check_consent.SENTENCES.values())
def test_what_a_send_is_refused_with_names_its_channel_and_nothing_else(sentence_id: str) -> None:
    assert places(sentence_id) == {"channel"}
    assert not PLACE.search(check_consent.refusal_of(_STANDINGS[sentence_id], Channel.SMS).message)


_STANDINGS = {sentence_id: standing for standing, sentence_id in check_consent.SENTENCES.items()}


@pytest.mark.parametrize("event", ["customer_agreed", "customer_stopped", "customer_resumed"])
def test_a_customers_word_has_its_line_in_the_history(event: str) -> None:
    line = RequestEvent(EventKind(event), occurred_at=NOW, recorded_at=NOW, person="Thandi")
    told = [one for _, one in timeline_of(make_request(), [line], None) if one.id == f"timeline_{event}"]
    assert [places(one.id) <= set(one.values) for one in told] == [True]


def every_request() -> Iterator[PaymentRequest]:
    """A request in each of its 336 combinations of states, with and without what else changes a sentence."""
    at = {
        "sent_at": NOW,
        "open_by": NOW + timedelta(minutes=5),
        "paid_at": NOW,
        "finished_at": NOW,
        "proven_at": NOW,
        "version": 3,
    }
    for states in (States(*one) for one in product(Message, Link, Money)):
        yield make_request(states=states)
        for opened in (1, 60):
            for told in (True, False):
                yield make_request(
                    states=states,
                    customer_told=told,
                    not_told_because="no template" if opened == 1 else None,
                    opened_at=NOW + timedelta(seconds=opened),
                    pay_by=NOW + timedelta(minutes=15),
                    **at,
                )
        yield make_request(states=states, captured=Decimal("40.00"), **at)
        yield make_request(states=states, captured=Decimal("115.00"), reversed=Decimal("40.00"), **at)
        yield make_request(states=states, money_after_close=True, **at)
        yield make_request(states=states, awaiting_confirmation=True, **at)
        yield make_request(states=states, message_failure="not_known", **at)


PUSHES = [
    None,
    *(
        PushState(state=state, version=3, pushed_version=pushed, requests_version=pushed, pushed_at=NOW, reason="CODE")
        for state, pushed in product(OutboxState, (0, 3))
    ),
]


def complete(told: Sequence[Sentence]) -> None:
    for one in told:
        assert one.id in CATALOGUE, one.id
        assert places(one.id) <= set(one.values), one


def test_whatever_state_a_request_is_in_its_sentences_exist_and_have_their_values() -> None:
    for request in every_request():
        for events in ([], [RequestEvent(EventKind.CUSTOMER_STOPPED, NOW, NOW)]):
            complete(say_of(request, events, "Acme"))
        for push in PUSHES if request.states.message is Message.NONE else PUSHES[:1]:
            complete(messages.sentences_of(request, push, followed=None))
            complete([sentence for _, sentence in timeline_of(request, [], push)])


@pytest.mark.parametrize("word", [None, *Attention])
@pytest.mark.parametrize("money", [Money.PAID, Money.REVERSED])
def test_nothing_is_said_to_the_customer_of_money_that_their_bank_has_or_did_not_get(
    money: Money, word: str | None
) -> None:
    request = make_request(states=States(link=Link.OPENED, money=money), attention=word, attention_at=NOW)
    unsure = ("disputed", "dispute_lost", "dispute_lost_then_won", "dispute_won_then_lost", "refund_failed")
    assert (say_of(request, (), "Acme") == []) is (word in unsure)


@pytest.mark.parametrize("outcome", CancelOutcome)
@pytest.mark.parametrize("told", [True, False, None])
def test_every_answer_to_a_cancel_has_its_sentence(outcome: CancelOutcome, told: bool | None) -> None:
    answered = messages.cancel_answer(Cancelled(outcome, make_request(customer_told=told, finished_at=NOW)))
    complete([answered])


@pytest.mark.parametrize(
    "sentence_id",
    [f"{verb}_{one.value}" for verb, words in
     {"capture": CaptureOutcome, "reverse": ReverseOutcome, "replace": ReplaceOutcome}.items() for one in words],
)  # fmt: skip
def test_every_answer_to_a_verb_has_its_sentence(sentence_id: str) -> None:
    assert places(sentence_id) <= {"amount", "held", "admin"}


@pytest.mark.parametrize("outcome", Freshness)
def test_every_answer_to_a_refresh_has_its_sentence(outcome: Freshness) -> None:
    assert places(f"refresh_{outcome.value}") == set()


@pytest.mark.parametrize("outcome", ReleaseOutcome)
def test_every_answer_to_a_release_has_its_sentence(outcome: ReleaseOutcome) -> None:
    assert places(f"release_{outcome.value}") <= {"at"}


@pytest.mark.parametrize("word", [*REMEDIES, "something_new"])
def test_every_failure_of_a_message_has_its_sentence_and_one_that_is_new_the_plain_one(word: str) -> None:
    states = States(message=Message.FAILED, link=Link.SENT)
    (told,) = messages.sentences_of(make_request(states=states, message_failure=word, sent_at=NOW), None, followed=None)
    complete([told])
    assert told.id == (f"failed_{word}" if word in REMEDIES else "cannot_deliver")


@pytest.mark.parametrize("word", [*Attention, "something_new"])
def test_every_alarm_has_its_sentence_and_says_to_whom_it_goes_unless_the_money_is_back(word: str) -> None:
    alarmed = make_request(attention=word, attention_at=NOW, do_not_ship=True)
    told = alarm_sentences([make_request(), alarmed], ())
    complete(told)
    assert [one.id for one in told] == [f"attention_{word if word in list(Attention) else 'other'}", "do_not_ship"]
    assert ("Hand to your supervisor" in CATALOGUE[told[0].id]) is needs_look(alarmed)
    known = bell_key(Bell.ATTENTION, alarmed.reference, attention_fact(alarmed))
    assert (Sentence("supervisor_told") in alarm_sentences([alarmed], {known})) is needs_look(alarmed)


def test_a_lost_dispute_is_not_said_to_have_taken_all_of_the_payment() -> None:
    """The core says that one was lost, and not of how much; a bank disputes a part as well."""
    said = CATALOGUE["attention_dispute_lost"]
    assert "took back what was disputed, all of it or a part" in said
    assert "took the money back" not in said


@pytest.mark.parametrize("word", sorted(core_statuses()))
def test_every_word_of_the_core_has_its_line_in_the_history(word: str) -> None:
    event = RequestEvent(EventKind.CALLBACK, occurred_at=NOW, recorded_at=NOW, core_status=word)
    complete([sentence for _, sentence in timeline_of(make_request(), [event], None)])


@pytest.mark.parametrize(
    "event",
    ["sending", "unknown", "rejected", "sent", "not_sent", "cancelled", "unconfirmed", "never_arrived", "rebound",
     "released", "corrected", "attention", "attention_over", "goods_held", "goods_freed",
     "capture_begun", "capture_not_done", "capture_unanswered", "reverse_begun", "reverse_not_done", "reverse_unanswered"],
)  # fmt: skip
def test_every_step_of_our_own_has_its_line_in_the_history(event: str) -> None:
    step = RequestEvent(EventKind(event), occurred_at=NOW, recorded_at=NOW, person="Thandi", note="The core is gone.")
    lines = timeline_of(make_request(), [step], None)
    assert len(lines) == 2
    complete([sentence for _, sentence in lines])


@pytest.mark.parametrize("answer", [one for one in ChangePermission if one is not ChangePermission.YES])
def test_why_a_colleagues_link_may_not_be_closed_has_its_sentence(answer: ChangePermission) -> None:
    assert places(answer.value) == {"agent", "admin"}


@pytest.mark.parametrize("counted", Counted)
def test_every_limit_has_its_sentence(counted: Counted) -> None:
    assert places(f"limit_{counted.value}") == {"at"}


@pytest.mark.parametrize("state", OrderPaymentState)
def test_why_nothing_can_be_sent_has_its_sentence(state: OrderPaymentState) -> None:
    order, requests = IN_STATE[state]
    assert balance_of(order, requests).state is state
    for user in (THANDI.user_id, "somebody else"):
        for live in ([], [make_request(live=True)]):
            told = messages.send_off(order, [*requests, *live], user)
            complete([told] if told else [])
            complete(money_sentences(order, balance_of(order, requests), requests))


def money(amount: str, state: Money = Money.PAID, **changes: Any) -> PaymentRequest:
    moved = {Money.PAID: "captured", Money.AUTHORIZED: "authorized", Money.REVERSED: "reversed"}.get(state, "reversed")
    states = States(link=Link.OPENED, money=state)
    return make_request(states=states, **{moved: Decimal(amount), "order_total": Decimal("115.00"), **changes})


IN_STATE: dict[OrderPaymentState, tuple[Order, list[PaymentRequest]]] = {
    OrderPaymentState.UNPAID: (make_order(), []),
    OrderPaymentState.REQUESTED: (make_order(), [make_request(live=True)]),
    OrderPaymentState.PART_PAID: (make_order(), [money("40.00")]),
    OrderPaymentState.AUTHORIZED: (make_order(), [money("115.00", Money.AUTHORIZED)]),
    OrderPaymentState.IN_REVIEW: (make_order(), [money("0", Money.IN_REVIEW)]),
    OrderPaymentState.PAID: (make_order(), [money("115.00")]),
    OrderPaymentState.OVERPAID: (make_order(), [money("115.00"), money("115.00")]),
    OrderPaymentState.REVERSED: (make_order(), [money("115.00", Money.REVERSED, captured=Decimal("115.00"))]),
}


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_word(status: Status) -> None:
    assert f"status_{status.value}" in CATALOGUE


# Ids that the code puts together of a word and an enumeration: each such word of theirs, and no other.
_PUT_TOGETHER = {
    *(f"timeline_{event}" for event in ("unconfirmed", "never_arrived", "rebound", "released", "corrected")),
    *(f"release_{one}" for one in ReleaseOutcome),
    *(f"{part}_{status}" for part in ("status", "say", "step_result") for status in Status),
    *(f"channel_{channel}" for channel in Channel),
    *(f"limit_{counted}" for counted in Counted),
    *(f"no_right_{right}" for right in Right),
    *(f"timeline_{money}" for money in Money),
    *(f"refresh_{one}" for one in Freshness),
    *(f"cancel_{one}" for one in CancelOutcome),
    *(f"capture_{one}" for one in CaptureOutcome),
    *(f"reverse_{one}" for one in ReverseOutcome),
    *(f"replace_{one}" for one in ReplaceOutcome),
    *(f"replace_{status}" for status in replace_messages.MONEY),
    *(f"timeline_{verb}_{step}" for verb in ("capture", "reverse") for step in ("begun", "not_done")),
    *(f"phone_{reason.value}" for reason in PhoneRefusal),
    *(f"phone_note_{reason.value}" for reason in NoteReason),
    *(f"timeline_customer_{word}" for word in ("agreed", "stopped", "resumed")),
    *(f"timeline_{step}" for step in ("sending", "unknown", "rejected")),
    *(f"reason_{reason}" for reason in REASONS),
    *(f"attention_{word}" for word in (*Attention, "other")),
    *(f"failed_{word}" for word in REMEDIES),
    *(f"timeline_{one}" for one in (Message.DELIVERED, Message.READ, Message.FAILED)),
    *(f"timeline_{event}" for event in ("attention", "attention_over", "goods_held", "goods_freed")),
    *(f"preview_{one}" for one in PreviewOutcome),
    *(f"timeline_{one}" for one in ("link_copied", "receipt_sent")),
    *ChangePermission,
    *ErrorCode,
}


def named_somewhere() -> set[str]:
    """Every word in quotes, or behind a dot in a template, of what shows sentences."""
    files = [*(ROOT / name for name in FILES), ROOT / "connector/journeys/requesting/check_consent.py"]
    files += [one for one in (ROOT / "connector/web").rglob("*.*") if one.suffix in (".py", ".js", ".html")]
    return set(re.findall(r"(?:[\"'`]|\bs\.)(\w+)", "\n".join(one.read_text("utf-8") for one in files)))


def test_the_catalogue_keeps_no_sentence_that_nobody_can_ever_read() -> None:
    assert set(CATALOGUE) - named_somewhere() - _PUT_TOGETHER == set()


@pytest.mark.parametrize(("sentence_id", "template"), CATALOGUE.items(), ids=CATALOGUE.keys())
def test_a_template_is_well_formed(sentence_id: str, template: str) -> None:
    assert template == template.strip() != ""
    assert {form for _, form in PLACE.findall(template)} <= {"", "time", "clock", "left", "moment", "money"}
    assert not set("{}") & set(PLACE.sub("", template))


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{clock}").replace(tzinfo=UTC)


# Agreed with the people who talk to customers, to the letter; what varies is filled in as in the agreement.
AGREED: list[tuple[str, dict[str, Any], str]] = [
    (
        "sent",
        {"at": at("10:42:07"), "channel": "SMS", "phone_ending": "4567"},
        "Sent 10:42:07 by SMS to a number ending 4567.",
    ),
    ("say_message_coming", {"merchant": "Acme"}, "You will get a message from Acme."),
    ("no_delivery_report", {}, "Handed to the network; this channel sends no delivery report."),
    ("cannot_deliver", {"channel": "WhatsApp"}, "WhatsApp cannot reach this number."),
    ("button_send_instead", {"channel": "SMS"}, "Send by SMS instead"),
    (
        "not_opened",
        {"until": "4:00", "phone_ending": "4567"},
        "Not opened yet, 4:00 left. Check the number: it ends in 4567.",
    ),
    ("probable_preview", {}, "Opened two seconds after sending: probably a preview, not the customer."),
    ("opened", {"at": at("10:43:10"), "until": "14:20"}, "Opened 10:43:10, 14:20 left to pay."),
    ("expired_unopened", {}, "The link was not opened in 5 minutes and no longer works. No money was taken."),
    ("expired_after_opening", {}, "The time to pay ran out. No money was taken."),
    ("button_send_again", {}, "Send again"),
    ("declined", {"until": at("10:57:00")}, "The bank said no. The link works until 10:57; another card can be tried."),
    ("in_review", {}, "Being checked. Do not ship, do not send again. This changes by itself."),
    ("authorized", {}, "Held, not taken."),
    (
        "paid_written",
        {"at": at("10:44:12"), "written_at": at("10:44:13")},
        "Paid, confirmed 10:44:12. Written to Salesforce 10:44:13.",
    ),
    (
        "paid_waiting",
        {"at": at("10:44:12")},
        "Paid, confirmed 10:44:12. Salesforce is not updated yet; we keep trying. You may tell the customer.",
    ),
    (
        "paid_order_refuses",
        {"reason": "locked"},
        "Paid and recorded. The order itself could not be updated: the order is locked, for example by an approval.",
    ),
    (
        "paid_after_close",
        {
            "order_number": "00000102",
            "amount": {"amount": "115.00", "currency": "ZAR"},
            "at": at("10:44:12"),
            "reference": "c2p_1",
        },
        "Money arrived after the link was closed. Do not send again. Tell your supervisor: order 00000102, R115.00, "
        "21 Nov 2026, 10:44, reference c2p_1.",
    ),
    (
        "overpaid",
        {"a": {"amount": "115.00", "currency": "ZAR"}, "b": {"amount": "40.00", "currency": "ZAR"}},
        "Paid twice: R115.00 and R40.00. Do not promise a refund date; hand to your supervisor.",
    ),
    ("unknown", {}, "We do not know yet whether it went out. Do not send again; we are finding out."),
    (
        "unknown_long",
        {
            "order_number": "00000102",
            "amount": {"amount": "115.00", "currency": "ZAR"},
            "at": at("10:44:12"),
            "reference": "c2p_1",
        },
        "Still unknown. Tell your supervisor: order 00000102, R115.00, 21 Nov 2026, 10:44, reference c2p_1.",
    ),
    ("cancelled_told", {}, "Cancelled. The link no longer works. The customer was told."),
    (
        "cancelled_not_told",
        {"reason": "no template"},
        "Cancelled. The link no longer works. The customer could not be told: no template.",
    ),
    ("cancel_already_clicked", {}, "The customer is already paying; it cannot be stopped. Wait for the result."),
    ("cancel_already_cancelled", {"at": at("10:45:00"), "agent": "Thandi"}, "Already cancelled at 10:45 by Thandi."),
    ("cancel_already_expired", {}, "Already expired."),
    ("cancel_paid", {"at": at("10:44:12")}, "Paid meanwhile, 10:44:12."),
    (
        "colleague_link",
        {"agent": "Thandi", "at": at("10:39:00"), "until": "3:10"},
        "Thandi sent a link at 10:39; 3:10 left. You can follow it here.",
    ),
    ("already_paid", {}, "This order is paid in full. Nothing to send."),
    ("channel_refused", {"channel": "WhatsApp"}, "The customer does not want WhatsApp messages."),
    (
        "amount_changed",
        {"new": {"amount": "120", "currency": "JPY"}, "old": {"amount": "115", "currency": "JPY"}},
        "The order is now ¥120; the link asks for ¥115.",
    ),
    ("button_replace", {}, "Replace"),
    ("reverse_too_late_refund_at_gateway", {}, "Settled: it cannot be reversed here. Refund at the gateway."),
    ("not_fresh", {"at": at("10:44:03")}, "Connection lost. What you see is from 10:44:03."),
    ("reload_tab", {}, "Reload this browser tab to continue. The payment goes on by itself."),
    ("core_unavailable", {}, "Payments cannot be sent now. Nothing went out."),
    ("no_access", {"admin": "Naledi"}, "You cannot see this order's payments. Ask Naledi."),
    ("not_an_order", {}, "Open this from an order."),
    ("no_order_id", {}, "Salesforce did not say which order. Reload this tab."),
]


@pytest.mark.parametrize(("sentence_id", "values", "agreed"), AGREED, ids=[row[0] for row in AGREED])
def test_a_sentence_says_what_was_agreed_to_the_letter(sentence_id: str, values: dict[str, Any], agreed: str) -> None:
    assert fill(sentence_id, values, time_zone="Africa/Abidjan") == agreed
    assert places(sentence_id) <= set(values)


def test_a_time_is_told_in_the_agents_zone_and_a_missing_value_as_a_dash() -> None:
    assert fill("cancel_paid", {"at": at("10:44:12")}, time_zone="Africa/Johannesburg") == "Paid meanwhile, 12:44:12."
    assert fill("cancel_paid", {"at": at("10:44:12")}, time_zone="Mars/Olympus") == "Paid meanwhile, 10:44:12 UTC."
    assert fill("cancel_paid", {"at": None}, time_zone="UTC") == "Paid meanwhile, –."


def test_no_sentence_tells_why_a_card_was_declined_nor_calls_a_message_delivered_that_is_not() -> None:
    assert not any(
        re.search(r"insufficient|stolen|fraud|limit of the card", text, re.IGNORECASE) for text in CATALOGUE.values()
    )
    for request in every_request():
        if request.states.message not in (Message.DELIVERED, Message.READ):
            ids = [one.id for one in messages.sentences_of(request, None, followed=None)]
            assert "delivered" not in ids
            assert "read" not in ids


def test_a_time_for_who_has_no_known_zone_says_that_it_is_utc() -> None:
    at = datetime(2026, 11, 21, 10, 42, 7, tzinfo=UTC)
    assert fill("limit_order", {"at": at}, time_zone="UTC").endswith("at 10:42 UTC.")
    assert fill("limit_order", {"at": at}, time_zone="nowhere").endswith("at 10:42 UTC.")
    assert fill("limit_order", {"at": at}, time_zone="Africa/Johannesburg").endswith("at 12:42.")
