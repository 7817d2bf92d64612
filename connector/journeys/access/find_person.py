"""Look up an active Salesforce user by id, with their access to an order."""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.payments.payment import Person
from connector.domain.people.person_name import readable_name
from connector.domain.tenants.tenant import Tenant, long_id
from connector.errors import NotFound, SalesforceRefused
from connector.salesforce.client import SalesforceClient
from connector.salesforce.metadata.custom_permissions import user_query
from connector.salesforce.orders.order_queries import access_query, value_at


@dataclass(frozen=True)
class FoundPerson:
    """An active user of the org, and what the org lets them do with one order."""

    person: Person
    language: str
    locale: str
    time_zone: str
    reads: bool
    edits: bool


def find_person(*, tenant: Tenant, user_id: str, order_id: str, salesforce: SalesforceClient) -> FoundPerson:
    """Return an active user of the org, read as the integration user in one Composite call; both are Salesforce ids.

    Raises:
        NotFound: the org has no such active user, or refuses a query about this pair of ids (alike on purpose);
        SalesforceUnavailable.
    """
    named = {"user": user_query(user_id), "access": access_query(user_id, order_id)}
    facts = {"tenant": tenant.tenant_id, "user": long_id(user_id)}
    try:
        rows = salesforce.queries(tenant, named, operation="find_person")
    except SalesforceRefused as error:
        # The id of a record in another org can cause an error instead of an empty result.
        raise NotFound(facts={**facts, "reason": f"salesforce_refused:{error.reason}"}) from error
    user = next((row for row in rows["user"] if row.get("IsActive")), None)
    if user is None:
        raise NotFound(facts={**facts, "reason": "no_such_user"})
    return FoundPerson(
        person=Person(long_id(user["Id"]), readable_name(value_at(user, "Name")) or ""),
        language=str(value_at(user, "LanguageLocaleKey") or tenant.language),
        locale=str(value_at(user, "LocaleSidKey") or ""),
        time_zone=str(value_at(user, "TimeZoneSidKey") or "UTC"),
        reads=any(row.get("HasReadAccess") for row in rows["access"]),
        edits=any(row.get("HasEditAccess") for row in rows["access"]),
    )
