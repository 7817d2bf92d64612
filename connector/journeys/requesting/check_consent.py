"""Check that a customer may be contacted on a channel, and on what basis.

Checked in this order: an opt-out of the number, the customer's choice in Salesforce, the admin's rule for that, and the
agent's statement that the customer agreed on the call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from connector.domain.health.finding import Finding, Level
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.domain.people.consent import (
    ChannelConsent,
    Consent,
    CustomerChoice,
    basis_of,
    channel_consent_of,
    speaks_of_number,
)
from connector.domain.tenants.mapping import ConsentRule
from connector.domain.tenants.tenant import Tenant
from connector.errors import ErrorCode, Invalid, SalesforceRefused, TenantProblem, UpstreamError
from connector.journeys.recording.save_order import save_order
from connector.languages.catalogues import catalogue
from connector.languages.reader import reader_language
from connector.salesforce.client import SalesforceClient
from connector.salesforce.queries.consents import read_consent
from connector.store.health import findings
from connector.store.health.findings import CONSENT_UNREADABLE
from connector.store.orders import orders
from connector.store.requests import opt_outs
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.phones.phone import Phone

log = get_logger()
# The sentence about a channel that may not be used now.
SENTENCES = {
    ChannelConsent.REFUSED: "channel_refused",
    ChannelConsent.STOPPED: "channel_stopped",
    ChannelConsent.NOT_KNOWN: "channel_not_known",
    ChannelConsent.ASK: "consent_needed",
}


@dataclass(frozen=True)
class ConsentCheck:
    """The dependencies of consent checks for one tenant."""

    tenant: Tenant
    store: Store
    salesforce: SalesforceClient
    now: datetime


def check_consent(
    check: ConsentCheck, *, order: Order, channel: Channel, phone: Phone, customer_agreed: bool
) -> Consent:
    """Return the basis on which this number may be contacted; ``order`` was read from Salesforce just now.

    Raises:
        Invalid: ``channel_refused``, whatever the agent ticked; ``consent_needed`` until the customer agrees on the call;
        SalesforceUnavailable: the consent query failed, so nothing may be sent.
    """
    with check.store.read() as work:
        # First, and without Salesforce: a STOP counts whatever the org says, and while it is away.
        refuse_stopped(work, check.tenant, channel, phone)
    rule = check.tenant.mapping.consents.get(channel)
    said = CustomerChoice.UNKNOWN if rule is None else _customer_choice(check, rule, order, channel, phone)
    channel_consent = channel_consent_of(rule, said, stopped=False, other_number=phone != order.phone)
    basis = basis_of(channel_consent, customer_agreed=customer_agreed)
    if basis is None:
        raise refusal_of(channel_consent, channel)
    return Consent(basis, check.now)


def refuse_stopped(work: UnitOfWork, tenant: Tenant, channel: Channel, phone: Phone) -> None:
    """Refuse a channel on which this number has opted out.

    Raises:
        Invalid: ``channel_refused``.
    """
    if channel in channels_stopped(work, tenant, phone):
        raise refusal_of(ChannelConsent.STOPPED, channel)


def channels_stopped(work: UnitOfWork, tenant: Tenant, phone: Phone | None) -> frozenset[Channel]:
    """Return the channels on which a number has opted out for this tenant."""
    if phone is None:
        return frozenset()
    return opt_outs.channels_stopped(work, tenant.tenant_id, tenant.digests_of(phone))


def refusal_of(channel_consent: ChannelConsent, channel: Channel) -> Invalid:
    """Return the error for a channel that may not be used, with the sentence that the agent reads."""
    words = catalogue(reader_language())
    sentence = words[SENTENCES[channel_consent]].replace("{channel}", words[f"channel_{channel}"])
    if channel_consent is ChannelConsent.ASK:
        return Invalid({"customer_agreed": [sentence]}, message=sentence, code=ErrorCode.CONSENT_NEEDED)
    return Invalid({"channel": [sentence]}, message=sentence, code=ErrorCode.CHANNEL_REFUSED)


def with_consents(check: ConsentCheck, order: Order) -> Order:
    """Return the order with the result of each consent query for its own number, for a page to show.

    Where a query fails the choice is unknown; it runs again before anything is sent.
    """
    for channel in check.tenant.configuration.channels:
        rule = check.tenant.mapping.consents.get(channel)
        if rule is None or rule.query is None:
            continue
        try:
            said = _read_choice(check, rule, order, channel, order.phone)
        except (UpstreamError, TenantProblem) as error:
            log.warning("consent_not_read", tenant=order.tenant_id, channel=channel.value, code=str(error.code))
            said = CustomerChoice.UNKNOWN
        order = replace(order, consents={**order.consents, channel.value: said.value})
    return order


def save_consents(check: ConsentCheck, order: Order) -> None:
    """Run the consent queries for an order that is stored already, and store their results."""
    asked = with_consents(check, order)
    if asked is not order:
        save_order(order=asked, store=check.store, now=check.now)


def _customer_choice(
    check: ConsentCheck, rule: ConsentRule, order: Order, channel: Channel, phone: Phone
) -> CustomerChoice:
    if rule.query is None:
        return CustomerChoice(order.consents.get(channel, CustomerChoice.UNKNOWN))
    said = _read_choice(check, rule, order, channel, phone)
    if phone == order.phone or not speaks_of_number(rule):
        # An answer about another number must not be stored as the order's own.
        _keep(check, order, channel, said)
    return said


def _keep(check: ConsentCheck, order: Order, channel: Channel, said: CustomerChoice) -> None:
    """Store a changed result with the order, so that the agent's page follows Salesforce."""
    with check.store.read() as work:
        stored = orders.find(work, order.tenant_id, order.order_id)
    if stored is None or stored.order.consents.get(channel) == said:
        return
    # Saving completes it with what was last known of the other channels.
    save_order(order=replace(order, consents={channel.value: said.value}), store=check.store, now=check.now)


