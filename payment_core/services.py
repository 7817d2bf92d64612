"""The parts that endpoints, commands and workers of one process use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from flask import current_app

from foundation.clock import utc_now
from foundation.database.database import Database
from foundation.database.group_commit import GroupCommit
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.database.write_check import WriteCheck
from foundation.encryption.vault import Vault
from foundation.http.egress import Egress
from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core import metrics
from payment_core.api_manifest import ApiManifest, read_api_manifest
from payment_core.couriers.courier import Courier
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.gateways.gateway import Gateway
from payment_core.merchant_directory import MerchantDirectory
from payment_core.messengers.messenger import Messenger
from payment_core.settings import Settings
from payment_core.store import merchants
from payment_core.store.incoming import webhooks
from payment_core.store.schema.tables import write_checks

Account = TypeVar("Account")
Now = Callable[[], datetime]
# How long an application may take to answer a notification.
# A receiver has to store and answer; whoever works first and answers afterwards ties up a lane.
_ANSWER_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class AccountSetup:
    """What an adapter gets to build a merchant's account at a provider."""

    merchant: Merchant
    secrets: MerchantSecrets
    settings: Settings
    egress: Egress
    now: Now


Builder = Callable[[AccountSetup], Account]


class Setup(Protocol):
    """Gathers what an account of a merchant needs, with the stored secrets where no others are given."""

    def __call__(self, merchant: Merchant, secrets: MerchantSecrets | None = None) -> AccountSetup: ...


class Accounts(Generic[Account]):
    """Builds a merchant's account at a provider by the provider's name, once for each version of the merchant."""

    def __init__(self, builders: Mapping[str, Builder[Account]], setup: Setup) -> None:
        self._builders = builders
        self._setup = setup
        self._built: dict[tuple[str, str], tuple[int, Account]] = {}

    def of(self, merchant: Merchant, provider: str) -> Account:
        """Return the account of a merchant at a provider.

        Raises:
            KeyError: no adapter of that name is loaded in this process.
        """
        place = (provider, merchant.merchant_id)
        built = self._built.get(place)
        # By version, so that a new key counts at once in every process and without a restart.
        if built is None or built[0] != merchant.version:
            built = self._built[place] = (merchant.version, self._builders[provider](self._setup(merchant)))
        return built[1]

    def tried(self, merchant: Merchant, provider: str, secrets: MerchantSecrets) -> Account:
        """Return the account as it would be with these secrets, also of a merchant that is not stored; nothing is kept."""
        return self._builders[provider](self._setup(merchant, secrets))


class WakeUp(threading.Event):
    """An event that costs little to set where it is set already, as every request of a busy moment finds it."""

    def set(self) -> None:
        """Wake who waits. Loops clear it before they look for work, so one that is still set has yet to be heeded."""
        if not self.is_set():
            super().set()


@dataclass(frozen=True)
class Wake:
    """Wakes the loops of this process; each also polls, so a lost wake-up costs seconds and loses nothing."""

    messages: threading.Event = field(default_factory=WakeUp)
    payments: threading.Event = field(default_factory=WakeUp)
    webhooks: threading.Event = field(default_factory=WakeUp)
    deliveries: threading.Event = field(default_factory=WakeUp)


Gateways = Accounts[Gateway]


class Messengers(Accounts[Messenger]):
    """The merchants' accounts at messengers."""

    def delivery_reports(self, merchant: Merchant) -> dict[str, bool]:
        """Return of each of a merchant's channels whether its messenger says that messages arrived."""
        account = self.of(merchant, merchant.messenger)
        return {one.value: account.reports_delivery(one) for one in merchant.channels}


class ReadableKeys(Protocol):
    """Where a demo keeps its newest API key readable; elsewhere a key is shown once."""

    def remember(self, work: UnitOfWork, text: str) -> None:
        """Write a new key."""

    def shown(self, work: UnitOfWork) -> str:
        """Return the newest key."""


@dataclass(frozen=True)
class Adapters:
    """The adapters that are loaded in a process, by their names; ``courier`` makes the way to applications."""

    gateways: Mapping[str, Builder[Gateway]] = field(default_factory=dict)
    messengers: Mapping[str, Builder[Messenger]] = field(default_factory=dict)
    courier: Callable[[PeerSession], Courier] = Courier
    readable_keys: ReadableKeys | None = None


@dataclass(frozen=True)
class Core:
    """The services that journeys, endpoints, commands and workers use.

    Journeys open transactions with ``transactions.read()`` or ``.write()``, and call gateways and messengers outside them.
    """

    settings: Settings
    transactions: Transactions
    merchants: MerchantDirectory
    # Providers' notifications, which concurrent requests store together.
    arrivals: GroupCommit[webhooks.StoredWebhook, bool]
    gateways: Gateways
    messengers: Messengers
    api: ApiManifest
    now: Now
    wake: Wake
    courier: Courier
    egress: Egress
    write_check: WriteCheck
    # How long after an attempt began it is looked at by itself, for what no page and no webhook reported.
    first_look_after: timedelta = timedelta(seconds=60)
    # The name under which this process leases rows; in a fleet each process has its own.
    owner: str = "embedded"
    readable_keys: ReadableKeys | None = None

    @property
    def public_url(self) -> str:
        """The address under which customers, providers and applications reach this core."""
        return self.settings.public_url

    @property
    def digest_keys(self) -> tuple[Secret, ...]:
        """The keys of the digests by which numbers are found."""
        return self.settings.digest_keys


def build_core(settings: Settings, adapters: Adapters, *, now: Now = utc_now, owner: str = "embedded") -> Core:
    """Build the parts of one process; nothing is started and no socket is opened."""
    vault = Vault(
        settings.encryption_keys, setting="PAYMENT_CORE_ENCRYPTION_KEYS", remedy="`chat2pay-core keys` makes one"
    )
    transactions = Transactions(Database(settings.database_url, connections=settings.database_connections), vault)
    egress = Egress.opened(settings.proxy, settings.ca_file)

    def setup(merchant: Merchant, secrets: MerchantSecrets | None = None) -> AccountSetup:
        if secrets is None:
            with transactions.read() as work:
                secrets = merchants.secrets_of(work, merchant.merchant_id)
        return AccountSetup(merchant, secrets, settings, egress, now)

    return Core(
        settings=settings,
        transactions=transactions,
        merchants=MerchantDirectory(transactions),
        arrivals=GroupCommit(write=transactions.database.write, store=webhooks.add_each_once),
        gateways=Accounts(adapters.gateways, setup),
        messengers=Messengers(adapters.messengers, setup),
        api=read_api_manifest(),
        now=now,
        wake=Wake(),
        courier=adapters.courier(_to_applications(egress)),
        egress=egress,
        write_check=WriteCheck(transactions.database, write_checks, now=now),
        owner=owner,
        readable_keys=adapters.readable_keys,
    )


def _to_applications(egress: Egress) -> PeerSession:
    return PeerSession(
        peer="application",
        total_timeout=_ANSWER_WITHIN_SECONDS,
        # Half of what may be under way at once: receivers mostly answer within milliseconds.
        connections=16,
        # A delivery is tried again as a whole, in its order.
        repeat_reads=False,
        egress=egress,
        observe=metrics.count_call,
    )


def current_core() -> Core:
    """Return the core of the current Flask app."""
    core: Core = current_app.extensions["payment_core"]
    return core
