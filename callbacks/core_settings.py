"""Read the payment core's settings again, as its callbacks about them ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connector.domain.tenants.tenant import Tenant
from connector.errors import ServiceError
from connector.journeys.notifications.await_record import held_wait
from connector.services import Services
from connector.store.inbox.inbox import Disposition, InboxEntry, Verdict

_SETTINGS_A_MINUTE = 6


def read_core_settings(services: Services, tenant: Tenant, entries: Sequence[InboxEntry]) -> Disposition:
    """Read the core's settings again, and return the disposition of the notifications about them."""
    # The notification's own content is not trusted; unproven ones may cause a few readings a minute at most.
    entry = entries[0]
    if not any(one.proven for one in entries):
        name = f"settings {tenant.tenant_id}"
        seconds = services.unproven_rate.seconds_to_wait(name, most=_SETTINGS_A_MINUTE, now=services.now())
        if seconds is not None:
            due_at = services.now() + timedelta(seconds=seconds)
            return Disposition(Verdict.AWAITING_CONFIRMATION, "settings_read_lately", due_at)
    try:
        _, configuration = services.core.get_configuration(tenant.core)
    except ServiceError as error:
        due_at = services.now() + held_wait(entry.attempts)
        return Disposition(Verdict.AWAITING_CONFIRMATION, str(error.code), due_at)
    services.store.tenants.set_configuration(tenant, configuration, now=services.now())
    return Disposition(Verdict.APPLIED)
