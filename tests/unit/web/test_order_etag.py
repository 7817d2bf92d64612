"""A page that polls is told that nothing changed only where nothing that it shows did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from connector.domain.payments.payment import Channel
from connector.domain.tenants.rights import UNREAD, Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.store.orders.orders import StoredOrder
from connector.web.schemas.order_etag import etag
from connector.web.schemas.serializers import OrderReading
from tests.factories import make_tenant
from tests.unit.examples import NOW, make_order

STORED = StoredOrder(make_order(), version=1, revision=2)
ALL, SENDER = Rights(frozenset(Right)), Rights(frozenset({Right.SEND}))
ONE_CHANNEL = {"channels": ["sms"], "currencies": ["ZAR"], "merchant_name": None, "delivery_reports": []}
IN_YEN = {"channels": ["sms", "whatsapp"], "currencies": ["JPY"], "merchant_name": None, "delivery_reports": []}
RULE = {"consents": {"sms": {"path": "Account.Sms__c", "yes": ["Yes"], "no": ["No"], "unknown": "ask"}}}
WITH_RULE = make_tenant(mapping=RULE)


def tag(
    tenant: Tenant | None = None, stored: StoredOrder = STORED, *, rights: Rights = ALL, stopped: Any = (), **more: Any
) -> str:
    return etag(tenant or make_tenant(), OrderReading(stored, frozenset(stopped)), rights=rights, **more)


def of(**consents: str) -> StoredOrder:
    return replace(STORED, order=make_order(consents=consents))


def pages() -> dict[str, str]:
    return {
        "as it was": tag(),
        "news for Salesforce": tag(stored=replace(STORED, version=2)),
        "news for pages": tag(stored=replace(STORED, revision=3)),
        "one channel": tag(make_tenant(configuration=ONE_CHANNEL)),
        "a currency that is not offered any more": tag(make_tenant(configuration=IN_YEN)),
        "switched off": tag(make_tenant(disabled=True)),
        "parts allowed": tag(make_tenant(parts_allowed=True)),
        "only one's own": tag(make_tenant(policy={"only_own_requests": True})),
        "links to copy": tag(make_tenant(policy={"copy_links": True})),
        "STOP on one channel": tag(stopped=[Channel.SMS]),
        "STOP on the other": tag(stopped=[Channel.WHATSAPP]),
        "a rule that asks": tag(WITH_RULE),
        "a recorded yes": tag(WITH_RULE, of(sms="yes")),
        "a recorded no": tag(WITH_RULE, of(sms="no")),
        "fewer rights": tag(rights=SENDER),
        "rights unread": tag(rights=UNREAD),
        "no rights": tag(rights=Rights()),
        "an order to look at": tag(rights=ALL.to_look()),
        "an order to look at, and no right either": tag(rights=SENDER.to_look()),
        "an order to look at, and another right lacking": tag(
            rights=replace(SENDER.to_look(), lacking=frozenset({Right.CAPTURE}))
        ),
        "not current": tag(current_until=NOW),
        "not current for a second longer": tag(current_until=NOW + timedelta(seconds=1)),
    }


def test_whatever_changes_on_the_page_changes_its_tag() -> None:
    tags = pages()
    assert len(set(tags.values())) == len(tags), sorted(tags.items(), key=lambda one: one[1])


def test_a_page_of_which_nothing_changed_keeps_its_tag() -> None:
    assert tag(make_tenant(), replace(STORED, order=make_order())) == tag()
