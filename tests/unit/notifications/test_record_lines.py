"""The history of a request that the core's record has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, Money, States
from connector.journeys.notifications.take_record import record_lines
from tests.unit.examples import NOW, make_request

SENT = make_request(link_reference="link-2", live=True, states=States(link=Link.SENT, message=Message.SENT))
ASIDE = NOW - timedelta(minutes=1)
IN_REVIEW = States(link=Link.SENT, message=Message.SENT, money=Money.IN_REVIEW)


@pytest.mark.parametrize(
    ("before", "changes", "told"),
    [
        pytest.param({}, {"captured": Decimal(115)}, [("healed", NOW, None)], id="money"),
        pytest.param({}, {"charging": True, "charging_at": ASIDE}, [], id="a card is being charged"),
        pytest.param({}, {"capture_before": ASIDE, "settled": True}, [], id="what is shown beside it"),
        pytest.param(
            {},
            {"states": States(link=Link.SENT, message=Message.DELIVERED), "message_at": ASIDE},
            [("healed", ASIDE, "MESSAGE_DELIVERED")],
            id="its message arrived",
        ),
        pytest.param({}, {"message_at": ASIDE}, [], id="its message was sent earlier than known"),
        pytest.param(
            {}, {"states": States(link=Link.SENT, message=Message.DELIVERED)}, [], id="its message arrived, nobody says when"
        ),
        pytest.param(
            {},
            {"message_at": ASIDE, "message_failure": "not_known"},
            [("healed", NOW, None, "not_known")],
            id="nobody knows whether it was sent",
        ),
        pytest.param(
            {}, {"attention": "disputed", "attention_at": ASIDE}, [("attention", ASIDE, None, "disputed")],
            id="a person must look",
        ),
        pytest.param(
            {"attention": "disputed", "attention_at": ASIDE},
            {"attention": None, "attention_at": NOW},
            [("attention_over", NOW, None)],
            id="nobody must look any more",
        ),
        pytest.param({"attention": "disputed", "attention_at": ASIDE}, {}, [], id="a person must look still"),
        pytest.param(
            {"attention": "disputed", "attention_at": ASIDE}, {"attention_at": None}, [], id="a line has a time"
        ),
        pytest.param({}, {"do_not_ship": True}, [("goods_held", NOW, None)], id="goods wait"),
        pytest.param({"do_not_ship": True}, {"do_not_ship": False}, [("goods_freed", NOW, None)], id="goods go"),
        pytest.param({"states": IN_REVIEW}, {"do_not_ship": True}, [], id="a review says itself that goods wait"),
        pytest.param(
            {}, {"link_reference": "link-3"}, [("rebound", NOW, None, "link-2 → link-3"), ("healed", NOW, None)],
            id="another link",
        ),
        pytest.param(
            {"link_reference": None}, {"link_reference": "link-3"}, [("healed", NOW, None)], id="its first link"
        ),
    ],
)  # fmt: skip
def test_a_records_history_has_one_event_for_each_thing_that_changed(
    before: dict[str, Any], changes: dict[str, Any], told: list[tuple[Any, ...]]
) -> None:
    known = replace(SENT, **before)
    line = RequestEvent(EventKind.HEALED, occurred_at=NOW, recorded_at=NOW)
    events = record_lines(known, replace(known, **changes), line, now=NOW)
    assert [(one.event, one.occurred_at, one.core_status, one.note) for one in events] == [
        (*one, None)[:4] for one in told
    ]


@pytest.mark.parametrize("kind", [EventKind.CALLBACK, EventKind.HEALED])
@pytest.mark.parametrize(
    "changes",
    [
        {"states": States(link=Link.SENT, message=Message.DELIVERED), "message_at": ASIDE},
        {"message_failure": "not_known"},
    ],
    ids=["it arrived", "nobody knows"],
)
def test_what_became_of_a_message_came_the_same_way_as_the_rest(kind: EventKind, changes: dict[str, Any]) -> None:
    line = RequestEvent(kind, occurred_at=NOW, recorded_at=NOW)
    (event,) = record_lines(SENT, replace(SENT, **changes), line, now=NOW)
    assert event.event is kind
