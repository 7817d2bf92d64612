"""How long the core lets a link live, by ``manifests/core/operations.json``."""

from __future__ import annotations

from datetime import timedelta

import manifests
from connector.domain.payments.payment import Lifecycle


def lifecycle() -> Lifecycle:
    """Return the lifetimes of a link, as the core documents them."""
    # Assumed until the vendor's reference confirms it, so it is data that an admin can correct.
    minutes = manifests.load("core/operations.json")["lifecycle"]
    unopened, opened = minutes["unopened_minutes"], minutes["opened_minutes"]
    return Lifecycle(
        unopened=timedelta(minutes=unopened),
        opened=timedelta(minutes=opened),
        grace=timedelta(minutes=minutes["unknown_grace_minutes"]),
    )
