"""Gives these tests the world of the journeys, two hours ago: commands run in processes of their own, at the real time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foundation.clock import utc_now
from tests.factories import notification
from tests.journeys.conftest import lines, world
from tests.journeys.world import Clock, World

__all__ = ["lines", "world"]


@pytest.fixture
def clock() -> Clock:
    """A clock that is two hours behind."""
    clock = Clock()
    clock.at = utc_now() - timedelta(hours=2)
    return clock


def early_news(world: World, word: str = "PAYMENT_LINK_CLICKED", **changes: Any) -> dict[str, Any]:
    """The core's news of the first link that will be made, sent before we know of it, without our reference."""
    link = {
        "orderNumber": "0000102",
        "paymentLinkRef": "link-0001",
        "totalAmount": 115.00,
        "taxAmount": 15.00,
        "subTotalAmount": 100.00,
        "currency": "ZAR",
        "channel": "sms",
        "endUserMobileNumber": "27831234567",
        "additionalData": {},
        "environment": "SANDBOX",
    }
    return notification(link, word, at=world.clock()) | changes


def orphan(world: World, **changes: Any) -> dict[str, Any]:
    """Let news of the first link become an orphan, then send that link; return the core's record of the link."""
    assert world.callback(early_news(world, **changes), kind="transaction-status").status_code == 200
    world.clock.pass_by(minutes=61)
    world.drain()
    assert world.row("inbox")["verdict"] == "orphan"
    return world.sent(world.open(world.order()))
