"""Read the record ids of payment requests by our references."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector.domain.tenants.tenant import Tenant, long_id
from connector.salesforce.client import SalesforceClient

_REFERENCE = re.compile(r"\w{1,40}")


def read_record_ids(salesforce: SalesforceClient, tenant: Tenant, references: Iterable[str]) -> dict[str, str]:
    """Return the record ids of at most 200 payment requests, by reference; one that the org does not show is missing.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    wanted = sorted(filter(_REFERENCE.fullmatch, set(references)))
    if not wanted:
        return {}
    key, named = tenant.mapping.request_external_id, ", ".join(f"'{one}'" for one in wanted)
    soql = f"SELECT Id, {key} FROM {tenant.mapping.request_object} WHERE {key} IN ({named})"
    rows = salesforce.query(tenant, soql, operation="read_record_ids")
    return {str(row[key]): long_id(row["Id"]) for row in rows}
