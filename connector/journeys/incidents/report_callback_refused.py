"""Report callbacks that are refused at a tenant's own address, from the first one on."""

from __future__ import annotations

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.store.health.findings import CALLBACKS_REFUSED
from connector.store.store import Store

_PASTE = (
    "Compare the proof in the core's portal with what the tenant has: `chat2pay rotate-key callback {tenant}` makes another one "
    "to paste. If the portal has the right one, somebody knows the address and is trying: he was told nothing."
)
_AT_THE_CORE = "Switch that off at the payment core, or at the proxy in front of the connector that does it."
# reason of the refusal -> (what arrived, the remedy)
_REFUSALS = {
    "no_credentials": ("it carries no proof", _PASTE),
    "wrong_credentials": ("its user or password is not the tenant's", _PASTE),
    "wrong_signature": ("its signature does not fit", _PASTE),
    "stale_signature": (
        "its signature is more than five minutes old, or ahead of us",
        "Keep this machine's clock right (time synchronisation), and the core's. If both are, somebody repeats what he has "
        "recorded: nothing came of it.",
    ),
    "encoded": ("its body is compressed or chunked twice", _AT_THE_CORE),
    "too_many": (
        "more came without a proof than the tenant is held to in a minute",
        "If the payment core sends so many, raise `sends_per_tenant_minute` in the tenant's policy; it repeats what was refused. "
        "If not, somebody knows the address: `chat2pay rotate-key callback {tenant} --address` makes others.",
    ),
    "too_large": ("its body is larger than 64 KiB", "Ask the payment core's maker what it sends; `chat2pay reconcile` finds it."),
}  # fmt: skip


def report_callback_refused(*, tenant: Tenant, kind: str, reason: str, store: Store) -> None:
    """Raise a finding about a refused callback at the address ``kind``; some reasons raise none."""
    refusal = _REFUSALS.get(reason)
    if refusal is None:
        return
    came, remedy = refusal
    either = " Either the portal's proof is wrong, or somebody is trying." if remedy is _PASTE else ""
    finding = Finding(
        check=CALLBACKS_REFUSED,
        level=Level.SOON,  # a warning only: the key in the address proves nothing, so whoever learns it can cause this
        problem=f"A callback at the address {kind} was refused: {came}.{either}",
        remedy=remedy.format(tenant=tenant.tenant_id),
        impact="If it was the payment core: payments are noticed minutes late, when we ask the core ourselves. This goes with "
        "the next callback that is taken.",
    )
    store.findings.record(tenant.tenant_id, finding)
