"""Knows what exists in one process and how it is built; refuses to hold anything that is not needed by a door."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from connector.clock import utc_now
from connector.core.client import CoreClient
from connector.http import PeerSession
from connector.salesforce.client import SalesforceClient, allow_plain_loopback
from connector.salesforce.limits import Limits
from connector.salesforce.oauth import TokenProvider
from connector.settings import Settings
from connector.store.database import Database
from connector.store.store import Store, open_store
from connector.store.vault import Vault


class Work:
    """Wakes whoever drains and pushes. The rows are the truth: a lost wake-up costs seconds, never a callback."""

    def __init__(self) -> None:
        self.inbox = threading.Event()
        self.outbox = threading.Event()

    def inbox_changed(self) -> None:
        """There may be a due inbox entry."""
        self.inbox.set()

    def outbox_changed(self) -> None:
        """There may be a due outbox entry."""
        self.outbox.set()


@dataclass(frozen=True)
class Services:
    """Everything a door may use."""

    settings: Settings
    store: Store
    salesforce: SalesforceClient
    core: CoreClient
    work: Work
    now: Callable[[], datetime]

    @property
    def core_call_limit(self) -> timedelta:
        """How long one call to the core can take at most."""
        return timedelta(seconds=self.settings.core_timeout)


def build_services(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Services:
    """Build the parts of one process; nothing is started and no socket is opened."""
    store = open_store(Database(settings.database_url), Vault(settings.encryption_keys))
    to_salesforce = PeerSession(peer="salesforce", total_timeout=settings.salesforce_timeout)
    if settings.is_demo:
        allow_plain_loopback(to_salesforce)
    return Services(
        settings=settings,
        store=store,
        salesforce=SalesforceClient(
            session=to_salesforce,
            tokens=TokenProvider(session=to_salesforce, store=store.tokens, now=now),
            allow_loopback=settings.is_demo,
            limits=Limits(),
            now=now,
        ),
        core=CoreClient(
            reads=PeerSession(peer="core", total_timeout=settings.core_timeout, connections=8),
            writes=PeerSession(peer="core", total_timeout=settings.core_timeout, repeat_reads=False),
            allow_loopback=settings.is_demo,
        ),
        work=Work(),
        now=now,
    )


def current_services() -> Services:
    """Return the services of the present Flask app."""
    services: Services = current_app.extensions["chat2pay"]
    return services
