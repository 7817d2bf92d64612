"""What needed a person needs none once somebody has dealt with it, and whoever was told of it is told so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import DisputeEnd
from payment_core.journeys.amending.deal_with_attention import deal_with_attention, name_of_alarm
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.journeys.reconciling.reconcile import reconcile
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.links import links
from payment_core.store.schema.tables import deliveries
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.links import deal_with, now_of

Make = Callable[..., Link]
Change = Callable[..., Link]


def alarms_of(core: Core, link: Link) -> list[tuple[str | None, str]]:
    """Return what was reported of a link's needing a person: why, and when that began or ended."""
    mine = (deliveries.c.reference == link.reference) & (deliveries.c.event == "PAYMENT_ATTENTION")
    with core.transactions.read() as work:
        rows = work.connection.execute(select(deliveries).where(mine).order_by(deliveries.c.delivery_id)).all()
        bodies = [json.loads(work.vault.open(row.merchant_id, bytes(row.body))) for row in rows]
    return [(body["attention"], body["attentionTimestamp"]) for body in bodies]


@pytest.fixture
def disputed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> tuple[Link, Change]:
    """A paid link whose payment is disputed, and a function that changes the payment at the gateway and looks again."""
    link = make_link()
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference))

    def change(**fields: object) -> Link:
        gateway.change(gateway.key_of(link.reference), **fields)
        reconcile(core, merchant, since=clock().replace(year=2020))
        return now_of(core, link)

    return change(disputed=True), change


def test_who_dealt_with_an_alarm_ends_it_for_good(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change], clock: MovableClock
) -> None:
    link, change = disputed
    clock.move(hours=1)
    assert deal_with(core, merchant, link)
    assert not deal_with(core, merchant, link)
    with core.transactions.read() as work:
        (deed,) = changes.listed(work, merchant.merchant_id, most=9)
    assert (deed.by, deed.what, deed.detail) == ("Nomsa", "payment dealt with", f"disputed, order {link.order_number}")
    # The gateway goes on saying that the charge was disputed once.
    after = change(disputed=True)
    assert (after.attention, after.attention_at) == (None, clock())
    (raised, began), (none, ended) = alarms_of(core, link)
    assert (raised, none) == ("disputed", None)
    assert began < ended
    assert change(failed_refunds=1).attention == "refund_failed"


def test_nobody_deals_with_the_alarm_of_another_merchant(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change]
) -> None:
    link, _ = disputed
    assert not deal_with(core, replace(merchant, merchant_id="other"), link)
    assert not deal_with_attention(core, merchant, "no-such-link", seen="", by="Nomsa")
    assert now_of(core, link).attention == "disputed"


@pytest.mark.parametrize(
    ("status", "is_ended"),
    [(LinkStatus.CLICKED, False), (LinkStatus.EXPIRED, True), (LinkStatus.CANCELLED, True)],
)
@pytest.mark.parametrize(
    "attention", ["amount_differs", "amount_differs_taken", "amount_differs_returned", "return_failed"]
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_an_alarm_that_is_to_end_its_link_is_dealt_with_once_it_has(
    core: Core, merchant: Merchant, make_link: Make, attention: str, status: LinkStatus, is_ended: bool
) -> None:
    """By this word the worker finds the link; without it nobody would end it, and its order could not be paid by another."""
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, status=status, payable=False, attention=attention))
    core.wake.deliveries.clear()
    assert deal_with(core, merchant, link) is is_ended
    assert core.wake.deliveries.is_set() is is_ended, "who was alarmed waits for no sweep"
    assert (now_of(core, link).attention is None) is is_ended


def test_a_refund_that_fails_again_needs_a_person_again(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change]
) -> None:
    """A card that is closed refuses the second refund as it did the first."""
    link, change = disputed
    assert deal_with(core, merchant, link)
    for failed in (1, 2):
        assert change(failed_refunds=failed).attention == "refund_failed"
        assert deal_with(core, merchant, link)
        assert change(failed_refunds=failed).attention is None
    assert [why for why, _ in alarms_of(core, link)] == ["disputed", None, *["refund_failed", None] * 2]


