"""When a customer may be written to on a channel.

A STOP and an explicit no refuse, whatever else is said. A recorded yes counts for the number that it was given for. Where
Salesforce says neither, the admin's rule decides: allow, ask the agent, refuse. A channel without a rule is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connector.domain.tenants.mapping import ConsentRule, UnknownConsent, placeholders_of, word_of


class CustomerChoice(StrEnum):
    """What a customer said about one channel, as far as Salesforce knows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ChannelConsent(StrEnum):
    """Where one channel stands for one number."""

    ALLOWED = "allowed"
    RECORDED = "recorded"
    ASK = "ask"
    REFUSED = "refused"
    NOT_KNOWN = "not_known"
    STOPPED = "stopped"

    @property
    def refuses(self) -> bool:
        """Say whether nothing may be sent, whatever the customer says on the call."""
        return self in (ChannelConsent.REFUSED, ChannelConsent.NOT_KNOWN, ChannelConsent.STOPPED)


class ConsentBasis(StrEnum):
    """On what ground a request was sent: a yes in Salesforce, the customer's word on the call, or the admin's rule."""

    RECORDED = "recorded"
    ON_CALL = "on_call"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Consent:
    """The ground on which one request may be sent, and since when that is known."""

    basis: ConsentBasis
    at: datetime


def choice_of(rule: ConsentRule, values: Iterable[Any]) -> CustomerChoice:
    """Return what values say by the rule's own words, letter case aside: one no outweighs every yes."""
    words = {word_of(value).strip().casefold() for value in values}
    if words & _folded(rule.no):
        return CustomerChoice.NO
    return CustomerChoice.YES if words & _folded(rule.yes) else CustomerChoice.UNKNOWN


def choice_in_fields(rules: Mapping[str, ConsentRule], values: Mapping[str, Any]) -> dict[str, str]:
    """Return what the fields of an order say, by channel; channels whose rule is a query are left out."""
    return {
        channel: choice_of(rule, [values.get(channel)]).value for channel, rule in rules.items() if rule.query is None
    }


def speaks_of_number(rule: ConsentRule) -> bool:
    """Say whether a rule asks about the very number that will be written to, and not about the person on the order."""
    return rule.query is not None and "phone" in (placeholders_of(rule.query) or ())


def channel_consent_of(
    rule: ConsentRule | None, said: CustomerChoice, *, stopped: bool, other_number: bool
) -> ChannelConsent:
    """Return where a channel stands.

    ``other_number``: the customer gave another number than the order's on the call. What is recorded with the contact says
    nothing about that number, so a yes counts as unknown there, while a no still refuses: it is the person who said it.
    Only a query about the number itself is believed for it.
    """
    if stopped:
        return ChannelConsent.STOPPED
    if rule is None:
        return ChannelConsent.ALLOWED
    if said is CustomerChoice.NO:
        return ChannelConsent.REFUSED
    if said is CustomerChoice.YES and (not other_number or speaks_of_number(rule)):
        return ChannelConsent.RECORDED
    return _WHEN_UNKNOWN[rule.unknown]


def basis_of(standing: ChannelConsent, *, customer_agreed: bool) -> ConsentBasis | None:
    """Return the ground on which a request may be sent now; None where there is none."""
    if standing is ChannelConsent.ASK:
        return ConsentBasis.ON_CALL if customer_agreed else None
    return _BASES.get(standing)


_WHEN_UNKNOWN = {
    UnknownConsent.ALLOW: ChannelConsent.ALLOWED,
    UnknownConsent.ASK: ChannelConsent.ASK,
    UnknownConsent.REFUSE: ChannelConsent.NOT_KNOWN,
}
_BASES = {ChannelConsent.RECORDED: ConsentBasis.RECORDED, ChannelConsent.ALLOWED: ConsentBasis.ALLOWED}


def _folded(words: Iterable[str]) -> set[str]:
    return {word.strip().casefold() for word in words}
