"""A gateway and a messenger in memory: they do what a test scripted, and remember what was asked of them.

Each also loses answers: ``faults`` holds, by method, what goes wrong with the coming calls, one each.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from foundation.errors import UntrustedMessage
from foundation.money import ZERO
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import Channel, MessageStatus, TransactionType
from payment_core.domain.payment import Card, CardToken, Payment, PaymentState
from payment_core.gateways.gateway import (
    AmountRefused,
    GatewayRefused,
    NotAdmitted,
    NothingLeft,
    OutcomeUnknown,
    Page,
    PagePlan,
    PaymentIds,
    SavedCharge,
    Sighting,
)
from payment_core.messengers.messenger import (
    KeyRefused,
    MessageRefused,
    MessageReport,
    NotSent,
    OutgoingMessage,
    PerhapsSent,
    Reply,
)

VISA = Card("VISA", "4242", "2030-12")
Answer = TypeVar("Answer")


class Lost(StrEnum):
    """What happens to a call that goes wrong."""

    NOTHING_LEFT = "nothing_left"  # it never left us
    BEFORE = "before"  # no answer, and nothing was done
    AFTER = "after"  # no answer, and all was done
    REFUSED = "refused"
    KEY = "key"  # our key is not accepted just now


class MovableClock:
    """A clock that a test moves."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def move(self, **by: float) -> datetime:
        """Move the clock, ``move(minutes=5)``, and return the new time."""
        self._now += timedelta(**by)
        return self._now


