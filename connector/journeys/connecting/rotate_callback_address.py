"""Rotate a tenant's callback addresses: old and new are both valid until the old ones are dropped."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from connector.domain.tenants.tenant import CoreAccess, Tenant
from connector.journeys.connecting.secrets_after_step import RotationStep, secrets_after_step
from connector.store.store import Store


def rotate_callback_address(*, tenant_id: str, step: RotationStep, store: Store, now: datetime) -> str | None:
    """Take one step of a rotation; return the new addresses' key at its beginning.

    Raises:
        StepMismatch: a rotation is under way already, or none is; NotFound: there is no such tenant.
    """
    made = new_callback_key() if step is RotationStep.BEGIN else None

    def change(tenant: Tenant) -> Tenant:
        newest, *older = secrets_after_step(keys_of(tenant.core), step, made)
        # Tenants are found by either key, so no callback is lost while the core's portal is changed.
        core = replace(tenant.core, callback_key=newest, former_callback_key=older[0] if older else None)
        return replace(tenant, core=core)

    store.tenants.change(tenant_id, change, now=now)
    return made


def keys_of(core: CoreAccess) -> tuple[str, ...]:
    """Return the keys of the valid callback addresses, the newest first."""
    return (core.callback_key, *([core.former_callback_key] if core.former_callback_key else []))


def new_callback_key() -> str:
    """Return a random key that cannot be guessed."""
    return secrets.token_urlsafe(24)
