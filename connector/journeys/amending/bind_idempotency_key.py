"""Bind an idempotency key to the operation and body that it was first used for, and to their outcome.

Only for operations whose every step may be repeated safely; ``move_money`` records its own calls.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace

from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.move_money import known_call
from connector.journeys.context import Context
from connector.store.requests import operations
from connector.store.requests.operations import CallConflict

_BEGUN = "begun"


def bind_idempotency_key(
    context: Context, request: PaymentRequest, verb: Operation, *, by: Person, keyed: IdempotencyKey | None
) -> OperationCall | None:
    """Commit what a key is used for before anything is done under it, and return the call that is stored for the key.

    Raises:
        Invalid: the key was used for another request.
    """
    if keyed is None:
        return None
    now = context.now()
    call = OperationCall(
        call_id=secrets.token_hex(16),
        tenant_id=request.tenant_id,
        reference=request.reference,
        verb=verb,
        by=by,
        begun_at=now,
        call_until=now,
        open=False,  # nothing has to be settled before a repeat: each step may be repeated
        keyed=keyed,
        outcome=_BEGUN,
    )
    # A conflict is a repeat, or another request under this key: ``known_call`` finds out which.
    with context.store.write() as work, suppress(CallConflict):
        operations.add(work, call)
    return known_call(context.store, request, keyed)


def record_outcome(context: Context, keyed: IdempotencyKey | None, outcome: str, *, over: str = _BEGUN) -> None:
    """Store the outcome for repeats of the key; an earlier outcome stays, unless it is ``over``."""
    if keyed is None:
        return
    with context.store.write() as work:
        call = operations.by_key(work, context.tenant.tenant_id, keyed.key)
        if call is not None and call.outcome in (_BEGUN, over):
            operations.save(work, replace(call, outcome=outcome))
