"""The kinds of payments: each is what its people do, step by step; between two steps anything else may happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sandbox.payment_rehearsal.actors.agents import Agents
from sandbox.payment_rehearsal.actors.back_office import BackOffice
from sandbox.payment_rehearsal.actors.customers import Customers
from sandbox.payment_rehearsal.actors.payment import Payment

VISA, DECLINED, NO_FUNDS = "4242424242424242", "4000000000000002", "4000000000009995"
CHALLENGED, IN_REVIEW, SAVES_AND_FAILS = "4000000000003220", "4000000000009235", "4000000000000341"
Steps = Iterator[None]
_OVER = object()


@dataclass
class People:
    """Who plays the payments; ``made`` gets every payment that was asked for, replacements, too."""

    agents: Agents
    customers: Customers
    office: BackOffice
    made: list[Payment]


def play(people: People, payment: Payment) -> Steps:
    """Play a payment of its kind."""
    people.made.append(payment)
    if not people.agents.send(payment):
        return
    yield
    if payment.kind == "never opened":
        return
    if payment.kind == "cancelled early" and people.agents.cancel(payment) == 200:
        return
    yield from _read(people, payment)
    if payment.token is None:
        return
    if payment.rng.random() < 0.3:
        people.customers.look(payment)
    yield from KINDS[payment.kind](people, payment)


def _read(people: People, payment: Payment) -> Steps:
    # The message may never come: a messenger's failure is part of what is rehearsed.
    for _ in range(20):
        if people.customers.read_phone(payment):
            return
        yield


def _paid(people: People, payment: Payment, *cards: str, saves: bool = False, approve: bool | None = None) -> Steps:
    """Pay on the page with one card after the other."""
    page = None
    for _ in range(4):
        page = people.customers.press(payment, saves=saves)
        yield
        if page is not None:
            break
    if page is None:
        return
    for card in cards:
        people.customers.type_card(page, card)
        yield
        if len(cards) > 1:
            yield from _some_time(payment)
    if approve is not None:
        people.customers.answer_bank(page, approve=approve)
        yield
    if payment.rng.random() < 0.6:
        people.customers.come_back(payment)


def _notified(people: People, payment: Payment) -> Steps:
    """Wait until the application was notified of the money; sometimes its people do not."""
    for _ in range(payment.rng.choice([1, 60, 60, 60])):
        if people.agents.is_notified(payment):
            return
        yield


def _some_time(payment: Payment) -> Steps:
    for _ in range(payment.rng.randrange(6)):
        yield


def _plain(people: People, payment: Payment) -> Steps:
    yield from _paid(people, payment, VISA)


def _retried(people: People, payment: Payment) -> Steps:
    first = payment.rng.choice([DECLINED, NO_FUNDS])
    yield from _paid(people, payment, *([first, VISA] if payment.rng.random() < 0.7 else [first]))


def _challenged(people: People, payment: Payment) -> Steps:
    approve = payment.rng.random() < 0.7
    yield from _paid(people, payment, CHALLENGED, approve=approve)
    if not approve:
        yield from _paid(people, payment, VISA)


def _reviewed(people: People, payment: Payment) -> Steps:
    yield from _paid(people, payment, IN_REVIEW)
    if payment.rng.random() < 0.8:
        people.office.close_review(payment, approve=payment.rng.random() < 0.5)


def _two_devices(people: People, payment: Payment) -> Steps:
    """Two people press and pay at the same moment."""

    def pay() -> None:
        page = people.customers.press(payment)
        if page is not None:
            people.customers.type_card(page, VISA)

    for _ in range(2):
        at_once = [threading.Thread(target=pay) for _ in range(2)]
        for one in at_once:
            one.start()
        for one in at_once:
            one.join()
        yield


def _amended(people: People, payment: Payment) -> Steps:
    """Pay, then capture all or a part, or reverse; sometimes two of them."""
    yield from _paid(people, payment, VISA)
    yield from _notified(people, payment)
    for _ in range(2):
        if payment.rng.random() < 0.6:
            part = payment.rng.choice([None, "10", "20"])
            people.agents.capture(payment, part)
        else:
            people.agents.reverse(payment)
        yield from _some_time(payment)


def _refunded(people: People, payment: Payment) -> Steps:
    yield from _paid(people, payment, VISA)
    yield from _notified(people, payment)
    people.agents.capture(payment, payment.rng.choice([None, "10"]))
    yield from _some_time(payment)
    people.office.refund(payment, part=payment.rng.random() < 0.6)
    yield
    chance = payment.rng.random()
    if chance < 0.3:
        people.office.refund(payment, part=False)
    elif chance < 0.4:
        people.agents.reverse(payment)
    elif chance < 0.5:
        people.office.fail_refunds(payment)


def _captured(people: People, payment: Payment) -> Steps:
    yield from _paid(people, payment, VISA)
    yield from _notified(people, payment)
    people.agents.capture(payment, None)
    yield from _some_time(payment)


def _disputed(people: People, payment: Payment) -> Steps:
    yield from _captured(people, payment)
    people.office.dispute(payment)


def _suspected(people: People, payment: Payment) -> Steps:
    """Let the card's network warn of fraud, of which the payment itself shows nothing."""
    yield from _captured(people, payment)
    people.office.warn_of_fraud(payment)


