"""Report a launch that was signed by a copy of a connected org with the original's keys.

A sandbox that is refreshed from production has another org id and production's consumer secrets.
https://help.salesforce.com/s/articleView?id=platform.data_sandbox_implementation_tips.htm
"""

from __future__ import annotations

from connector import metrics
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.errors import LaunchNames, LaunchRefused
from connector.salesforce.signed_request import signed_by
from connector.store.health import findings
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def guard_clone(*, signed_request: str, org_id: str, store: Store) -> None:
    """Do nothing unless a request of an unknown org is signed with the canvas secret of a connected one.

    Raises:
        LaunchRefused: it is.
    """
    # Verifying against every secret is work that anybody can cause, so only some tenants are tried per minute.
    original = next((one for one in store.tenants.next_to_search() if signed_by(one, signed_request)), None)
    if original is None:
        return
    log.error("cloned_org", tenant=original.tenant_id, expected=original.org_id, found=org_id, where="launch")
    metrics.registry.count(metrics.WRONG_ORG, original.tenant_id, "launch")
    store.findings.record_in_group(original.tenant_id, _finding(original, org_id))
    store.findings.suspect(original.tenant_id, "org_id")
    # Without a tenant's name the error page may be framed by the copy, whose agents are the ones to read it.
    raise LaunchRefused("wrong_environment", reason="cloned_org", names=LaunchNames(org_id=org_id))


def _finding(original: Tenant, org_id: str) -> Finding:
    return Finding(
        check=findings.CLONED_ORG,
        level=Level.WRONG,
        problem=f"The org {org_id} opens Chat 2 Pay with the keys of {original.name} ({original.org_id}): it is a copy, "
        "probably a refreshed sandbox. It was refused.",
        remedy=f"In {org_id}: Setup, External Client App Manager: delete both Payment Connector apps, or give them new keys and "
        f"connect the org by itself with `chat2pay tenant add`. Then rotate the secret of {original.name} with "
        "`chat2pay rotate-key canvas`, since a copy knows it.",
        impact="Nobody can send from the copy. But whoever may administer the copy can read the original's canvas secret. "
        "This goes when that secret is changed or the copy is connected by itself, or a day after its last try.",
        subject=org_id,
    )
