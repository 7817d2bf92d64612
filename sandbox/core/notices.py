"""Knows the bodies of callback notifications and to whom each belongs; refuses to know how they travel."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from sandbox.core.applications import Application, Applications
from sandbox.core.clock import SandboxClock, stamp, stamp_or_none
from sandbox.core.delivery import Courier
from sandbox.core.faults import FaultDesk
from sandbox.core.link import Link
from sandbox.core.manifest import Manifest
from sandbox.core.merchant import ENVIRONMENT, Merchant, MerchantDesk
from sandbox.core.store import Row, Store
from sandbox.exact_json import exact_json

REORDER_WITHIN_S = 1.5


class Notices:
    """Writes what happened into the delivery queue, inside the transaction in which it happened."""

    def __init__(
        self, store: Store, clock: SandboxClock, *, faults: FaultDesk, applications: Applications,
        merchant: MerchantDesk, manifest: Manifest, courier: Courier,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._faults = faults
        self._applications = applications
        self._merchant = merchant
        self._manifest = manifest
        self._ids = manifest.status_ids
        self._courier = courier

    def link_changed(self, link: Link) -> None:
        """This function will tell the application that created the link its new link status."""
        self._tell_creator(link, link.link_status)

    def payment_changed(self, link: Link) -> None:
        """This function will tell the creator a transaction event, and every application the payment status."""
        status = str(link.payment_status)
        self._tell_creator(link, status)
        body = self._payment_body(link, status)
        for application in self._applications.enabled():
            self._queue(application, "payment-status", event=status, body=body, link=link)

    def opted_out(self, phone: str, channel: str) -> None:
        """This function will tell every application that a customer takes no more messages on a channel."""
        self._tell_word(self._manifest.opted_out_word, phone, channel)

    def opted_in(self, phone: str, channel: str) -> None:
        """This function will tell every application that a customer takes messages on a channel again."""
        self._tell_word(self._manifest.opted_in_word, phone, channel)

    def _tell_word(self, word: str, phone: str, channel: str) -> None:
        """The number belongs to the merchant, not to one link: no link, no amount, no order stands in it."""
        body = {
            "transactionStatus": word,
            "transactionStatusId": self._ids[word],
            "senderNumber": self._merchant.current.sender_number,
            "endUserMobileNumber": phone,
            "channel": channel,
            "timestamp": stamp(self._clock.now()),
            "environment": ENVIRONMENT,
        }
        for application in self._applications.enabled():
            lane = f"{application.uuid}:{phone}:{channel}"
            self._queue(application, "transaction-status", event=word, body=body, link=None, lane=lane)

    def settings_changed(self, event: str, value: str | None) -> None:
        """This function will tell every application of a key, currency or channel that came or went."""
        body = {
            "event": event,
            "value": value,
            "timestamp": stamp(self._clock.now()),
            "environment": ENVIRONMENT,
            "merchantName": self._merchant.current.merchant_name,
        }
        for application in self._applications.enabled():
            self._queue(application, "settings", event=event, body=body, link=None)

    def configuration_changed(self, before: Merchant, after: Merchant) -> None:
        for kind, old, new in (
            ("CHANNEL", before.channels, after.channels),
            # a currency that is counted in other digits is another one
            ("CURRENCY", _counted(before), _counted(after)),
        ):
            for value in [item for item in new if item not in old]:
                self.settings_changed(f"{kind}_ADDED", value.partition(" ")[0])
            for value in [item for item in old if item not in new]:
                self.settings_changed(f"{kind}_REMOVED", value.partition(" ")[0])

    def _tell_creator(self, link: Link, status: str) -> None:
        creator = self._applications.find(link.application)
        if creator is not None and creator.status == "ACTIVATED":
            self._queue(
                creator, "transaction-status", event=status, body=self._transaction_body(link, status), link=link
            )

    def _queue(
        self,
        application: Application,
        kind: str,
        *,
        event: str,
        body: dict[str, Any],
        link: Link | None,
        lane: str = "",
    ) -> None:
        """This function will queue one delivery; those of one lane (a link, a phone, the settings) keep their order."""
        if not application.shown()[kind.replace("-", "_") + "_url"]:
            return
        faults, now = self._faults.current, time.time()
        due_at = now + (self._faults.between(*faults.delay_ms) / 1000 if any(faults.delay_ms) else 0)
        row: Row = {
            "lane": lane or f"{application.uuid}:{link.ref if link else 'settings'}",
            "message_id": "msg_" + secrets.token_hex(12),
            "link_ref": link.ref if link else None,
            "application": application.uuid,
            "kind": kind,
            "event": event,
            "body": exact_json(self._manifest.tell(body)),
            "state": "pending",
            "due_at": due_at,
            "created_at": now,
        }
        self._store.insert("deliveries", self._loosened(row) if faults.reorder_callbacks else row)
        if self._faults.strikes(faults.duplicate_callbacks):
            self._store.insert("deliveries", {**self._loosened(row), "duplicate": 1})
        self._store.after_commit(self._courier.wake)

    def _loosened(self, row: Row) -> Row:
        """This function will free a delivery from the order of its link, by a lane and a delay of its own."""
        later = row["due_at"] + self._faults.between(0, REORDER_WITHIN_S)
        return {**row, "lane": secrets.token_hex(8), "due_at": later}

    def _transaction_body(self, link: Link, status: str) -> dict[str, Any]:
        return {
            "orderNumber": link.order_number,
            "paymentLinkRef": link.ref,
            "senderNumber": self._merchant.current.sender_number,
            "endUserMobileNumber": link.phone,
            "transactionStatus": status,
            "transactionStatusId": self._ids[status],
            **_amounts(link),
            "timestamp": stamp(self._clock.now()),
            "additionalData": json.loads(link.additional_data),
            "environment": ENVIRONMENT,
        }

    def _payment_body(self, link: Link, status: str) -> dict[str, Any]:
        return {
            "orderNumber": link.order_number,
            "paymentLinkRef": link.ref,
            "paymentStatus": status,
            "paymentStatusId": self._ids[status],
            "paymentGatewayResponseTimestamp": stamp_or_none(link.decided_at),
            **_amounts(link),
            "receiptLinkRef": link.receipt_token,
            "additionalData": json.loads(link.additional_data),
            "transactionType": link.transaction_type,
            "paymentReviewAutoReversal": bool(link.auto_reversal),
            "reviewFinalisedTimestamp": stamp_or_none(link.review_finalised_at),
            "environment": ENVIRONMENT,
            "reconciliationReference": link.reconciliation,
            "merchantName": self._merchant.current.merchant_name,
        }


def _counted(merchant: Merchant) -> tuple[str, ...]:
    return tuple(f"{currency} {merchant.digits_of(currency)}" for currency in merchant.currencies)


def _amounts(link: Link) -> dict[str, Any]:
    return {
        "totalAmount": link.total,
        "taxAmount": link.tax,
        "subTotalAmount": link.sub_total,
        "currency": link.currency,
        "channel": link.channel,
    }
