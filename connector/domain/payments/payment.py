"""A payment request: what was asked for, its states, and its money."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.status import Link, Money, States, Status, may_be_live, status_of
from foundation.money import ZERO, digits_of, round_amount
from foundation.phones.phone import Phone


class Channel(StrEnum):
    """How the link reaches the customer."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class Purpose(StrEnum):
    """What the amount of a request is for."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    PART = "part"


class Reason(StrEnum):
    """Why a request ended without a record of the core's. ``unconfirmed``: an older version judged by its own clock."""

    UNCONFIRMED = "unconfirmed"
    NEVER_ARRIVED = "never_arrived"


@dataclass(frozen=True)
class Person:
    """A Salesforce user who acted: id and the name to show."""

    user_id: str
    name: str


NOT_TRIED = States()
# Late enough to find a further change whose callback was lost together with the last one.
_LAST_LOOK_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class PaymentRequest:
    """One request for money: what was requested, of whom, and its states. Amounts have ``currency``'s own digits."""

    reference: str
    tenant_id: str
    order_id: str
    order_number: str
    purpose: Purpose
    amount: Decimal
    tax: Decimal
    sub_total: Decimal
    currency: str
    channel: Channel
    language: str
    phone: Phone = field(repr=False)
    phone_changed: bool
    requested_by: Person
    handled_by: Person
    created_at: datetime
    states: States = NOT_TRIED
    live: bool = False
    replaces: str | None = None
    core_status: str | None = None
    link_reference: str | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    reason: str | None = None
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    reversed: Decimal = ZERO
    sending_until: datetime | None = None
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    finished_at: datetime | None = None
    open_by: datetime | None = None
    pay_by: datetime | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    taken_at: datetime | None = None
    proven_at: datetime | None = None
    awaiting_confirmation: bool = False
    money_after_close: bool = False
    end_reported_at: datetime | None = None
    released_at: datetime | None = None
    customer_told: bool | None = None
    not_told_because: str | None = None
    version: int = 0
    consent_basis: str | None = None
    consent_at: datetime | None = None
    # The order's total at the time, to distinguish money that came twice from an order that was lowered since.
    order_total: Decimal | None = None
    money_moved_at: datetime | None = None
    # The customer's number was erased from it (`chat2pay forget`).
    forgotten: bool = False
    # Why the message did not arrive, in one word of ``manifests/core/ours.json``, and since when its state is so.
    message_failure: str | None = None
    message_at: datetime | None = None
    # Why a person must look, in one word from there, and when that last changed; whether the goods must wait (None: never said).
    attention: str | None = None
    attention_at: datetime | None = None
    do_not_ship: bool | None = None
    # Until when held money can be captured, where the core says so; whether the core has said that the payment is settled.
    capture_before: datetime | None = None
    settled: bool = False
    # Whether the customer's saved card is being charged, and since when that, or its end, is so by the core's clock.
    charging: bool = False
    charging_at: datetime | None = None

    @property
    def status(self) -> Status:
        """Return the shown status: ``part_paid`` where money was taken, or given back, in part."""
        whole = self.states.money not in (Money.PAID, Money.REVERSED) or not ZERO < self.paid < self.amount
        return status_of(self.states) if whole else Status.PART_PAID

    @property
    def money_word(self) -> str:
        """Return the money state as it is shown: ``part_paid`` where only a part was taken."""
        is_part = self.states.money is Money.PAID and self.status is Status.PART_PAID
        return Status.PART_PAID.value if is_part else self.states.money.value

    def asks_for(self, total: Decimal) -> bool:
        """Return whether a total from the core equals the requested amount, in the request's digits."""
        return round_amount(total, digits_of(self.amount)) == self.amount

    @property
    def ask_at(self) -> datetime | None:
        """Return when to ask the core once more about an ended request: a minute after its last proof."""
        if self.live:
            return None
        given_up = self.created_at if self.is_given_up else None
        return self.proven_at + _LAST_LOOK_AFTER if self.proven_at else given_up

    @property
    def is_given_up(self) -> bool:
        """Return whether the order's live place was freed without proof that this link is dead."""
        return self.released_at is not None or self.reason in (Reason.UNCONFIRMED, Reason.NEVER_ARRIVED)

    def over_at(self, lifecycle: Lifecycle) -> datetime:
        """Return when its link is dead at the latest: its deadline, or the longest possible where nothing is known."""
        return self.pay_by or self.open_by or self.created_at + lifecycle.unopened + lifecycle.opened

    @property
    def is_being_charged(self) -> bool:
        """Return whether the customer's saved card is being charged, so that the core closes this link for nobody."""
        return self.charging and self.live and self.states.money in (Money.NONE, Money.DECLINED)

    @property
    def can_be_paid(self) -> bool:
        """Return whether a customer who is given its link now can pay by it, and has not paid by it yet."""
        is_open = self.live and self.states.link in (Link.SENT, Link.OPENED)
        is_reported = self.awaiting_confirmation or self.end_reported_at is not None
        return is_open and not is_reported and not self.charging and self.states.money in (Money.NONE, Money.DECLINED)

    @property
    def held(self) -> Decimal:
        """Return the money that is authorized, and neither captured nor given back."""
        if self.states.money is not Money.AUTHORIZED:
            return ZERO
        return max(self.authorized - self.captured - self.reversed, ZERO)

    @property
    def paid(self) -> Decimal:
        """Return the money that was taken and not given back."""
        return max(self.captured - self.reversed, ZERO)

    @property
    def has_receipt(self) -> bool:
        """Return whether there is a receipt: of money that was taken, given back since or not. A hold takes none."""
        return self.receipt_reference is not None and self.captured > 0


def stays_live(*, was_live: bool, states: States) -> bool:
    """Return whether a live request is still live in these states; it never becomes live again (ADR 4)."""
    return was_live and may_be_live(states)


@dataclass(frozen=True)
class Lifecycle:
    """The lifetimes of a link, from the manifest; ``grace``: how far the core may lag behind its own deadlines."""

    unopened: timedelta
    opened: timedelta
    grace: timedelta

    @property
    def unknown(self) -> timedelta:
        """Return how long after its creation a request with an unknown outcome may still be paid."""
        return self.unopened + self.opened + self.grace
