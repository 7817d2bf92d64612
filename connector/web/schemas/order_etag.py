"""The ETag of an order as the page polls it, made without rendering the order."""

from __future__ import annotations

from datetime import datetime

from connector.domain.tenants.rights import Rights
from connector.domain.tenants.tenant import Tenant
from connector.web.schemas.consent_serializers import consents_mark
from connector.web.schemas.serializers import OrderReading


def etag(tenant: Tenant, reading: OrderReading, *, rights: Rights, current_until: datetime | None = None) -> str:
    """Return the weak ETag of an order's page.

    It covers the order's counters, what the tenant offers and allows, and the reader's rights: everything that
    ``order_view`` depends on, without rendering it.
    """
    # Of each word as many letters as tell it from the others: the tag travels with every poll.
    stored = reading.stored
    offered = "".join(channel[0] for channel in tenant.configuration.channels)
    offered += consents_mark(tenant, stored.order, reading.stopped) + _allowed_mark(tenant)
    offered += "c" if stored.order.currency in tenant.configuration.currencies else ""
    allowed = "".join(word[:2] for word in rights.words) + ("?" if rights.unread else "")
    allowed += "!" + "".join(word[:2] for word in rights.lacking_words) if rights.read_only else ""
    old = f".{current_until.timestamp():.0f}" if current_until else ""
    return f"{stored.version}.{stored.revision}.{offered}.{allowed}{old}"


def _allowed_mark(tenant: Tenant) -> str:
    flags = {
        "x": tenant.disabled,
        "p": tenant.parts_allowed,
        "o": tenant.policy.only_own_requests,
        "l": tenant.policy.copy_links,
    }
    return "".join(letter for letter, is_set in flags.items() if is_set)
