"""A payment core on both databases, with a merchant, an application, a clock that moves, and peers in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.database.database import Database
from foundation.database.schema import migrate
from foundation.phones.phone import Phone
from foundation.secret import Secret
from payment_core.app import create_app
from payment_core.domain.application import Application
from payment_core.domain.enums import Channel, Mode
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets, SendLimits
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.link_order import LinkOrder
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import api_keys, applications, merchants
from payment_core.store.incoming import webhooks
from payment_core.store.schema.migrate import SCHEMA
from payment_core.store.schema.tables import deliveries
from tests.databases.postgres import Cluster
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.suite.kept_engines import share_statements

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CUSTOMER = "27831234567"
MERCHANT = Merchant(
    merchant_id="mer_karoo",
    name="Karoo Coffee Roasters",
    mode=Mode.SANDBOX,
    hook="hook_karoo",
    gateway="fake",
    messenger="fake",
    channels=(Channel.SMS, Channel.WHATSAPP),
    currencies=("ZAR", "USD", "EUR", "GBP", "KES", "JPY", "KWD"),
    senders={Channel.SMS: "27870000000", Channel.WHATSAPP: "27870000000"},
    # Storms write to one number again and again; the tests of the limits set their own.
    limits=SendLimits(per_number=0, per_country=0, per_merchant=0),
)
APPLICATION = Application(
    application_id="0b8f6f5e-2f0f-4f58-9a57-6f1f6c1d2e3a",
    merchant_id=MERCHANT.merchant_id,
    name="Salesforce",
    payment_status_url="https://salesforce.example/payment-status",
    transaction_status_url="https://salesforce.example/transaction-status",
    settings_url="https://salesforce.example/settings",
)


@pytest.fixture(scope="session")
def migrated_core_postgres(cluster: Cluster) -> str:
    """The same on PostgreSQL, to be emptied for each test."""
    url = cluster.fresh(synchronous_commit="off")
    database = Database(url)
    migrate.upgrade(SCHEMA, database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def core_database_url(request: pytest.FixtureRequest, fast_folder: Path) -> str:
    """The address of an empty database of a core."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("migrated_core_postgres")
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.empty(url)
        return url
    shutil.copyfile(request.getfixturevalue("migrated_core"), fast_folder / "core.db")
    return f"sqlite:///{fast_folder / 'core.db'}"


@pytest.fixture
def clock() -> MovableClock:
    """The clock of the core, which a test moves."""
    return MovableClock(NOW)


@pytest.fixture
def gateway(clock: MovableClock) -> FakeGateway:
    """The merchant's account at the gateway."""
    return FakeGateway(clock)


@pytest.fixture
def messenger(clock: MovableClock) -> FakeMessenger:
    """The merchant's account at the messenger."""
    return FakeMessenger(clock)


@pytest.fixture
def core_settings(core_database_url: str) -> Settings:
    """The settings of the core, with keys made for this test."""
    return Settings(
        environment="production",
        database_url=core_database_url,
        public_url="https://pay.example",
        encryption_keys=(Secret(Fernet.generate_key().decode()),),
        digest_keys=(Secret(token_urlsafe(32)),),
    )


@pytest.fixture
def core(
    core_settings: Settings, clock: MovableClock, gateway: FakeGateway, messenger: FakeMessenger
) -> Iterator[Core]:
    """A core with the merchant and the application; nothing runs in the background."""
    # A merchant that is added chooses providers that there are: its keys are tried there.
    adapters = Adapters(
        dict.fromkeys(("fake", "stripe"), lambda _: gateway), dict.fromkeys(("fake", "twilio"), lambda _: messenger)
    )
    made = build_core(core_settings, adapters, now=clock)
    share_statements(made.transactions.database.engine)
    with made.transactions.write() as work:
        merchants.add(work, MERCHANT, MerchantSecrets(), now=clock())
        applications.save(work, APPLICATION, now=clock())
    yield made
    made.transactions.database.close()


@pytest.fixture
def merchant(core: Core) -> Merchant:
    """The merchant."""
    with core.transactions.read() as work:
        return merchants.get(work, MERCHANT.merchant_id)


@pytest.fixture
def application(core: Core) -> Application:
    """The application that asks for links."""
    return APPLICATION


@pytest.fixture
def api_key(core: Core) -> str:
    """A key of the merchant."""
    with core.transactions.write() as work:
        return api_keys.add(work, MERCHANT.merchant_id, "tests", now=core.now())[1].value


@pytest.fixture
def make_link(core: Core, merchant: Merchant) -> Callable[..., Link]:
    """A function that makes a link for R 150.00, and returns it as it is then; keywords change the order."""

    def make(**changes: object) -> Link:
        return create_link(core, merchant, order_for(**changes)).link

    return make


def order_for(**changes: object) -> LinkOrder:
    """Return a checked order of a link for R 150.00; keywords change it."""
    order = LinkOrder(
        application=APPLICATION.application_id,
        order_number="00000100",
        channel=Channel.WHATSAPP,
        phone=Phone(CUSTOMER),
        currency="ZAR",
        total=Decimal("150.00"),
        tax=Decimal("0.00"),
        sub_total=Decimal("150.00"),
        language="en",
        digest=b"",
    )
    order = replace(order, **changes)  # type: ignore[arg-type]
    return order if order.digest else replace(order, digest=sha256(repr(order).encode()).digest())


def events_of(core: Core, link: Link) -> list[tuple[str, Any]]:
    """Return the notifications of a link's money, in order: their words, and the attention that each names."""
    with core.transactions.read() as work:
        query = select(deliveries).where(deliveries.c.reference == link.reference).order_by(deliveries.c.delivery_id)
        rows = work.connection.execute(query).all()
        bodies = [json.loads(work.vault.open(row.merchant_id, bytes(row.body))) for row in rows]
    return [(row.event, body.get("attention")) for row, body in zip(rows, bodies, strict=True)]


def stored_news(
    core: Core,
    event_id: str,
    content: Mapping[str, Any],
    *,
    merchant_id: str = MERCHANT.merchant_id,
    provider: str = "fake",
) -> int:
    """Store a provider's news as its door does, and return its id; it is due at once."""
    body, now = webhooks.seal(core.transactions.vault, merchant_id, content), core.now()
    assert core.arrivals.put(webhooks.StoredWebhook(merchant_id, provider, event_id, body, now, due_at=now))
    with core.transactions.read() as work:
        return webhooks.id_of(work, merchant_id, provider, event_id)


@pytest.fixture
def client(core: Core) -> FlaskClient:
    """A client of the core's app, as if at its public address."""
    app = create_app(core)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()
