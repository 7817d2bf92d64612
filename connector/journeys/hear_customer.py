"""Decides what a customer's STOP or START changes: the channel for that number in this tenant, and the live link's history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from connector.domain.notification import CustomerWord, Notification
from connector.domain.tenant import Tenant
from connector.log import get_logger
from connector.store import orders, payments, stopped_numbers
from connector.store.payments import Event
from connector.store.vault import Vault

log = get_logger()
STOPPED, RESUMED = "customer_stopped", "customer_resumed"


def orders_written_to(connection: Connection, tenant: Tenant, notifications: Sequence[Notification]) -> set[str]:
    """Return the orders whose live requests went to the numbers that customers' words came from: they are locked first."""
    found: set[str] = set()
    for word in (one.customer_word for one in notifications if one.customer_word is not None):
        digest = tenant.digest_of(word.phone)
        found |= set(stopped_numbers.live_requests_to(connection, tenant.tenant_id, digest, word.channels).values())
    return found


def hear_customer(
    connection: Connection, tenant: Tenant, word: CustomerWord, *, vault: Vault, said_at: datetime, now: datetime
) -> bool:
    """Keep a customer's word inside the caller's transaction; return False when it is not newer than what is known.

    Neither the link nor Salesforce is told: the word is about messages to come. The history of a live request to this
    number gets a line; whether a number takes messages every page looks up by itself.
    """
    digest = tenant.digest_of(word.phone)
    noted = partial(stopped_numbers.note, connection, tenant.tenant_id, digest, stopped=word.stopped, said_at=said_at)
    news = [channel for channel in word.channels if noted(channel)]
    if not news:
        return False
    line = Event(STOPPED if word.stopped else RESUMED, occurred_at=said_at, recorded_at=now)
    live = stopped_numbers.live_requests_to(connection, tenant.tenant_id, digest, news)
    spoken = [payments.find(connection, tenant.tenant_id, reference, vault=vault) for reference in live]
    payments.add_events(connection, [(request, line) for request in spoken if request is not None])
    orders.touch_many(connection, tenant.tenant_id, live.values())
    log.info("customer_word", tenant=tenant.tenant_id, channel=",".join(news), outcome=line.event, count=len(live))
    return True
