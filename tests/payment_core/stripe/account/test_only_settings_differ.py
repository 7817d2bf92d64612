"""From the stand-in to a test account at Stripe nothing changes but settings: counted on what is really sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.fernet import Fernet

from foundation.http.egress import STRAIGHT
from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.merchant import MerchantSecrets
from payment_core.domain.payment import CardToken
from payment_core.gateways.gateway import Gateway, GatewayError, PagePlan, SavedCharge
from payment_core.journeys.examining.examine_gateway import examination_plan
from payment_core.services import AccountSetup
from payment_core.serving.adapters import production_adapters
from payment_core.settings import Settings
from tests.payment_core.stripe.conftest import STRIPE_MERCHANT

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[4]
Sent = tuple[str, str, str, Mapping[str, str], object]
REAL = Settings(
    environment="production",
    database_url="sqlite:///core.db",
    public_url="https://pay.example",
    encryption_keys=(Secret(Fernet.generate_key().decode()),),
    digest_keys=(Secret(token_hex(32)),),
)
STAND_IN = replace(REAL, stripe_url="http://127.0.0.1:8040", twilio_url="http://127.0.0.1:8041")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What would have left: nothing does."""
    found: list[Sent] = []

    def request(self: PeerSession, method: str, url: str, **options: object) -> requests.Response:
        parts = urlsplit(url)
        headers = options["headers"]
        assert isinstance(headers, dict)
        found.append(
            (method, f"{parts.scheme}://{parts.netloc}", f"{parts.path}?{parts.query}", headers, options["data"])
        )
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"id": "cs_test_1", "livemode": false}'
        return answer

    monkeypatch.setattr(PeerSession, "request", request)
    return found


def calls_of(gateway: Gateway, plan: PagePlan) -> list[Callable[[], object]]:
    """Return each thing that the core asks of a gateway."""
    page = replace(plan.attempt, body=gateway.prepare(plan))
    known = replace(page, page_id="cs_test_1", payment_id="pi_1", state=AttemptState.OPEN)
    charge: Attempt = replace(plan.attempt, kind=AttemptKind.SAVED_CARD, key="card_1")
    charge = replace(charge, body=gateway.prepare(SavedCharge(plan.link, charge, CardToken("cus_1", "pm_1"))))
    return [
        lambda: gateway.open_page(page),
        lambda: gateway.close_page(known),
        lambda: gateway.look(known),
        lambda: gateway.charge_saved(charge),
        lambda: gateway.capture(known, Decimal("1.00"), currency="ZAR", key="capture_1"),
        lambda: gateway.give_back(known, key="back_1"),
        lambda: gateway.forget(CardToken("cus_1", "pm_1")),
    ]


def test_only_the_address_of_a_call_differs(sent: list[Sent]) -> None:
    assert {one.name for one in fields(Settings) if getattr(REAL, one.name) != getattr(STAND_IN, one.name)} == {
        "stripe_url", "twilio_url",
    }  # fmt: skip
    build, key = production_adapters().gateways["stripe"], Secret(f"rk_test_{token_hex(12)}")
    secrets = MerchantSecrets({"stripe.key": (key,)})
    plan = examination_plan(STRIPE_MERCHANT, now=NOW, public_url=REAL.public_url)
    runs = []
    for settings in (REAL, STAND_IN):
        gateway = build(AccountSetup(STRIPE_MERCHANT, secrets, settings, STRAIGHT, lambda: NOW))
        for call in calls_of(gateway, plan):
            # An answer that says nothing is enough: what was sent is what counts.
            with suppress(GatewayError, KeyError, ValueError):
                call()
        runs.append(list(sent))
        sent.clear()
    real, stand_in = runs
    assert len(real) == len(stand_in) >= 7
    differing = {
        place
        for one, other in zip(real, stand_in, strict=True)
        for place in range(len(one))
        if one[place] != other[place]
    }
    assert differing == {1}, "method, path, headers and body are the same; the address alone is another"
    assert {one[1] for one in real} == {"https://api.stripe.com"}


def test_no_code_of_the_core_knows_of_the_stand_in() -> None:
    sources = [path for path in (ROOT / "payment_core").rglob("*.py") if "demo" not in path.parts]
    assert [path.name for path in sources if "sandbox.stripe" in path.read_text("utf-8")] == []
