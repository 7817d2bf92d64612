"""Access tokens and the users behind them."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any

from sandbox.org.records.store import RecordStore


class Sessions:
    """Issued access tokens; they survive a restart, and end when they are revoked or expired."""

    def __init__(self, records: RecordStore, *, org_id: str) -> None:
        self._records = records
        self._org_id = org_id
        self._lock = threading.Lock()
        self.lifetime_s = 7200
        saved: dict[str, Any] = records.setting("tokens") or {}
        # {token: [user id, seconds of its issue]}
        self._live: dict[str, list[Any]] = saved.get("live", {})
        # {user id: token}: the one session that a person's browser has, whoever asks for it.
        self._present: dict[str, str] = saved.get("present", {})

    def issue(self, user_id: str) -> str:
        """Return a new token of the user."""
        with self._lock:
            token = self._new_token(user_id)
            self._save()
        return token

    def browser_session(self, user_id: str) -> str:
        """Return the token of the user's browser session, a new one if the last has ended."""
        with self._lock:
            token = self._present.get(user_id)
            if token is None or self._session(token) is None:
                token = self._new_token(user_id)
                self._present[user_id] = token
                self._save()
        return token

    def user_id(self, token: str) -> str | None:
        """Return whose token it is, None where it has ended."""
        session = self._session(token)
        return session[0] if session else None

    def times(self, token: str) -> tuple[int, int]:
        """Return when a live token was issued and when it ends."""
        issued_at = int(self._live[token][1])
        return issued_at, issued_at + self.lifetime_s

    def change_org(self, org_id: str) -> None:
        """End every token: each begins with the id of the org that issued it."""
        self._org_id = org_id
        self.end_all()

    def end(self, token: str) -> bool:
        """End a token; return whether it was live."""
        with self._lock:
            ended = self._live.pop(token, None) is not None
            self._save()
        return ended

    def end_all(self) -> None:
        """End every token."""
        with self._lock:
            self._live.clear()
            self._save()

    def _new_token(self, user_id: str) -> str:
        # The form of real tokens, whose exclamation mark a shell or a careless parser trips over.
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(60).replace('-', '.')}"
        self._live[token] = [user_id, int(time.time())]
        return token

    def _session(self, token: str) -> tuple[str, int] | None:
        session = self._live.get(token)
        # [A] From the issue on. Salesforce's timeout begins anew with activity, once half of it has passed.
        if session is None or time.time() >= session[1] + self.lifetime_s:
            return None
        return session[0], session[1]

    def _save(self) -> None:
        self._records.save_setting("tokens", {"live": self._live, "present": self._present})
