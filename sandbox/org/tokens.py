"""Access tokens and the org's keys: knows what was issued to whom, and refuses to know why it was asked for."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.org.ids import make_id
from sandbox.org.records import Records


@dataclass(frozen=True)
class Keys:
    """Made at the first start; none of them is printed by accident."""

    org_id: str
    client_id: str
    client_secret: str = field(repr=False)
    canvas_secret: str = field(repr=False)
    application_id: str = ""


def keys_of(records: Records) -> Keys:
    """Return the org's keys, made now if this is the first start."""
    kept = records.setting("keys")
    if kept is None:
        kept = {
            "org_id": make_id("00D", secrets.randbelow(62**9)),
            "client_id": f"3MVG9{secrets.token_urlsafe(60)}",
            "client_secret": secrets.token_hex(32).upper(),
            "canvas_secret": secrets.token_hex(32).upper(),
            "application_id": make_id("0x9", secrets.randbelow(62**9)),
        }
        records.keep_setting("keys", kept)
    return Keys(**kept)


class Tokens:
    """Issued access tokens; they survive a restart, and end when they are revoked or expired."""

    def __init__(self, records: Records, *, org_id: str) -> None:
        self._records = records
        self._org_id = org_id
        self._lock = threading.Lock()
        self.lifetime_s = 7200
        kept: dict[str, Any] = records.setting("tokens") or {}
        # {token: [user id, seconds of its issue]}
        self._live: dict[str, list[Any]] = kept.get("live", {})
        self._present: dict[str, str] = kept.get("present", {})

    def issue(self, user_id: str) -> str:
        with self._lock:
            token = self._made(user_id)
            self._keep()
        return token

    def present(self, user_id: str) -> str:
        """Return the token of the user's browser session, a new one if the last has ended."""
        with self._lock:
            token = self._present.get(user_id)
            if token is None or self._facts(token) is None:
                token = self._made(user_id)
                self._present[user_id] = token
                self._keep()
        return token

    def user_id(self, token: str) -> str | None:
        facts = self._facts(token)
        return facts[0] if facts else None

    def times(self, token: str) -> tuple[int, int]:
        """Return when a live token was issued and when it ends."""
        issued_at = int(self._live[token][1])
        return issued_at, issued_at + self.lifetime_s

    def move_to(self, org_id: str) -> None:
        """End every token: each begins with the id of the org that issued it."""
        self._org_id = org_id
        self.end_all()

    def end(self, token: str) -> bool:
        with self._lock:
            ended = self._live.pop(token, None) is not None
            self._keep()
        return ended

    def end_all(self) -> None:
        with self._lock:
            self._live.clear()
            self._keep()

    def _made(self, user_id: str) -> str:
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(60).replace('-', '.')}"
        self._live[token] = [user_id, int(time.time())]
        return token

    def _facts(self, token: str) -> tuple[str, int] | None:
        kept = self._live.get(token)
        if kept is None or time.time() >= kept[1] + self.lifetime_s:
            return None
        return kept[0], kept[1]

    def _keep(self) -> None:
        self._records.keep_setting("tokens", {"live": self._live, "present": self._present})