@dataclass
class FakeGateway:
    """One account at a gateway, with its payments by their idempotency keys."""

    now: Callable[[], datetime]
    payments: dict[str, Payment] = field(default_factory=dict)
    plans: dict[str, PagePlan | SavedCharge] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, deque[Lost]] = field(default_factory=lambda: defaultdict(deque))
    # How coming charges of saved cards end.
    saved_card_answers: deque[PaymentState] = field(default_factory=deque)
    forgotten: list[CardToken] = field(default_factory=list)
    webhooks: dict[bytes, Sequence[Sighting]] = field(default_factory=dict)
    moves: set[str] = field(default_factory=set)
    page_lives: timedelta = timedelta(minutes=31)
    one_at_a_time: threading.RLock = field(default_factory=threading.RLock, repr=False)
    # Amounts that it cannot charge, and what its pages ask for in place of what they were asked to.
    not_carried: set[Decimal] = field(default_factory=set)
    page_amount: Decimal | None = None
    page_currency: str | None = None
    # What a payment must be at least.
    least: dict[str, Decimal] = field(default_factory=dict)
    # What it must be a multiple of.
    steps: dict[str, Decimal] = field(default_factory=dict)
    # The keys of payments with which a card's network suspects fraud.
    suspected: set[str] = field(default_factory=set)

    def loses(self, method: str, *faults: Lost) -> None:
        """Let the coming calls of a method go wrong."""
        self.faults[method].extend(faults)

    def pay(
        self, key: str, *, state: PaymentState | None = None, card: Card = VISA, saves: bool = False, **more: object
    ) -> Payment:
        """Be the customer on a page: pay with a card that is taken, or that ends as ``state`` says."""
        payment = self.payments[key]
        assert payment.state in (PaymentState.OPEN, PaymentState.DECLINED), f"the page is {payment.state}"
        wanted = state or self._good_end(key)
        payment = self._ended(payment, wanted, card)
        if saves and wanted in (PaymentState.HELD, PaymentState.TAKEN):
            payment = replace(payment, saved=CardToken(f"cus_{payment.link_reference}", f"pm_{card.last4}"))
        self.payments[key] = replace(payment, **more)  # type: ignore[arg-type]
        return self.payments[key]

    def change(self, key: str, **values: object) -> Payment:
        """Change a payment behind the core's back: settled, disputed, refunded at the provider, decided in review."""
        self.payments[key] = replace(self.payments[key], **values)  # type: ignore[arg-type]
        return self.payments[key]

    def key_of(self, reference: str) -> str:
        """Return the key of a link's newest attempt."""
        return [key for key, one in self.payments.items() if one.link_reference == reference][-1]

    def charged(self, reference: str) -> Decimal:
        """Return how much a link's customer has paid in all: held or taken, and not given back."""
        mine = [one for one in self.payments.values() if one.link_reference == reference]
        return sum(((one.captured or one.authorized) - one.reversed for one in mine), ZERO)

    def check(self, currency: str, amounts: Mapping[str, Decimal]) -> None:
        for word, amount in amounts.items():
            if amount in self.not_carried:
                raise AmountRefused(word, "cannot be carried")

    def step(self, currency: str) -> Decimal | None:
        return self.steps.get(currency)

    def minimum(self, currency: str) -> Decimal | None:
        return self.least.get(currency)

    def prepare(self, plan: PagePlan | SavedCharge) -> bytes:
        self.check(plan.link.currency, {"total": plan.link.total})
        self.plans[plan.attempt.key] = plan
        return plan.attempt.key.encode()

    def open_page(self, attempt: Attempt) -> Page:
        return self._call("open_page", attempt.key, lambda: self._opened(attempt))

    def close_page(self, attempt: Attempt) -> Payment:
        return self._call("close_page", attempt.key, lambda: self._closed(attempt))

    def charge_saved(self, attempt: Attempt) -> Payment:
        return self._call("charge_saved", attempt.key, lambda: self._charged(attempt))

    def look(self, attempt: Attempt) -> Payment:
        return self._call("look", attempt.key, lambda: self._known(attempt))

    def named(self, ids: PaymentIds) -> PaymentIds:
        return self._call("named", str(ids.payment_id or ids.page_id), lambda: self._named(ids))

    def try_key(self) -> None:
        self._call("try_key", "", lambda: None)

    def is_fraud_suspected(self, attempt: Attempt) -> bool:
        return self._call("is_fraud_suspected", attempt.key, lambda: attempt.key in self.suspected)

    def reports(self, *, since: datetime) -> Sequence[Sighting]:
        return self._call("reports", "", lambda: ())

    def capture(self, attempt: Attempt, amount: Decimal | None, *, currency: str, key: str) -> Payment:
        return self._call("capture", key, lambda: self._captured(attempt, amount, key))

    def give_back(self, attempt: Attempt, *, key: str) -> Payment:
        return self._call("give_back", key, lambda: self._given_back(attempt, key))

    def forget(self, token: CardToken) -> None:
        self._call("forget", token.card, lambda: self.forgotten.append(token))

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Sequence[Sighting]:
        if raw not in self.webhooks:
            raise UntrustedMessage("no secret fits")
        return self.webhooks[raw]

    def _call(self, method: str, key: str, do: Callable[[], Answer]) -> Answer:
        # Of calls at once, each sees the account as the one before left it.
        with self.one_at_a_time:
            return self._answered(method, key, do)

    def _answered(self, method: str, key: str, do: Callable[[], Answer]) -> Answer:
        self.calls.append((method, key))
        fault = self.faults[method].popleft() if self.faults[method] else None
        if fault is Lost.NOTHING_LEFT:
            raise NothingLeft("the gateway cannot be reached")
        if fault is Lost.BEFORE:
            raise OutcomeUnknown("no answer")
        if fault is Lost.REFUSED:
            raise GatewayRefused("the gateway said no", reason="refused")
        if fault is Lost.KEY:
            raise NotAdmitted("the key is not accepted", reason="401")
        answer = do()
        if fault is Lost.AFTER:
            raise OutcomeUnknown("no answer")
        return answer

    def _opened(self, attempt: Attempt) -> Page:
        payment = self._known(attempt)
        amount, currency = self.page_amount or payment.amount, self.page_currency or payment.currency
        payment = self.payments[attempt.key] = replace(payment, amount=amount, currency=currency)
        url, dies_at = f"https://gateway.example/{attempt.key}", self.now() + self.page_lives
        return Page(f"page_{attempt.key}", url, dies_at, payment.amount, payment.currency)

    def _closed(self, attempt: Attempt) -> Payment:
        payment = self._known(attempt)
        if payment.state in (PaymentState.OPEN, PaymentState.DECLINED):
            self.payments[attempt.key] = replace(payment, state=PaymentState.DEAD)
        return self.payments[attempt.key]

    def _charged(self, attempt: Attempt) -> Payment:
        if attempt.key not in self.payments:
            payment = self._known(attempt)
            wanted = self.saved_card_answers.popleft() if self.saved_card_answers else self._good_end(attempt.key)
            self.payments[attempt.key] = self._ended(payment, wanted, VISA)
        return self.payments[attempt.key]

    def _known(self, attempt: Attempt) -> Payment:
        """Return the payment of an attempt, which exists from its first call on."""
        if attempt.key not in self.payments:
            link = self.plans[attempt.key].link
            self.payments[attempt.key] = Payment(
                state=PaymentState.OPEN,
                currency=link.currency,
                amount=link.total,
                page_id=f"page_{attempt.key}",
                payment_id=f"pay_{attempt.key}",
                link_reference=link.reference,
            )
        return self.payments[attempt.key]

    def _named(self, ids: PaymentIds) -> PaymentIds:
        for key, payment in self.payments.items():
            if payment.payment_id == ids.payment_id or payment.page_id == ids.page_id:
                plan = self.plans[key]
                return replace(ids, link_reference=plan.link.reference, attempt_id=plan.attempt.attempt_id)
        return ids

    def _captured(self, attempt: Attempt, amount: Decimal | None, key: str) -> Payment:
        payment = self._known(attempt)
        if key not in self.moves:
            if payment.state is not PaymentState.HELD:
                raise GatewayRefused("this payment holds no money", reason="not_held")
            self.moves.add(key)
            taken = payment.authorized if amount is None else amount
            self.payments[attempt.key] = replace(payment, state=PaymentState.TAKEN, captured=taken)
        return self.payments[attempt.key]

    def _given_back(self, attempt: Attempt, key: str) -> Payment:
        payment = self._known(attempt)
        if key not in self.moves:
            if payment.state not in (PaymentState.HELD, PaymentState.TAKEN):
                raise GatewayRefused("there is nothing to give back", reason="not_returnable")
            self.moves.add(key)
            back = payment.captured or payment.authorized
            self.payments[attempt.key] = replace(payment, state=PaymentState.REVERSED, reversed=back)
        return self.payments[attempt.key]

    def _good_end(self, key: str) -> PaymentState:
        sale = self.plans[key].link.transaction_type is TransactionType.SALE
        return PaymentState.TAKEN if sale else PaymentState.HELD

    def _ended(self, payment: Payment, state: PaymentState, card: Card) -> Payment:
        money = payment.amount if state in (PaymentState.HELD, PaymentState.TAKEN) else ZERO
        return replace(
            payment,
            state=state,
            card=card,
            decided_at=self.now(),
            authorized=money,
            captured=money if state is PaymentState.TAKEN else ZERO,
            capture_before=self.now() + timedelta(days=7) if state is PaymentState.HELD else None,
        )


