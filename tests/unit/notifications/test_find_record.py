"""Which of the core's records is that of a request: by its link, by the link that news names, or by our reference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from connector.core.client import CoreClient
from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.status import Money, States, StatusUpdate
from connector.errors import CoreRefused, CoreUnavailable
from connector.journeys.notifications.find_record import Found, cannot_look_up, find_record
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, make_request

MINE = CORE_RECORD
UNNAMED = replace(CORE_RECORD, reference=None)
ANOTHERS = replace(CORE_RECORD, reference="c2p_2")
OTHER_AMOUNT = replace(UNNAMED, total=Decimal(116))
MISFIT = replace(CORE_RECORD, total=Decimal(116))
RIGHT = replace(CORE_RECORD, link_reference="link-2")
AWAY = CoreUnavailable("The core is away.", operation="find_by_reference")
NO_LOOK_UP = CoreRefused("There is no look-up.", operation="find_by_reference", status=404)
NO_LINK = CoreRefused("This is no link.", operation="get_transaction", status=400)
Answer = CoreRecord | Exception | None


def core(of_link: Answer, of_reference: Answer) -> CoreClient:
    def answered(answer: Answer) -> CoreRecord | None:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return cast(
        CoreClient,
        SimpleNamespace(
            get_transaction=lambda _tenant, _link: answered(of_link),
            find_by_reference=lambda _tenant, _reference: answered(of_reference),
        ),
    )


@pytest.mark.parametrize(
    ("of_link", "of_reference", "found"),
    [
        pytest.param(MINE, RIGHT, Found(MINE), id="its link's, and nothing else is asked"),
        pytest.param(MISFIT, RIGHT, Found(MISFIT), id="its link's names it, whatever else differs"),
        pytest.param(UNNAMED, RIGHT, Found(UNNAMED), id="its link's, which names nobody and fits"),
        pytest.param(OTHER_AMOUNT, RIGHT, Found(RIGHT, "link-1"), id="its link's names nobody and does not fit"),
        pytest.param(ANOTHERS, RIGHT, Found(RIGHT, "link-1"), id="its link is another's, and it has another"),
        pytest.param(None, RIGHT, Found(RIGHT, "link-1"), id="nobody knows its link, and it has another"),
        pytest.param(ANOTHERS, None, Found(ANOTHERS), id="its link is another's, and it has none"),
        pytest.param(ANOTHERS, AWAY, Found(ANOTHERS), id="its link is another's, and the core is away then"),
        pytest.param(ANOTHERS, NO_LOOK_UP, Found(ANOTHERS), id="its link is another's, and there is no look-up"),
        pytest.param(OTHER_AMOUNT, MINE, Found(OTHER_AMOUNT), id="both answers are of its own link"),
        pytest.param(None, AWAY, None, id="nobody knows its link, and the core is away then"),
    ],
)
def test_the_record_of_a_link_counts_where_it_fits_and_else_the_one_under_our_reference(
    of_link: Answer, of_reference: Answer, found: Found | None
) -> None:
    request = make_request(link_reference="link-1")
    assert find_record(make_tenant(), request, core(of_link, of_reference)) == found


@pytest.mark.parametrize(
    ("named", "of_link", "of_reference", "found"),
    [
        pytest.param("link-1", MINE, None, Found(MINE), id="that of the link that news names"),
        pytest.param("link-1", UNNAMED, RIGHT, Found(RIGHT), id="that link's names nobody, which proves nothing"),
        pytest.param("link-1", ANOTHERS, RIGHT, Found(RIGHT), id="that link is another's"),
        pytest.param("link-1", None, RIGHT, Found(RIGHT), id="nobody knows that link"),
        pytest.param("+27831234567", NO_LINK, RIGHT, Found(RIGHT), id="what news names is no link at all"),
        pytest.param(None, MINE, RIGHT, Found(RIGHT), id="news names no link"),
        pytest.param(None, MINE, None, None, id="nobody knows it"),
    ],
)
def test_a_request_without_a_link_is_known_by_our_reference_alone(
    named: str | None, of_link: Answer, of_reference: Answer, found: Found | None
) -> None:
    request = make_request(link_reference=None)
    assert find_record(make_tenant(), request, core(of_link, of_reference), named=named) == found


@pytest.mark.parametrize(
    ("known", "money"),
    [
        (Money.NONE, Money.DECLINED),
        (Money.DECLINED, Money.DECLINED),
        (Money.IN_REVIEW, Money.REFUSED),
        (Money.REFUSED, Money.REFUSED),
    ],
)
def test_a_decline_after_a_review_is_its_end(known: Money, money: Money) -> None:
    request = make_request(link_reference="link-1", states=States(money=known))
    record = replace(MINE, news=StatusUpdate(money=Money.DECLINED))
    found = find_record(make_tenant(), request, core(record, None))
    assert found is not None
    assert found.record.news.money is money


@pytest.mark.parametrize(
    ("error", "has_none"),
    [
        pytest.param(NO_LOOK_UP, True, id="it has none"),
        pytest.param(CoreRefused("No.", operation="find_by_reference"), True, id="we know that it has none"),
        pytest.param(CoreRefused("No.", operation="find_by_reference", status=401), False, id="our key is wrong"),
        pytest.param(CoreRefused("No.", operation="find_by_reference", status=403), False, id="our key may not"),
        pytest.param(CoreRefused("No.", operation="get_transaction", status=404), False, id="another question"),
        pytest.param(AWAY, False, id="it is away"),
    ],
)
def test_a_core_without_a_look_up_is_told_from_one_that_cannot_be_asked(error: Exception, has_none: bool) -> None:
    assert cannot_look_up(error) is has_none
