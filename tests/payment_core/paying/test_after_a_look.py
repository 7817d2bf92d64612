"""What an attempt is after a look at its payment, and when it is looked at again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts, links
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import NOW
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import now_of, press
from tests.payment_core.store.links.test_saved_cards import VISA

# The rows are written by the same statements on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
MONEY = Decimal("150.00")
PAGE, CARD = AttemptKind.PAGE, AttemptKind.SAVED_CARD
OPEN, CLOSING, ENDED = AttemptState.OPEN, AttemptState.CLOSING, AttemptState.ENDED
SOON, LATER = NOW + timedelta(seconds=20), NOW + timedelta(seconds=60)
S = PaymentState


def begun(core: Core, link: Link, kind: AttemptKind, *, key: str = "key_1", **values: object) -> Attempt:
    """Return a live attempt on a link that has no id of the gateway's yet, with these columns."""
    attempt = Attempt("att_1", link.reference, link.merchant_id, kind, OPEN, key, NOW, NOW)
    with core.transactions.write() as work:
        attempts.add(work, attempt)
        attempts.change(work, attempt, looks=1, **values)
    return attempt


def shown(state: PaymentState, *, amount: Decimal = MONEY, **more: object) -> Payment:
    money = MONEY if state in (S.HELD, S.TAKEN, S.REVERSED) else Decimal(0)
    taken = Decimal(0) if state is S.HELD else money
    payment = Payment(state, "ZAR", amount, page_id="page_1", payment_id="pay_1", authorized=money, captured=taken)
    return replace(payment, decided_at=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "payment", "state", "look_at"),
    [
        (PAGE, shown(S.OPEN), OPEN, SOON),
        (PAGE, shown(S.UNDER_WAY), OPEN, SOON),
        (PAGE, shown(S.REVIEW), OPEN, SOON),
        # Another card may follow on the page; a saved card is charged once.
        (PAGE, shown(S.DECLINED), OPEN, SOON),
        (CARD, shown(S.DECLINED), ENDED, None),
        (CARD, shown(S.NEEDS_CUSTOMER), ENDED, None),
        (CARD, shown(S.UNDER_WAY), OPEN, SOON),
        (PAGE, shown(S.DEAD), ENDED, None),
        (PAGE, shown(S.HELD), ENDED, None),
        (PAGE, shown(S.TAKEN), ENDED, None),
        # A page of another amount is closed, at once.
        (PAGE, shown(S.OPEN, amount=MONEY + 1), CLOSING, NOW),
    ],
)
def test_an_attempt_ends_where_nothing_can_follow(
    core: Core, make_link: Make, kind: AttemptKind, payment: Payment, state: AttemptState, look_at: datetime | None
) -> None:
    attempt = begun(core, make_link(), kind)
    settle_payment(core, attempt.attempt_id, payment)
    with core.transactions.read() as work:
        after = attempts.find(work, attempt.attempt_id)
    assert after is not None
    assert (after.state, after.look_at) == (state, look_at)
    assert (after.page_id, after.payment_id) == ("page_1", "pay_1"), "by them it is found from now on"


@pytest.mark.parametrize(("status", "state"), [(PaymentStatus.REVIEW, CLOSING), (None, OPEN)])
def test_a_page_is_closed_after_a_refusal_where_a_review_ended_by_it(
    core: Core, make_link: Make, status: PaymentStatus | None, state: AttemptState
) -> None:
    attempt = begun(core, make_link(), PAGE)
    if status is PaymentStatus.REVIEW:
        settle_payment(core, attempt.attempt_id, replace(shown(S.REVIEW), payment_id=None))
    settle_payment(core, attempt.attempt_id, shown(S.DECLINED))
    with core.transactions.read() as work:
        after = attempts.find(work, attempt.attempt_id)
    assert after is not None
    assert (after.state, after.look_at, after.payment_id) == (state, NOW if state is CLOSING else SOON, "pay_1")


