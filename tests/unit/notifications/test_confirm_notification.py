"""What counts only with the core's own record, and what that record has to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.core.statuses import status_update
from connector.domain.payments.notification import Notification, differences
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money, States, StatusUpdate
from connector.journeys.notifications.confirm_notification import confirm_notification, needs_confirming
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW, make_request

NEWS = Notification(
    order_number=None,
    link_reference="link-1",
    reference=None,
    core_status="PAYMENT_LINK_SENT",
    news=StatusUpdate(link=Link.SENT),
    total=None,
    currency=None,
    environment=None,
    occurred_at=None,
)
RECORD = CORE_RECORD
READ = StatusUpdate(message=Message.READ)


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        pytest.param({}, False, id="sent"),
        pytest.param({"news": READ}, False, id="read"),
        pytest.param({"news": StatusUpdate(money=Money.PAID)}, True, id="paid"),
        pytest.param({"news": StatusUpdate(link=Link.EXPIRED)}, True, id="expired"),
        pytest.param({"asks_for_person": True}, True, id="a person must look"),
        pytest.param({"asks_for_person": True, "link_reference": None}, False, id="a person must look, no link"),
    ],
)
def test_of_a_link_that_we_do_not_know_the_core_is_asked_where_it_matters(
    changes: dict[str, Any], is_asked: bool
) -> None:
    """Its record may name a request of ours: one whose answer was lost, and whose link we never learned."""
    assert needs_confirming(make_tenant(), replace(NEWS, **changes), []) is is_asked


@pytest.mark.parametrize(
    ("confirm", "word", "total", "is_asked"),
    [
        pytest.param(False, "PAYMENT_RECEIVED", Decimal(115), False, id="taken at the word"),
        pytest.param(True, "PAYMENT_RECEIVED", Decimal(115), True, id="the tenant confirms everything"),
        pytest.param(False, "PAYMENT_RECEIVED", None, True, id="no amount"),
        pytest.param(False, "PAYMENT_RECEIVED", Decimal(114), True, id="another amount"),
        pytest.param(False, "PAYMENT_CAPTURED", Decimal(115), True, id="captured, perhaps a part"),
        pytest.param(False, "PAYMENT_REVERSED", Decimal(115), True, id="given back, perhaps a part"),
    ],
)
def test_without_confirmation_money_is_believed_only_where_the_word_says_how_much(
    confirm: bool, word: str, total: Decimal | None, is_asked: bool
) -> None:
    news = status_update(word)
    assert news is not None
    request = make_request(link_reference="link-1", states=States(link=Link.OPENED), live=True)
    told = replace(NEWS, core_status=word, news=news, total=total)
    assert needs_confirming(make_tenant(confirm=confirm), told, [request]) is is_asked


@pytest.mark.parametrize(
    ("known", "word", "is_asked"),
    [
        (Money.IN_REVIEW, "PAYMENT_DECLINED", True),
        (Money.DECLINED, "PAYMENT_REVIEW", True),
        (Money.DECLINED, "PAYMENT_RECEIVED", False),
        (Money.IN_REVIEW, "PAYMENT_RECEIVED", False),
        (Money.NONE, "PAYMENT_DECLINED", False),
    ],
)
def test_which_of_a_review_and_a_decline_came_last_only_the_record_says(
    known: Money, word: str, is_asked: bool
) -> None:
    news = status_update(word)
    assert news is not None
    request = make_request(link_reference="link-1", states=States(link=Link.OPENED, money=known), live=True)
    told = replace(NEWS, core_status=word, news=news, total=Decimal(115))
    assert needs_confirming(make_tenant(confirm=False), told, [request]) is is_asked


HARMLESS = make_request(link_reference="link-1", states=States(link=Link.SENT), live=True)


@pytest.mark.parametrize(
    ("changes", "request_", "is_asked"),
    [
        pytest.param({}, HARMLESS, False, id="sent"),
        pytest.param({"error": "fields:core_status"}, HARMLESS, True, id="no status"),
        pytest.param({"odd": frozenset({"currency"})}, HARMLESS, True, id="a part cannot be read"),
        pytest.param({"asks_for_person": True}, HARMLESS, True, id="a person must look"),
        pytest.param({"speaks_of_charge": True}, HARMLESS, True, id="a card is being charged"),
        pytest.param({"news": StatusUpdate(link=Link.EXPIRED)}, HARMLESS, True, id="expired"),
        pytest.param(
            {"news": StatusUpdate(link=Link.EXPIRED)},
            replace(HARMLESS, states=States(link=Link.EXPIRED), live=False),
            False,
            id="expired, as is known",
        ),
        pytest.param(
            {"news": StatusUpdate(link=Link.EXPIRED)},
            replace(HARMLESS, states=States(link=Link.CANCELLED), live=False),
            True,
            id="expired, cancelled as we know",
        ),
        pytest.param({}, replace(HARMLESS, link_reference=None), True, id="a link that is not bound"),
        pytest.param({"link_reference": "link-2"}, HARMLESS, True, id="another link"),
        pytest.param({"environment": "PRODUCTION"}, HARMLESS, True, id="another environment"),
    ],
)
def test_of_a_request_of_ours_the_core_is_asked_about_whatever_decides_something_or_does_not_fit(
    changes: dict[str, Any], request_: PaymentRequest, is_asked: bool
) -> None:
    assert needs_confirming(make_tenant(confirm=False), replace(NEWS, **changes), [request_]) is is_asked


def test_news_that_names_two_requests_counts_for_neither_by_itself() -> None:
    both = [HARMLESS, replace(HARMLESS, reference="c2p_2", link_reference="link-2")]
    assert needs_confirming(make_tenant(confirm=False), NEWS, both) is True


TAKEN_IN_PART: dict[str, Any] = {"news": StatusUpdate(money=Money.PAID), "released": Decimal("0.50")}


@pytest.mark.parametrize(
    ("news", "shown", "is_confirmed"),
    [
        pytest.param({"news": READ}, {"message": Message.READ}, True, id="read"),
        pytest.param({"news": READ}, {"message": Message.DELIVERED}, False, id="read, delivered there"),
        pytest.param({"news": READ}, {}, True, id="read, and the core is silent about messages"),
        pytest.param({"news": StatusUpdate(link=Link.OPENED)}, {}, False, id="opened, sent there"),
        pytest.param({"news": StatusUpdate(link=Link.SENT)}, {}, True, id="sent"),
        pytest.param(
            {"news": StatusUpdate(link=Link.EXPIRED)},
            {"news": StatusUpdate(link=Link.OPENED, money=Money.PAID)},
            True,
            id="expired, paid there",
        ),
        pytest.param(
            {"news": StatusUpdate(link=Link.EXPIRED)},
            {"news": StatusUpdate(link=Link.OPENED, money=Money.REFUSED)},
            True,
            id="expired, its review failed there",
        ),
        pytest.param({"news": StatusUpdate(link=Link.EXPIRED)}, {}, False, id="expired, sent there"),
        pytest.param({"news": StatusUpdate(money=Money.PAID)}, {}, False, id="paid, sent there"),
        pytest.param(
            {"news": StatusUpdate(money=Money.REVERSED)},
            {"news": StatusUpdate(money=Money.PAID), "reversed": Decimal("0.50")},
            True,
            id="given back in part, paid there and a part given back",
        ),
        pytest.param(
            {"news": StatusUpdate(money=Money.REVERSED)},
            {"news": StatusUpdate(money=Money.PAID)},
            False,
            id="given back, paid there",
        ),
        pytest.param(
            {"news": StatusUpdate(money=Money.REVERSED)}, TAKEN_IN_PART, True, id="given back, the rest released there"
        ),
        pytest.param(
            {"news": StatusUpdate(link=Link.OPENED, money=Money.REVERSED)},
            {**TAKEN_IN_PART, "news": StatusUpdate(link=Link.SENT, money=Money.PAID)},
            False,
            id="given back, the rest released there, which shows no click",
        ),
        pytest.param(
            {"news": StatusUpdate(link=Link.OPENED, money=Money.REVERSED)},
            {"news": StatusUpdate(link=Link.SENT, money=Money.PAID), "reversed": Decimal("0.50")},
            False,
            id="given back, a part there, which shows no click",
        ),
        pytest.param(
            {"news": StatusUpdate(money=Money.PAID)},
            {"news": StatusUpdate(money=Money.AUTHORIZED), "released": Decimal("0.50")},
            False,
            id="paid, held there and a part released",
        ),
        pytest.param(
            {"news": StatusUpdate(money=Money.PAID)},
            {"news": StatusUpdate(money=Money.AUTHORIZED), "reversed": Decimal("0.50")},
            False,
            id="paid, held there and a part given back",
        ),
        pytest.param({"asks_for_person": True}, {}, False, id="a person must look, not there"),
        pytest.param({"asks_for_person": True}, {"attention_at": NOW}, True, id="a person must look"),
        pytest.param({"speaks_of_charge": True}, {}, False, id="a card is being charged, not there"),
        pytest.param({"speaks_of_charge": True}, {"charging_at": NOW}, True, id="a card is being charged"),
        pytest.param(
            {"news": StatusUpdate(link=Link.OPENED)}, {"message": Message.READ}, False, id="opened, read there"
        ),
        pytest.param({"news": StatusUpdate(money=Money.PAID)}, {"message": Message.READ}, False, id="paid, read there"),
    ],
)
def test_a_record_confirms_what_it_shows_itself(
    news: dict[str, Any], shown: dict[str, Any], is_confirmed: bool
) -> None:
    assert confirm_notification(replace(NEWS, **news), replace(RECORD, **shown), HARMLESS) is is_confirmed


@pytest.mark.parametrize(
    ("record", "minutes", "is_confirmed"),
    [
        pytest.param({"reversed": 40}, 1, False, id="another part, and the record shows the first"),
        pytest.param({"reversed": 75}, 1, True, id="another part, and the record shows both"),
        pytest.param({"reversed": 115}, 1, True, id="the rest, and the record shows all"),
        pytest.param({"reversed": 40}, 0, True, id="the first part once more"),
        pytest.param({"reversed": 40}, None, True, id="nobody says when"),
        pytest.param({"reversed": 40, "captured": 40}, 1, True, id="all that was taken is back"),
        pytest.param({"reversed": 40, "captured": 0, "authorized": 115}, 1, False, id="another part of a hold"),
        pytest.param({"reversed": 40, "released": 55}, 1, False, id="another part, and the rest was released before"),
        pytest.param({"reversed": 40, "captured": 0, "authorized": 40}, 1, True, id="all that was held is back"),
    ],
)
def test_news_of_another_part_that_is_back_waits_for_a_record_that_shows_more_than_the_first(
    record: dict[str, int], minutes: int | None, is_confirmed: bool
) -> None:
    known = replace(HARMLESS, captured=Decimal(115), reversed=Decimal(40), money_moved_at=NOW)
    at = NOW + timedelta(minutes=minutes) if minutes is not None else None
    told = replace(NEWS, news=StatusUpdate(money=Money.REVERSED), occurred_at=at)
    amounts: dict[str, Any] = {"captured": Decimal(115), **{name: Decimal(one) for name, one in record.items()}}
    shown = replace(RECORD, news=StatusUpdate(money=Money.REVERSED), **amounts)
    assert confirm_notification(told, shown, known) is is_confirmed


@pytest.mark.parametrize(
    ("moved_at", "seconds", "is_confirmed"),
    [(NOW, 5, True), (NOW, 5.1, False), (NOW, -60, True), (None, 60, True)],
    ids=["within what clocks differ", "after it", "before its amount was read", "no money moved yet"],
)
def test_news_of_the_part_that_is_known_to_be_back_is_of_before_its_amount_was_read(
    moved_at: datetime | None, seconds: float, is_confirmed: bool
) -> None:
    known = replace(HARMLESS, captured=Decimal(115), reversed=Decimal(40), money_moved_at=moved_at)
    told = replace(NEWS, news=StatusUpdate(money=Money.REVERSED), occurred_at=NOW + timedelta(seconds=seconds))
    shown = replace(RECORD, news=told.news, captured=Decimal(115), reversed=Decimal(40))
    assert confirm_notification(told, shown, known) is is_confirmed


@pytest.mark.parametrize(
    ("theirs", "ours", "is_same"),
    [
        ("00000102", "00000102", True),
        ("102", "00000102", True),
        (" 00000102 ", "102", True),
        ("103", "00000102", False),
        ("0", "0000", True),
        ("0", "0001", False),
        ("a-102", "A-102", True),
        ("0A-1", "A-1", False),
        ("٠١", "1", False),
        ("000", "0", True),
        ("0", "", False),
        (None, "00000102", True),
    ],
)
def test_an_order_number_is_the_same_without_its_leading_zeros(theirs: str | None, ours: str, is_same: bool) -> None:
    record = replace(RECORD, order_number=theirs)
    found = differences(record, make_request(order_number=ours), environment="SANDBOX")
    assert found == ([] if is_same else ["order_number"])


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"total": Decimal("115.01")}, ["amount"]),
        ({"total": None, "currency": None, "environment": None, "reference": None}, []),
        ({"currency": "EUR"}, ["currency"]),
        ({"environment": "PRODUCTION"}, ["environment"]),
        ({"link_reference": " LINK-1 "}, []),
        ({"link_reference": "link-2", "reference": "c2p_2"}, ["link_reference", "reference"]),
    ],
)
def test_what_differs_from_a_request_is_named_and_what_is_left_out_is_not(
    changes: dict[str, Any], names: list[str]
) -> None:
    request = make_request(link_reference="link-1")
    assert differences(replace(RECORD, **changes), request, environment="SANDBOX") == names
