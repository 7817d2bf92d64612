"""A core whose merchant's messages go by Twilio's stand-in, over HTTP, and whose reports and replies come back from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask.testing import FlaskClient

from foundation.secret import Secret
from payment_core.app import create_app
from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Adapters, Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.settings import Settings
from payment_core.store import applications, merchants
from sandbox.twilio.app import TwilioStandIn, running
from sandbox.twilio.deliveries import SIGNATURE, Waiting, signature
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.suite.kept_engines import share_statements

PUBLIC = "https://pay.example"
HOOK = f"{PUBLIC}/hooks/twilio/{MERCHANT.hook}"
REQUEST = "{{1}}: please pay {{2}} at {{3}} now"
OFFER = "{{1}}: pay {{2}} with card {{3}} by the button, or at {{4}} now {{5}}"


@dataclass
class Line:
    """Brings what waits at the stand-in to the core, as Twilio's servers do."""

    twilio: TwilioStandIn
    core: Core
    client: FlaskClient

    def bring(self) -> list[int]:
        """Deliver everything, let the core read it, and return the core's answers."""
        answers = []
        while self.twilio.deliveries.waiting:
            waiting, self.twilio.deliveries.waiting = self.twilio.deliveries.waiting, []
            answers += [self.post(one) for one in waiting]
            while read_due(self.core, owner="test"):
                pass
        return answers

    def write(self, text: str, *, channel: Channel = Channel.SMS, sender: str = CUSTOMER, **more: str) -> list[int]:
        """Be the customer: write a message."""
        prefix = "whatsapp:" if channel is Channel.WHATSAPP else ""
        self.twilio.deliveries.inbound(f"{prefix}+{sender}", f"{prefix}+27870000000", text, **more)
        return self.bring()

    def texts(self) -> list[str]:
        """Return what left, the oldest first."""
        rows = self.twilio.account.messages.values()
        return [str(row["body"]) for row in rows if row["direction"] == "outbound-api"]

    def post(self, one: Waiting) -> int:
        """Deliver one request and return the core's answer."""
        headers = {SIGNATURE: signature(one.url, one.form, self.twilio.account.auth_token)}
        return self.client.post(one.url.removeprefix(PUBLIC), data=dict(one.form), headers=headers).status_code


@pytest.fixture
def twilio(clock: MovableClock) -> Iterator[TwilioStandIn]:
    """The stand-in, with the core's clock."""
    with running(now=clock) as made:
        made.account.inbound_url = HOOK
        yield made


@pytest.fixture
def twilio_merchant(twilio: TwilioStandIn) -> Merchant:
    """The merchant with an account there, and the two templates that it needs."""
    templates = {
        "payment_request.whatsapp.en": twilio.account.add_template(REQUEST),
        "reply_offer.whatsapp.en": twilio.account.add_template(OFFER),
    }
    return replace(MERCHANT, messenger="twilio", templates=templates)


@pytest.fixture
def core(
    core_settings: Settings,
    clock: MovableClock,
    gateway: FakeGateway,
    twilio: TwilioStandIn,
    twilio_merchant: Merchant,
) -> Iterator[Core]:
    """A core with the production's own adapter for messages."""
    settings = replace(core_settings, twilio_url=twilio.url, environment="sandbox")
    adapters = Adapters({"fake": lambda _: gateway}, production_adapters().messengers)
    made = build_core(settings, adapters, now=clock)
    share_statements(made.transactions.database.engine)
    secrets = {
        "twilio.account": (Secret(twilio.account.account_sid),),
        "twilio.key": (Secret(twilio.account.key_sid),),
        "twilio.secret": (Secret(twilio.account.key_secret),),
        "twilio.webhook": (Secret(twilio.account.auth_token),),
    }
    with made.transactions.write() as work:
        merchants.add(work, twilio_merchant, MerchantSecrets(secrets), now=clock())
        applications.save(work, replace(APPLICATION, wants_messages=True), now=clock())
    yield made
    made.transactions.database.close()


@pytest.fixture
def line(core: Core, twilio: TwilioStandIn) -> Line:
    """The way from the stand-in to the core."""
    app = create_app(core)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Line(twilio, core, app.test_client())
