"""Knows what happens to money on a link: paid, declined, reviewed, captured, reversed; refuses to see card numbers."""

from __future__ import annotations

import secrets
from decimal import Decimal

from sandbox.core.cards import Card
from sandbox.core.clock import SandboxClock
from sandbox.core.errors import Refusal, invalid_control
from sandbox.core.link import Link
from sandbox.core.links import Links
from sandbox.core.manifest import Manifest
from sandbox.core.merchant import MerchantDesk
from sandbox.core.messenger import Messenger
from sandbox.core.notices import Notices
from sandbox.core.store import Row, Store
from sandbox.core.texts import declined, receipt

AUTHORIZATION_LIVES_S = 7 * 24 * 3600


class Payments:
    def __init__(
        self, store: Store, clock: SandboxClock, *, links: Links, merchant: MerchantDesk, manifest: Manifest,
        notices: Notices, messenger: Messenger, public_url: str,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._links = links
        self._merchant = merchant
        self._manifest = manifest
        self._notices = notices
        self._messenger = messenger
        self._public_url = public_url

    def pay(self, ref: str, card: Card, *, save: bool = False) -> tuple[Link, str | None]:
        """This function will try a card on a link, once, and give a challenge token where 3-D Secure asks for one.

        A link that is paid, in review or dead is given back unchanged, so a second submit pays nothing.
        """
        with self._store.transaction():
            link = self._links.get(ref)
            if not link.payable:
                return link, None
            if card.outcome == "challenge":
                return link, self._challenge(link, card, save=save)
            known = {"card_brand": card.brand, "card_last4": card.last4, "save_card": int(save)}
            link = self._links.change(link, known, tell=False)
            return self._decide(link, card.outcome), None

    def _challenge(self, link: Link, card: Card, *, save: bool) -> str:
        token = secrets.token_urlsafe(16)
        row = {"token": token, "link_ref": link.ref, "brand": card.brand, "last4": card.last4, "save_card": int(save)}
        self._store.insert("challenges", row)
        return token

    def open_challenge(self, token: str) -> Row | None:
        return self._store.row("SELECT * FROM challenges WHERE token = ? AND answered = 0", token)

    def answer_challenge(self, token: str, *, approve: bool) -> None:
        """This function will end a 3-D Secure challenge; a second answer changes nothing."""
        with self._store.transaction():
            row = self.open_challenge(token)
            if row is not None:
                self._store.change("challenges", ("token", token), changes={"answered": 1})
                card = Card(row["brand"], row["last4"], "approved" if approve else "declined")
                self.pay(row["link_ref"], card, save=bool(row["save_card"]))

    def _decide(self, link: Link, outcome: str) -> Link:
        if outcome == "approved":
            return self._approve(link, {})
        if outcome == "declined":
            return self._settle_status(link, "PAYMENT_DECLINED", changes={})
        reviewed = self._settle_status(link, "PAYMENT_REVIEW", changes={"payable": 0})
        return self._reverse_review(reviewed) if link.auto_reversal else reviewed

    def _approve(self, link: Link, changes: Row) -> Link:
        total, sale = str(link.total), link.transaction_type == "SALE"
        status = "PAYMENT_RECEIVED" if sale else "PAYMENT_AUTHORIZED"
        money = {"authorized": total, "captured": total if sale else "0"}
        opened = {"payable": 0, "receipt_token": secrets.token_urlsafe(16)}
        link = self._settle_status(link, status, changes={**changes, **money, **opened})
        self._save_card(link)
        url = f"{self._public_url}/receipts/{link.receipt_token}"
        text = receipt(link, url, merchant=self._merchant.current.merchant_name)
        self._messenger.send(link.phone, link.channel, text=text, link_ref=link.ref)
        return link

    def _save_card(self, link: Link) -> None:
        wanted = self._store.row("SELECT save_card FROM links WHERE ref = ?", link.ref)
        if wanted and wanted["save_card"]:
            sql = "INSERT OR REPLACE INTO saved_cards VALUES (?, ?, ?)"
            self._store.write(sql, link.phone, link.card_brand, link.card_last4)

    def _reverse_review(self, link: Link) -> Link:
        total = str(link.total)
        changes = {"authorized": total, "reversed": total, "review_finalised_at": self._clock.now()}
        return self._settle_status(link, "PAYMENT_REVERSED", changes=changes)

    def _settle_status(self, link: Link, status: str, *, changes: Row) -> Link:
        reconciliation = link.reconciliation or f"TRN{secrets.randbelow(10**12):012d}"
        fixed = {"payment_status": status, "decided_at": self._clock.now(), "reconciliation": reconciliation}
        with self._store.transaction():
            link = self._links.change(link, {**fixed, **changes}, tell=False)
            self._notices.payment_changed(link)
        return link

    def finish_review(self, ref: str, decision: object) -> Link:
        """This function will end a review.

        Raises: Refusal 422 for another word than approve or decline, 409 when nothing is in review.
        """
        if decision not in ("approve", "decline"):
            raise invalid_control("decision", "must be approve or decline")
        with self._store.transaction():
            link = self._links.get(ref)
            if link.payment_status != "PAYMENT_REVIEW":
                raise Refusal(409, "NOT_IN_REVIEW", message="This payment is not in review.")
            finalised = {"review_finalised_at": self._clock.now()}
            if decision == "approve":
                return self._approve(link, finalised)
            link = self._settle_status(link, "PAYMENT_DECLINED", changes=finalised)
            text = declined(link, merchant=self._merchant.current.merchant_name)
            self._messenger.send(link.phone, link.channel, text=text, link_ref=link.ref)
            return link

    def settle(self, ref: str) -> Link:
        """This function will mark taken money as settled: from then on it can only be refunded at the gateway."""
        with self._store.transaction():
            link = self._links.get(ref)
            if link.payment_status not in ("PAYMENT_RECEIVED", "PAYMENT_CAPTURED"):
                raise Refusal(409, "NOTHING_TO_SETTLE", message="No money has been taken with this link.")
            return self._links.change(link, {"settled": 1}, tell=False)

    def capture(self, ref: str, amount: Decimal | None) -> Link:
        """This function will take held money, the whole of it unless an amount is given.

        Raises: Refusal 409 with the documented reason.
        """
        with self._store.transaction():
            link = self._links.get(ref)
            self._check_capturable(link, amount)
            taken = str(link.total if amount is None else amount)
            return self._settle_status(link, "PAYMENT_CAPTURED", changes={"captured": taken})

    def _check_capturable(self, link: Link, amount: Decimal | None) -> None:
        refusal = self._manifest.operations["capture_payment"].refusal
        if link.payment_status in ("PAYMENT_CAPTURED", "PAYMENT_RECEIVED"):
            raise Refusal(409, refusal("already_captured"), message="This payment has already been captured.")
        if link.payment_status != "PAYMENT_AUTHORIZED":
            raise Refusal(409, "NOTHING_TO_CAPTURE", message="This link holds no authorization.")
        if self._clock.now() > (link.decided_at or 0) + AUTHORIZATION_LIVES_S:
            raise Refusal(409, refusal("expired"), message="The authorization has expired.")
        if amount is not None and amount > link.authorized:
            raise Refusal(409, refusal("amount_too_high"), message="The amount is higher than the authorization.")

    def reverse(self, ref: str) -> Link:
        """This function will reverse an authorization or void a capture that is not settled.

        Raises: Refusal 409 with the documented reason.
        """
        refusal = self._manifest.operations["reverse_payment"].refusal
        with self._store.transaction():
            link = self._links.get(ref)
            if link.payment_status in ("PAYMENT_REVERSED", "PAYMENT_VOIDED"):
                raise Refusal(409, refusal("already_reversed"), message="This payment has already been reversed.")
            if link.settled:
                reason = refusal("too_late_refund_at_gateway")
                raise Refusal(409, reason, message="The payment is settled. Refund it in the gateway's back office.")
            if link.payment_status == "PAYMENT_AUTHORIZED":
                return self._settle_status(link, "PAYMENT_REVERSED", changes={"reversed": str(link.authorized)})
            if link.payment_status in ("PAYMENT_RECEIVED", "PAYMENT_CAPTURED"):
                return self._settle_status(link, "PAYMENT_VOIDED", changes={"reversed": str(link.captured)})
            raise Refusal(409, "NOTHING_TO_REVERSE", message="No money has been held or taken with this link.")
