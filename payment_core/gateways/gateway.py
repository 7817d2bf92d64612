"""What a payment gateway does for us, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from foundation.errors import ServiceError
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt
from payment_core.domain.attempt import Page as Page
from payment_core.domain.link import Link
from payment_core.domain.payment import CardToken, Payment


class GatewayError(ServiceError):
    """The base class; ``code`` of a refusal is the gateway's own published word."""


class NothingLeft(GatewayError):
    """The request never left us: repeating it is safe."""


class GatewayRefused(GatewayError):
    """A final no. ``reason`` is the gateway's code, safe for a log."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, facts={"reason": reason})
        self.reason = reason


class NotAdmitted(GatewayRefused):
    """Our key is wrong, or lacks a right. It says nothing about what an earlier request with the same key did."""


class ObjectUnknown(GatewayRefused):
    """The account has no such object: it is of another account, or was never made."""


class AmountRefused(GatewayRefused):
    """An amount or a currency that this gateway cannot carry; ``word`` is our name of the field to blame."""

    def __init__(self, word: str, problem: str) -> None:
        super().__init__(problem, reason="amount_not_carried")
        self.word = word


class OutcomeUnknown(GatewayError):
    """It may or may not have been carried out: repeat with the same key, or look."""


@dataclass(frozen=True)
class PagePlan:
    """What a hosted page is opened for. ``return_url`` is our page of this link: a reason to look, never a proof."""

    link: Link
    attempt: Attempt
    return_url: str
    saves_card: bool
    customer: str | None = None


@dataclass(frozen=True)
class SavedCharge:
    """A saved card to be charged without its owner on a page."""

    link: Link
    attempt: Attempt
    token: CardToken


@dataclass(frozen=True)
class PaymentIds:
    """What identifies a payment at the gateway: a page, a payment, or both; perhaps the link and attempt that we named to it."""

    page_id: str | None
    payment_id: str | None
    link_reference: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True)
class Sighting:
    """What a provider's notification is about. It proves nothing: the object is read from the provider."""

    event_id: str
    kind: str
    ids: PaymentIds
    occurred_at: datetime | None = None
    # A card network's early suspicion of fraud: the payment itself shows nothing of it.
    is_fraud_warning: bool = False


class Gateway(Protocol):
    """One merchant's account at a gateway.

    Every method raises NothingLeft, GatewayRefused or OutcomeUnknown. Calls with a key can be repeated: the same key never
    moves money twice.
    """

    def check(self, currency: str, amounts: Mapping[str, Decimal]) -> None:
        """Check, before anything is sent, that amounts can be charged; each is named by our word for its field.

        Raises:
            AmountRefused: one cannot, or the currency cannot.
        """

    def minimum(self, currency: str) -> Decimal | None:
        """Return the least amount of a payment; None where it is not known."""

    def step(self, currency: str) -> Decimal | None:
        """Return what each amount must be a multiple of; None where that is the currency's own smallest unit."""

    def try_key(self) -> None:
        """Read something harmless, to learn whether the key is accepted.

        Raises:
            NotAdmitted: it is not.
        """

    def prepare(self, plan: PagePlan | SavedCharge) -> bytes:
        """Return the whole body of the coming request, to be stored before it is sent."""

    def open_page(self, attempt: Attempt) -> Page:
        """Open the page that ``attempt.body`` describes."""

    def close_page(self, attempt: Attempt) -> Payment:
        """Close a page and return what became of it: DEAD, or the payment that came before it.

        An attempt without a page id is one whose answer was lost: the adapter finds the page by the key first.
        """

    def charge_saved(self, attempt: Attempt) -> Payment:
        """Charge a saved card as ``attempt.body`` describes."""

    def look(self, attempt: Attempt) -> Payment:
        """Read the payment of an attempt as it is now."""

    def named(self, ids: PaymentIds) -> PaymentIds:
        """Return ids with the link and the attempt that we named to their object; without them it is not ours."""

    def is_fraud_suspected(self, attempt: Attempt) -> bool:
        """Return whether a card network has warned of fraud with this payment."""

    def reports(self, *, since: datetime) -> Sequence[Sighting]:
        """Read again what was reported since a time of disputes, suspected fraud, refunds and reviews, the oldest first."""

    def capture(self, attempt: Attempt, amount: Decimal | None, *, currency: str, key: str) -> Payment:
        """Take held money, all of it (None) or a part; the rest is released."""

    def give_back(self, attempt: Attempt, *, key: str) -> Payment:
        """Release what is held, or refund what was taken."""

    def forget(self, token: CardToken) -> None:
        """Delete a saved card; one that is gone already is fine."""

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Sequence[Sighting]:
        """Verify a notification and return what to look at.

        Raises:
            UntrustedMessage: no secret fits, it is too old, or of the other mode.
        """
