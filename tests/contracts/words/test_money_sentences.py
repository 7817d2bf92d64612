"""What an order's money comes to, in words: every way in which it can come, be held, go back, or no longer fit the order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.balance import balance_of
from connector.domain.payments.news import bells_of, money_matters
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Purpose
from connector.domain.payments.status import Link, Money, States
from connector.web.wording.balance_messages import money_sentences
from connector.web.wording.messages import send_off
from connector.web.wording.sentences import fill
from tests.unit.examples import NOW, THANDI, make_order, make_request

TOTAL = "115.00"
HAND_OVER = "Hand to your supervisor."
NO_DATE = "Do not promise a refund date; hand to your supervisor."
RAISED = "The order costs more now than when its payment was asked for."
KNOWN = "Your supervisor has been told."


def paid(amount: str = TOTAL, *, back: str = "0", order_total: str | None = TOTAL, **changes: Any) -> PaymentRequest:
    """Money taken by a link, of which ``back`` was given back; ``order_total``: the order's when the link was sent."""
    money = Money.REVERSED if Decimal(back) else Money.PAID
    return make_request(
        states=States(link=Link.OPENED, money=money),
        amount=Decimal(amount),
        captured=Decimal(amount),
        reversed=Decimal(back),
        order_total=Decimal(order_total) if order_total else None,
        **changes,
    )


def held(amount: str = TOTAL, **changes: Any) -> PaymentRequest:
    return make_request(
        states=States(link=Link.OPENED, money=Money.AUTHORIZED),
        amount=Decimal(amount),
        authorized=Decimal(amount),
        order_total=Decimal(TOTAL),
        **changes,
    )


def costing(total: str, **changes: Any) -> Order:
    return make_order(total=Decimal(total), **changes)


