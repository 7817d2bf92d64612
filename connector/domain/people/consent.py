"""Rules for whether a customer may be contacted on a channel.

An opt-out and an explicit no always refuse. A recorded yes counts for the number that it was given for. Where Salesforce
has neither, the admin's rule decides: allow, ask the agent, refuse. A channel without a rule is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connector.domain.tenants.mapping import ConsentRule, UnknownConsent, placeholders_of, word_of


class CustomerChoice(StrEnum):
    """A customer's choice for one channel, as far as Salesforce has it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ChannelConsent(StrEnum):
    """Whether one channel may be used for one number, and why."""

    ALLOWED = "allowed"
    RECORDED = "recorded"
    ASK = "ask"
    REFUSED = "refused"
    NOT_KNOWN = "not_known"
    STOPPED = "stopped"

    @property
    def refuses(self) -> bool:
        """Return whether nothing may be sent, whatever the customer says on the call."""
        return self in (ChannelConsent.REFUSED, ChannelConsent.NOT_KNOWN, ChannelConsent.STOPPED)


class ConsentBasis(StrEnum):
    """The basis of a send: a yes in Salesforce, the customer's agreement on the call, or the admin's rule."""

    RECORDED = "recorded"
    ON_CALL = "on_call"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Consent:
    """The basis on which one request may be sent, and when that was determined."""

    basis: ConsentBasis
    at: datetime


def choice_of(rule: ConsentRule, values: Iterable[Any]) -> CustomerChoice:
    """Return the choice that field values express by the rule's words, ignoring case; one no outweighs every yes."""
    words = {word_of(value).strip().casefold() for value in values}
    if words & _folded(rule.no):
        return CustomerChoice.NO
    return CustomerChoice.YES if words & _folded(rule.yes) else CustomerChoice.UNKNOWN


def choice_in_fields(rules: Mapping[str, ConsentRule], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the choices in an order's fields by channel; channels whose rule is a query are left out."""
    return {
        channel: choice_of(rule, [values.get(channel)]).value for channel, rule in rules.items() if rule.query is None
    }


def speaks_of_number(rule: ConsentRule) -> bool:
    """Return whether a rule asks about the number to be used, and not about the person on the order."""
    return rule.query is not None and "phone" in (placeholders_of(rule.query) or ())


def channel_consent_of(
    rule: ConsentRule | None, choice: CustomerChoice, *, stopped: bool, other_number: bool
) -> ChannelConsent:
    """Return whether a channel may be used; ``other_number``: the number is not the order's own."""
    if stopped:
        return ChannelConsent.STOPPED
    if rule is None:
        return ChannelConsent.ALLOWED
    if choice is CustomerChoice.NO:
        return ChannelConsent.REFUSED
    # A yes that is recorded with the contact says nothing about another number, unless the query asks about that number
    # itself. A no, above, is the person's and refuses all the same.
    if choice is CustomerChoice.YES and (not other_number or speaks_of_number(rule)):
        return ChannelConsent.RECORDED
    return _WHEN_UNKNOWN[rule.unknown]


def basis_of(channel_consent: ChannelConsent, *, customer_agreed: bool) -> ConsentBasis | None:
    """Return the basis on which a request may be sent now; None where there is none."""
    if channel_consent is ChannelConsent.ASK:
        return ConsentBasis.ON_CALL if customer_agreed else None
    return _BASES.get(channel_consent)


_WHEN_UNKNOWN = {
    UnknownConsent.ALLOW: ChannelConsent.ALLOWED,
    UnknownConsent.ASK: ChannelConsent.ASK,
    UnknownConsent.REFUSE: ChannelConsent.NOT_KNOWN,
}
_BASES = {ChannelConsent.RECORDED: ConsentBasis.RECORDED, ChannelConsent.ALLOWED: ConsentBasis.ALLOWED}


def _folded(words: Iterable[str]) -> set[str]:
    return {word.strip().casefold() for word in words}
