"""The JSON of each channel's consent: fine, ask, or refused with the reason.

What stands here is as of the order's last reading: a send asks again, and its answer is what counts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.domain.people.consent import ChannelConsent, CustomerChoice, channel_consent_of, speaks_of_number
from connector.domain.tenants.tenant import Tenant
from connector.journeys.requesting.check_consent import SENTENCES
from connector.web.wording.sentences import Sentence, catalogue


def consents_view(tenant: Tenant, order: Order, stopped: Collection[Channel]) -> dict[str, Any]:
    """Return per channel where it stands for the order's own number, and for another one that the customer may give.

    ``stopped``: the channels on which the order's number said STOP.
    """
    return {
        channel.value: {
            **_shown(_own(tenant, order, channel, stopped), channel),
            "other_number": _shown(_other(tenant, order, channel), channel),
        }
        for channel in tenant.configuration.channels
    }


def consents_mark(tenant: Tenant, order: Order, stopped: Collection[Channel]) -> str:
    """Return what changes whenever a page would show something else of the channels' consent."""
    view = consents_view(tenant, order, stopped)
    return "".join(f"{one['state'][0]}{one['other_number']['state'][0]}" for one in view.values())


def _own(tenant: Tenant, order: Order, channel: Channel, stopped: Collection[Channel]) -> ChannelConsent:
    rule, said = (
        tenant.mapping.consents.get(channel),
        CustomerChoice(order.consents.get(channel, CustomerChoice.UNKNOWN)),
    )
    return channel_consent_of(rule, said, stopped=channel in stopped, other_number=order.phone is None)


def _other(tenant: Tenant, order: Order, channel: Channel) -> ChannelConsent:
    """A rule that asks about the number itself answers when there is one: until then nothing stands in the way."""
    rule, said = (
        tenant.mapping.consents.get(channel),
        CustomerChoice(order.consents.get(channel, CustomerChoice.UNKNOWN)),
    )
    if rule is not None and speaks_of_number(rule):
        return ChannelConsent.ALLOWED
    return channel_consent_of(rule, said, stopped=False, other_number=True)


def _shown(standing: ChannelConsent, channel: Channel) -> dict[str, Any]:
    if standing not in SENTENCES:
        return {"state": "fine", "sentence": None}
    told = Sentence(SENTENCES[standing], {"channel": catalogue()[f"channel_{channel}"]}).as_json()
    sentence = {"id": told["id"], "values": told["values"]}
    return {"state": "refused" if standing.refuses else "ask", "sentence": sentence}