EUROS: dict[str, Any] = {"currency": "EUR"}
OTHER = "Paid €115.00 in EUR; the order is now in ZAR. Hand to your supervisor."
CASES: dict[str, tuple[Order, list[PaymentRequest], list[str]]] = {
    # One payment, the order as it was.
    "nothing": (make_order(), [], []),
    "asked": (make_order(), [make_request(live=True)], []),
    "paid": (make_order(), [paid()], []),
    "held": (make_order(), [held()], []),
    "a part": (make_order(), [paid("40.00")], ["Paid R40.00 of R115.00. Still due R75.00."]),
    "a part and the rest": (make_order(), [paid("40.00"), paid("75.00")], []),
    "a part and the rest held": (make_order(), [paid("40.00"), held("75.00")],
                                 ["Paid R40.00 of R115.00. Still due R75.00."]),
    "a part and less than the rest held": (
        make_order(), [paid("40.00"), held("50.00")],
        ["Paid R40.00 of R115.00. Still due R75.00.", "Held R50.00 of the R75.00 that is due."]),
    # Money that came twice.
    "twice": (make_order(), [paid(), paid()], [f"Paid twice: R115.00 and R115.00. {NO_DATE}"]),
    "twice, the first kept for long": (make_order(), [paid(), paid("10.00")],
                                       [f"Paid twice: R115.00 and R10.00. {NO_DATE}"]),
    "a part and all": (make_order(), [paid("40.00"), paid()], [f"Paid twice: R40.00 and R115.00. {NO_DATE}"]),
    "a part, the rest, the rest again": (make_order(), [paid("40.00"), paid("75.00"), paid("75.00")],
                                         [f"Paid twice: R75.00 and R75.00. {NO_DATE}"]),
    "twice, then lowered": (costing("100.00"), [paid(), paid()], [f"Paid twice: R115.00 and R115.00. {NO_DATE}"]),
    "twice, then raised, not enough": (costing("200.00"), [paid(), paid()],
                                       [f"Paid twice: R115.00 and R115.00. {NO_DATE}"]),
    "lowered before the second link, the first paid too": (
        costing("60.00"), [paid(), paid("60.00", order_total="60.00")],
        [f"Paid twice: R115.00 and R60.00. {NO_DATE}"]),
    "twice, then raised to just that": (costing("230.00"), [paid(), paid()], [RAISED]),
    "twice, one given back": (make_order(), [paid(), paid(back=TOTAL)], []),
    "twice, a part given back": (
        make_order(), [paid(), paid(back="15.00")],
        [f"Paid twice: R115.00 and R115.00. R15.00 was given back; R100.00 is still too much. {NO_DATE}"]),
    "twice, given back but for a cent": (
        make_order(), [paid(back="114.99"), paid()],
        [f"Paid twice: R115.00 and R115.00. R114.99 was given back; R0.01 is still too much. {NO_DATE}"]),
    # An order that was lowered: nothing came twice.
    "lowered": (costing("100.00"), [paid()],
                [f"Paid R115.00; the order is now R100.00. R15.00 too much. {HAND_OVER}"]),
    "lowered by a cent": (costing("114.99"), [paid()],
                          [f"Paid R115.00; the order is now R114.99. R0.01 too much. {HAND_OVER}"]),
    "lowered to nothing": (costing("0.00"), [paid()],
                           [f"Paid R115.00; the order is now R0.00. R115.00 too much. {HAND_OVER}"]),
    "a part, the rest, then lowered": (costing("100.00"), [paid("40.00"), paid("75.00")],
                                       [f"Paid R115.00; the order is now R100.00. R15.00 too much. {HAND_OVER}"]),
    "a part, then lowered to that": (costing("40.00"), [paid("40.00")], []),
    "a part, then lowered below": (costing("30.00"), [paid("40.00")],
                                   [f"Paid R40.00; the order is now R30.00. R10.00 too much. {HAND_OVER}"]),
    "raised, the rest paid, lowered again": (costing(TOTAL), [paid(), paid(order_total="230.00")],
                                             [f"Paid R230.00; the order is now R115.00. R115.00 too much. {HAND_OVER}"]),
    "lowered, a part given back": (costing("100.00"), [paid(back="10.00")],
                                   [f"Paid R105.00; the order is now R100.00. R5.00 too much. {HAND_OVER}"]),
    "lowered, the difference given back": (costing("100.00"), [paid(back="15.00")], []),
    "two links of before totals were stored": (make_order(), [paid(order_total=None), paid(order_total=None)],
                                               [f"Paid R230.00; the order is now R115.00. R115.00 too much. {HAND_OVER}"]),
    # An order that was raised.
    "raised": (costing("230.00"), [paid()], ["Paid R115.00 of R230.00. Still due R115.00.", RAISED]),
    "raised after a part and the rest": (
        costing("230.00"), [paid("40.00"), paid("75.00", purpose=Purpose.BALANCE)],
        ["Paid R115.00 of R230.00. Still due R115.00.", RAISED]),
    "a deposit, then raised": (costing("230.00"), [paid("40.00", purpose=Purpose.DEPOSIT)],
                               ["Paid R40.00 of R230.00. Still due R190.00."]),
    # Money that went back in part: nothing but what is still due.
    "a part given back": (make_order(), [paid(back="15.00")], ["Paid R100.00 of R115.00. Still due R15.00."]),
    "all given back": (make_order(), [paid(back=TOTAL)], []),
    "given back, then lowered to what is kept": (costing("100.00"), [paid(back="15.00")], []),
    # Held money.
    "held, then raised": (costing("230.00"), [held()], ["Held R115.00 of the R230.00 that is due."]),
    "held, then lowered": (costing("100.00"), [held()],
                           ["Held R115.00, but R100.00 is due. Take no more than that."]),
    "held, and paid by another link": (make_order(), [held(), paid()],
                                       ["Held R115.00, but nothing more is due. Do not take it; release it."]),
    "held twice": (make_order(), [held(), held()], ["Held R230.00, but R115.00 is due. Take no more than that."]),
    "less than one held": (make_order(), [held("0.50")], ["Held R0.50 of the R115.00 that is due."]),
    "less than one held, and paid by another link": (
        make_order(), [held("0.50"), paid()], ["Held R0.50, but nothing more is due. Do not take it; release it."]),
    "held, and just one is due": (costing("1.00"), [held("1.00")], []),
    "a part of less than one": (make_order(), [paid("0.50")], ["Paid R0.50 of R115.00. Still due R114.50."]),
    "all but less than one": (make_order(), [paid("114.50")], ["Paid R114.50 of R115.00. Still due R0.50."]),
    # Another currency.
    "in another currency": (make_order(), [paid(**EUROS)], [OTHER]),
    "in another currency, and a part": (make_order(), [paid(**EUROS), paid("40.00")],
                                        [OTHER, "Paid R40.00 of R115.00. Still due R75.00."]),
    "in another currency, a part given back": (
        make_order(), [paid(back="15.00", **EUROS)],
        ["Paid €100.00 in EUR; the order is now in ZAR. Hand to your supervisor."]),
    "in another currency, given back": (make_order(), [paid(back=TOTAL, **EUROS)], []),
    "held in another currency": (make_order(), [held(**EUROS)],
                                 ["Held €115.00 in EUR; the order is now in ZAR. Hand to your supervisor."]),
    "paid and held in another currency": (
        make_order(), [paid(**EUROS), held("40.00", **EUROS)],
        [OTHER, "Held €40.00 in EUR; the order is now in ZAR. Hand to your supervisor."]),
    "a cent paid and a cent held in another currency": (
        make_order(), [paid("0.01", **EUROS), held("0.01", **EUROS)],
        ["Paid €0.01 in EUR; the order is now in ZAR. Hand to your supervisor.",
         "Held €0.01 in EUR; the order is now in ZAR. Hand to your supervisor."]),
}  # fmt: skip


def words_of(order: Order, requests: list[PaymentRequest], known: frozenset[str] = frozenset()) -> list[str]:
    sentences = money_sentences(order, balance_of(order, requests), requests, known)
    return [fill(one.id, one.values, time_zone="UTC") for one in sentences]


@pytest.mark.parametrize("case", CASES)
def test_what_an_orders_money_comes_to_is_told_in_words(case: str) -> None:
    order, requests, told = CASES[case]
    assert words_of(order, requests) == told


@pytest.mark.parametrize("case", CASES)
def test_wherever_a_bell_about_the_orders_money_was_taken_the_page_says_so_once(case: str) -> None:
    order, requests, told = CASES[case]
    keys = [key for _, key in money_matters(order, balance_of(order, requests), requests)]
    rung = {one.key for one in bells_of(order, requests, [], version=1, now=NOW)}
    assert rung <= set(keys)
    said = words_of(order, requests, frozenset(keys))
    assert [one for one in said if one != KNOWN] == told
    assert said.count(KNOWN) == (1 if keys else 0)


@pytest.mark.parametrize("case", CASES)
def test_nothing_more_can_be_sent_while_money_must_be_handed_to_a_supervisor(case: str) -> None:
    order, requests, told = CASES[case]
    stops = [one for one in told if HAND_OVER in one or NO_DATE in one]
    obstacle = send_off(order, requests, THANDI.user_id)
    shown = None if obstacle is None else fill(obstacle.id, obstacle.values, time_zone="UTC")
    assert not stops or shown == stops[0]
