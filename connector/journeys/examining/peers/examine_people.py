"""Check with an agent's eyes, and with our own user's: which permissions of our sets each of them lacks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.journeys.examining.peers.examine_login import ReadLogin
from connector.journeys.examining.peers.explain_missing import Missing, explain_missing, name_permissions
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.diagnostics import (
    API_ENABLED,
    API_ONLY,
    EDIT_ACTIVATED,
    VIEW_SETUP,
    LoginReport,
    read_login,
)
from connector.salesforce.permissions.held_rights import HeldRights, read_held_rights
from connector.salesforce.permissions.mapped_reads import mapped_reads
from connector.salesforce.permissions.org_facts import (
    GroupMember,
    OrgFacts,
    OrgUser,
    find_user,
    is_private,
    read_groups,
    read_org_facts,
    read_users,
)
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, ShippedSet, shipped_sets
from connector.store.health import health_checks
from connector.store.health.findings import LAUNCH_OF_AGENT, open_findings
from connector.store.store import Store

_AGENT, _SUPERVISOR, _PANEL = "Chat2Pay_Agent", "Chat2Pay_Supervisor", "Chat2Pay_Agent_Panel"
_INTEGRATION, _ORDER_MANAGEMENT = "Chat2Pay_Integration", "Chat2Pay_Order_Management"
# Named by the check of our user's system permissions, which says more about each.
_NAMED_ELSEWHERE = {one.removeprefix("Permissions") for one in (API_ENABLED, API_ONLY, EDIT_ACTIVATED, VIEW_SETUP)}
_READS = "PermissionsRead"
_EVERY_ORDER = Grant(GrantKind.OBJECT, "Order", "PermissionsViewAllRecords")
_CHANGE_EVERY_ORDER = Grant(GrantKind.OBJECT, "Order", "PermissionsModifyAllRecords")
# Each costs calls of the org's allowance, and agents mostly hold the same sets.
_MOST_AGENTS = 3
_PAGE = "The page does not open for this agent, or shows less than is there."
_LESS = "This agent may do or see less than the set is meant to give."


@dataclass
class PeopleInspector:
    """The state of one examination of people; what the org has of ours is read once."""

    tenant: Tenant
    salesforce: SalesforceClient
    store: Store
    read_login: ReadLogin
    read_facts: Callable[[], OrgFacts]

    @property
    def facts(self) -> OrgFacts:
        """What the org has of our project."""
        return self.read_facts()

    @cached_property
    def mapped(self) -> frozenset[Grant]:
        """What the mapping reads."""
        return mapped_reads(self.tenant.mapping, lambda name: self.salesforce.describe(self.tenant, name))

    def held(self, user_id: str, *, order_id: str | None = None) -> HeldRights:
        """What a user holds of all that is asked for: one call."""
        # Only of the sets that are there: the others name objects that this org may not have.
        deployed = [one.grants for one in shipped_sets().values() if one.name in self.facts.sets]
        wanted = self.mapped.union(*deployed)
        entities = self.facts.entities
        return read_held_rights(
            self.salesforce, self.tenant, user_id, wanted=wanted, entities=entities, order_id=order_id
        )

    def groups(self, held: HeldRights) -> list[GroupMember]:
        """The sets that come to a user through permission set groups: one call where there are any."""
        ours = self.facts.set_ids
        return read_groups(self.salesforce, self.tenant, sorted(held.groups), ours=ours)


def examine_people(
    *,
    tenant: Tenant,
    read_login: ReadLogin,
    facts: Callable[[], OrgFacts],
    salesforce: SalesforceClient,
    store: Store,
) -> list[Check]:
    """Return the checks of our own user and of the agents who launched last.

    That is a call for each of at most four people, two for their names, and one more for each who is in a permission set
    group.
    """
    by = PeopleInspector(tenant, salesforce, store, read_login, facts)
    return [
        Check("integration_rights", lambda: list(_integration(by)), needs="integration_user"),
        Check("agents", lambda: list(_recent(by)), needs="integration_user"),
    ]


def examine_person(*, tenant: Tenant, username: str, salesforce: SalesforceClient, store: Store) -> Check:
    """Return the check of one user, whom the command names: six calls, one more for each credential, and one where the user
    is in a permission set group."""

    @cache
    def login() -> LoginReport:
        return read_login(salesforce, tenant)

    @cache
    def facts() -> OrgFacts:
        return read_org_facts(salesforce, tenant, own_id=login().user_id)

    by = PeopleInspector(tenant, salesforce, store, login, facts)
    return Check("as_user", lambda: list(_named(by, username)), needs="integration_user")


def _integration(by: PeopleInspector) -> Iterator[Finding]:
    own_id = by.read_login().user_id
    held = by.held(own_id)
    wanted = [_INTEGRATION, *([_ORDER_MANAGEMENT] if _ORDER_MANAGEMENT in by.facts.sets else [])]
    (user,) = read_users(by.salesforce, by.tenant, [own_id])
    members = by.groups(held)
    if held.lacks([_EVERY_ORDER]) and held.lacks([_CHANGE_EVERY_ORDER]) and _are_private(by):
        yield _private_orders(user)
    for name in wanted:
        if name not in by.facts.sets:
            continue  # the check of the project names it
        grants = [one for one in shipped_sets()[name].grants if one.name not in _NAMED_ELSEWHERE]
        missing = _missing(by, user, shipped_sets()[name], held, members=members, grants=grants)
        if missing is not None:
            impact = "What the connector reads or writes there is refused, or left out of the records."
            yield from explain_missing(missing, check="integration_rights", level=Level.SOON, impact=impact)


def _are_private(by: PeopleInspector) -> bool:
    return is_private(by.salesforce, by.tenant, by.tenant.mapping.order_object)


def _private_orders(user: OrgUser) -> Finding:
    return Finding(
        check="integration_rights",
        level=Level.SOON,
        subject=f"{user.username} Order",
        problem="Orders are private in this org, and the integration user sees only those that are shared with it.",
        remedy="Setup → Permission Sets → Chat 2 Pay Integration → Object Settings → Orders → Edit: tick Modify All Records; or "
        "a sharing rule (Setup → Sharing Settings → Order) that gives this user Read/Write.",
        impact="An order that is not shared shows no payment; its payment request records do.",
    )


def _recent(by: PeopleInspector) -> Iterator[Finding]:
    """Look at the agents who opened a page last; a set that they were never given is a choice, and only mentioned."""
    with by.store.read() as work:
        latest = health_checks.last_launches(work, by.tenant.tenant_id, most=_MOST_AGENTS)
    if not latest:
        return
    for user in read_users(by.salesforce, by.tenant, list(latest)):
        if user.active:
            yield from _person(by, user, latest.get(user.user_id), check="agents", unassigned=Level.FINE)


def _named(by: PeopleInspector, username: str) -> Iterator[Finding]:
    user = find_user(by.salesforce, by.tenant, username)
    if user is None:
        yield _whole("as_user", username, f"The org shows us no user {username}.", "Setup → Users has the usernames.")
        return
    if not user.active:
        yield _whole("as_user", username, f"{user.name} ({username}) is not active.", "Setup → Users → Edit → Active.")
    with by.store.read() as work:
        launches = health_checks.last_launches(work, by.tenant.tenant_id, most=1, user_id=user.user_id)
        any_order = health_checks.last_launches(work, by.tenant.tenant_id, most=1)
        refused = [
            one
            for one in open_findings(work, [LAUNCH_OF_AGENT], tenant_id=by.tenant.tenant_id)
            if one.finding.subject == user.user_id
        ]
    order_id = launches.get(user.user_id) or next(iter(any_order.values()), None)
    yield from _person(by, user, order_id, check="as_user", unassigned=Level.SOON)
    for one in refused:
        yield Finding(
            check="as_user",
            level=Level.SOON,
            subject=f"{username} launch",
            problem=f"{user.name}'s last launch was refused on {one.seen_at:%Y-%m-%d at %H:%M} UTC. {one.finding.problem}",
            remedy=one.finding.remedy,
            impact=one.finding.impact,
        )


def _whole(check: str, subject: str, problem: str, remedy: str) -> Finding:
    return Finding(check, Level.WRONG, problem, remedy, "Nothing of this agent can be said or done.", subject)


def _person(
    by: PeopleInspector, user: OrgUser, order_id: str | None, *, check: str, unassigned: Level
) -> Iterator[Finding]:
    held = by.held(user.user_id, order_id=order_id)
    members = by.groups(held)
    named_already: set[Grant] = set()
    for shipped in _expected(by, held, members):
        missing = _missing(by, user, shipped, held, members=members, grants=shipped.grants)
        if missing is None:
            continue
        named_already.update(missing.lacks)
        stops = any(_opens(by, one) for one in missing.lacks)
        # Who lost every set has perhaps another task now; a set that lost a right is a fault.
        held_on = Level.WRONG if stops else Level.SOON
        level = held_on if missing.assigned or unassigned is Level.SOON else unassigned
        yield from explain_missing(missing, check=check, level=level, impact=_PAGE if stops else _LESS)
    if unassigned is Level.SOON or any(one.name in held.sets for one in shipped_sets().values()) or members:
        yield from _own_fields(by, user, held, named_already, check)
    if held.sees is False:
        yield _hidden_order(user, str(order_id), check, unassigned)


def _opens(by: PeopleInspector, one: Grant) -> bool:
    """Return whether the page's own query fails without it."""
    return one in by.mapped and one.access == _READS


