"""Change how a merchant sells and writes, by the same answers as when it was added; what is not named stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid
from payment_core.journeys.configuring.change_settings import report_settings
from payment_core.journeys.configuring.read_merchant import read_merchant
from payment_core.services import Core
from payment_core.store import changes, merchants
from payment_core.store.merchant_config import write_config

# What makes it another merchant, or has a command of its own.
_FIXED = {
    "merchant_id": "stays as it is: add another merchant.",
    "mode": "stays as it is: an environment is a merchant of its own.",
    "gateway": "stays as it is: add another merchant.",
    "messenger": "stays as it is: add another merchant.",
    "secrets": "are changed by `chat2pay-core merchant secret`.",
}
# Answers of which a part may be given, and the rest stays.
_IN_PARTS = ("senders", "reply", "limits", "looks", "templates", "minimum", "maximum")


def change_merchant(core: Core, merchant: Merchant, given: Mapping[str, Any], *, by: str) -> Merchant:
    """Store the named answers; an amount of null takes a limit away.

    Raises:
        Invalid: with every field that is wrong and how to correct it.
    """
    if fixed := {name: [_FIXED[name]] for name in given if name in _FIXED}:
        raise Invalid(fixed)
    with core.transactions.write() as work:
        # Read again under the lock: two people who change different answers must not undo each other.
        before = merchants.lock(work, merchant.merchant_id)
        read = read_merchant(_merged(before, given), has_secrets=False).merchant
        kept = replace(read, hook=before.hook, digits=before.digits, version=before.version)
        after = merchants.save(work, kept, now=core.now())
        report_settings(work, core, before, after)
        detail = ", ".join(sorted(given))
        changes.record_change(work, merchant.merchant_id, by=by, what="merchant changed", detail=detail, now=core.now())
    core.wake.deliveries.set()
    return after


def _merged(before: Merchant, given: Mapping[str, Any]) -> dict[str, Any]:
    present: dict[str, Any] = json.loads(write_config(before))
    present.pop("digits")
    present |= {"merchant_id": before.merchant_id, "name": before.name, "mode": before.mode.value}
    for name, value in given.items():
        if name in _IN_PARTS and isinstance(value, Mapping):
            merged = {**present[name], **value}
            value = {one: part for one, part in merged.items() if part is not None or one == "ceiling"}
        present[name] = value
    return present
