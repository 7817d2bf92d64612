"""Refuse an API key that is used from an org other than its tenant's, and report it."""

from __future__ import annotations

from connector import metrics
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant, read_id
from connector.errors import ErrorCode, Forbidden
from connector.store.health import findings
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def guard_org(*, tenant: Tenant, given: str | None, where: str, store: Store) -> None:
    """Require ``given`` to be the tenant's own org id, in its 15 or 18 character form.

    Raises:
        Forbidden: ``wrong_org``: it is the id of another org, or none.
    """
    org_id = read_id(given, prefix="00D")
    if org_id == tenant.org_id:
        return
    # A refreshed sandbox still has production's keys, and would send real links to production's customers.
    log.error("wrong_org", tenant=tenant.tenant_id, where=where, expected=tenant.org_id, found=org_id)
    metrics.registry.count(metrics.WRONG_ORG, tenant.tenant_id, where)
    # Whoever has the key chooses this id, so the findings are counted as one; without an id there is nothing to name.
    if org_id is not None:
        store.findings.record_in_group(tenant.tenant_id, _finding(tenant, org_id))
        store.findings.suspect(tenant.tenant_id, "org_id")
    raise Forbidden("This key belongs to another Salesforce org. Nothing was done.", code=ErrorCode.WRONG_ORG)


def _finding(tenant: Tenant, org_id: str) -> Finding:
    return Finding(
        check=findings.CLONED_ORG,
        level=Level.WRONG,
        problem=f"The org {org_id} calls with an API key of {tenant.name} ({tenant.org_id}): it is a copy, probably a "
        "refreshed sandbox. Nothing was done for it.",
        remedy=f"In {org_id}: Setup, Named Credentials: take the key out of the external credential. Then change it with "
        f"`chat2pay rotate-key api {tenant.tenant_id}`, since a copy knows it.",
        impact="The copy cannot send. But whoever may administer the copy can use the key from elsewhere. This goes when the "
        "key is changed or the copy is connected by itself, or a day after its last try.",
        subject=org_id,
    )
