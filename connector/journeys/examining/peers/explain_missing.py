"""The findings that name missing permissions: the set of ours that holds them, and the click or command that gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.domain.health.deploy_remedy import deploy_set
from connector.domain.health.finding import Finding, Level, ProblemTexts, name_first
from connector.salesforce.permissions.org_facts import GroupMember, OrgUser
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, ShippedSet

_UP_TO_DATE = "Updated"
_MOST_NAMED = 12
_ACCESS = {
    "PermissionsRead": "Read",
    "PermissionsCreate": "Create",
    "PermissionsEdit": "Edit",
    "PermissionsDelete": "Delete",
    "PermissionsViewAllRecords": "View All Records",
    "PermissionsModifyAllRecords": "Modify All Records",
}
# As Setup calls them; a permission that is not here is named by its API name, which Setup's search finds, too.
_SYSTEM = {
    "ApiEnabled": "API Enabled",
    "ApiUserOnly": "API Only User",
    "EditActivatedOrders": "Edit Activated Orders",
    "SendCustomNotifications": "Send Custom Notifications",
    "ViewRoles": "View Roles and Role Hierarchy",
    "ViewSetup": "View Setup and Configuration",
}
_PLACES = {
    GrantKind.SYSTEM: "System Permissions",
    GrantKind.CUSTOM: "Custom Permissions",
    GrantKind.APEX: "Apex Class Access",
    GrantKind.METADATA: "Custom Metadata Types",
    GrantKind.PRINCIPAL: "External Credential Principal Access",
}


@dataclass(frozen=True)
class Missing:
    """The permissions of one set that a user lacks, although the set is assigned or because it is not."""

    tenant_id: str
    user: OrgUser
    shipped: ShippedSet
    lacks: Sequence[Grant]
    assigned: bool
    group: GroupMember | None = None


def explain_missing(missing: Missing, *, check: str, level: Level, impact: str) -> list[Finding]:
    """Return one finding for a set that is not assigned, else one for each kind of permission that it lost in this org."""
    if not missing.assigned:
        return [_unassigned(missing, check=check, level=level, impact=impact)]
    return [
        Finding(
            check=check,
            level=level,
            subject=f"{missing.user.username} {missing.shipped.name} {kind.value}",
            **name_permissions(lacks, f"{_person(missing)} holds {missing.shipped.name} and lacks what it gives: "),
            remedy=_restored(missing, kind, lacks),
            impact=impact,
        )
        for kind, lacks in _by_kind(missing.lacks).items()
    ]


def explain_lost(tenant_id: str, shipped: ShippedSet, lost: Sequence[Grant]) -> list[Finding]:
    """Return one finding for each kind of permission that a set gives in our files and not in this org."""
    return [
        Finding(
            check="permission_sets",
            level=Level.SOON,
            subject=f"{shipped.name} {kind.value}",
            **name_permissions(
                lacks, f"The permission set {shipped.name} in this org does not give what it ships with: "
            ),
            remedy=_tick(tenant_id, shipped, kind, lacks),
            impact="Whoever holds the set, now or later, may do or see less than the guide says, unless another set gives it.",
        )
        for kind, lacks in _by_kind(lost).items()
    ]


def _by_kind(lacks: Iterable[Grant]) -> dict[GrantKind, list[Grant]]:
    by_kind: defaultdict[GrantKind, list[Grant]] = defaultdict(list)
    for one in lacks:
        by_kind[one.kind].append(one)
    return by_kind


def _unassigned(missing: Missing, *, check: str, level: Level, impact: str) -> Finding:
    user, shipped = missing.user, missing.shipped
    return Finding(
        check=check,
        level=level,
        subject=f"{user.username} {shipped.name}",
        **name_permissions(
            missing.lacks,
            f"{_person(missing)} does not hold the permission set {shipped.name} and lacks {len(missing.lacks)} of its "
            "permissions: ",
        ),
        remedy=f"Setup → Permission Sets → {shipped.label} → Manage Assignments: add {user.username}, or "
        f"`sf org assign permset -n {shipped.name} -o ORG --on-behalf-of {user.username}`.",
        impact=impact,
    )


def _restored(missing: Missing, kind: GrantKind, lacks: Sequence[Grant]) -> str:
    shipped, group = missing.shipped, missing.group
    if group is not None and group.status != _UP_TO_DATE:
        return (
            f"{shipped.name} is in the permission set group {group.group}, which Salesforce has not worked out anew "
            f"({group.status}): Setup → Permission Set Groups → {group.group} → Recalculate."
        )
    if group is not None:
        return (
            f"{shipped.name} is in the permission set group {group.group}: Setup → Permission Set Groups → {group.group} "
            f"→ Muting Permission Set in Group: unmute it. If it is not muted: {_tick(missing.tenant_id, shipped, kind, lacks)}"
        )
    return _tick(missing.tenant_id, shipped, kind, lacks)


def _tick(tenant_id: str, shipped: ShippedSet, kind: GrantKind, lacks: Sequence[Grant]) -> str:
    objects = sorted({one.name.partition(".")[0] for one in lacks})
    place = _PLACES.get(kind) or f"Object Settings → {', '.join(objects)}"
    return (
        f"Setup → Permission Sets → {shipped.label} → {place} → Edit: tick it; or put the set back as it ships. "
        f"{deploy_set(tenant_id, shipped.name)}."
    )


def _person(missing: Missing) -> str:
    return f"{missing.user.name} ({missing.user.username})"


def name_permissions(lacks: Iterable[Grant], lead: str) -> ProblemTexts:
    """Return the problem that names permissions as Setup does after ``lead``: the first dozen, and all of them."""
    by_name: defaultdict[tuple[GrantKind, str], list[str]] = defaultdict(list)
    for one in lacks:
        by_name[one.kind, one.name].append(_ACCESS.get(one.access, one.access))
    words = [_words(kind, name, access) for (kind, name), access in by_name.items()]
    return name_first(words, most=_MOST_NAMED, say=lambda names: f"{lead}{names}.")


def _words(kind: GrantKind, name: str, access: Sequence[str]) -> str:
    if kind in (GrantKind.OBJECT, GrantKind.FIELD):
        return f"{' and '.join(access)} on {name}"
    return f"“{_SYSTEM.get(name, name)}”" if kind is GrantKind.SYSTEM else f"the {kind.value} {name}"
