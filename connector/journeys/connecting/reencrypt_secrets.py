"""Re-encrypt everything at rest with the newest key, so that an old key can be dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connector.store.schema import encrypted_columns
from connector.store.store import Store

# Rows of one transaction: a running server writes between two batches.
_BATCH = 200


@dataclass
class Reencrypted:
    """Encrypted values counted by the index of the key that opens them (0: the newest, None: no key), and how many changed."""

    by_key: dict[int | None, int] = field(default_factory=dict)
    resealed: int = 0

    @property
    def lost(self) -> int:
        """Return how many values no configured key opens."""
        return self.by_key.get(None, 0)

    def waiting(self) -> dict[int, int]:
        """Return how many values still need each older key."""
        return {place: number for place, number in self.by_key.items() if place}


def reencrypt_secrets(
    *,
    store: Store,
    check_only: bool = False,
    on_step: Callable[[str, int], None] = lambda _column, _seen: None,
    batch: int = _BATCH,
) -> Reencrypted:
    """Re-encrypt everything at rest with the newest key, then count again; with ``check_only`` only count.

    It may be interrupted at any time and started again: values under the newest key are left as they are.
    """
    if check_only:
        return _walked(store, reseal=False, on_step=on_step, batch=batch)
    changed = _walked(store, reseal=True, on_step=on_step, batch=batch).resealed
    # A process that still runs with an older key may have written with it meanwhile: only a second pass finds that.
    found = _walked(store, reseal=False, on_step=lambda _column, _seen: None, batch=batch)
    found.resealed = changed
    return found


def _walked(store: Store, *, reseal: bool, on_step: Callable[[str, int], None], batch: int) -> Reencrypted:
    found = Reencrypted()
    for step in encrypted_columns.walk(store.database, store.vault, batch=batch, reseal=reseal):
        for place, number in step.by_key.items():
            found.by_key[place] = found.by_key.get(place, 0) + number
        found.resealed += step.resealed
        on_step(step.column, sum(step.by_key.values()))
    return found
