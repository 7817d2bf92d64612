"""Send the items of a flow's batch one after the other, in bounded time, so that none fails the others.

What is not reached in time, or not within the key's calls of this minute, is answered ``try_later``: nothing of it went
out, and the same batch with the same idempotency keys does what is left.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from marshmallow import ValidationError

from connector.errors import ErrorCode, Invalid, ServiceError, TooMany
from connector.journeys.access.read_order_as_tenant import order_id_of
from connector.journeys.access.read_order_lines import order_lines_together
from connector.services import Services
from connector.web.callers.bearer import ApiKeyPrincipal, count_call
from connector.web.flow.flow_request_schemas import FLOW_SEND
from connector.web.flow.send_one import outcome_of, send_one
from connector.web.responses.error_pages import message_of
from connector.web.schemas.request_schemas import refuse_card_numbers, texts
from connector.web.wording.sentences import fill
from foundation.log import get_logger

log = get_logger()
# No item is begun after this. Apex waits for 60 s, and the item that is under way may take two peers' timeouts.
SECONDS = 15.0
# A batch holds a thread for seconds: however many Salesforce sends at once, the others are for the agents' pages.
MOST_BATCHES = 2
_batches = threading.BoundedSemaphore(MOST_BATCHES)


def send_each(caller: ApiKeyPrincipal, items: list[Any], services: Services) -> list[dict[str, Any]]:
    """Return one result per item, in their order."""
    # A batch holds a web thread for many seconds: more of them at a time would leave none for launches and callbacks.
    if not _batches.acquire(blocking=False):
        return [_not_reached(caller)] * len(items)
    try:
        with order_lines_together(services.for_tenant(caller.tenant), _orders_of(caller, items)):
            return _in_turn(caller, items, services)
    finally:
        _batches.release()


def _in_turn(caller: ApiKeyPrincipal, items: list[Any], services: Services) -> list[dict[str, Any]]:
    ends_at = time.monotonic() + SECONDS
    results: list[dict[str, Any]] = []
    for item in items:
        # The first is done whatever the time is, and its call was counted as the request's own.
        left = _not_now(caller, ends_at, services) if results else None
        if left is not None:
            return results + [left] * (len(items) - len(results))
        results.append(_result(caller, item, services))
    return results


def _orders_of(caller: ApiKeyPrincipal, items: list[Any]) -> list[str]:
    """Return the orders that are named, in their long form; what is wrong with an item is said by its own answer."""
    found = []
    for item in items:
        # An id that cannot be read is answered when its turn comes, and must not fail the batch.
        with suppress(Invalid):
            found.append(order_id_of(caller.tenant, str(item.get("order_id")) if isinstance(item, dict) else ""))
    return found


def _not_now(caller: ApiKeyPrincipal, ends_at: float, services: Services) -> dict[str, Any] | None:
    """Return the answer for all items that are left, or None: there is room for one more."""
    if time.monotonic() >= ends_at:
        return _not_reached(caller)
    try:
        count_call(caller.key, services)
    except TooMany as error:
        log.warning("refused", code=error.code.value, status=200, outcome="try_later")
        return outcome_of("try_later", message_of(error))
    return None


def _not_reached(caller: ApiKeyPrincipal) -> dict[str, Any]:
    return outcome_of("try_later", fill("flow_not_reached", {}, time_zone="UTC", language=caller.tenant.language))


def _result(caller: ApiKeyPrincipal, item: Any, services: Services) -> dict[str, Any]:
    try:
        return send_one(caller, _read(caller, item), services)
    except ServiceError as error:
        # An order that is not there, a key used before: alone an error of the flow, here of one item among others. Nothing
        # that a repetition could end is among them: `send_one` has answered that.
        log.warning("refused", code=error.code.value, status=200, outcome="refused")
        return outcome_of("refused", message_of(error))
    except Exception as error:
        # It may have gone out before it failed: the same key finds out, and the other items are not to blame.
        log.error("unforeseen", error=type(error).__name__, where="send_many")
        return outcome_of("unknown", fill("unknown", {}, time_zone="UTC", language=caller.tenant.language))


def _read(caller: ApiKeyPrincipal, item: Any) -> dict[str, Any]:
    """Load an item as the body of a send of its own.

    Raises:
        Invalid: by field; ``card_number_refused``; no object; without an idempotency key.
    """
    try:
        refuse_card_numbers(item)
    except RecursionError as error:
        raise Invalid({"item": ["This JSON is nested too deeply."]}) from error
    if not isinstance(item, dict):
        raise Invalid({"item": ["Send one JSON object."]})
    if "org_id" in item:
        raise Invalid({"org_id": ["Send it once, beside the items."]})
    try:
        body: dict[str, Any] = FLOW_SEND.load({**item, "org_id": caller.tenant.org_id})
    except ValidationError as error:
        raise Invalid({str(name)[:40]: texts(messages) for name, messages in error.messages_dict.items()}) from error
    if body["idempotency_key"] is None:
        # Without one, a batch that is repeated for what was not reached would send the rest of it twice.
        raise Invalid({"idempotency_key": ["Send a key for each item."]}, code=ErrorCode.INVALID)
    return {name: value for name, value in body.items() if name != "org_id"}
