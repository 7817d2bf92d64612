"""The demo's merchant, its first application, and its API key: made at the first start."""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy import delete, insert, select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.demo.tables import demo_facts
from payment_core.domain.application import Application
from payment_core.domain.enums import Channel, Mode
from payment_core.domain.merchant import Merchant, MerchantSecrets, SendLimits
from payment_core.services import Core
from payment_core.store import api_keys, applications, merchants

MERCHANT_ID = "demo"
PROVIDER = "sandbox"
_KEY = "api_key"


def make_first_merchant(core: Core) -> Merchant:
    """Return the demo's merchant, after making it and an application for Salesforce where there is none."""
    with core.transactions.write() as work:
        merchant = merchants.find(work, MERCHANT_ID)
        if merchant is not None:
            return merchant
        merchant = _new_merchant()
        merchants.add(work, merchant, MerchantSecrets(), now=core.now())
        application = Application(str(uuid.uuid4()), MERCHANT_ID, name="Salesforce")
        applications.save(work, application, now=core.now())
        _, text = api_keys.add(work, MERCHANT_ID, "demo", now=core.now())
        remember_key(work, text.value)
    return merchant


def remember_key(work: UnitOfWork, text: str) -> None:
    """Write the API key that the demo shows."""
    work.connection.execute(delete(demo_facts).where(demo_facts.c.name == _KEY))
    sealed = work.vault.seal(MERCHANT_ID, text.encode())
    work.connection.execute(insert(demo_facts).values(name=_KEY, value=sealed))


def shown_key(work: UnitOfWork) -> str:
    """Return the API key."""
    sealed = work.connection.execute(select(demo_facts.c.value).where(demo_facts.c.name == _KEY)).scalar_one()
    return work.vault.open(MERCHANT_ID, bytes(sealed)).decode()


class DemoKeys:
    """Keeps the demo's newest API key readable: nobody has to write it down."""

    def remember(self, work: UnitOfWork, text: str) -> None:
        """Write a new key."""
        remember_key(work, text)

    def shown(self, work: UnitOfWork) -> str:
        """Return the newest key."""
        return shown_key(work)


def _new_merchant() -> Merchant:
    return Merchant(
        merchant_id=MERCHANT_ID,
        name="Karoo Coffee Roasters",
        mode=Mode.SANDBOX,
        hook=f"hook_{secrets.token_urlsafe(18)}",
        gateway=PROVIDER,
        messenger=PROVIDER,
        channels=(Channel.SMS, Channel.WHATSAPP),
        currencies=("ZAR", "USD", "EUR", "GBP", "KES", "JPY", "KWD"),
        senders={Channel.SMS: "27870000000", Channel.WHATSAPP: "27870000000"},
        country="ZA",
        # Its phones are free of charge, and a rehearsal writes to each of them thousands of times.
        limits=SendLimits(per_number=0, per_country=0, per_merchant=0),
        time_zone="UTC",
    )
