"""What Stripe answers, lists and reports means one thing each: what went wrong, what an event is about, how disputes ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.payment import DisputeEnd, Payment, PaymentState
from payment_core.gateways.gateway import (
    GatewayError,
    GatewayRefused,
    NotAdmitted,
    NothingLeft,
    ObjectUnknown,
    OutcomeUnknown,
    PaymentIds,
)
from payment_core.gateways.stripe.calls import (
    VERSION,
    CardRefused,
    InvalidRequest,
    MissingRight,
    ServerFault,
    StripeCalls,
)
from payment_core.gateways.stripe.disputes import with_dispute_end
from payment_core.gateways.stripe.events import sighting_of
from payment_core.gateways.stripe.lost_answers import find_listed, is_surely_listed, is_young
from tests.payment_core.conftest import NOW

BASE = "https://stripe.example"
PRESENT, EARLIER = Secret("rk_test_present"), Secret("rk_test_earlier")
CALLS = StripeCalls(PeerSession(peer="stripe", total_timeout=5, repeat_reads=False), PRESENT, BASE)
SECOND = timedelta(seconds=1)
S = PaymentState


def error(code: str | None = None, kind: str | None = None) -> dict[str, Any]:
    return {"error": {name: value for name, value in (("code", code), ("type", kind)) if value is not None}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (400, error("parameter_missing"), InvalidRequest, "parameter_missing"),
        (400, {}, InvalidRequest, "400"),
        (400, error(kind="idempotency_error"), GatewayRefused, "idempotency_error"),
        (401, error(kind="invalid_request_error"), NotAdmitted, "invalid_request_error"),
        (403, error(), MissingRight, "403"),
        (404, error("resource_missing"), ObjectUnknown, "resource_missing"),
        (409, error("idempotency_key_in_use"), OutcomeUnknown, "idempotency_key_in_use"),
        (409, error("lock_timeout"), GatewayRefused, "lock_timeout"),
        (429, error("rate_limit"), NothingLeft, "rate_limit"),
        (500, error(), ServerFault, "500"),
        (503, "<html>", ServerFault, "503"),
        (404, "<html>", ObjectUnknown, "404"),
        (200, "[]", OutcomeUnknown, None),
        (200, "<html>", OutcomeUnknown, None),
        (200, "[" * 100_000, OutcomeUnknown, None),
        # Nothing was sent: it may be sent again.
        (0, requests.ConnectTimeout(), NothingLeft, None),
        (0, requests.ReadTimeout(), OutcomeUnknown, None),
    ],
)
def test_what_went_wrong_is_known_by_status_and_word(
    status: int, body: object, kind: type[GatewayError], reason: str | None
) -> None:
    with responses.RequestsMock() as mocked:
        given: dict[str, Any] = {"body": body} if isinstance(body, str | Exception) else {"json": body}
        mocked.get(f"{BASE}/v1/x", status=status, **given)
        with pytest.raises(GatewayError) as raised:
            CALLS.get("/v1/x")
    assert (type(raised.value), raised.value.facts.get("reason")) == (kind, reason)


@pytest.mark.parametrize(
    ("stamp", "time"), [("Sat, 28 Nov 2026 12:00:00 GMT", datetime(2026, 11, 28, 12, tzinfo=UTC)), (None, None)]
)
def test_the_accounts_time_is_that_of_an_answer_which_the_key_was_given(stamp: str | None, time: object) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{BASE}/v1/checkout/sessions", json={"data": []}, headers={"Date": stamp} if stamp else {})
        assert CALLS.time() == time
        assert str(mocked.calls[0].request.url).endswith("?limit=1")
        mocked.replace("GET", f"{BASE}/v1/checkout/sessions", status=401, json={})
        with pytest.raises(NotAdmitted):
            CALLS.time()


def test_a_card_that_is_refused_is_no_refusal_of_the_call() -> None:
    with responses.RequestsMock() as mocked:
        mocked.post(f"{BASE}/v1/x", status=402, json=error("card_declined"))
        with pytest.raises(CardRefused) as refused:
            CALLS.post("/v1/x", b"")
    assert refused.value.body == {"code": "card_declined"}


@pytest.mark.parametrize("key", [None, "key"])
def test_a_call_carries_its_key_and_its_version_and_a_read_its_query(key: str | None) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post(f"{BASE}/v1/x", json={})
        mocked.get(f"{BASE}/v1/x", json={})
        CALLS.post("/v1/x", b"a=1", key=key)
        CALLS.get("/v1/x")
        CALLS.get("/v1/x", expand=("a", "b.c"), query={"limit": "1"})
        post, plain, read = (one.request for one in mocked.calls)
    assert post.headers.get("Idempotency-Key") == key
    assert (post.body, post.headers["Content-Type"]) == (b"a=1", "application/x-www-form-urlencoded")
    for one in (post, plain, read):
        assert (one.headers["Authorization"], one.headers["Stripe-Version"]) == (f"Bearer {PRESENT.value}", VERSION)
    assert plain.url == f"{BASE}/v1/x"
    assert str(read.url).partition("?")[2] == "limit=1&expand%5B%5D=a&expand%5B%5D=b.c"


@pytest.mark.parametrize(
    ("pages", "read"),
    [
        ([{"data": [{"id": "1"}], "has_more": False}], 1),
        ([{"data": [{"id": "1"}], "has_more": True}, {"data": [{"id": "2"}], "has_more": False}], 2),
        ([{"data": [], "has_more": True}], 0),
        ([{}], 0),
    ],
)
def test_a_list_is_read_to_its_end(pages: list[dict[str, Any]], read: int) -> None:
    with responses.RequestsMock() as mocked:
        for page in pages:
            mocked.get(f"{BASE}/v1/x", json=page)
        found = list(CALLS.each("/v1/x", {"created[gte]": "1"}))
        asked = [str(one.request.url).partition("?")[2] for one in mocked.calls]
    assert [one["id"] for one in found] == [str(number) for number in range(1, read + 1)]
    assert asked[0] == "limit=100&created%5Bgte%5D=1"
    assert asked[1:] == ["limit=100&created%5Bgte%5D=1&starting_after=1"][: len(pages) - 1]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([(200, {"id": "present"})], "present"),
        ([(404, error("resource_missing")), (200, {"id": "earlier"})], "earlier"),
        ([(404, error("resource_missing")), (404, error("resource_missing"))], ObjectUnknown),
        # A key that was only rolled is refused by now: what the present one said counts.
        ([(404, error("resource_missing")), (401, error())], ObjectUnknown),
        ([(401, error())], NotAdmitted),
        ([(400, error("parameter_missing"))], InvalidRequest),
    ],
)
def test_what_the_present_account_does_not_know_is_asked_for_at_the_earlier_one(
    answers: list[tuple[int, dict[str, Any]]], found: object
) -> None:
    both = replace(CALLS, older=(EARLIER,))
    with responses.RequestsMock() as mocked:
        for status, body in answers:
            mocked.get(f"{BASE}/v1/x", status=status, json=body)
        if isinstance(found, str):
            assert both.get("/v1/x")["id"] == found
        else:
            with pytest.raises(GatewayError) as raised:
                both.get("/v1/x")
            assert type(raised.value) is found
        asked_by = [one.request.headers["Authorization"] for one in mocked.calls]
    assert asked_by == [f"Bearer {one.value}" for one in (PRESENT, EARLIER)][: len(answers)]


@pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/payment_intents"])
def test_what_begins_a_payment_is_asked_of_the_present_account_alone(path: str) -> None:
    """A customer who is unknown there is known at the earlier one, which must take no money any more."""
    with responses.RequestsMock() as mocked:
        mocked.post(f"{BASE}{path}", status=404, json=error("resource_missing"))
        with pytest.raises(ObjectUnknown):
            replace(CALLS, older=(EARLIER,)).post(path, b"customer=cus_1")
        assert len(mocked.calls) == 1
        mocked.post(f"{BASE}{path}/x/expire", status=404, json=error("resource_missing"))
        mocked.post(f"{BASE}{path}/x/expire", json={"id": "x"})
        assert replace(CALLS, older=(EARLIER,)).post(f"{path}/x/expire", b"")["id"] == "x", (
            "what began there ends there"
        )


@pytest.mark.parametrize(
    ("statuses", "end", "goes_on_again"),
    [
        ([], None, False),
        (["needs_response"], None, False),
        (["under_review"], None, False),
        (["won"], DisputeEnd.WON, False),
        (["warning_closed"], DisputeEnd.WON, False),
        (["lost"], DisputeEnd.LOST, False),
        (["prevented"], None, False),
        (["prevented", "lost"], DisputeEnd.LOST, False),
        (["lost", "lost"], DisputeEnd.LOST, False),
        # Newest first.
        (["won", "lost"], DisputeEnd.LOST_THEN_WON, False),
        (["lost", "won"], DisputeEnd.WON_THEN_LOST, False),
        # One that goes on beside one that was lost: money is gone already.
        (["needs_response", "lost"], DisputeEnd.LOST, True),
        (["needs_response", "won"], None, True),
        (["of tomorrow"], None, False),
    ],
)
def test_disputes_of_a_payment_end_together(statuses: list[str], end: DisputeEnd | None, goes_on_again: bool) -> None:
    payment = Payment(S.TAKEN, "ZAR", Decimal("150.00"), payment_id="pi_1", disputed=True)
    data = [{"status": one, "created": 100 - place} for place, one in enumerate(statuses)]
    for listed in (data, data[::-1]):
        with responses.RequestsMock() as mocked:
            mocked.get(f"{BASE}/v1/disputes", json={"data": listed})
            found = with_dispute_end(CALLS, payment)
            assert str(mocked.calls[0].request.url).endswith("?payment_intent=pi_1&limit=100"), (
                "and no other's disputes"
            )
        assert (found.dispute_end, found.disputed_again) == (end, goes_on_again)
    for other in (replace(payment, disputed=False), replace(payment, payment_id=None)):
        assert with_dispute_end(CALLS, other) == other, "nothing is asked for"


PAGE, INTENT = {"object": "checkout.session", "id": "cs_1"}, {"object": "payment_intent", "id": "pi_1"}


@pytest.mark.parametrize(
    ("item", "ids"),
    [
        (PAGE, PaymentIds("cs_1", None)),
        (PAGE | {"payment_intent": "pi_1"}, PaymentIds("cs_1", "pi_1")),
        (PAGE | {"client_reference_id": "link_1"}, PaymentIds("cs_1", None, "link_1")),
        (INTENT, PaymentIds(None, "pi_1")),
        (INTENT | {"metadata": {"link": "link_1", "attempt": "att_1"}}, PaymentIds(None, "pi_1", "link_1", "att_1")),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, PaymentIds(None, "pi_1")),
        ({"object": "charge", "payment_intent": {"id": "pi_1"}}, PaymentIds(None, "pi_1")),
        ({"object": "charge", "payment_intent": None}, None),
        ({"object": "charge", "payment_intent": 7}, None),
        ({"object": "charge", "payment_intent": {"id": 7}}, None),
        ({"object": "customer", "id": "cus_1"}, None),
        ("cs_1", None),
        (None, None),
    ],
)
def test_an_event_is_about_the_page_or_the_payment_that_its_object_names(item: object, ids: PaymentIds | None) -> None:
    event = {"id": "evt_1", "type": "charge.refunded", "created": 1764331200, "data": {"object": item}}
    found = sighting_of(event)
    assert (found.ids if found else None) == ids
    if found is not None:
        assert (found.event_id, found.kind, found.is_fraud_warning) == ("evt_1", "charge.refunded", False)
        assert found.occurred_at == datetime(2025, 11, 28, 12, 0, tzinfo=UTC)
    assert sighting_of({**event, "data": "x"}) is None


def test_an_event_that_says_neither_its_id_nor_its_kind_is_still_about_its_payment() -> None:
    found = sighting_of({"data": {"object": INTENT}})
    assert found is not None
    assert (found.event_id, found.kind, found.ids.payment_id) == ("", "", "pi_1")


def test_a_warning_of_fraud_is_told_apart_and_an_event_without_a_time_has_none() -> None:
    event: dict[str, Any] = {"id": "evt_1", "type": "radar.early_fraud_warning.created", "data": {"object": INTENT}}
    found = sighting_of(event)
    assert found is not None
    assert (found.is_fraud_warning, found.occurred_at) == (True, None)


ATTEMPT = Attempt("att_1", "link_1", "mer_1", AttemptKind.SAVED_CARD, AttemptState.PREPARED, "key", NOW, None)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("age", "young", "listed"),
    [
        (timedelta(0), True, False),
        (10 * MINUTE, True, False),
        (10 * MINUTE + SECOND, False, False),
        (15 * MINUTE, False, False),
        (15 * MINUTE + SECOND, False, True),
    ],
)
def test_a_charge_is_repeated_for_ten_minutes_and_surely_listed_after_fifteen(
    age: timedelta, young: bool, listed: bool
) -> None:
    assert (is_young(ATTEMPT, NOW + age), is_surely_listed(ATTEMPT, NOW + age)) == (young, listed)


def test_what_an_attempt_made_is_found_by_its_name_since_a_little_before_it_began() -> None:
    others = [{"id": "1", "metadata": {"attempt": "att_2"}}, {"id": "2", "metadata": None}, {"id": "3"}]
    for listed, found in ((others, None), ([*others, {"id": "4", "metadata": {"attempt": "att_1"}}], "4")):
        with responses.RequestsMock() as mocked:
            mocked.get(f"{BASE}/v1/payment_intents", json={"data": listed, "has_more": False})
            item = find_listed(CALLS, "/v1/payment_intents", ATTEMPT, {"customer": "cus_1"})
            url = str(mocked.calls[0].request.url)
        assert (item["id"] if item else None) == found
        since = int((NOW - 10 * MINUTE).timestamp())
        assert url.endswith(f"?limit=100&customer=cus_1&created%5Bgte%5D={since}")
