"""A cancellation that is asked for where there is nothing to cancel, or a second time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.payments.operation import IdempotencyKey
from connector.domain.payments.payment import Person
from connector.journeys.amending.cancel_once import cancel_once
from connector.journeys.amending.cancel_payment_request import Cancelled, CancelOutcome, cancel_payment_request
from connector.journeys.amending.correct_payment_request import correct_payment_request
from tests.factories import SIPHO, THANDI
from tests.journeys.verbs import Died, die, made
from tests.journeys.world import World, once


def test_of_a_request_whose_link_nobody_knows_calls_nobody(world: World) -> None:
    world.sent(world.open(world.order()))
    unnamed = replace(world.request(made(world)[0]["reference"]), link_reference=None)
    context = world.services.for_tenant(world.tenant())
    told = cancel_payment_request(context, request=unnamed, by=Person("operator", "Naledi"))
    assert (told.outcome, world.core.cancels) == (CancelOutcome.UNKNOWN, [])


def test_of_what_was_cancelled_twice_names_who_did_it_last(world: World) -> None:
    page = world.open(world.order(THANDI, SIPHO))
    colleague = world.open(page.order_id, SIPHO)
    link = world.sent(page)
    reference = made(world)[0]["reference"]
    world.cancel(page, reference)
    link["linkStatus"] = "PAYMENT_LINK_CREATED"  # the core has it as a link that can be paid after all
    correct_payment_request(
        world.services.for_tenant(world.tenant()),
        request=world.request(reference),
        reason="The core shows it open",
        by=Person("operator", "Naledi"),
    )
    world.cancel(colleague, reference)
    told = world.cancel(page, reference).json
    assert told["outcome"] == "already_cancelled"
    assert "Sipho" in told["sentence"]


def test_under_the_key_of_a_press_that_died_names_the_colleague_who_did_it_since(world: World) -> None:
    page = world.open(world.order(THANDI, SIPHO))
    colleague = world.open(page.order_id, SIPHO)
    world.core.drop_answers = True
    world.send(page)
    world.core.drop_answers = False
    reference = made(world)[0]["reference"]
    path, keyed = f"/api/payment-requests/{reference}/cancel", page.headers | {"Idempotency-Key": "cancel-0001"}
    world.core.on_question = die  # it asks first what became of the link, and gets no further
    with pytest.raises(Died):
        world.client.post(path, headers=keyed)
    world.core.on_question = None
    assert world.cancel(colleague, reference).json["outcome"] == "cancelled"
    told = world.client.post(path, headers=keyed).json
    assert told["outcome"] == "already_cancelled"
    assert "Sipho" in told["sentence"]


def test_under_the_key_of_a_press_without_an_outcome_names_nobody_where_the_link_has_expired(world: World) -> None:
    link = world.sent(world.open(world.order()))
    context, keyed = world.services.for_tenant(world.tenant()), IdempotencyKey("cancel-0001", b"digest")

    def press() -> Cancelled:
        request = world.request(made(world)[0]["reference"])
        return cancel_once(context, request=request, by=Person("operator", "Naledi"), keyed=keyed)

    world.core.down = True
    assert press().outcome is CancelOutcome.UNKNOWN
    world.core.down = False
    world.told(link, "PAYMENT_LINK_EXPIRED")
    told = press()
    assert (told.outcome, told.closed_by) == (CancelOutcome.EXPIRED, None)


def test_is_not_believed_where_the_core_answers_that_the_link_is_out(world: World) -> None:
    page = world.open(world.order())
    reference = world.sent(page)["additionalData"]["reference"]
    world.core.cancel_answer = {"status": "PAYMENT_LINK_SENT"}
    assert world.cancel(page, reference).json["outcome"] == "unknown"
    assert world.look(page)["can_send"] is False


def test_whose_call_was_lost_keeps_what_the_core_told_a_colleague_of_the_customer(world: World) -> None:
    page = world.open(world.order(THANDI, SIPHO))
    colleague = world.open(page.order_id, SIPHO)
    reference = world.sent(page)["additionalData"]["reference"]
    world.core.customer_told, world.core.not_told_because = False, "131047: no free text now."

    def meanwhile() -> None:
        world.core.lose_requests = False
        assert world.cancel(colleague, reference).json["outcome"] == "cancelled"

    world.core.lose_requests, world.core.on_question = True, once(meanwhile)
    told = world.cancel(page, reference).json
    assert (told["outcome"], len(world.core.cancels)) == ("cancelled", 1)
    (sentence,) = told["payment_request"]["sentences"]
    assert (sentence["id"], sentence["values"]["reason"]) == ("cancelled_not_told", "131047: no free text now")
