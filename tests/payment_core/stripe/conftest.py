"""A core whose merchant has its account at our stand-in for Stripe, over real HTTP, with its webhooks coming back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from secrets import token_hex

import pytest
import requests

from foundation.secret import Secret
from payment_core.app import create_app
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Adapters, Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.settings import Settings
from payment_core.store import applications, merchants
from payment_core.store.links import links
from sandbox.stand_in_server import server_of
from sandbox.stripe.account import Object
from sandbox.stripe.app import StripeStandIn, running
from tests.payment_core.conftest import APPLICATION, MERCHANT, order_for
from tests.payment_core.fakes import FakeMessenger, MovableClock
from tests.payment_core.links import attempts_of
from tests.suite.kept_engines import share_statements

VISA, DECLINED, CHALLENGED, IN_REVIEW = "4242424242424242", "4000000000000002", "4000000000003220", "4000000000009235"
STRIPE_MERCHANT = replace(MERCHANT, gateway="stripe", hook="hook_stripe")
# A time-out is waited for really: far shorter than in production, and far longer than any answer of the stand-in.
GATEWAY_TIMEOUT = 3.0


@pytest.fixture
def stand_in(clock: MovableClock) -> Iterator[StripeStandIn]:
    """The stand-in, running."""
    with running(now=clock) as made:
        made.faults.silent_seconds = GATEWAY_TIMEOUT + 0.5
        yield made


@pytest.fixture
def webhook_secret() -> str:
    """The signing secret of the merchant's endpoint."""
    return f"whsec_{token_hex(16)}"


@pytest.fixture
def stripe_key() -> str:
    """A restricted key of test mode."""
    return f"rk_test_{token_hex(12)}"


@pytest.fixture
def make_core(
    core_settings: Settings, clock: MovableClock, stand_in: StripeStandIn, messenger: FakeMessenger
) -> Iterator[Callable[..., Core]]:
    """A function that builds the parts of a process on the same database, as a restart does."""
    made = []

    def make(wrap: Callable[..., object] | None = None) -> Core:
        stripe = production_adapters().gateways["stripe"]
        gateways = {"stripe": (lambda setup: wrap(stripe(setup))) if wrap else stripe}
        settings = replace(core_settings, stripe_url=stand_in.url, gateway_timeout=GATEWAY_TIMEOUT)
        adapters = Adapters(gateways, {"fake": lambda _: messenger})  # type: ignore[arg-type]
        made.append(build_core(settings, adapters, now=clock))
        share_statements(made[-1].transactions.database.engine)
        return made[-1]

    yield make
    for one in made:
        one.transactions.database.close()


@pytest.fixture
def core(make_core: Callable[..., Core], clock: MovableClock, stripe_key: str, webhook_secret: str) -> Core:
    """A core with the merchant and the application; nothing runs in the background."""
    made = make_core()
    secrets = MerchantSecrets({"stripe.key": (Secret(stripe_key),), "stripe.webhook": (Secret(webhook_secret),)})
    with made.transactions.write() as work:
        merchants.add(work, STRIPE_MERCHANT, secrets, now=clock())
        applications.save(work, APPLICATION, now=clock())
    return made


@pytest.fixture
def holding(core: Core, merchant: Merchant) -> Merchant:
    """The merchant, with authorizations in place of sales."""
    with core.transactions.write() as work:
        return merchants.save(work, replace(merchant, transaction_type=TransactionType.AUTHORIZATION), now=core.now())


@pytest.fixture
def hooked(core: Core, stand_in: StripeStandIn, webhook_secret: str) -> Iterator[str]:
    """The merchant's address for webhooks on a running core, registered at the stand-in."""
    server = server_of(create_app(core), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}/hooks/stripe/{STRIPE_MERCHANT.hook}"
    stand_in.account.add(
        "we",
        "webhook_endpoint",
        url=url,
        secret=webhook_secret,
        status="enabled",
        enabled_events=["*"],
        api_version=None,
    )
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Shop:
    """What a test does as merchant, customer, Stripe and worker."""

    core: Core
    stand_in: StripeStandIn

    def link(self, merchant: Merchant, **changes: object) -> Link:
        return create_link(self.core, merchant, order_for(**changes)).link

    def open(self, merchant: Merchant, link: Link, *, saves: bool = False) -> str | None:
        url = f"https://pay.example/pay/{link.reference}"
        return begin_payment(self.core, merchant, link, saves_card=saves, return_url=url)

    def pay(self, page: str | None, number: str = VISA, **more: str) -> None:
        """Be the customer on the hosted page, over HTTP."""
        assert page is not None
        answer = requests.post(page, data=more or {"number": number}, allow_redirects=False, timeout=20)
        assert answer.status_code == 303

    def webhooks(self, **how: object) -> int:
        """Deliver what waits, and read it."""
        self.stand_in.deliveries.deliver(**how)  # type: ignore[arg-type]
        return read_due(self.core, owner="test")

    def attempt(self, link: Link) -> Attempt:
        with self.core.transactions.read() as work:
            return attempts_of(work, link.reference)[0]

    def now(self, link: Link) -> Link:
        with self.core.transactions.read() as work:
            found = links.find(work, link.reference)
        assert found is not None
        return found

    def intents(self, link: Link) -> list[Object]:
        found = self.stand_in.account.each("payment_intent")
        return [one for one in found if one["metadata"].get("link") == link.reference]

    def sessions(self, link: Link) -> list[Object]:
        found = self.stand_in.account.each("checkout.session")
        return [one for one in found if one["client_reference_id"] == link.reference]


@pytest.fixture
def shop(core: Core, stand_in: StripeStandIn) -> Shop:
    """What a test does."""
    return Shop(core, stand_in)
