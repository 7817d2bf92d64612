"""Knows a link's life: created, sent, clicked, expired, cancelled; refuses to know about cards and money."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.core.cards import Card
from sandbox.core.clock import SandboxClock
from sandbox.core.errors import Refusal
from sandbox.core.link import Link, link_of
from sandbox.core.manifest import Manifest
from sandbox.core.merchant import DELIVERY_REPORTS, MerchantDesk
from sandbox.core.messenger import OPTED_OUT, Messenger
from sandbox.core.notices import Notices
from sandbox.core.store import Row, Store
from sandbox.core.texts import cancelled, payment_request


@dataclass(frozen=True)
class Ask:
    """A checked request for a payment link."""

    application: str
    order_number: str
    channel: str
    phone: str
    currency: str
    total: Decimal
    tax: Decimal
    sub_total: Decimal
    language: str
    additional_data: dict[str, Any]


class Links:
    """Every change is one transaction with its message and its callbacks in it."""

    def __init__(
        self, store: Store, clock: SandboxClock, *, merchant: MerchantDesk, manifest: Manifest, notices: Notices,
        messenger: Messenger, public_url: str,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._merchant = merchant
        self._manifest = manifest
        self._notices = notices
        self._messenger = messenger
        self._public_url = public_url

    def get(self, ref: str) -> Link:
        """This function will give a link as it is now; a link whose time is over expires first.

        Raises: Refusal 404.
        """
        self.expire_overdue()
        row = self._store.row("SELECT * FROM links WHERE ref = ?", ref)
        if row is None:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", message="No transaction has this paymentLinkRef.")
        return link_of(row)

    def by_token(self, token: str) -> Link | None:
        row = self._store.row("SELECT ref FROM links WHERE token = ?", token)
        return self.get(row["ref"]) if row else None

    def by_receipt(self, token: str) -> Link | None:
        row = self._store.row("SELECT ref FROM links WHERE receipt_token = ?", token)
        return self.get(row["ref"]) if row else None

    def by_reference(self, reference: str) -> list[Link]:
        """This function will find links by the reference in their additional data, oldest first."""
        self.expire_overdue()
        return [link_of(row) for row in self._store.rows("SELECT * FROM links WHERE reference = ?", reference)]

    def newest_payable(self, phone: str) -> Link | None:
        self.expire_overdue()
        sql = "SELECT * FROM links WHERE phone = ? AND payable = 1 ORDER BY created_at DESC, rowid DESC LIMIT 1"
        row = self._store.row(sql, phone)
        return link_of(row) if row else None

    def saved_card(self, phone: str) -> Card | None:
        row = self._store.row("SELECT brand, last4 FROM saved_cards WHERE phone = ?", phone)
        return Card(row["brand"], row["last4"]) if row else None

    def url(self, link: Link) -> str:
        return f"{self._public_url}/pay/{link.token}"

    def send(self, ask: Ask) -> tuple[Link, bool]:
        """This function will make a link and message it, and tell whether a saved card was offered.

        Raises: Refusal 409 after the customer's STOP.
        """
        with self._store.transaction():
            if self._messenger.is_blocked(ask.phone, ask.channel):
                code = self._manifest.operations["send_payment_link"].refusal("opted_out")
                raise Refusal(409, code, message=OPTED_OUT, field="channel")
            link = self._create(ask)
            self._notices.link_changed(link)
            saved = self.saved_card(link.phone)
            text = payment_request(link, self.url(link), merchant=self._merchant.current.merchant_name, saved=saved)
            failure = self._messenger.send(link.phone, link.channel, text=text, link_ref=link.ref)
            return self._note_message(link, failure), saved is not None

    def _create(self, ask: Ask) -> Link:
        now, merchant, data = self._clock.now(), self._merchant.current, ask.additional_data
        reference = data.get(self._manifest.our_reference)
        row: Row = {
            "ref": str(uuid.uuid4()),
            "token": secrets.token_urlsafe(16),
            **{name: getattr(ask, name) for name in ("application", "order_number", "channel", "phone")},
            **{name: getattr(ask, name) for name in ("currency", "language")},
            **{name: str(getattr(ask, name)) for name in ("total", "tax", "sub_total")},
            "reference": reference if isinstance(reference, str) else None,
            "additional_data": json.dumps(data),
            "link_status": "PAYMENT_LINK_CREATED",
            "transaction_type": merchant.transaction_type,
            "auto_reversal": int(merchant.review_auto_reversal),
            "created_at": now,
            "expires_at": now + self._manifest.unopened_s,
        }
        self._store.insert("links", row)
        return self.get(row["ref"])

    def _note_message(self, link: Link, failure: str | None) -> Link:
        reported = DELIVERY_REPORTS[link.channel]
        if failure is None:
            changes = {"link_status": "PAYMENT_LINK_SENT", "message_status": "DELIVERED" if reported else None}
            return self.change(link, changes, tell=True)
        # No status exists for a message that failed: SENT simply never comes, as with the vendor.
        failed = {"message_status": "FAILED", "message_failure": failure} if reported else {}
        return self.change(link, failed, tell=False) if failed else link

    def change(self, link: Link, changes: Row, *, tell: bool) -> Link:
        """This function will write changes, and tell the link's new status to its application where asked."""
        with self._store.transaction():
            self._store.change("links", ("ref", link.ref), changes=changes)
            row = self._store.row("SELECT * FROM links WHERE ref = ?", link.ref)
            changed = link_of(row or {})
            if tell:
                self._notices.link_changed(changed)
        return changed

    def click(self, link: Link) -> Link:
        """This function will note the first click, which gives the customer more time."""
        with self._store.transaction():
            link = self.get(link.ref)
            if not link.payable or link.clicked_at is not None:
                return link
            now = self._clock.now()
            deadline = now + self._manifest.opened_s
            changes = {"link_status": "PAYMENT_LINK_CLICKED", "clicked_at": now, "expires_at": deadline}
            return self.change(link, changes, tell=True)

    def expire_overdue(self) -> int:
        """This function will expire every payable link whose time is over and tell how many there were."""
        sql = "SELECT * FROM links WHERE payable = 1 AND expires_at <= ? ORDER BY expires_at"
        if not self._store.rows(sql + " LIMIT 1", self._clock.now()):
            return 0
        with self._store.transaction():
            overdue = [link_of(row) for row in self._store.rows(sql, self._clock.now())]
            for link in overdue:
                self.change(link, {"link_status": "PAYMENT_LINK_EXPIRED", "payable": 0}, tell=True)
        return len(overdue)

    def cancel(self, ref: str) -> tuple[Link, str | None]:
        """This function will kill a link nobody clicked, tell the customer, and give why that text failed, if so.

        Raises: Refusal 409 for a clicked (or paid), cancelled or expired link.
        """
        with self._store.transaction():
            link = self.get(ref)
            self._check_cancellable(link)
            link = self.change(link, {"link_status": "PAYMENT_LINK_CANCELLED", "payable": 0}, tell=True)
            return link, self._messenger.send(link.phone, link.channel, text=cancelled(link), link_ref=link.ref)

    def _check_cancellable(self, link: Link) -> None:
        refusals = {
            "PAYMENT_LINK_CANCELLED": ("already_cancelled", "The payment link is already cancelled."),
            "PAYMENT_LINK_EXPIRED": ("expired", "The payment link has expired."),
            "PAYMENT_LINK_CLICKED": ("already_clicked", "The customer has already clicked the payment link."),
        }
        # a link paid from the chat was never clicked, but it was used all the same
        known = "PAYMENT_LINK_CLICKED" if link.payment_status else link.link_status
        outcome, message = refusals.get(link.link_status, refusals.get(known, ("", "")))
        if outcome:
            raise Refusal(409, self._manifest.operations["cancel_payment_link"].refusal(outcome), message=message)
