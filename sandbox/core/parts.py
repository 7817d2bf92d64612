"""Knows how the parts of one sandbox fit together; refuses to know Flask's routes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

from sandbox.core.applications import Applications
from sandbox.core.clock import SandboxClock
from sandbox.core.delivery import Courier
from sandbox.core.faults import FaultDesk
from sandbox.core.links import Links
from sandbox.core.manifest import Manifest, load_manifest
from sandbox.core.merchant import MerchantDesk
from sandbox.core.messenger import Messenger
from sandbox.core.notices import Notices
from sandbox.core.payments import Payments
from sandbox.core.replies import Replies
from sandbox.core.store import Store

EXPIRE_EVERY_S = 0.5


@dataclass(frozen=True)
class Core:
    """Everything that exists in one sandbox process."""

    store: Store
    manifest: Manifest
    clock: SandboxClock
    faults: FaultDesk
    applications: Applications
    merchant: MerchantDesk
    courier: Courier
    notices: Notices
    messenger: Messenger
    links: Links
    payments: Payments
    replies: Replies
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """This function will start the callback workers and the thread that expires links."""
        self.courier.start()
        thread = threading.Thread(target=self._expire, name="expiry", daemon=True)
        thread.start()
        self.threads.append(thread)

    def _expire(self) -> None:
        while not self.stopping.wait(EXPIRE_EVERY_S):
            self.links.expire_overdue()

    def close(self) -> None:
        """This function will stop the threads and close the file; the queue goes on at the next start."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.courier.stop()
        self.store.close()


def build_core(state_dir: Path, *, public_url: str) -> Core:
    """This function will open (or make) the state in a folder and wire the parts over it."""
    store, manifest = Store(state_dir), load_manifest()
    clock, faults, merchant = SandboxClock(store), FaultDesk(store), MerchantDesk(store)
    applications, courier = Applications(store, clock), Courier(store, faults)
    messenger = Messenger(store, clock, faults=faults)
    notices = Notices(
        store, clock, faults=faults, applications=applications, merchant=merchant, manifest=manifest, courier=courier
    )
    links = Links(
        store, clock, merchant=merchant, manifest=manifest, notices=notices, messenger=messenger, public_url=public_url
    )
    payments = Payments(
        store, clock, links=links, merchant=merchant, manifest=manifest, notices=notices, messenger=messenger,
        public_url=public_url,
    )  # fmt: skip
    replies = Replies(store, links=links, payments=payments, messenger=messenger, notices=notices)
    return Core(
        store, manifest, clock, faults, applications, merchant, courier, notices, messenger, links, payments, replies
    )


def current_core() -> Core:
    core: Core = current_app.extensions["core"]
    return core
