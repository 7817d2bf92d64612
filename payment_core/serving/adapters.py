"""The adapters of production: every gateway and messenger that a merchant may choose."""

from __future__ import annotations

from payment_core.services import Adapters


def production_adapters() -> Adapters:
    """Return them."""
    return Adapters()
