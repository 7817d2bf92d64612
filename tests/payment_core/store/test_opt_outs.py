"""A STOP holds for one number on one channel of one merchant, until a later START of the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import Channel
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import opt_outs
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW

MINE, OTHER_NUMBER = MERCHANT.merchant_id, "27830000001"
WHO = (MINE, CUSTOMER, Channel.SMS)
OTHERS = (
    ("mer_other", CUSTOMER, Channel.SMS),
    (MINE, OTHER_NUMBER, Channel.SMS),
    (MINE, CUSTOMER, Channel.WHATSAPP),
)
Who = tuple[str, str, Channel]


def stop(work: UnitOfWork, core: Core, who: Who, minute: int) -> bool:
    key = phone_key.of(core, who[0], who[1])
    at = NOW + timedelta(minutes=minute)
    return opt_outs.stop(work, who[0], key, who[2], at=at, key_mark=phone_key.mark_of(core))


def start(work: UnitOfWork, core: Core, who: Who, minute: int) -> bool:
    return opt_outs.start(work, who[0], phone_key.of(core, who[0], who[1]), who[2], at=NOW + timedelta(minutes=minute))


def is_stopped(work: UnitOfWork, core: Core, who: Who) -> bool:
    return opt_outs.is_stopped(work, who[0], phone_key.of(core, who[0], who[1]), who[2])


@pytest.mark.parametrize("other", OTHERS)
def test_what_one_says_stops_and_opens_nobody_elses_channel(core: Core, other: Who) -> None:
    with core.transactions.write() as work:
        assert stop(work, core, WHO, 0)
        assert not is_stopped(work, core, other)
        assert stop(work, core, other, 0)
        assert not stop(work, core, WHO, 5), "it was stopped already"
        assert start(work, core, other, 3), "of whom nothing was said since"
        assert (is_stopped(work, core, WHO), is_stopped(work, core, other)) == (True, False)
        assert start(work, core, WHO, 5)
        assert not start(work, core, WHO, 6), "it was open already"


@pytest.mark.parametrize(("stops", "started", "is_open"), [
    ((0,), 0, True), ((0,), -1, False), ((0, 5), 5, True), ((0, 5), 4, False),
    # Read late, the first word does not take the place of the last.
    ((5, 0), 4, False), ((5, 0), 5, True),
])  # fmt: skip
def test_a_channel_is_opened_by_what_was_said_after_the_last_stop(
    core: Core, stops: tuple[int, ...], started: int, is_open: bool
) -> None:
    with core.transactions.write() as work:
        for minute in stops:
            stop(work, core, WHO, minute)
        assert start(work, core, WHO, started) == is_open
        assert is_stopped(work, core, WHO) != is_open
