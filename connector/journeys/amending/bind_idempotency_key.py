"""Tie an idempotency key to the operation and body that it was first used for, and to the outcome.

For verbs whose every step may be repeated without harm; moving money is written down by ``move_money`` itself.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace

from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.move_money import known_call
from connector.journeys.context import Context
from connector.store.orders import orders
from connector.store.requests import operations
from connector.store.requests.operations import AnotherOpenCall

_BEGUN = "begun"


def bind_idempotency_key(
    context: Context, request: PaymentRequest, verb: Operation, *, by: Person, keyed: IdempotencyKey | None
) -> OperationCall | None:
    """Commit what a key is used for before anything is done under it; return that call, which a repeat finds there.

    Raises:
        Invalid: the key was used for something else.
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
        open=False,  # it may go on at any time: repeating each of its steps changes nothing
        keyed=keyed,
        outcome=_BEGUN,
    )
    with context.store.write() as work:
        orders.lock(work, request.tenant_id, request.order_id)
        with suppress(AnotherOpenCall):  # a repeat, or somebody else's use of the key, which is looked at next
            operations.add(work, call)
    return known_call(context.store, request, keyed)


def record_outcome(context: Context, keyed: IdempotencyKey | None, outcome: str, *, over: str = _BEGUN) -> None:
    """Keep what came of it, for whoever repeats the key; the first word stays, unless it is ``over``."""
    if keyed is None:
        return
    with context.store.write() as work:
        call = operations.by_key(work, context.tenant.tenant_id, keyed.key)
        if call is not None and call.outcome in (_BEGUN, over):
            operations.save(work, replace(call, outcome=outcome))