def _cancelled_late(people: People, payment: Payment) -> Steps:
    """Cancel while the customer presses, or after the click, where it must be refused."""
    if payment.rng.random() < 0.5:
        at_once = threading.Thread(target=people.agents.cancel, args=(payment,))
        at_once.start()
        yield from _paid(people, payment, VISA)
        at_once.join()
        return
    page = people.customers.press(payment)
    yield
    people.agents.cancel(payment)
    if page is not None:
        people.customers.type_card(page, VISA)


def _left(people: People, payment: Payment) -> Steps:
    """Open Stripe's page and come back to it when the time may be over."""
    page = people.customers.press(payment)
    for _ in range(payment.rng.randrange(1, 25)):
        yield
    if page is not None:
        people.customers.type_card(page, VISA)


def _replaced(people: People, payment: Payment) -> Steps:
    # After a 409 all the same: where the old link is in use or paid, the core itself must refuse the new one.
    if people.agents.cancel(payment, for_replacement=True) not in (200, 409):
        return
    yield
    again = replace(
        payment, caller_reference=f"{payment.caller_reference}r", previous=payment.reference, reference=None, token=None,
        kind="plain",
    )  # fmt: skip
    yield from play(people, again)


def _saved(people: People, payment: Payment) -> Steps:
    """Save a card, then pay another link by a reply."""
    card = payment.rng.choices([VISA, SAVES_AND_FAILS, CHALLENGED], [8, 1, 1])[0]
    yield from _paid(people, payment, card, saves=True, approve=True if card == CHALLENGED else None)
    yield from _notified(people, payment)
    again = [
        replace(
            payment, caller_reference=f"{payment.caller_reference}s{number}", reference=None, token=None, code=None,
            button=None, kind="by reply",
        )
        for number in range(payment.rng.choice([1, 2]))
    ]  # fmt: skip
    if payment.rng.random() < 0.5:
        for one in again:
            yield from play(people, one)
        return
    # Both offers are open at once, and the customer replies to either.
    under_way = [play(people, one) for one in again]
    while under_way:
        under_way = [one for one in under_way if next(one, _OVER) is not _OVER]
        yield


def _by_reply(people: People, payment: Payment) -> Steps:
    """Reply to the offer, perhaps twice, perhaps while paying on the page; without an offer pay on the page."""
    if not (payment.code or payment.button):
        yield from _paid(people, payment, VISA)
        return
    times = payment.rng.choices([1, 2], [3, 1])[0]
    for _ in range(times):
        _replied(people, payment)
        if payment.rng.random() < 0.5:
            yield
    if payment.rng.random() < 0.25:
        yield from _paid(people, payment, VISA)


def _replied(people: People, payment: Payment) -> None:
    if payment.button and payment.rng.random() < 0.8:
        people.customers.reply(payment, "Pay", button=payment.button)
    elif payment.channel == "whatsapp":
        people.customers.reply(payment, "yes")
    else:
        people.customers.reply(payment, f"PAY {payment.code}")


KINDS: dict[str, Callable[[People, Payment], Steps]] = {
    "plain": _plain,
    "declined and retried": _retried,
    "3-D Secure": _challenged,
    "review": _reviewed,
    "two devices": _two_devices,
    "captured or reversed": _amended,
    "refunded in the dashboard": _refunded,
    "disputed": _disputed,
    "suspected of fraud": _suspected,
    "cancelled early": _plain,
    "cancelled late": _cancelled_late,
    "expiry while paying": _left,
    "replaced": _replaced,
    "saved card": _saved,
    "by reply": _by_reply,
    "never opened": _plain,
}
# How many of a hundred are of each kind; replies come from the saved cards.
SHARES = {
    "plain": 5, "declined and retried": 8, "3-D Secure": 6, "review": 6, "two devices": 7, "captured or reversed": 13,
    "refunded in the dashboard": 9, "disputed": 3, "suspected of fraud": 3, "cancelled early": 3, "cancelled late": 5,
    "expiry while paying": 6, "replaced": 5, "saved card": 18, "never opened": 2,
}  # fmt: skip
