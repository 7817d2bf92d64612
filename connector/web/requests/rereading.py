"""Read an order again for a page that polls: where it has changed in Salesforce, or has problems that somebody may correct."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from flask import current_app

from connector.errors import Invalid, OrderDeleted, SalesforceRefused, UpstreamError
from connector.salesforce.calls.api_allowance import Allowance
from connector.services import Services
from connector.store.orders.orders import StoredOrder
from connector.web.callers.bearer import LaunchPrincipal
from connector.web.callers.throttle import Throttle
from connector.web.requests.shared_actions import read_again
from foundation.log import get_logger

log = get_logger()
# An open page polls about every second; each reading is a call of the org's allowance.
_REREAD_AFTER = timedelta(seconds=10)
_REREADS = "chat2pay_order_rereads"


@dataclass
class _Rereads:
    """When each page last read its order again, and how many may do so at once: an org that hangs must leave threads."""

    slots: threading.BoundedSemaphore
    tried: Throttle = field(default_factory=lambda: Throttle(_REREAD_AFTER))


def is_reread_due(stored: StoredOrder, caller: LaunchPrincipal, services: Services) -> bool:
    """Return whether the page must read its order again now; True takes its turn."""
    now = services.now()
    changed = stored.changed_at is not None and caller.launch.checked_at < stored.changed_at
    if not changed and (not stored.order.problems or now - stored.order.read_at < _REREAD_AFTER):
        return False
    # Where the org's API calls run short, sends and pushes need them more than a page that only looks.
    if services.salesforce.limits.allowance(caller.tenant.tenant_id, now=now) is not Allowance.ALL:
        return False
    return _rereads(services).tried.take(caller.launch.launch_id, now=now)


def reread(caller: LaunchPrincipal, services: Services) -> None:
    """Read the order again as the agent sees it; where Salesforce is silent the page shows what is stored.

    Raises:
        Invalid: ``no_access``: the agent may not see the order any more; SalesforceRefused: Salesforce does not let them read.
    """
    rereads, launch_id = _rereads(services), caller.launch.launch_id
    if not rereads.slots.acquire(blocking=False):
        # The page's next poll tries again.
        rereads.tried.forget(launch_id)
        return
    try:
        read_again(caller, services)
    except Invalid as error:
        # Of a deleted order the page shows what is stored, for the money or the link that is left to end.
        if not isinstance(error.__cause__, OrderDeleted):
            raise
    except UpstreamError as error:
        _note(caller, services, error)
        if isinstance(error, SalesforceRefused):
            raise
    finally:
        rereads.slots.release()


def _note(caller: LaunchPrincipal, services: Services, error: UpstreamError) -> None:
    # From the end of the attempt: a Salesforce that times out then delays one poll in a while, not every poll.
    _rereads(services).tried.note(caller.launch.launch_id, now=services.now())
    log.info("order_not_read_again", tenant=caller.tenant.tenant_id, code=str(error.code))


def _rereads(services: Services) -> _Rereads:
    made: _Rereads | None = current_app.extensions.get(_REREADS)
    if made is None:
        slots = threading.BoundedSemaphore(max(1, services.settings.threads // 4))
        made = current_app.extensions.setdefault(_REREADS, _Rereads(slots))
    return made
