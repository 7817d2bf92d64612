"""Save the number that was last used for an order in Salesforce, with the agent's own session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.tenants.phone_place import RecordKind, phone_places
from connector.domain.tenants.tenant import Tenant
from connector.errors import OrgSessionExpired, SalesforceRefused, UpstreamError
from connector.journeys.requesting.find_last_number import find_last_number, newest_known
from connector.salesforce.calls.order_phone import find_phone_record, may_change_phone, write_phone
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import UNREADABLE
from connector.store.orders import orders
from connector.store.requests import request_rows
from connector.store.store import Store
from connector.store.tenants.launches import Launch
from foundation.log import get_logger
from foundation.phones.phone import Phone

log = get_logger()
_FOR_GOOD = frozenset({RecordOutcome.SLOW, RecordOutcome.REFUSED})


class PhoneOutcome(StrEnum):
    """What became of a number that should be saved."""

    SAVED = "saved"
    CHANGED = "changed"
    NO_RECORD = "no_record"
    NO_RIGHT = "no_right"
    SESSION_OVER = "session_over"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PhoneSaved:
    """The outcome, the kind of record that answered the write, and Salesforce's code of a refusal."""

    outcome: PhoneOutcome
    kind: RecordKind | None = None
    code: str | None = None


def save_order_phone(
    *, tenant: Tenant, launch: Launch, ending: str, store: Store, salesforce: SalesforceClient
) -> PhoneSaved:
    """Save the order's last used number where it ends in ``ending``; the order must have been read just now.

    Raises:
        TenantProblem: the tenant's Salesforce address is not one.
    """
    phone = _phone_to_save(tenant, launch, ending, store)
    if phone is None:
        return PhoneSaved(PhoneOutcome.CHANGED)
    try:
        saved = _save(tenant, launch, phone, salesforce)
    except OrgSessionExpired:
        saved = PhoneSaved(PhoneOutcome.SESSION_OVER)
    except SalesforceRefused as error:
        saved = PhoneSaved(PhoneOutcome.REFUSED, code=error.reason)
    except UpstreamError:
        # Before the write, so that nothing has changed: `_save` answers by itself for a write without an answer.
        saved = PhoneSaved(PhoneOutcome.LATER)
    log.info("order_phone", tenant=tenant.tenant_id, order=launch.order_id, outcome=saved.outcome.value)
    return saved


def _phone_to_save(tenant: Tenant, launch: Launch, ending: str, store: Store) -> Phone | None:
    """Return the number that the page showed; None where another one holds for the order by now."""
    with store.read() as work:
        stored = orders.find(work, tenant.tenant_id, launch.order_id)
        requests = request_rows.find_by_order(work, tenant.tenant_id, launch.order_id)
        newest = newest_known(requests)
        if stored is None or newest is None or newest.phone.ending != ending:
            return None
        # A second press finds the number in Salesforce already.
        holds = newest.phone == stored.order.phone or find_last_number(stored, requests) is not None
        return newest.phone if holds else None


def _save(tenant: Tenant, launch: Launch, phone: Phone, salesforce: SalesforceClient) -> PhoneSaved:
    if launch.agent_token is None:
        return PhoneSaved(PhoneOutcome.SESSION_OVER)
    # Not as the integration user, who may edit what this agent may not.
    call = salesforce.as_agent(tenant, launch.agent_token)
    record = find_phone_record(tenant.mapping, launch.order_id, phone_places(tenant.mapping), call=call)
    if record is None:
        return PhoneSaved(PhoneOutcome.NO_RECORD)
    if not may_change_phone(record, user_id=launch.user_id, call=call):
        return PhoneSaved(PhoneOutcome.NO_RIGHT)
    try:
        result = write_phone(tenant.mapping, record, f"+{phone.digits}", call=call)
    except (SalesforceRefused, OrgSessionExpired):
        raise
    except UpstreamError:
        # It may have been written: only an answer says that it was not.
        return PhoneSaved(PhoneOutcome.UNKNOWN)
    return PhoneSaved(_outcome(result.outcome, result.code), record.place.kind, result.code)


def _outcome(outcome: RecordOutcome, code: str | None) -> PhoneOutcome:
    if outcome is RecordOutcome.WRITTEN:
        return PhoneOutcome.SAVED
    if code == UNREADABLE:
        return PhoneOutcome.UNKNOWN
    return PhoneOutcome.REFUSED if outcome in _FOR_GOOD else PhoneOutcome.LATER
