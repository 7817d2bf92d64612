"""The bells that rang in this org; kept in memory, so a restart forgets them."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.org.records.store import RecordStore


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
        return vars(self) | {"users": list(self.users)}


class Bulletin:
    """Keeps the bells in the order in which they rang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notifications: list[Notification] = []

    def add(self, notification: Notification) -> None:
        with self._lock:
            self._notifications.append(notification)

    def notifications(self) -> list[Notification]:
        with self._lock:
            return list(self._notifications)

    def of_user(self, user_id: str) -> list[Notification]:
        """Return the bells of one user, the newest first."""
        return [one for one in reversed(self.notifications()) if user_id in one.users]

    def clear(self) -> None:
        with self._lock:
            self._notifications.clear()


def active_users(recipients: Iterable[str], *, records: RecordStore) -> tuple[str, ...]:
    """Return the active users behind ids of users and of groups, members of groups inside them included."""
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
    return tuple(sorted(found))
