"""A payment core's database for a measurement: one merchant with its key, one application, and links to be clicked."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import select

from benchmarks.harness.amounts import CURRENCY, TOTAL_CENTS
from foundation.clock import utc_now
from foundation.database.schema.migrate import upgrade
from foundation.phones.phone import Phone
from foundation.secret import Secret
from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationKind, Channel, LinkStatus, Mode, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets, SendLimits
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import SavedCard
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.link_order import LinkOrder
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import api_keys, applications, merchants, phone_key
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import messages
from payment_core.store.schema.migrate import SCHEMA
from payment_core.store.schema.tables import links as links_table

_KEY, _DIGEST_KEY = Fernet.generate_key().decode(), secrets.token_urlsafe(32)
_TOTAL = Decimal(TOTAL_CENTS) / 100
_RECEIVER = "http://127.0.0.1:9"  # nobody is there: deliveries are queued, which is what is measured
_AT_ONCE = 500
CUSTOMER, _PAYER = "27831234567", "003000000000001AAA"
MERCHANT = Merchant(
    merchant_id="mer_bench",
    name="Karoo Coffee Roasters",
    mode=Mode.SANDBOX,
    hook="hook_bench",
    gateway="stripe",
    messenger="twilio",
    channels=(Channel.SMS,),
    currencies=(CURRENCY,),
    senders={Channel.SMS: "27870000000"},
    # Counted as in production; a measurement makes more links than any merchant in a day.
    limits=SendLimits(per_number=10**6, per_country=10**9, per_merchant=10**9),
)
APPLICATION = Application(
    str(uuid.uuid4()),
    MERCHANT.merchant_id,
    "Salesforce",
    kind=ApplicationKind.CUSTOMER,
    payment_status_url=f"{_RECEIVER}/payment-status",
    transaction_status_url=f"{_RECEIVER}/transaction-status",
    settings_url=f"{_RECEIVER}/settings",
)


@dataclass(frozen=True)
class CoreDatabase:
    """A prepared database: its address, the merchant's API key, and the secret that signs Stripe's webhooks."""

    url: str
    api_key: Secret
    webhook_secret: Secret = field(repr=False)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite") else None

    def environment(self, port: int) -> dict[str, str]:
        """Return the settings of a process on this database."""
        return {
            "PAYMENT_CORE_ENVIRONMENT": "demo",  # plain http
            "PAYMENT_CORE_DATABASE_URL": self.url,
            "PAYMENT_CORE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PAYMENT_CORE_PORT": str(port),
            "PAYMENT_CORE_ENCRYPTION_KEYS": _KEY,
            "PAYMENT_CORE_DIGEST_KEYS": _DIGEST_KEY,
            "PAYMENT_CORE_WEB_WORKERS": "1",
        }


def prepare_core(url: str) -> CoreDatabase:
    """Bring a fresh database to the present schema and add the merchant."""
    core, webhook_secret = open_core(url), Secret(f"whsec_{secrets.token_hex(16)}")
    upgrade(SCHEMA, core.transactions.database)
    account = {name: (Secret(secrets.token_hex(12)),) for name in ("twilio.account", "twilio.key", "twilio.secret")}
    keys = account | {"stripe.key": (Secret(f"rk_test_{secrets.token_hex(12)}"),), "stripe.webhook": (webhook_secret,)}
    with core.transactions.write() as work:
        merchants.add(work, MERCHANT, MerchantSecrets(keys), now=utc_now())
        applications.save(work, APPLICATION, now=utc_now())
        _, api_key = api_keys.add(work, MERCHANT.merchant_id, "bench", now=utc_now())
    core.transactions.database.close()
    return CoreDatabase(url, api_key, webhook_secret)


def open_core(url: str, adapters: Adapters | None = None) -> Core:
    """Build the parts of a core on a database of this measurement."""
    settings = Settings(
        environment="demo",
        database_url=url,
        public_url="http://127.0.0.1:8020",
        encryption_keys=(Secret(_KEY),),
        digest_keys=(Secret(_DIGEST_KEY),),
    )
    return build_core(settings, adapters or Adapters())


def add_links(url: str, number: int) -> list[str]:
    """Make links that nobody has clicked, and return the tokens of their pages."""
    core, tokens = open_core(url), [secrets.token_urlsafe(16) for _ in range(number)]
    phone = Phone(CUSTOMER)
    key = phone_key.of(core, MERCHANT.merchant_id, phone)
    for begin in range(0, number, _AT_ONCE):
        with core.transactions.write() as work:
            for token in tokens[begin : begin + _AT_ONCE]:
                links.add(work, _link(phone), token=token, phone_key=key, request_digest=b"\0" * 32)
    core.transactions.database.close()
    return tokens


def offer_saved_card(core: Core) -> str:
    """Make a link whose payer has a saved card, and return the code that a reply names it by."""
    phone, now = Phone(CUSTOMER), utc_now()
    card = SavedCard(
        card_id="crd_bench",
        merchant_id=MERCHANT.merchant_id,
        payer_reference=_PAYER,
        channel=Channel.SMS,
        card=Card("VISA", "4242", "2099-12"),
        token=CardToken("cus_bench", "pm_bench"),
        consent_text="Save this card.",
        consented_at=now,
        entered_at=now,
    )
    order = LinkOrder(
        application=APPLICATION.application_id,
        order_number="00000102",
        channel=Channel.SMS,
        phone=phone,
        currency=CURRENCY,
        total=_TOTAL,
        tax=Decimal("15.00"),
        sub_total=Decimal("100.00"),
        language="en",
        digest=b"\0" * 32,
        payer_reference=_PAYER,
    )
    with core.transactions.write() as work:
        key = phone_key.of(core, MERCHANT.merchant_id, phone)
        saved_cards.save(work, card, phone_key=key, key_mark=phone_key.mark_of(core))
    link = create_link(core, MERCHANT, order).link
    with core.transactions.read() as work:
        request = messages.request_of(work, link.reference)
    assert request is not None
    assert request.content.code is not None
    return request.content.code


def is_paid(core: Core) -> bool:
    """Return whether the database's one link is paid."""
    with core.transactions.read() as work:
        key = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER)
        found = work.connection.execute(select(links_table.c.payment_status).where(links_table.c.phone_key == key))
        return bool(found.scalar_one() == PaymentStatus.RECEIVED.value)


