"""Explain why the payment core refused a link: by the codes of a core of our own, or by what the core offers now.

The vendor's error codes are undocumented.
"""

from __future__ import annotations

from datetime import datetime

from connector.core.client import CoreClient, core_refusal
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.amount_limits import broken_limit
from connector.domain.tenants.tenant import Tenant
from connector.errors import CoreRefused, TenantProblem, UpstreamError
from connector.journeys.incidents.refresh_settings import follow_settings
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()
# These refuse the API key, whatever was requested.
KEY_REFUSED = frozenset({401, 403})
_SWITCHED_ON = "ACTIVATED"


def explain_core_refusal(
    refusal: CoreRefused, *, tenant: Tenant, sending: PaymentRequest, store: Store, core: CoreClient, now: datetime
) -> None:
    """Add the sentence for the agent to a refusal, and store what the core offers now; nothing is raised."""
    if refusal.upstream_status in KEY_REFUSED:
        refusal.with_sentence("core_key_refused")
        return
    if explain_by_code(refusal):
        return
    try:
        _, offered = core.get_configuration(tenant.core)
        application = core.application_status(tenant.core)
    except (UpstreamError, TenantProblem) as error:
        log.warning("refusal_not_explained", tenant=tenant.tenant_id, code=str(error.code))
        return
    # The callback about changed settings is sent once, perhaps to a wrong address, so this may be the first sign of a change.
    follow_settings(tenant=tenant, offered=offered, store=store, now=now)
    if sending.currency not in offered.currencies:
        refusal.with_sentence("currency_not_offered", currency=sending.currency)
    elif broken := broken_limit(offered, sending.amount, sending.currency):
        refusal.with_sentence(broken[0], **broken[1])
    elif sending.channel not in offered.channels:
        refusal.with_sentence(
            "channel_not_offered" if offered.channels else "no_channel", channel=sending.channel.value
        )
    elif application not in (None, _SWITCHED_ON):
        refusal.with_sentence("application_gone" if application == "DELETED" else "application_off")


def explain_by_code(refusal: CoreRefused) -> bool:
    """Add the sentence for a code that says all there is to say; return whether there is one."""
    match core_refusal("send_payment_link", refusal):
        case "limit":
            refusal.with_sentence("core_message_limit")
        case "country_off":
            refusal.with_sentence("core_country_off")
        case "previous_open":
            refusal.with_sentence("replace_not_dead")
        case "previous_paid":
            refusal.with_sentence("replace_paid_meanwhile")
        case "application_off":
            refusal.with_sentence("application_off")
        case "application_gone":
            refusal.with_sentence("application_gone")
        case _:
            return False
    return True
