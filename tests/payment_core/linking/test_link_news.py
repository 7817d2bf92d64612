"""Each step of a link's life is told once to the application that made it, and to the customer where that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus, Channel, MessageStatus, TransactionType
from payment_core.domain.link import Line, Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying.count_click import count_click
from payment_core.messengers.messenger import MessageReport, OutgoingMessage
from payment_core.services import Core
from payment_core.store import applications, merchants
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import APPLICATION, NOW, events_of, order_for
from tests.payment_core.fakes import FakeMessenger, MovableClock

Make = Callable[..., Link]
MADE = ["PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT"]


def told(core: Core, link: Link) -> list[str]:
    return [event for event, _ in events_of(core, link)]


def written(core: Core) -> set[str]:
    with core.transactions.read() as work:
        return set(work.connection.execute(select(messages.c.purpose)).scalars())


@pytest.mark.parametrize("for_replacement", [False, True])
def test_a_cancellation_is_told_and_written_unless_the_new_link_says_so(
    core: Core, merchant: Merchant, make_link: Make, for_replacement: bool
) -> None:
    link = make_link()
    core.wake.deliveries.clear()
    done = cancel_link(core, merchant, link.reference, for_replacement=for_replacement)
    assert told(core, link) == [*MADE, "PAYMENT_LINK_CANCELLED"]
    assert core.wake.deliveries.is_set()
    assert ("cancelled" in written(core)) is not for_replacement
    assert done.failure == ("replaced" if for_replacement else None)
    assert not done.link.payable


def test_a_link_is_of_all_that_was_ordered_and_sold_as_its_merchant_sells(
    core: Core, merchant: Merchant, application: Application
) -> None:
    selling = replace(merchant, transaction_type=TransactionType.AUTHORIZATION, auto_reversal=True)
    order = order_for(
        channel=Channel.SMS, tax=Decimal("19.50"), sub_total=Decimal("130.50"), language="de", more_lines=2,
        additional_data={"till": "7"}, caller_reference="a", payer_reference="003",
        lines=(Line("Beans", Decimal("0.250"), Decimal("130.50")),),
    )  # fmt: skip
    link = create_link(core, selling, order).link
    assert {name: getattr(link, name) for name in vars(order) if name != "digest"} == {
        name: value for name, value in vars(order).items() if name != "digest"
    }
    assert (link.merchant_id, link.application) == (merchant.merchant_id, application.application_id)
    assert (link.transaction_type, link.auto_reversal) == (TransactionType.AUTHORIZATION, True)
    assert (link.created_at, link.expires_at) == (NOW, NOW + timedelta(minutes=5))


def test_a_link_whose_time_is_over_has_expired_and_is_not_cancelled_any_more(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    """Also before the worker has come to it: its application reads of one end, and may replace it at once."""
    link = make_link()
    clock.move(minutes=5)
    with pytest.raises(Refusal) as refused:
        cancel_link(core, merchant, link.reference)
    assert (refused.value.word, told(core, link)) == ("LINK_EXPIRED", [*MADE, "PAYMENT_LINK_EXPIRED"])
    other = make_link(caller_reference="other")
    clock.move(minutes=5)
    assert make_link(caller_reference="new", previous=other.reference).previous == other.reference


def test_a_new_link_is_told_while_its_message_is_on_its_way(
    core: Core, make_link: Make, messenger: FakeMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A messenger may take seconds."""
    send, seen = messenger.send, []

    def slow(message: OutgoingMessage) -> MessageReport:
        seen.append(core.wake.deliveries.is_set())
        return send(message)

    monkeypatch.setattr(messenger, "send", slow)
    core.wake.deliveries.clear()
    make_link()
    assert seen == [True]


def test_an_application_that_is_disabled_makes_no_link(core: Core, make_link: Make, messenger: FakeMessenger) -> None:
    with core.transactions.write() as work:
        disabled = ApplicationStatus.DEACTIVATED
        assert applications.set_status(work, APPLICATION.merchant_id, APPLICATION.application_id, disabled)
    with pytest.raises(Refusal) as refused:
        make_link()
    assert (refused.value.status, refused.value.word) == (409, "APPLICATION_DISABLED")
    assert messenger.sent == []


@pytest.mark.parametrize("tells", [False, True])
def test_an_expiry_is_told_and_written_where_the_merchant_wants_that(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock, tells: bool
) -> None:
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, tells_expiry=tells), now=core.now())
    link = make_link()
    clock.move(minutes=5)
    for wake in (core.wake.deliveries, core.wake.messages):
        wake.clear()
    assert [expire_links(core) for _ in range(2)] == [1, 0]
    assert (core.wake.deliveries.is_set(), core.wake.messages.is_set()) == (True, True), "neither waits for a sweep"
    assert told(core, link) == [*MADE, "PAYMENT_LINK_EXPIRED"]
    assert ("expired" in written(core)) is tells


def test_the_first_click_is_told_and_gives_more_time_and_no_other_does(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    link = make_link()
    core.wake.deliveries.clear()
    clicked = [count_click(core, merchant, link.reference)]
    assert core.wake.deliveries.is_set(), "it waits for no sweep"
    clock.move(minutes=5)
    clicked.append(count_click(core, merchant, link.reference))
    assert told(core, link) == [*MADE, "PAYMENT_LINK_CLICKED"]
    assert clicked[0].expires_at == clicked[1].expires_at > link.expires_at
    assert clicked[1].message_status is not MessageStatus.FAILED


def test_a_click_after_the_end_counts_for_nothing(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    link = make_link()
    clock.move(minutes=5)
    assert count_click(core, merchant, link.reference).clicked_at is None
    assert told(core, link) == MADE
    with pytest.raises(LookupError):
        count_click(core, merchant, "none")
