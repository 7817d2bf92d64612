"""Record at which addresses callbacks with a valid proof arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.store.health.findings import CALLBACKS_REFUSED, SETTINGS_UNTOLD
from connector.store.inbox.inbox import InboxEntry
from connector.store.store import Store

# News of settings that came while we found out ourselves is news of the same change.
_JUST_BEFORE = timedelta(minutes=1)


def report_callbacks_received(*, entries: Sequence[InboxEntry], store: Store) -> None:
    """Remember when each address last heard something, and close what was said of refused callbacks before."""
    heard: dict[tuple[str, str], datetime] = {}
    for entry in entries:
        address = (entry.tenant_id, entry.kind)
        heard[address] = max(entry.received_at, heard.get(address, entry.received_at))
    if not heard:
        return
    store.heard.note(heard)
    latest = {tenant_id: max(at for (whose, _), at in heard.items() if whose == tenant_id) for tenant_id, _ in heard}
    store.findings.worked_until(latest, (CALLBACKS_REFUSED,))
    received = {tenant_id: at + _JUST_BEFORE for (tenant_id, kind), at in heard.items() if kind == "settings"}
    if received:
        store.findings.worked_until(received, (SETTINGS_UNTOLD,))