@pytest.mark.parametrize(("looks", "look_at"), [(2, SOON), (3, LATER)])
def test_a_page_that_stays_open_is_looked_at_more_rarely(
    core: Core, make_link: Make, looks: int, look_at: datetime
) -> None:
    attempt = begun(core, make_link(), PAGE)
    with core.transactions.write() as work:
        attempts.change(work, attempt, looks=looks)
    settle_payment(core, attempt.attempt_id, shown(S.OPEN))
    with core.transactions.read() as work:
        after = attempts.find(work, attempt.attempt_id)
    assert after is not None
    assert after.look_at == look_at


@pytest.mark.parametrize(
    ("kind", "state", "payment", "is_news"),
    [
        # Looked at again, by a clock of the gateway's that is ahead of ours.
        (CARD, ENDED, shown(S.DECLINED), False),
        (CARD, OPEN, shown(S.DECLINED), True),
        (CARD, ENDED, shown(S.DECLINED, payment_id="pay_2"), True),
        (CARD, ENDED, shown(S.DECLINED, payment_id=None), True),
        (PAGE, ENDED, shown(S.DECLINED), True),
        (CARD, ENDED, shown(S.TAKEN), True),
    ],
)
@pytest.mark.parametrize("payment_id", ["pay_1", None])
def test_the_refusal_of_a_charge_is_news_once(
    core: Core, make_link: Make, clock: MovableClock, kind: AttemptKind, state: AttemptState, payment: Payment,
    is_news: bool, payment_id: str | None,
) -> None:  # fmt: skip
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, payment_status=PaymentStatus.DECLINED, decided_at=NOW))
    attempt = begun(core, link, kind, state=state, payment_id=payment_id)
    later = clock.move(seconds=5)
    settle_payment(core, attempt.attempt_id, replace(payment, decided_at=later))
    # Nothing is known of a charge whose id was never written.
    is_known = payment_id == "pay_1" and not is_news
    assert now_of(core, link).decided_at == (NOW if is_known else later)


@pytest.mark.parametrize(
    ("key", "state", "payable", "seen", "answer"),
    [
        ("reply_1", OPEN, True, S.DECLINED, ["declined"]),
        ("reply_1", OPEN, True, S.NEEDS_CUSTOMER, ["needs_page"]),
        ("reply_1", OPEN, True, S.UNDER_WAY, []),
        # The page that was pressed shows it.
        ("page_1", OPEN, True, S.DECLINED, []),
        # It was answered when it ended, and a link that is over is paid by no page.
        ("reply_1", ENDED, True, S.DECLINED, []),
        ("reply_1", OPEN, False, S.DECLINED, []),
        ("reply_1", OPEN, False, S.NEEDS_CUSTOMER, []),
    ],
)
def test_a_reply_that_paid_nothing_is_answered_once_while_its_link_can_be_paid(
    core: Core, make_link: Make, key: str, state: AttemptState, payable: bool, seen: PaymentState, answer: list[str]
) -> None:
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, payable=payable))
    settle_payment(core, begun(core, link, CARD, key=key, state=state).attempt_id, shown(seen))
    with core.transactions.read() as work:
        mine = select(messages.c.purpose).where(messages.c.purpose != "payment_request")
        assert list(work.connection.execute(mine).scalars()) == answer


@pytest.mark.parametrize(
    ("lost", "calls"),
    [((), ["close_page", "charge_saved"]), ((Lost.BEFORE,), ["close_page"]), ((Lost.KEY,), ["close_page"])],
)
def test_a_card_is_charged_once_the_open_page_is_closed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, lost: tuple[Lost, ...], calls: list[str]
) -> None:
    """The customer may be typing a card on it: both could be charged."""
    link = make_link()
    press(core, merchant, link)
    gateway.calls.clear()
    gateway.loses("close_page", *lost)
    after = charge_saved_card(core, merchant, link, VISA)
    assert [method for method, _ in gateway.calls] == calls
    assert (after.payment_status if after else None) is (None if lost else PaymentStatus.RECEIVED)
