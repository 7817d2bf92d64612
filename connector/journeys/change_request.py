"""Decides what else changes when a payment request does: the order's version, its history, what Salesforce must be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connector.domain.payment import PaymentRequest, is_final
from connector.log import get_logger
from connector.store import orders, outbox, payments
from connector.store.payments import Event
from connector.store.vault import Vault

log = get_logger()


def change_request(
    connection: Connection, changed: PaymentRequest, *, vault: Vault, now: datetime, event: Event | None
) -> PaymentRequest:
    """Save a request inside the caller's transaction, whose order row is locked, and announce the order's new version.

    Raises:
        payments.AnotherLive: the request became live beside a live one.
    """
    before = payments.find(connection, changed.tenant_id, changed.reference, vault=vault)
    version = orders.raise_version(connection, changed.tenant_id, changed.order_id)
    saved = replace(changed, version=version)
    payments.save(connection, saved)
    if event:
        payments.add_event(connection, saved, event)
    kept = orders.find(connection, saved.tenant_id, saved.order_id, vault=vault)
    if kept is None:
        raise LookupError("an order with requests has a row")
    outbox.announce(connection, kept.order, version=version, final=is_final(before, saved), now=now)
    log.info(
        "payment_request_changed",
        tenant=saved.tenant_id,
        order=saved.order_id,
        reference=saved.reference,
        status=saved.status.value,
        core_status=saved.core_status,
        version=version,
    )
    return saved
