"""Rotate an API key: old and new are both valid for a while, then only the new one."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.tenants.api_key import PREFIX, ApiKey, Scope, key_digest
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.store.health.findings import CLONED_ORG
from connector.store.store import Store
from foundation.texts.readable_line import REMEDY, readable_line

_LONGEST_NAME = 80


@dataclass(frozen=True)
class MadeKey:
    """A new key and its text, which is not stored and cannot be shown again; whether older ones of its name still serve."""

    key: ApiKey
    text: str = field(repr=False)
    has_older: bool


def rotate_api_key(
    *,
    tenant: Tenant,
    name: str,
    scopes: Collection[Scope],
    overlap: timedelta,
    lasts: timedelta | None,
    store: Store,
    now: datetime,
) -> MadeKey:
    """Create a key of 256 random bits; older keys of the same name expire after ``overlap``.

    Without ``scopes`` it gets those of the newest key of this name.

    Raises:
        Invalid: there is no such key yet, so ``scopes`` must be given; or the name is none that lists could show.
    """
    if readable_line(name, longest=_LONGEST_NAME) != name:
        raise Invalid({"name": [f"Give 1 to {_LONGEST_NAME} characters, {REMEDY}."]})
    present = [one for one in store.api_keys.of_tenant(tenant.tenant_id) if one.name == name]
    taken = frozenset(scopes) or (present[0].scopes if present else frozenset())
    if not taken:
        raise Invalid({"scopes": [f"There is no key {name} yet: say its scopes ({', '.join(Scope)})."]})
    key = ApiKey(
        key_id=f"key_{secrets.token_hex(6)}",
        tenant_id=tenant.tenant_id,
        name=name,
        scopes=taken,
        created_at=now,
        expires_at=now + lasts if lasts else None,
    )
    text = PREFIX + secrets.token_urlsafe(32)
    # In one transaction with the end of the older ones: there is no moment with none, or with one too many for ever.
    store.api_keys.add(key_digest(text), key, older_end_at=now + overlap)
    return MadeKey(key, text, has_older=bool(present))


def end_api_keys(*, tenant: Tenant, name: str, newest_stays: bool, store: Store) -> list[ApiKey]:
    """Remove the keys of a name at once, all or all but the newest; return the removed ones."""
    present = [one for one in store.api_keys.of_tenant(tenant.tenant_id) if one.name == name]
    ended = present[1:] if newest_stays else present
    store.api_keys.remove(ended)
    if ended:
        store.findings.resolve(tenant.tenant_id, (CLONED_ORG,))  # a copied org's key opens nothing any more
    return ended
