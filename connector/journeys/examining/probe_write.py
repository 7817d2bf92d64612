"""Decides whether an order can be written, by writing one of our own fields back with the value that it has."""

from __future__ import annotations

from connector.domain.examination import Look
from connector.domain.finding import Finding, Level
from connector.domain.tenant import Tenant
from connector.salesforce.checks import Probed, write_back
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import FINISHED

_PERMISSION = "Setup → Permission Sets → Chat 2 Pay Integration"
# Salesforce's code of one record's refusal -> (what it means, how it is mended)
_REFUSALS = {
    "INSUFFICIENT_ACCESS_OR_READONLY": (
        "the integration user may not edit it",
        f"{_PERMISSION} → Object Settings → Orders: Edit; if the order is activated: System Permissions → Edit "
        "Activated Orders.",
    ),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": (
        "the integration user may not edit what it belongs to",
        f"{_PERMISSION} → Object Settings → Accounts: Read; and sharing rules for the account.",
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": (
        "a trigger or flow of the org stops it",
        "Setup → Debug Logs, for the integration user, names the trigger or flow; it must let the connector's "
        "fields pass.",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": (
        "a validation rule of the org stops it",
        "Setup → Object Manager → the order's object → Validation Rules: leave out the integration user.",
    ),
    "FIELD_INTEGRITY_EXCEPTION": (
        "Salesforce refuses a change of this order as it is now",
        "If the order is activated: Edit Activated Orders for the integration user.",
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": (
        "the integration user may not edit our field",
        f"{_PERMISSION} → Object Settings: Edit on the field.",
    ),
    "ENTITY_IS_LOCKED": (
        "an approval process holds it",
        "Setup → Approval Processes: let the integration user edit locked records.",
    ),
    "UNABLE_TO_LOCK_ROW": ("somebody else is writing it at this moment", "Try again in a minute."),
}


def probe_write(*, tenant: Tenant, order_id: str, salesforce: SalesforceClient) -> Look:
    """Return the look that reads one of our fields of an order and writes the same value back, in one call."""
    return Look(
        "write_probe", lambda: _probed(write_back(salesforce, tenant, order_id), order_id), needs="integration_user"
    )


def _probed(probed: Probed | None, order_id: str) -> list[Finding]:
    if probed is None:
        return [
            Finding(
                check="write_probe",
                level=Level.WRONG,
                subject=order_id,
                wrong=f"The integration user sees no order {order_id}.",
                mend="Check the id. If it is right: View All on the order's object for the integration permission set.",
                otherwise="This order never shows in Salesforce that it was paid.",
            )
        ]
    if probed.outcome in FINISHED:
        told = f"{probed.object}.{probed.field} of {order_id} was written back unchanged: this order can be written."
        return [Finding(check="write_probe", level=Level.FINE, subject=order_id, wrong=told)]
    code = probed.code or "no code"
    meaning, mend = _REFUSALS.get(
        code, ("of a reason that only the code tells", "Look the code up in the org's debug log (Setup → Debug Logs).")
    )
    return [
        Finding(
            check="write_probe",
            level=Level.WRONG,
            subject=order_id,
            wrong=f"Salesforce does not let the connector write {probed.object}.{probed.field} of {order_id}, "
            f"because {meaning} ({code}).",
            mend=mend,
            otherwise="This order, and every other like it, never shows in Salesforce that it was paid.",
        )
    ]
