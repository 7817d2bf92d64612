"""List a tenant's API keys; only digests are stored, so the keys themselves cannot be shown."""

from __future__ import annotations

from typing import Any

from connector.services import Services


def key_rows(services: Services, tenant_id: str) -> list[dict[str, Any]]:
    """Return the rows of a tenant's API keys."""
    now = services.now()
    return [
        {
            "key": one.key_id,
            "name": one.name,
            "scopes": ",".join(sorted(one.scopes)),
            "valid": one.lasts(now),
            "made": one.created_at,
            "ends": one.expires_at,
            "last_used": one.last_used_at,
        }
        for one in services.store.api_keys.of_tenant(tenant_id)
    ]
