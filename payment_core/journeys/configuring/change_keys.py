"""Make and end a merchant's API keys: several are accepted at once, so that one is replaced without a pause."""

from __future__ import annotations

from foundation.database.unit_of_work import UnitOfWork
from foundation.texts.readable_line import REMEDY, readable_line
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal, invalid_field
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import api_keys, changes, merchants

_LONGEST_NAME = 80


def add_key(core: Core, merchant: Merchant, name: str, *, by: str) -> tuple[str, str]:
    """Make one more key and return its id and its text, which is shown once; the other keys stay.

    Raises:
        Refusal: 422, a key needs a name.
    """
    if readable_line(name, longest=_LONGEST_NAME) is None:
        raise invalid_field("name", f"must have 1 to {_LONGEST_NAME} characters, {REMEDY}")
    with core.transactions.write() as work:
        made, text = api_keys.add(work, merchant.merchant_id, name, now=core.now())
        _news(work, core, merchant, "API_KEY_ADDED", by=by, what="key added", detail=f"{made.key_id} ({name})")
    core.wake.deliveries.set()
    return made.key_id, text.value


def revoke_key(core: Core, merchant: Merchant, key_id: str, *, by: str) -> None:
    """Refuse a key from now on.

    Raises:
        Refusal: 404, the merchant has no such key that is still accepted.
    """
    with core.transactions.write() as work:
        if not api_keys.revoke(work, merchant.merchant_id, key_id, now=core.now()):
            raise Refusal(404, "KEY_NOT_FOUND", "This merchant has no such key that is still accepted.")
        _news(work, core, merchant, "API_KEY_REMOVED", by=by, what="key revoked", detail=key_id)
    core.wake.deliveries.set()


def renew_key(core: Core, merchant: Merchant, *, by: str) -> str:
    """Make a new key, end every other one at once, and return the new one's text."""
    with core.transactions.write() as work:
        for key in api_keys.listed(work, merchant.merchant_id):
            api_keys.revoke(work, merchant.merchant_id, key.key_id, now=core.now())
        _, text = api_keys.add(work, merchant.merchant_id, "renewed", now=core.now())
        if core.readable_keys is not None:
            core.readable_keys.remember(work, text.value)
        _news(work, core, merchant, "API_KEY_REPLACED", by=by, what="key replaced", detail="")
    core.wake.deliveries.set()
    return text.value


def _news(work: UnitOfWork, core: Core, merchant: Merchant, event: str, *, by: str, what: str, detail: str) -> None:
    """Report and record; the key itself never travels in a callback."""
    merchants.lock(work, merchant.merchant_id)  # so that news of settings is queued in the order in which it commits
    queue_notifications.settings_changed(work, core, merchant, event, None)
    changes.record_change(work, merchant.merchant_id, by=by, what=what, detail=detail, now=core.now())
