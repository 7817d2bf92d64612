"""Check how much of the Salesforce project an org has and in which version, and what follows from a part that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import manifests
from connector.domain.health.deploy_remedy import deploy
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level, name_first
from connector.domain.tenants.tenant import Tenant
from connector.journeys.examining.peers.explain_missing import explain_lost
from connector.salesforce.client import SalesforceClient
from connector.salesforce.permissions.org_facts import OrgFacts, is_flow_active
from connector.salesforce.permissions.set_contents import read_lost_grants
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, ShippedSet, shipped_sets
from connector.salesforce.queries.cloned_orders import MarkedOrder, read_marked_orders
from connector.store.requests import request_rows
from connector.store.store import Store

ReadFacts = Callable[[], OrgFacts]
_BASE, _UNNAMED = "base", ""
_LIFECYCLE = "PaymentCanvasLifecycle"
_BLANKED_BY = "Chat2Pay_Blank_Cloned_Order"
_VERSION: str = manifests.load("connector.json")["version"]
_MOST_NAMED = 5


def examine_project(*, tenant: Tenant, facts: ReadFacts, salesforce: SalesforceClient, store: Store) -> list[Check]:
    """Return the checks of what was deployed: three calls beside those for ``facts``."""
    return [
        Check("project", lambda: list(_project(tenant.tenant_id, facts())), needs="integration_user"),
        Check("permission_sets", lambda: list(_sets(tenant, facts(), salesforce)), needs="integration_user"),
        Check("launch_dates", lambda: list(_launch_dates(tenant, facts())), needs="integration_user"),
        Check("cloned_orders", lambda: list(_clones(tenant, salesforce, store)), needs="integration_user"),
    ]


def _project(tenant_id: str, facts: OrgFacts) -> Iterator[Finding]:
    by_directory: dict[str, list[ShippedSet]] = {}
    for one in shipped_sets().values():
        by_directory.setdefault(one.directory, []).append(one)
    for directory, sets in by_directory.items():
        there = [one for one in sets if one.name in facts.sets]
        # A directory of which nothing is there was left out by choice; base is what all others need.
        if not there and directory != _BASE:
            yield _not_deployed(tenant_id, directory)
        elif absent := sorted(_absent(sets, facts)):
            yield _incomplete(tenant_id, directory, absent)
        elif older := [one for one in there if one.version not in (None, facts.sets[one.name])]:
            yield _other_version(tenant_id, directory, sorted({facts.sets[one.name] or _UNNAMED for one in older}))


def _absent(sets: list[ShippedSet], facts: OrgFacts) -> Iterator[str]:
    yield from (f"permission set {one.name}" for one in sets if one.name not in facts.sets)
    # Objects and fields are left to `_sets`: a set that lacks one of them gives less than its file says.
    entities = {grant for one in sets for grant in one.grants if grant.kind in (GrantKind.APEX, GrantKind.CUSTOM)}
    yield from (_named(grant) for grant in entities if not facts.has(grant.kind, grant.name))


def _named(grant: Grant) -> str:
    return f"{grant.kind.value} {grant.name}"


def _not_deployed(tenant_id: str, directory: str) -> Finding:
    return Finding(
        check="project",
        level=Level.FINE,
        subject=directory,
        problem=f"The directory {directory} of the Salesforce project is not in this org. It is optional.",
        remedy=f"{deploy(tenant_id, directory)} brings it.",
    )


def _incomplete(tenant_id: str, directory: str, absent: list[str]) -> Finding:
    lead = f"Of the directory {directory} of the Salesforce project this org lacks the "
    return Finding(
        check="project",
        level=Level.SOON,
        subject=directory,
        **name_first(absent, most=_MOST_NAMED, separator=", the ", say=lambda names: f"{lead}{names}."),
        remedy=f"{deploy(tenant_id, directory)} brings what is missing and leaves the rest as it is.",
        impact="What needs it is refused, or cannot be given to anybody.",
    )


def _other_version(tenant_id: str, directory: str, older: list[str]) -> Finding:
    found = "an older version" if _UNNAMED in older else f"version {', '.join(older)}"
    return Finding(
        check="project",
        level=Level.SOON,
        subject=directory,
        problem=f"This org has {found} of the directory {directory} of the Salesforce project, and this connector brings "
        f"{_VERSION}.",
        remedy=f"{deploy(tenant_id, directory)} brings it up to date.",
        impact="What the newer version adds is missing in the org: fields stay empty, and rights cannot be given.",
    )


def _sets(tenant: Tenant, facts: OrgFacts, salesforce: SalesforceClient) -> Iterator[Finding]:
    """Compare what our sets give in this org with their files, whoever holds them."""
    for shipped, lost in read_lost_grants(salesforce, tenant, facts):
        yield from explain_lost(tenant.tenant_id, shipped, lost)


def _launch_dates(tenant: Tenant, facts: OrgFacts) -> Iterator[Finding]:
    deployed, required = facts.has(GrantKind.APEX, _LIFECYCLE), tenant.policy.require_launched_at
    if deployed and not required:
        yield Finding(
            check="launch_dates",
            level=Level.FINE,
            problem=f"The org has {_LIFECYCLE}, which dates each launch, and this tenant does not look at the date.",
            remedy="Once it is the Canvas app's lifecycle class (Setup → External Client App Manager → PaymentConnectorCanvas), "
            "set `require_launched_at` in `policy` to true: `chat2pay tenant add --file`.",
        )
    if required and not deployed:
        yield Finding(
            check="launch_dates",
            level=Level.WRONG,
            problem=f"This tenant requires dated launches (`require_launched_at`), and the org has no {_LIFECYCLE}.",
            remedy=f"{deploy(tenant.tenant_id, 'panel')} brings the class; or set `require_launched_at` to false: "
            "`chat2pay tenant add --file`.",
            impact="No agent of this org can open an order's page.",
        )


def _clones(tenant: Tenant, salesforce: SalesforceClient, store: Store) -> Iterator[Finding]:
    active = is_flow_active(salesforce, tenant, _BLANKED_BY)
    clones = _cloned(store, tenant.tenant_id, read_marked_orders(salesforce, tenant))
    if clones:
        yield _marked(tenant.tenant_id, clones, active)
    elif not active:
        yield Finding(
            check="cloned_orders",
            level=Level.FINE,
            subject=_BLANKED_BY,
            problem=f"The flow {_BLANKED_BY} is not active: a cloned order shows the payment of the order that it was cloned "
            "from, in Salesforce's own fields. The agent's page does not.",
            remedy=_activate(tenant.tenant_id, active),
        )


def _cloned(store: Store, tenant_id: str, marked: list[MarkedOrder]) -> list[MarkedOrder]:
    """Return the orders whose reference is another order's in our database."""
    with store.read() as work:
        requests = request_rows.find_by_references(work, tenant_id, [one.reference for one in marked])
    # A reference that is not ours may be that of another deployment which wrote to this org: no clone of ours.
    orders = {one.reference: one.order_id for one in requests}
    return [one for one in marked if orders.get(one.reference, one.order_id) != one.order_id]


def _marked(tenant_id: str, clones: list[MarkedOrder], active: bool | None) -> Finding:
    lead = "Orders carry another order's payment in their fields, because they were cloned from it: "
    return Finding(
        check="cloned_orders",
        level=Level.WRONG,
        **name_first([one.number for one in clones], most=_MOST_NAMED, say=lambda names: f"{lead}{names}."),
        remedy="Empty the Chat 2 Pay fields of these orders, as a user with the custom permission Chat2Pay_Integration."
        + ("" if active else f" {_activate(tenant_id, active)}"),
        impact="Salesforce, its reports and lists show them as paid, and nobody has paid for them.",
    )


def _activate(tenant_id: str, active: bool | None) -> str:
    # None: the org has no such flow, or shows us none, and a deployment does no harm to one that is there.
    click = f"Setup → Flows → {_BLANKED_BY} → Activate."
    return click if active is False else f"{deploy(tenant_id, 'automation')}, then {click}"
