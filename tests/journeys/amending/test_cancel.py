"""Cancel answers the truth, whatever it is; who asked for the money never changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import SIPHO, THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, die, made
from tests.journeys.world import SENTENCES, Clock, Page, World, once


@pytest.fixture
@played_once
def page(world: World) -> Page:
    return world.open(world.order(THANDI, SIPHO))


@pytest.fixture
def colleague(world: World, page: Page) -> Page:
    return world.open(page.order_id, SIPHO)


def press(world: World, page: Page) -> Any:
    """Press Cancel on the latest request; whoever asked for the money stays the same."""
    row = world.rows("payment_requests")[-1]
    answer = world.cancel(page, row["reference"])
    assert answer.status_code == 200
    assert answer.json["payment_request"]["requested_by"] == {"id": THANDI.user_id, "name": "Thandi"}
    assert "internal words" not in answer.text
    return answer.json


def test_closes_a_link_that_is_not_opened(world: World, page: Page) -> None:
    world.sent(page)
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("cancelled", SENTENCES["cancelled_told"])
    assert told["payment_request"]["status"] == "cancelled"
    assert world.core.cancels == ["link-0001"]
    assert world.look(page)["can_send"] is True
    assert world.rows("verb_calls") == [], "nothing is kept of a call that no key can repeat"


def test_by_a_colleague_notes_who_was_the_last_to_act(world: World, page: Page, colleague: Page) -> None:
    world.sent(page)
    told = press(world, colleague)
    assert told["payment_request"]["handled_by"] == {"id": SIPHO.user_id, "name": "Sipho"}
    last = world.rows("payment_events")[-1]
    assert (last["event"], last["person"], last["core_status"]) == ("cancelled", "Sipho", "PAYMENT_LINK_CANCELLED")
    world.settle()
    (record,) = world.org.requests.values()
    assert (record["Requested_By__c"], record["Handled_By__c"]) == ("Thandi", "Sipho")


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        ("131047: no free text now.", SENTENCES["cancelled_not_told"].format(reason="131047: no free text now")),
        (None, SENTENCES["cancelled_not_told_unexplained"]),
    ],
)
def test_says_that_the_customer_could_not_be_told_and_why_as_far_as_the_core_says_it(
    world: World, page: Page, because: str | None, sentence: Any
) -> None:
    world.sent(page)
    world.core.customer_told, world.core.not_told_because = False, because
    assert press(world, page)["sentence"] == sentence
    (shown,) = world.look(page)["payment_requests"][0]["sentences"]
    assert shown["values"].get("reason") == (because.rstrip(".") if because else None)


KNOWN = [
    (["PAYMENT_LINK_CLICKED"], "already_clicked", SENTENCES["cancel_already_clicked"]),
    (["PAYMENT_LINK_EXPIRED"], "expired", SENTENCES["cancel_already_expired"]),
    (["PAYMENT_RECEIVED"], "paid", "Paid meanwhile, 12:42:10."),
    (
        ["PAYMENT_AUTHORIZED"],
        "authorized",
        "The amount was held meanwhile, 12:42:10. It cannot be cancelled here. Tell your supervisor: order 0000102, R115.00, "
        "reference {reference}.",
    ),
    (["PAYMENT_REVIEW"], "in_review", SENTENCES["cancel_in_review"]),
    (["PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED", "PAYMENT_LINK_EXPIRED"], "declined", SENTENCES["cancel_declined"]),
    (["PAYMENT_RECEIVED", "PAYMENT_REVERSED"], "reversed", SENTENCES["cancel_reversed"]),
]
NAMES = [one[1] for one in KNOWN]


@pytest.mark.parametrize(("words", "outcome", "sentence"), KNOWN, ids=NAMES)
def test_of_what_is_known_already_says_so_without_a_call(
    world: World, page: Page, colleague: Page, words: list[str], outcome: str, sentence: Any
) -> None:
    link = world.sent(page)
    world.clock.pass_by(seconds=3)  # a click that is sooner is probably a preview
    for word in words:
        world.told(link, word)
    told = press(world, colleague)
    sentence = sentence.replace("{reference}", told["payment_request"]["reference"])
    assert (told["outcome"], told["sentence"]) == (outcome, sentence)
    assert world.core.cancels == []
    assert told["payment_request"]["handled_by"]["name"] == "Thandi"


@pytest.mark.parametrize(("words", "outcome", "sentence"), KNOWN, ids=NAMES)
def test_of_what_only_the_core_knows_says_what_is_true(
    world: World, page: Page, colleague: Page, words: list[str], outcome: str, sentence: Any
) -> None:
    link = world.sent(page)
    world.clock.pass_by(seconds=3)  # a click that is sooner is probably a preview
    for word in words:
        world.core.happen(link, word)
    told = press(world, colleague)
    sentence = sentence.replace("{reference}", told["payment_request"]["reference"])
    assert (told["outcome"], told["sentence"]) == (outcome, sentence)
    assert world.core.cancels == ["link-0001"]


def test_of_a_link_that_may_still_be_paid_after_a_decline_does_not_say_that_it_is_closed(
    world: World, page: Page
) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.told(link, "PAYMENT_DECLINED")
    told = press(world, page)
    assert told["outcome"] == "declined"
    assert told["sentence"] == SENTENCES["cancel_already_clicked"]


def test_of_a_cancelled_link_names_who_did_it_and_when(world: World, page: Page, colleague: Page, clock: Clock) -> None:
    world.sent(page)
    press(world, colleague)
    clock.pass_by(minutes=3)
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("already_cancelled", "Already cancelled at 12:42 by Sipho.")
    assert told["payment_request"]["handled_by"]["name"] == "Sipho"


def test_of_a_link_that_was_cancelled_elsewhere_says_so(world: World, page: Page) -> None:
    world.core.happen(world.sent(page), "PAYMENT_LINK_CANCELLED")
    assert press(world, page)["outcome"] == "already_cancelled"


def test_believes_the_cores_refusal_when_its_record_cannot_be_read(world: World, page: Page) -> None:
    world.core.happen(world.sent(page), "PAYMENT_LINK_CLICKED")
    world.core.mute = True
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("already_clicked", SENTENCES["cancel_already_clicked"])


def test_whose_answer_is_lost_is_found_out_at_once_and_noted_for_who_did_it(
    world: World, page: Page, colleague: Page
) -> None:
    world.sent(page)
    world.core.drop_answers = True
    told = press(world, colleague)
    assert (told["outcome"], told["payment_request"]["status"]) == ("cancelled", "cancelled")
    assert told["payment_request"]["handled_by"]["name"] == "Sipho"
    assert world.core.cancels == ["link-0001"]


@pytest.mark.parametrize("switches", [("down",), ("drop_answers", "mute"), ("lose_requests",)])
def test_that_cannot_be_found_out_is_unknown_and_blocks_a_new_send(world: World, page: Page, switches: Any) -> None:
    world.sent(page)
    for switch in switches:
        setattr(world.core, switch, True)
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("unknown", SENTENCES["cancel_unknown"])
    for switch in switches:
        setattr(world.core, switch, False)
    assert world.send(page).status_code == 409


def test_of_a_send_whose_outcome_is_unknown_asks_first(world: World, page: Page) -> None:
    world.core.drop_answers = True
    world.send(page)
    world.core.drop_answers = False
    assert press(world, page)["outcome"] == "cancelled"
    assert world.core.cancels == ["link-0001"]


def test_of_a_send_that_nobody_can_find_out_about_is_unknown(world: World, page: Page) -> None:
    world.core.lose_requests = True
    world.send(page)
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("unknown", SENTENCES["cancel_unknown"])
    assert world.core.cancels == []


@pytest.mark.parametrize("switch", ["down", "refuse"])
def test_of_what_never_left_has_nothing_to_cancel(world: World, page: Page, switch: str) -> None:
    setattr(world.core, switch, True if switch == "down" else (400, "NO"))
    world.send(page)
    setattr(world.core, switch, False if switch == "down" else None)
    told = press(world, page)
    assert (told["outcome"], told["sentence"]) == ("not_sent", SENTENCES["cancel_not_sent"])


def test_takes_no_unknown_field(world: World, page: Page) -> None:
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    url = f"/api/payment-requests/{reference}/cancel"
    assert world.client.post(url, headers=page.headers, json={"force": True}).status_code == 422
    assert world.core.cancels == []
    assert world.client.post(url, headers=page.headers, json={}).status_code == 200


KEY = {"Idempotency-Key": "cancel-0001"}


def cancel(world: World, page: Page, number: int = 0, **how: Any) -> Any:
    """Cancel the first request, or another one, under the key."""
    reference = made(world)[number]["reference"]
    path = f"/api/payment-requests/{reference}/cancel"
    return world.client.post(path, headers=page.headers | KEY | how.get("headers", {}), json=how.get("body", {}))


def test_repeated_under_its_key_answers_what_it_came_to(world: World, page: Page) -> None:
    link = world.sent(page)
    first = cancel(world, page).json
    world.told(link, "PAYMENT_RECEIVED")
    again = cancel(world, page).json
    assert first["outcome"] == again["outcome"] == "cancelled"
    assert again["payment_request"]["status"] == "paid"
    assert press(world, page)["outcome"] == "paid"
    assert world.core.cancels == ["link-0001"]


def test_not_known_to_have_worked_is_found_out_by_the_same_key(world: World, page: Page) -> None:
    world.sent(page)
    world.core.down = True
    assert cancel(world, page).json["outcome"] == "unknown"
    world.core.down = False
    assert cancel(world, page).json["outcome"] == "cancelled"
    assert world.core.cancels == ["link-0001"]


def test_of_a_process_that_died_in_the_call_is_by_whom_it_was_when_its_key_comes_again(
    world: World, page: Page
) -> None:
    world.sent(page)
    world.core.on_cancelled = die
    with pytest.raises(Died):
        cancel(world, page)
    world.core.on_cancelled = None
    world.restart()
    told = cancel(world, page).json
    assert (told["outcome"], told["sentence"]) == ("already_cancelled", "Already cancelled at 12:42 by Thandi.")
    assert cancel(world, page).json["outcome"] == "already_cancelled"


def test_overtaken_by_its_own_repeat_stays_what_it_was(world: World, page: Page) -> None:
    world.sent(page)
    overlapping = []
    world.core.on_cancelled = lambda: overlapping.append(cancel(world, page).json["outcome"])
    assert cancel(world, page).json["outcome"] == "cancelled"
    assert overlapping == ["already_cancelled"]
    assert cancel(world, page).json["outcome"] == "cancelled"


def test_under_the_key_of_another_verb_or_request_changes_nothing(world: World, page: Page) -> None:
    other = world.open(world.order(THANDI))
    for one in (page, other):
        world.sent(one)
    assert cancel(world, page).json["outcome"] == "cancelled"
    refused = [cancel(world, other, 1)]
    path = f"/api/payment-requests/{made(world)[1]['reference']}/replace"
    refused += [world.client.post(path, headers=other.headers | KEY, json={})]
    codes = [(one.status_code, one.json["error"]["code"]) for one in refused]
    assert codes == [(422, "idempotency_key_reused")] * 2
    assert world.core.cancels == ["link-0001"]


def test_under_a_key_that_we_do_not_keep_is_refused(world: World, page: Page) -> None:
    world.sent(page)
    answer = cancel(world, page, headers={"Idempotency-Key": "short"})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["Idempotency-Key"])
    assert world.core.cancels == []


def test_overtaken_by_its_repeat_before_it_was_made_leaves_that_ones_outcome(world: World, page: Page) -> None:
    world.core.drop_answers = True
    world.send(page)
    world.core.drop_answers = False
    overlapping = []
    world.core.on_question = once(lambda: overlapping.append(cancel(world, page).json["outcome"]))
    assert cancel(world, page).json["outcome"] == "already_cancelled"
    assert overlapping == ["cancelled"]
    assert cancel(world, page).json["outcome"] == "cancelled"


def test_is_followed_by_one_more_look_for_money_whose_news_was_lost(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    clock.pass_by(minutes=3)
    press(world, page)
    clock.pass_by(seconds=1)
    world.sweep()
    world.core.happen(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=60)
    world.sweep()
    assert world.look(page)["payment_state"] == "paid"
