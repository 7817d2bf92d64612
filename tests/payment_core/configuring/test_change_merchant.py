"""A merchant's answers are changed one by one; what is not named stays, and what makes it another merchant is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid
from payment_core.journeys.configuring.change_merchant import change_merchant
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.schema.tables import changes, deliveries
from tests.payment_core.conftest import MERCHANT

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sold(core: Core) -> Merchant:
    """A merchant with its accounts at the providers of production."""
    own = replace(MERCHANT, gateway="stripe", messenger="twilio", digits={"KWD": 2}, maximum={"ZAR": Decimal("900.00")})
    with core.transactions.write() as work:
        return merchants.save(work, own, now=core.now())


def stored(core: Core) -> Merchant:
    with core.transactions.read() as work:
        return merchants.get(work, MERCHANT.merchant_id)


def test_what_is_named_changes_and_the_rest_stays(core: Core, sold: Merchant) -> None:
    given: dict[str, Any] = {
        "name": "Karoo Beans", "minimum": {"ZAR": "5.00"}, "looks": {"support": "help@karoo.example"},
        "limits": {"per_number": 12}, "senders": {"sms": "Karoo"}, "reply": {"ceiling": "250.00"},
        "currencies": ["ZAR", "KWD"], "tells_expiry": True,
    }  # fmt: skip
    core.wake.deliveries.clear()
    after = change_merchant(core, sold, given, by="Thandi")
    assert core.wake.deliveries.is_set(), "applications hear of it without waiting for a sweep"
    now = stored(core)
    assert after == now
    assert (now.name, now.minimum, now.maximum) == ("Karoo Beans", {"ZAR": Decimal("5.00")}, {"ZAR": Decimal("900.00")})
    assert (now.looks.support, now.limits.per_number, now.limits.per_country) == ("help@karoo.example", 12, 0)
    assert now.senders == {"sms": "Karoo", "whatsapp": "27870000000"}
    assert (now.reply.ceiling, now.reply.refused_countries) == (Decimal("250.00"), sold.reply.refused_countries)
    assert (now.tells_expiry, now.hook, now.digits, now.mode) == (True, sold.hook, {"KWD": 2}, sold.mode)
    assert now.version > sold.version
    with core.transactions.read() as work:
        recorded = work.connection.execute(select(changes.c.changed_by, changes.c.what, changes.c.detail)).all()
        told = work.connection.execute(select(deliveries.c.event)).scalars().all()
    assert recorded[-1] == ("Thandi", "merchant changed", ", ".join(sorted(given)))
    assert set(told) == {"CURRENCY_REMOVED"}, "applications hear of currencies that went"


def test_a_limit_is_taken_away_by_null(core: Core, sold: Merchant) -> None:
    change_merchant(core, sold, {"maximum": {"ZAR": None}}, by="Thandi")
    assert stored(core).maximum == {}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"mode": "PRODUCTION"}, "mode"),
        ({"secrets": {"stripe.key": "x"}}, "secrets"),
        ({"merchant_id": "other"}, "merchant_id"),
        ({"minimum": {"ZAR": "901.00"}}, "maximum.ZAR"),
        ({"senders": {"whatsapp": "Karoo"}}, "senders.whatsapp"),
        ({"currencies": ["USD"]}, "maximum.ZAR"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_changes_nothing(core: Core, sold: Merchant, given: dict[str, Any], place: str) -> None:
    before = stored(core)
    with pytest.raises(Invalid) as refused:
        change_merchant(core, sold, given, by="Thandi")
    assert place in refused.value.fields
    assert stored(core) == before