def _expected(by: PeopleInspector, held: HeldRights, members: list[GroupMember]) -> Iterator[ShippedSet]:
    """Yield the sets of ours that a user holds, and those that every agent needs."""
    assigned = held.sets | {one.set_name for one in members}
    people = {name: one for name, one in shipped_sets().items() if name in by.facts.sets and name != _INTEGRATION}
    for name, one in people.items():
        needed = (name == _AGENT and _SUPERVISOR not in assigned) or name == _PANEL
        if name in assigned or needed:
            yield one


def _missing(
    by: PeopleInspector,
    user: OrgUser,
    shipped: ShippedSet,
    held: HeldRights,
    *,
    members: list[GroupMember],
    grants: Collection[Grant],
) -> Missing | None:
    known = by.facts.entities
    lacks = held.lacks([one for one in grants if known.is_known(one)])
    if not lacks:
        return None
    group = next((one for one in members if one.set_name == shipped.name), None)
    assigned = shipped.name in held.sets or group is not None
    return Missing(by.tenant.tenant_id, user, shipped, lacks, assigned, None if shipped.name in held.sets else group)


def _own_fields(
    by: PeopleInspector, user: OrgUser, held: HeldRights, named_already: set[Grant], check: str
) -> Iterator[Finding]:
    """Name what the tenant's own mapping reads and no set of ours holds."""
    lacks = [one for one in held.lacks(by.mapped) if one not in named_already]
    if lacks:
        yield Finding(
            check=check,
            level=Level.WRONG,
            subject=f"{user.username} mapping",
            **name_permissions(lacks, f"{user.name} ({user.username}) lacks what this tenant's mapping reads: "),
            remedy="No set of ours holds it: Setup → Permission Sets → a set of your own for the agents → Object Settings → "
            f"{', '.join(sorted({one.name.partition('.')[0] for one in lacks}))} → Edit: tick Read; assign that set.",
            impact=_PAGE,
        )


def _hidden_order(user: OrgUser, order_id: str, check: str, level: Level) -> Finding:
    return Finding(
        check=check,
        level=level,
        subject=f"{user.username} {order_id}",
        problem=f"{user.name} ({user.username}) may not read the order {order_id}, by sharing.",
        remedy="If this agent should see it: Setup → Sharing Settings → Order, a sharing rule, or the role above the owner's. "
        "Restriction rules hide more than this shows.",
        impact="The order's page does not open for this agent.",
    )
