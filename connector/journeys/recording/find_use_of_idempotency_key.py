"""What an idempotency key was first used for, and the refusal of another use."""

from __future__ import annotations

from connector.errors import ErrorCode, Invalid
from connector.store.requests import request_rows
from connector.store.requests.request_rows import IdempotentCall
from foundation.database.unit_of_work import UnitOfWork

_USED = "This idempotency key was used for another request. Use a new key for a new request."


def find_use_of_idempotency_key(work: UnitOfWork, tenant_id: str, key: str, *, digest: bytes) -> IdempotentCall | None:
    """Return what a key was used for; None for a new one. ``digest`` is that of the present request.

    Raises:
        Invalid: the key was used for something else.
    """
    use = request_rows.find_idempotent_call(work, tenant_id, key)
    if use is not None and use.body_digest != digest:
        raise Invalid({"idempotency_key": [_USED]}, code=ErrorCode.IDEMPOTENCY_KEY_REUSED)
    return use
