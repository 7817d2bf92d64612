"""The bells that rang in this org; kept in memory, so a restart forgets them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.org.records.store import RecordStore, Row


@dataclass(frozen=True)
class Notification:
    """One custom notification, and the active users whom it reached."""

    type_name: str
    recipient: str
    users: tuple[str, ...]
    title: str
    body: str
    target: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """Return the bell's values by name."""
        return vars(self) | {"users": list(self.users)}


class Bulletin:
    """Keeps the bells in the order in which they rang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notifications: list[Notification] = []

    def add(self, notification: Notification) -> None:
        """Keep a bell."""
        with self._lock:
            self._notifications.append(notification)

    def notifications(self) -> list[Notification]:
        """Return all bells, the oldest first."""
        with self._lock:
            return list(self._notifications)

    def of_user(self, user_id: str) -> list[Notification]:
        """Return the bells of one user, the newest first."""
        return [one for one in reversed(self.notifications()) if user_id in one.users]

    def clear(self) -> None:
        """Forget all bells."""
        with self._lock:
            self._notifications.clear()


def active_users(recipients: Iterable[str], *, records: RecordStore) -> tuple[str, ...]:
    """Return the active users behind ids of users and of groups, members of groups and of roles inside them included."""
    found: dict[str, None] = {}
    waiting, seen = list(recipients), set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        user = records.get("User", one)
        if user is not None and user["IsActive"]:
            found[one] = None
        waiting += [row["UserOrGroupId"] for row in records.rows("GroupMember") if row["GroupId"] == one]
        waiting += _in_role(records.get("Group", one), records=records)
    return tuple(sorted(found))


def _in_role(group: Row | None, *, records: RecordStore) -> list[str]:
    """Return the users of a group that represents a role, those of the roles below it where it says so."""
    kind = (group or {}).get("Type") or ""
    # The group of all internal users has no rows of members.
    if kind == "Organization":
        return [str(row["Id"]) for row in records.rows("User")]
    roles = [str(group["RelatedId"])] if group and kind.startswith("Role") else []
    for one in roles:  # grows while it is read
        # RoleAndSubordinates and RoleAndSubordinatesInternal; Role alone reaches nobody below.
        if kind != "Role":
            below = (str(row["Id"]) for row in records.rows("UserRole") if row.get("ParentRoleId") == one)
            roles += [role for role in below if role not in roles]
    return [str(row["Id"]) for row in records.rows("User") if row.get("UserRoleId") in roles]
