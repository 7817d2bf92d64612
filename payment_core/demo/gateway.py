"""The demo's gateway: it takes published test cards, and holds, takes and returns money that does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_urlsafe
from time import sleep
from typing import Any, cast

from sqlalchemy import Connection, Row, insert, select, update

from foundation.database.database import Database
from foundation.errors import UntrustedMessage
from foundation.money import ZERO
from foundation.secret import Secret
from payment_core.demo import disputes
from payment_core.demo.cards import TypedCard
from payment_core.demo.payment_rows import HOLD_LIVES, Happening, happened, payment_of
from payment_core.demo.tables import demo_moves, demo_payments
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import TransactionType
from payment_core.domain.payment import Card, CardToken, Payment, PaymentState
from payment_core.gateways.gateway import GatewayRefused, Page, PagePlan, PaymentIds, SavedCharge, Sighting

# As long as Stripe's shortest page lives; our own deadline comes before.
_PAGE_LIVES = timedelta(minutes=31)


@dataclass
class Pace:
    """How long a saved card's charge takes, as a bank that is slow lets it."""

    charge_seconds: float = 0.0


@dataclass(frozen=True)
class DemoGateway:
    """The payments of the demo, in tables of their own. It is one account for all merchants of the demo."""

    database: Database
    now: Callable[[], datetime]
    pace: Pace = field(default_factory=Pace)

    def check(self, currency: str, amounts: Mapping[str, Decimal]) -> None:
        """Take every amount: this money does not exist."""

    def minimum(self, currency: str) -> Decimal | None:
        """Return None: this gateway takes every amount."""
        return None

    def step(self, currency: str) -> Decimal | None:
        """Return None, as ``minimum`` does."""
        return None

    def prepare(self, plan: PagePlan | SavedCharge) -> bytes:
        """Return the parts of a payment."""
        link = plan.link
        body: dict[str, Any] = {
            "reference": link.reference,
            "amount": str(link.total),
            "currency": link.currency,
            "is_sale": link.transaction_type is TransactionType.SALE,
            "auto_reversal": link.auto_reversal,
        }
        if isinstance(plan, PagePlan):
            body |= {"return_url": plan.return_url, "saves_card": plan.saves_card}
        else:
            body |= {"return_url": "", "saves_card": False, "token": plan.token.card}
        return json.dumps(body).encode()

    def open_page(self, attempt: Attempt) -> Page:
        """Open a card form; the same key opens the same one."""
        with self.database.write() as connection:
            row = self._of_key(connection, attempt.key) or self._added(connection, attempt)
        return Page(row.payment_id, f"{row.return_url}/card", row.created_at + _PAGE_LIVES)

    def close_page(self, attempt: Attempt) -> Payment:
        """Close a form, unless it was paid or is in review."""
        with self.database.write() as connection:
            row = self._of_key(connection, attempt.key) or self._added(connection, attempt)
            if row.state in (PaymentState.OPEN, PaymentState.DECLINED):
                _change(connection, row, state=PaymentState.DEAD.value, challenge=None)
            return payment_of(self._of_key(connection, attempt.key))

    def charge_saved(self, attempt: Attempt) -> Payment:
        """Charge a saved card, once for a key, and as slowly as a tester has ordered."""
        sleep(self.pace.charge_seconds)
        with self.database.write() as connection:
            row = self._of_key(connection, attempt.key)
            if row is None:
                row = self._added(connection, attempt)
                stored = json.loads(json.loads(attempt.body)["token"])
                card = TypedCard(Card(stored["brand"], stored["last4"], stored["expires"]), stored["outcome"])
                self._decide(connection, row, card)
            return payment_of(self._of_key(connection, attempt.key))

    def look(self, attempt: Attempt) -> Payment:
        """Read the payment of an attempt. A review that reverses itself is seen once as it is, and reversed from then on."""
        with self.database.read() as connection:
            row = self._known(connection, attempt)
            payment = disputes.with_ends(connection, payment_of(row))
        if PaymentState(row.state) is PaymentState.REVIEW and row.auto_reversal:
            with self.database.write() as connection:
                _change(connection, row, state=PaymentState.REVERSED.value, authorized=row.amount, reversed=row.amount)
        return payment

    def named(self, ids: PaymentIds) -> PaymentIds:
        """Return them as they are: nothing is reported of this gateway's payments."""
        return ids

    def try_key(self) -> None:
        """Accept it: there is none."""

    def is_fraud_suspected(self, attempt: Attempt) -> bool:
        """Return whether a tester has said so."""
        with self.database.read() as connection:
            return bool(self._known(connection, attempt).warned)

    def reports(self, *, since: datetime) -> Sequence[Sighting]:
        """Return nothing: this gateway reports nothing."""
        return ()

    def capture(self, attempt: Attempt, amount: Decimal | None, *, currency: str, key: str) -> Payment:
        """Take held money; the rest is released."""
        with self.database.write() as connection:
            row = self._known(connection, attempt)
            if _is_new(connection, key, row):
                if PaymentState(row.state) is not PaymentState.HELD:
                    raise GatewayRefused("This payment holds no money.", reason="not_held")
                if row.decided_at + HOLD_LIVES < self.now():
                    raise GatewayRefused("The hold is over.", reason="authorization_expired")
                taken = row.authorized if amount is None else amount
                _change(connection, row, state=PaymentState.TAKEN.value, captured=taken, decided_at=self.now())
            return payment_of(self._known(connection, attempt))

    def give_back(self, attempt: Attempt, *, key: str) -> Payment:
        """Release held money, or return what was taken and is not settled."""
        with self.database.write() as connection:
            row = self._known(connection, attempt)
            if _is_new(connection, key, row):
                if PaymentState(row.state) not in (PaymentState.HELD, PaymentState.TAKEN) or row.settled:
                    raise GatewayRefused("There is nothing to give back.", reason="not_returnable")
                back = row.captured or row.authorized
                _change(connection, row, state=PaymentState.REVERSED.value, reversed=back, decided_at=self.now())
            return payment_of(self._known(connection, attempt))

    def forget(self, token: CardToken) -> None:
        """Do nothing: a saved card's token holds all there is of it."""

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Sequence[Sighting]:
        """Refuse: this gateway decides in the customer's own request, and sends none."""
        raise UntrustedMessage("the demo's gateway sends no webhooks")

    # What only the demo's pages and controls call.

    def submit(self, page_id: str, card: TypedCard, *, saves: bool) -> str | None:
        """Try a card on an open page; return the token of a 3-D Secure challenge where there is one."""
        with self.database.write() as connection:
            row = self._of_id(connection, page_id)
            if row is None or PaymentState(row.state) not in (PaymentState.OPEN, PaymentState.DECLINED):
                return None
            if saves and not row.saves_card:
                _change(connection, row, saves_card=True)
            if card.outcome in ("challenge", "always_challenged"):
                token = token_urlsafe(16)
                _change(connection, row, challenge=token, **_shown(card))
                return token
            self._decide(connection, row, card)
            return None

    def answer_challenge(self, page_id: str, challenge: str, *, approve: bool) -> None:
        """End a challenge; a second answer changes nothing."""
        with self.database.write() as connection:
            row = self._of_id(connection, page_id)
            if row is None or row.challenge != challenge:
                return
            card = Card(row.brand, row.last4, row.expires)
            outcome = ("approved" if row.outcome == "challenge" else row.outcome) if approve else "declined"
            _change(connection, row, challenge=None)
            self._decide(connection, row, TypedCard(card, outcome), is_there=True)

    def challenge_of(self, page_id: str) -> tuple[str, str] | None:
        """Return (token, last four digits) of the open challenge of a page."""
        with self.database.read() as connection:
            row = self._of_id(connection, page_id)
        return (row.challenge, row.last4) if row is not None and row.challenge else None

    def finish_review(self, payment_id: str, *, approve: bool) -> bool:
        """End a review; return whether there was one."""
        with self.database.write() as connection:
            row = self._of_id(connection, payment_id)
            if row is None or PaymentState(row.state) is not PaymentState.REVIEW:
                return False
            if approve:
                self._approve(connection, row)
            else:
                _change(connection, row, state=PaymentState.DECLINED.value, decided_at=self.now())
            return True

    def settle(self, payment_id: str) -> bool:
        """Mark taken money as settled: it can only be refunded; return whether there is any."""
        with self.database.write() as connection:
            row = self._of_id(connection, payment_id)
            if row is None or PaymentState(row.state) is not PaymentState.TAKEN:
                return False
            _change(connection, row, settled=True)
            return True

    def happen(self, payment_id: str, what: Happening) -> bool:
        """Let a bank, a card network or the gateway's people act on a payment; return whether that was possible."""
        with self.database.write() as connection:
            row = self._of_id(connection, payment_id)
            if row is not None and what in disputes.ENDS:
                return disputes.end(connection, row, disputes.ENDS[what])
            values = happened(row, what) if row is not None else None
            if values is None:
                return False
            if what is Happening.DISPUTE:
                disputes.begin(connection, payment_id)
            _change(connection, row, **values)
            return True

    def _decide(self, connection: Connection, row: Row[Any], card: TypedCard, *, is_there: bool = False) -> None:
        _change(connection, row, **_shown(card))
        if card.outcome == "always_challenged" and not is_there:
            _change(connection, row, state=PaymentState.NEEDS_CUSTOMER.value, decided_at=self.now())
        elif card.outcome == "declined":
            _change(connection, row, state=PaymentState.DECLINED.value, decided_at=self.now(), tries=row.tries + 1)
        elif card.outcome == "review":
            _change(connection, row, state=PaymentState.REVIEW.value, decided_at=self.now(), was_reviewed=True)
        else:
            self._approve(connection, row)

    def _approve(self, connection: Connection, row: Row[Any]) -> None:
        state = PaymentState.TAKEN if row.is_sale else PaymentState.HELD
        captured = row.amount if row.is_sale else ZERO
        _change(connection, row, state=state.value, authorized=row.amount, captured=captured, decided_at=self.now())

    def _added(self, connection: Connection, attempt: Attempt) -> Row[Any]:
        body = json.loads(attempt.body)
        values = {name: body[name] for name in ("reference", "currency", "is_sale", "auto_reversal", "return_url")}
        connection.execute(
            insert(demo_payments).values(
                payment_id=f"demo_{token_urlsafe(12)}",
                key=attempt.key,
                amount=Decimal(body["amount"]),
                state=PaymentState.OPEN.value,
                authorized=ZERO,
                captured=ZERO,
                reversed=ZERO,
                settled=False,
                disputed=False,
                warned=False,
                refund_failed=False,
                was_reviewed=False,
                saves_card=body["saves_card"],
                created_at=self.now(),
                tries=0,
                **values,
            )
        )
        return cast("Row[Any]", self._of_key(connection, attempt.key))

    def _of_key(self, connection: Connection, key: str) -> Any:
        return connection.execute(select(demo_payments).where(demo_payments.c.key == key)).one_or_none()

    def _of_id(self, connection: Connection, payment_id: str) -> Any:
        mine = demo_payments.c.payment_id == payment_id
        return connection.execute(select(demo_payments).where(mine).with_for_update()).one_or_none()

    def _known(self, connection: Connection, attempt: Attempt) -> Row[Any]:
        row = self._of_key(connection, attempt.key)
        if row is None:
            raise GatewayRefused("There is no such payment.", reason="unknown_payment")
        return cast("Row[Any]", row)


def _is_new(connection: Connection, key: str, row: Row[Any]) -> bool:
    if connection.execute(select(demo_moves.c.key).where(demo_moves.c.key == key)).first() is not None:
        return False
    connection.execute(insert(demo_moves).values(key=key, payment_id=row.payment_id))
    return True


def _change(connection: Connection, row: Row[Any], **values: Any) -> None:
    mine = demo_payments.c.payment_id == row.payment_id
    connection.execute(update(demo_payments).where(mine).values(values))


def _shown(card: TypedCard) -> dict[str, Any]:
    return {
        "brand": card.card.brand,
        "last4": card.card.last4,
        "expires": card.card.expires,
        "outcome": card.outcome,
    }
