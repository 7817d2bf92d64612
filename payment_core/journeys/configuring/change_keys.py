"""Make and end a merchant's API keys: several are accepted at once, so that one is replaced without a pause."""

from __future__ import annotations

from datetime import timedelta

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from foundation.texts.readable_line import REMEDY, readable_line
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal, invalid_field
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import api_keys, changes, merchants

_LONGEST_NAME = 80
# Later, whoever repeats the form, such as by a browser's history, is not shown the key once more.
_SAME_PRESS = timedelta(minutes=1)


def add_key(core: Core, merchant: Merchant, name: str, *, by: str, form: str = "") -> tuple[str, str]:
    """Make one more key and return its id and its text, which is shown once; the other keys stay.

    ``form``: what only one page of the portal was given. Sent twice, as by a double click, it makes and shows one key.

    Raises:
        Refusal: 422, a key needs a name; 409, the form made its key a while ago, or made one of another name.
    """
    if readable_line(name, longest=_LONGEST_NAME) is None:
        raise invalid_field("name", f"must have 1 to {_LONGEST_NAME} characters, {REMEDY}")
    text = _text_of(core, merchant, form)
    with core.transactions.write() as work:
        try:
            made, text = api_keys.add(work, merchant.merchant_id, name, now=core.now(), text=text)
        except api_keys.KeyExists as exists:
            return exists.key.key_id, _shown_again(core, exists, name=name)
        _news(work, core, merchant, "API_KEY_ADDED", by=by, what="key added", detail=f"{made.key_id} ({name})")
    core.wake.deliveries.set()
    return made.key_id, text.value


def revoke_key(core: Core, merchant: Merchant, key_id: str, *, by: str) -> None:
    """Refuse a key from now on; one that is refused already stays so.

    Raises:
        Refusal: 404, the merchant has no such key.
    """
    with core.transactions.write() as work:
        if not api_keys.revoke(work, merchant.merchant_id, key_id, now=core.now()):
            if any(one.key_id == key_id for one in api_keys.listed(work, merchant.merchant_id)):
                return
            raise Refusal(404, "KEY_NOT_FOUND", "This merchant has no such key.")
        _news(work, core, merchant, "API_KEY_REMOVED", by=by, what="key revoked", detail=key_id)
    core.wake.deliveries.set()


def renew_key(core: Core, merchant: Merchant, *, by: str, form: str = "") -> str:
    """Make a new key, end every other one at once, and return the new one's text. ``form``: as for ``add_key``.

    Raises:
        Refusal: 409, the form made its key a while ago.
    """
    text = _text_of(core, merchant, form)
    with core.transactions.write() as work:
        try:
            made, text = api_keys.add(work, merchant.merchant_id, "renewed", now=core.now(), text=text)
        except api_keys.KeyExists as exists:
            return _shown_again(core, exists, name=exists.key.name)
        for key in api_keys.listed(work, merchant.merchant_id):
            if key.key_id != made.key_id:
                api_keys.revoke(work, merchant.merchant_id, key.key_id, now=core.now())
        if core.readable_keys is not None:
            core.readable_keys.remember(work, text.value)
        _news(work, core, merchant, "API_KEY_REPLACED", by=by, what="key replaced", detail="")
    core.wake.deliveries.set()
    return text.value


def _text_of(core: Core, merchant: Merchant, form: str) -> Secret | None:
    return api_keys.text_of_form(core, merchant.merchant_id, form) if form else None


def _shown_again(core: Core, made: api_keys.KeyExists, *, name: str) -> str:
    """Return the text of a key whose form came twice: the browser shows the second answer, and drops the first."""
    key = made.key
    # Under another name it is no double click: whoever reads a key there would take it for the one just asked for.
    if key.revoked_at is not None or name != key.name or core.now() - key.created_at > _SAME_PRESS:
        said = (
            f"This form has made the key {key.name} ({key.key_id}) before, which was shown then. Nothing was made now."
        )
        raise Refusal(409, "FORM_USED", f"{said} To add another key, type its name in the form on this page.")
    return made.text.value


def _news(work: UnitOfWork, core: Core, merchant: Merchant, event: str, *, by: str, what: str, detail: str) -> None:
    """Report and record; the key itself never travels in a callback."""
    merchants.lock(work, merchant.merchant_id)  # so that news of settings is queued in the order in which it commits
    queue_notifications.settings_changed(work, core, merchant, event, None)
    changes.record_change(work, merchant.merchant_id, by=by, what=what, detail=detail, now=core.now())
