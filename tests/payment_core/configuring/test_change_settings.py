"""Each setting is taken as it may be, refused by its name otherwise, and applications hear of what came and went."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from payment_core.domain.enums import Channel, ThreeDSecure, TransactionType
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_settings import change_settings, shown
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import MERCHANT

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP


@pytest.fixture
def sold(core: Core) -> Merchant:
    """The merchant, with two currencies, of which one is counted in other digits than usual."""
    own = replace(MERCHANT, currencies=("ZAR", "KWD"), digits={"KWD": 2})
    with core.transactions.write() as work:
        return merchants.save(work, own, now=core.now())


def news(core: Core) -> list[tuple[str, str | None]]:
    """Return the news of settings that were queued, each with what it names."""
    with core.transactions.read() as work:
        rows = work.connection.execute(deliveries.select().order_by(deliveries.c.delivery_id)).all()
        bodies = [json.loads(work.vault.open(row.merchant_id, bytes(row.body))) for row in rows]
    return [
        (row.event, next((value for value in body.values() if value in ("sms", "whatsapp", "ZAR", "KWD", "USD")), None))
        for row, body in zip(rows, bodies, strict=True)
    ]


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"merchant_name": "Beans"}, {"name": "Beans"}),
        ({"merchant_name": "x" * 40}, {"name": "x" * 40}),
        ({"sender_number": "27871111111"}, {"senders": {SMS: "27871111111", WHATSAPP: "27871111111"}}),
        ({"senders": {"sms": "Beans"}}, {"senders": {SMS: "Beans", WHATSAPP: MERCHANT.senders[WHATSAPP]}}),
        ({"channels": ["sms"], "senders": {"whatsapp": ""}}, {"channels": (SMS,), "senders": {**MERCHANT.senders, WHATSAPP: ""}}),
        ({"channels": ["whatsapp", "whatsapp"]}, {"channels": (WHATSAPP,)}),
        ({"currencies": ["USD", "ZAR", "USD"]}, {"currencies": ("USD", "ZAR")}),
        ({"transaction_type": "AUTHORIZATION"}, {"transaction_type": TransactionType.AUTHORIZATION}),
        ({"three_d_secure": "any"}, {"three_d_secure": ThreeDSecure.ANY}),
        ({"review_auto_reversal": True}, {"auto_reversal": True}),
        ({"currency_digits": {"KWD": 0, "ZAR": 6}}, {"digits": {"KWD": 0, "ZAR": 6}}),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_is_named_changes_and_the_rest_stays(
    core: Core, sold: Merchant, fields: dict[str, Any], after: dict[str, Any]
) -> None:
    found = change_settings(core, sold, fields, by="Thandi")
    # What is asked for and is so already changes nothing.
    assert found == replace(sold, **after, version=sold.version + bool(after))
    with core.transactions.read() as work:
        assert merchants.get(work, sold.merchant_id) == found
    assert {name: shown(found)[name] for name in fields if name in ("merchant_name", "transaction_type")} == {
        name: value for name, value in fields.items() if name in ("merchant_name", "transaction_type")
    }


def test_the_settings_are_shown_as_they_can_be_given(core: Core, sold: Merchant) -> None:
    given = {
        "merchant_name": "Beans", "sender_number": "27871111111", "currencies": ["USD", "KWD"], "channels": ["whatsapp"],
        "transaction_type": "AUTHORIZATION", "review_auto_reversal": True, "currency_digits": {"KWD": 0},
        "three_d_secure": "challenge",
    }  # fmt: skip
    assert shown(change_settings(core, sold, given, by="Thandi")) == given


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"merchant_name": ""}, "merchant_name"),
        ({"merchant_name": 7}, "merchant_name"),
        ({"merchant_name": "x" * 41}, "merchant_name"),
        ({"sender_number": " "}, "sender_number"),
        ({"senders": ["sms"]}, "senders"),
        ({"senders": {"fax": "1"}}, "senders"),
        ({"senders": {"sms": "0831234567"}}, "sender_sms"),
        ({"senders": {"whatsapp": ""}}, "sender_whatsapp"),
        ({"senders": {"whatsapp": ""}, "channels": ["whatsapp"]}, "sender_whatsapp"),
        ({"channels": []}, "channels"),
        ({"channels": "sms"}, "channels"),
        ({"channels": ["fax"]}, "channels"),
        ({"channels": [7]}, "channels"),
        ({"currencies": []}, "currencies"),
        ({"currencies": ["XXZ"]}, "currencies"),
        ({"currencies": ["ZAR", "XXZ"]}, "currencies"),
        ({"transaction_type": "sale"}, "transaction_type"),
        ({"transaction_type": None}, "transaction_type"),
        ({"three_d_secure": "never"}, "three_d_secure"),
        ({"review_auto_reversal": 1}, "review_auto_reversal"),
        ({"currency_digits": ["KWD"]}, "currency_digits"),
        ({"currency_digits": {"XXZ": 2}}, "currency_digits"),
        ({"currency_digits": {"KWD": 7}}, "currency_digits"),
        ({"currency_digits": {"KWD": -1}}, "currency_digits"),
        ({"currency_digits": {"KWD": True}}, "currency_digits"),
        ({"currency_digits": {"KWD": "2"}}, "currency_digits"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name_and_nothing_changes(
    core: Core, sold: Merchant, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        change_settings(core, sold, {"review_auto_reversal": True, **fields}, by="Thandi")
    assert (refused.value.status, refused.value.field) == (422, field)
    with core.transactions.read() as work:
        assert merchants.get(work, sold.merchant_id) == sold
    assert news(core) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"channels": ["whatsapp"]}, [("CHANNEL_REMOVED", "sms")]),
        ({"channels": ["whatsapp", "sms"]}, []),
        ({"currencies": ["ZAR", "KWD", "USD"]}, [("CURRENCY_ADDED", "USD")]),
        ({"currencies": ["USD"]}, [("CURRENCY_ADDED", "USD"), ("CURRENCY_REMOVED", "ZAR"), ("CURRENCY_REMOVED", "KWD")]),
        # A currency that is counted in other digits is another one.
        ({"currency_digits": {"KWD": 3}}, [("CURRENCY_ADDED", "KWD"), ("CURRENCY_REMOVED", "KWD")]),
        ({"currency_digits": {"KWD": 2, "USD": 3}}, []),
        ({"merchant_name": "Beans", "transaction_type": "AUTHORIZATION"}, []),
    ],
)  # fmt: skip
def test_applications_hear_of_channels_and_currencies_that_came_or_went(
    core: Core, sold: Merchant, fields: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    core.wake.deliveries.clear()
    change_settings(core, sold, fields, by="Thandi")
    assert news(core) == told
    assert core.wake.deliveries.is_set(), "news wait for no sweep"
