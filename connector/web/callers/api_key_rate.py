"""The limit of calls per API key and minute."""

from __future__ import annotations

from datetime import datetime

import manifests
from connector.errors import TooMany
from connector.store.tenants.call_rates import CallRate, Take

MOST: int = manifests.load("connector.json")["api_keys"]["calls_per_minute"]
# Reserved at once, so that the shared counter in the database costs one write for ten calls.
_AT_ONCE = 10


class ApiKeyRateLimit:
    """Counts calls per API key in one-minute windows; ``take`` reserves calls from the allowance that the fleet shares."""

    def __init__(self, take: Take) -> None:
        self._rate = CallRate(take, at_once=_AT_ONCE)

    def count(self, key_id: str, *, now: datetime) -> None:
        """Count one call of a key.

        Raises:
            TooMany: the key has used its calls of this minute.
        """
        seconds = self._rate.seconds_to_wait(key_id, most=MOST, now=now)
        if seconds is not None:
            sentence = f"This API key calls too often. Try again in {seconds} s."
            raise TooMany(sentence, retry_after_s=seconds, kind="key")