@pytest.mark.parametrize(("end", "word"), [(DisputeEnd.LOST, "dispute_lost"), (DisputeEnd.WON, "dispute_won")])
@pytest.mark.parametrize("is_dealt_with", [True, False])
def test_the_end_of_a_dispute_needs_a_person_also_where_its_beginning_was_dealt_with(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change], end: DisputeEnd, word: str, is_dealt_with: bool
) -> None:
    link, change = disputed
    if is_dealt_with:
        assert deal_with(core, merchant, link)
    assert change(dispute_end=end).attention == word
    assert change(dispute_end=None).attention == word, "a reading of before the end comes too late"
    assert change(failed_refunds=1).attention == word, "the graver one stands"
    assert deal_with(core, merchant, link)
    assert change(dispute_end=None).attention == "refund_failed"
    assert change(dispute_end=end).attention == "refund_failed", "it is dealt with for good"
    before = ["disputed", None] if is_dealt_with else ["disputed"]
    assert [why for why, _ in alarms_of(core, link)] == [*before, word, None, "refund_failed"]


def test_a_dispute_that_was_lost_and_is_won_by_an_appeal_is_told_too(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change]
) -> None:
    link, change = disputed
    for end, word in ((DisputeEnd.LOST, "dispute_lost"), (DisputeEnd.WON, "dispute_won")):
        assert change(dispute_end=end).attention == word
        assert deal_with(core, merchant, link)


def test_a_page_opened_before_the_end_of_a_dispute_puts_only_its_beginning_away(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change], clock: MovableClock
) -> None:
    link, change = disputed
    seen = name_of_alarm(now_of(core, link))
    clock.move(hours=1)
    assert change(dispute_end=DisputeEnd.LOST).attention == "dispute_lost"
    assert not deal_with_attention(core, merchant, link.reference, seen=seen, by="Nomsa")
    assert now_of(core, link).attention == "dispute_lost"


def test_a_page_opened_before_a_refund_failed_again_does_not_put_the_second_failure_away(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change], clock: MovableClock
) -> None:
    link, change = disputed
    deal_with(core, merchant, link)
    seen = name_of_alarm(change(failed_refunds=1))
    deal_with(core, merchant, link)
    clock.move(hours=1)
    assert change(failed_refunds=2).attention == "refund_failed"
    assert not deal_with_attention(core, merchant, link.reference, seen=seen, by="Nomsa")


@pytest.mark.parametrize(
    ("first", "both", "words"),
    [
        ("lost", "lost", ("dispute_lost", "dispute_lost")),
        ("won", "won", ("dispute_won", "dispute_won")),
        ("lost", "lost_then_won", ("dispute_lost", "dispute_lost_then_won")),
        ("won", "won_then_lost", ("dispute_won", "dispute_won_then_lost")),
    ],
)
@pytest.mark.parametrize("is_dealt_with", [True, False])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_second_dispute_of_one_payment_is_told_with_its_end_and_with_that_of_the_first(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change], first: str, both: str, words: tuple[str, str],
    is_dealt_with: bool,
) -> None:  # fmt: skip
    link, change = disputed
    assert change(dispute_end=DisputeEnd(first)).attention == words[0]
    assert deal_with(core, merchant, link)
    # What was lost once stays so for the gateway, also while another dispute goes on.
    meanwhile = DisputeEnd.LOST if first == "lost" else None
    assert change(dispute_end=meanwhile, disputed_again=True).attention == "disputed"
    if is_dealt_with:
        assert deal_with(core, merchant, link)
        assert change().attention is None
    assert change(dispute_end=DisputeEnd(both), disputed_again=False).attention == words[1]
    if both != first:
        assert change(dispute_end=meanwhile, disputed_again=True).attention == words[1], "read before its end"
    assert deal_with(core, merchant, link)
    assert change(dispute_end=DisputeEnd(both), disputed_again=False).attention is None, "both are dealt with for good"
    if both != first:
        assert change(dispute_end=DisputeEnd(first)).attention is None, "read before the second one"


def test_what_an_alarm_hid_is_said_once_it_was_dealt_with(
    core: Core, merchant: Merchant, disputed: tuple[Link, Change]
) -> None:
    link, change = disputed
    assert change(failed_refunds=1).attention == "disputed", "the graver one stands"
    assert deal_with(core, merchant, link)
    look_at_payments(core, owner="test")
    assert now_of(core, link).attention == "refund_failed"