@dataclass
class FakeMessenger:
    """One account at a messenger, with all messages that reached the network."""

    now: Callable[[], datetime]
    sent: list[OutgoingMessage] = field(default_factory=list)
    made: dict[str, MessageReport] = field(default_factory=dict)
    faults: deque[Lost] = field(default_factory=deque)
    # The failure and the provider's reason of the coming refusals.
    refusal: tuple[str, str] = ("unreachable", "30003")
    webhooks: dict[bytes, Sequence[MessageReport | Reply]] = field(default_factory=dict)
    # What customers wrote, as the messenger lists it.
    written: list[Reply] = field(default_factory=list)
    reports: frozenset[Channel] = frozenset({Channel.WHATSAPP})
    # What trying a key comes to, and what is signed with no token of this account.
    key_fault: Lost | None = None
    foreign_tokens: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def texts_to(self, number: str) -> list[str]:
        """Return what a number was written, the oldest first."""
        return [one.text for one in self.sent if one.to.removeprefix("+") == number]

    def send(self, message: OutgoingMessage) -> MessageReport:
        fault = self.faults.popleft() if self.faults else None
        if fault is Lost.NOTHING_LEFT:
            raise NotSent("the messenger cannot be reached")
        if fault is Lost.BEFORE:
            raise PerhapsSent("no answer")
        if fault is Lost.REFUSED:
            raise MessageRefused("the messenger said no", failure=self.refusal[0], reason=self.refusal[1])
        self.sent.append(message)
        provider_id = f"SM{next(self._numbers):08d}"
        self.made[provider_id] = MessageReport(provider_id, MessageStatus.SENT, message_id=message.message_id)
        if fault is Lost.AFTER:
            raise PerhapsSent("no answer")
        return self.made[provider_id]

    def try_key(self) -> None:
        if self.key_fault is Lost.KEY:
            raise KeyRefused("the key is not accepted", failure="account", reason="20003")
        if self.key_fault is not None:
            raise NotSent("the messenger cannot be reached")

    def takes_token(self, token: Secret) -> bool:
        return token.value not in self.foreign_tokens

    def read_report(self, provider_id: str) -> MessageReport:
        return self.made[provider_id]

    def reports_delivery(self, channel: Channel) -> bool:
        return channel in self.reports

    def find(
        self, channel: Channel, to: str, token: str, *, since: datetime, known: Collection[str] = ()
    ) -> MessageReport | None:
        for message in self.sent:
            if (message.channel, message.to) == (channel, to) and token in message.text:
                report = next(one for one in self.made.values() if one.message_id == message.message_id)
                if report.provider_id not in known:
                    return report
        return None

    def replies(self, *, since: datetime) -> Sequence[Reply]:
        return [one for one in self.written if one.occurred_at is None or one.occurred_at >= since]

    def read_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, url: str, secrets: Sequence[Secret]
    ) -> Sequence[MessageReport | Reply]:
        if raw not in self.webhooks:
            raise UntrustedMessage("no secret fits")
        return self.webhooks[raw]
