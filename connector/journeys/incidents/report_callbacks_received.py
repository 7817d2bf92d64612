"""Record when callbacks with a valid proof arrived at each address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.store.health.findings import CALLBACKS_REFUSED, SETTINGS_UNANNOUNCED
from connector.store.inbox.inbox import InboxEntry
from connector.store.store import Store

# A settings callback that arrives while we notice the change ourselves is about that same change.
_JUST_BEFORE = timedelta(minutes=1)


def report_callbacks_received(*, entries: Sequence[InboxEntry], store: Store) -> None:
    """Store the time of the latest callback per address, and close findings about refused callbacks before it."""
    latest_at: dict[tuple[str, str], datetime] = {}
    for entry in entries:
        address = (entry.tenant_id, entry.kind)
        latest_at[address] = max(entry.received_at, latest_at.get(address, entry.received_at))
    if not latest_at:
        return
    store.callback_times.record(latest_at)
    latest_per_tenant = {
        tenant_id: max(at for (whose, _), at in latest_at.items() if whose == tenant_id) for tenant_id, _ in latest_at
    }
    store.findings.resolve_before(latest_per_tenant, (CALLBACKS_REFUSED,))
    received = {tenant_id: at + _JUST_BEFORE for (tenant_id, kind), at in latest_at.items() if kind == "settings"}
    if received:
        store.findings.resolve_before(received, (SETTINGS_UNANNOUNCED,))
