"""The org id and the keys of the connected app."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sandbox.org.records.store import RecordStore
from sandbox.org.wire.ids import make_id


@dataclass(frozen=True)
class Keys:
    """Made at the first start; none of them is printed by accident."""

    org_id: str
    client_id: str
    client_secret: str = field(repr=False)
    canvas_secret: str = field(repr=False)
    application_id: str = ""


def load_keys(records: RecordStore) -> Keys:
    """Return the org's keys, made now if this is the first start."""
    saved = records.setting("keys")
    if saved is None:
        saved = {
            "org_id": make_id("00D", secrets.randbelow(62**9)),
            "client_id": f"3MVG9{secrets.token_urlsafe(60)}",
            "client_secret": secrets.token_hex(32).upper(),
            "canvas_secret": secrets.token_hex(32).upper(),
            "application_id": make_id("0x9", secrets.randbelow(62**9)),
        }
        records.save_setting("keys", saved)
    return Keys(**saved)
