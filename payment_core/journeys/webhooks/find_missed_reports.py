"""Find what the gateway reported of payments while no webhook reached us: alarms above all, which no look shows in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from payment_core.domain.merchant import Merchant
from payment_core.journeys.webhooks import news_content
from payment_core.journeys.webhooks.find_missed_webhooks import Missed, MissedNewsSearch
from payment_core.services import Core


def missed_reports() -> MissedNewsSearch:
    """Return the search for reports of disputes, suspected fraud, refunds and reviews."""
    return MissedNewsSearch(
        "reports",
        _listed,
        # An early fraud warning is worth a refund before it becomes a dispute: minutes matter little, days do.
        every=timedelta(minutes=10),
        grace=timedelta(minutes=2),
        # As far back as Stripe lists events: https://docs.stripe.com/api/events/list
        longest=timedelta(days=30),
    )


def _listed(core: Core, merchant: Merchant, since: datetime, before: datetime) -> list[Missed]:
    reports = core.gateways.of(merchant, merchant.gateway).reports(since=since)
    # Under its own id, by which one that a webhook has brought is known.
    return [
        Missed(merchant.gateway, one.event_id, news_content.of_sighting(one))
        for one in reports
        if one.occurred_at is not None and one.occurred_at <= before
    ]
