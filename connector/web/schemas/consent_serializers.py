"""Serialize each channel's consent: fine, ask, or refused with the reason.

It is as of the order's last reading: a send checks again, and only that check decides.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.domain.people.consent import ChannelConsent, CustomerChoice, channel_consent_of, speaks_of_number
from connector.domain.tenants.mapping import ConsentRule
from connector.domain.tenants.tenant import Tenant
from connector.journeys.requesting.check_consent import SENTENCES
from connector.languages.catalogues import catalogue
from connector.languages.reader import reader_language
from connector.web.wording.sentences import Sentence

_REASONS = tuple(ChannelConsent)


def consents_view(tenant: Tenant, order: Order, stopped: Collection[Channel]) -> dict[str, Any]:
    """Return the consent per channel, for the order's own number and for another one that the customer may give.

    ``stopped``: the channels on which the order's number has opted out.
    """
    return {
        channel.value: {
            **_shown(_own(tenant, order, channel, stopped), channel),
            "other_number": _shown(_other(tenant, order, channel), channel),
        }
        for channel in tenant.configuration.channels
    }


def consents_mark(tenant: Tenant, order: Order, stopped: Collection[Channel]) -> str:
    """Return a part of the ETag that changes whenever ``consents_view`` does."""
    # The reason and not the state alone: a STOP on a channel that was refused before changes the sentence only.
    return "".join(
        f"{_REASONS.index(_own(tenant, order, channel, stopped))}{_REASONS.index(_other(tenant, order, channel))}"
        for channel in tenant.configuration.channels
    )


def _own(tenant: Tenant, order: Order, channel: Channel, stopped: Collection[Channel]) -> ChannelConsent:
    rule, choice = _rule_and_choice(tenant, order, channel)
    return channel_consent_of(rule, choice, stopped=channel in stopped, other_number=order.phone is None)


def _other(tenant: Tenant, order: Order, channel: Channel) -> ChannelConsent:
    """Return the consent for a number that is not known yet."""
    rule, choice = _rule_and_choice(tenant, order, channel)
    # A rule about the number itself can only be evaluated once there is one; the send does so.
    if rule is not None and speaks_of_number(rule):
        return ChannelConsent.ALLOWED
    return channel_consent_of(rule, choice, stopped=False, other_number=True)


def _rule_and_choice(tenant: Tenant, order: Order, channel: Channel) -> tuple[ConsentRule | None, CustomerChoice]:
    # Stored as plain texts, and for the channels that were asked about: of any other nothing is known.
    choice = CustomerChoice(order.consents.get(channel, CustomerChoice.UNKNOWN))
    return tenant.mapping.consents.get(channel), choice


def _shown(consent: ChannelConsent, channel: Channel) -> dict[str, Any]:
    if consent not in SENTENCES:
        return {"state": "fine", "sentence": None}
    rendered = Sentence(SENTENCES[consent], {"channel": catalogue(reader_language())[f"channel_{channel}"]}).as_json()
    sentence = {"id": rendered["id"], "values": rendered["values"]}
    return {"state": "refused" if consent.refuses else "ask", "sentence": sentence}