def link_bodies() -> Iterator[bytes]:
    """Yield bodies of requests for links, each of an order, a reference and a customer of its own."""
    run = uuid.uuid4().hex[:8]
    for number in count(1):
        body: dict[str, Any] = {
            "applicationUuid": APPLICATION.application_id,
            "orderNumber": f"{number:08d}",
            "channel": "sms",
            "endUserMobileNumber": f"2783{number % 10**7:07d}",
            "currency": CURRENCY,
            "totalAmount": 115.00,
            "taxAmount": 15.00,
            "subTotalAmount": 100.00,
            "language": "en",
            "additionalData": {"reference": f"c2p_{run}{number}", "orgId": "00D000000000001AAA"},
        }
        yield json.dumps(body).encode()


def stripe_events() -> Iterator[bytes]:
    """Yield events about payments that nobody here knows, as long as Stripe's own are."""
    run = uuid.uuid4().hex[:8]
    for number in count(1):
        yield _EVENT % {b"id": f"{run}{number:012d}".encode(), b"at": str(int(time.time())).encode()}


def _link(phone: Phone) -> Link:
    now = utc_now()
    return Link(
        reference=str(uuid.uuid4()),
        merchant_id=MERCHANT.merchant_id,
        application=APPLICATION.application_id,
        order_number="00000102",
        channel=Channel.SMS,
        phone=phone,
        currency=CURRENCY,
        total=_TOTAL,
        tax=Decimal("15.00"),
        sub_total=Decimal("100.00"),
        language="en",
        additional_data={"reference": f"c2p_{uuid.uuid4().hex}"},
        transaction_type=TransactionType.SALE,
        auto_reversal=False,
        status=LinkStatus.SENT,
        created_at=now,
        # Longer than the longest measurement: a link that is over is no click.
        expires_at=now + timedelta(hours=2),
    )


# The fields of https://docs.stripe.com/api/events/object and of a payment intent, most of them empty as in theirs.
_INTENT = {
    "id": "pi_%(id)s", "object": "payment_intent", "amount": TOTAL_CENTS, "amount_capturable": 0,
    "amount_details": {"tip": {}}, "amount_received": TOTAL_CENTS, "application": None, "application_fee_amount": None,
    "automatic_payment_methods": None, "canceled_at": None, "cancellation_reason": None, "capture_method": "automatic",
    "client_secret": None, "confirmation_method": "automatic", "created": 1700000000, "currency": CURRENCY.lower(),
    "customer": None, "description": None, "last_payment_error": None, "latest_charge": "ch_%(id)s", "livemode": False,
    "metadata": {"link": "2c1b2f4e-5d53-4c0a-9d3e-0e5b6a7c8d9f", "order": "00000102", "attempt": "att_%(id)s"},
    "next_action": None, "on_behalf_of": None, "payment_method": "pm_%(id)s",
    "payment_method_configuration_details": None,
    "payment_method_options": {
        "card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "any"}
    },
    "payment_method_types": ["card"], "processing": None, "receipt_email": None, "review": None,
    "setup_future_usage": None, "shipping": None, "source": None, "statement_descriptor": None,
    "statement_descriptor_suffix": "O00000102", "status": "succeeded", "transfer_data": None, "transfer_group": None,
}  # fmt: skip
_EVENT = (
    json.dumps(
        {
            "id": "evt_%(id)s",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": "AT",
            "data": {"object": _INTENT},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": "req_%(id)s", "idempotency_key": "%(id)s"},
            "type": "payment_intent.succeeded",
        }
    )
    .replace('"AT"', "%(at)s")
    .encode()
)