def _read_choice(
    check: ConsentCheck, rule: ConsentRule, order: Order, channel: Channel, phone: Phone | None
) -> CustomerChoice:
    """Run a consent query; one that Salesforce refuses yields an unknown choice and raises a finding."""
    try:
        said = read_consent(check.salesforce, check.tenant, rule, order=order, phone=phone)
    # A query that is wrong would stop every send until an admin corrects it, so it counts as no answer, and a finding names it.
    # A failure that passes is raised instead: the send can be repeated.
    except SalesforceRefused as error:
        log.warning("consent_unreadable", tenant=order.tenant_id, channel=channel.value, reason=error.reason)
        _note(check, _unreadable(channel, error.reason_or_code))
        return CustomerChoice.UNKNOWN
    _note(check, Finding(check=CONSENT_UNREADABLE, level=Level.FINE, problem="", subject=channel.value))
    return said


def _unreadable(channel: Channel, reason: str) -> Finding:
    return Finding(
        check=CONSENT_UNREADABLE,
        level=Level.WRONG,
        problem=f"Salesforce refuses the consent query for {channel.value}: {reason}.",
        remedy="Correct the query in the tenant's mapping, or let the integration user read what it asks for.",
        impact="Every customer's consent counts as unknown on this channel.",
        subject=channel.value,
    )


def _note(check: ConsentCheck, finding: Finding) -> None:
    """Store a finding, or close it with a ``fine`` one, but write only where something changes."""
    tenant_id = check.tenant.tenant_id
    with check.store.read() as work:
        open_now = {(one.finding.check, one.finding.subject) for one in findings.stored_findings(work, tenant_id)}
    if finding.level is Level.FINE and (finding.check, finding.subject) not in open_now:
        return
    with check.store.write() as work:
        findings.add_finding(work, tenant_id, finding, now=check.now)
