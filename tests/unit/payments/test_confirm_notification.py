"""What counts only with the core's own record, and what that record has to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.payments.notification import Notification
from connector.domain.payments.status import Link, Message, Money, StatusUpdate
from connector.journeys.notifications.confirm_notification import confirm_notification, needs_confirming
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW

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
        pytest.param({"news": StatusUpdate(link=Link.EXPIRED)}, {}, False, id="expired, sent there"),
        pytest.param({"news": StatusUpdate(money=Money.PAID)}, {}, False, id="paid, sent there"),
        pytest.param({"asks_for_person": True}, {}, False, id="a person must look, not there"),
        pytest.param({"asks_for_person": True}, {"attention_at": NOW}, True, id="a person must look"),
    ],
)
def test_a_record_confirms_what_it_shows_itself(
    news: dict[str, Any], shown: dict[str, Any], is_confirmed: bool
) -> None:
    assert confirm_notification(replace(NEWS, **news), replace(RECORD, **shown)) is is_confirmed
