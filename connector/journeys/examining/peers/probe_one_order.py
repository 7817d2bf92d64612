"""Check that an order can be written, by writing one of our fields back with its present value."""

from __future__ import annotations

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import FINISHED
from connector.salesforce.errors.remedies import remedy_of
from connector.salesforce.inspection.diagnostics import ProbedField, write_back


def probe_one_order(*, tenant: Tenant, order_id: str, salesforce: SalesforceClient) -> Check:
    """Return the check that reads one of our fields of an order and writes the same value back, in one call."""
    return Check(
        "write_probe", lambda: _probed(write_back(salesforce, tenant, order_id), order_id), needs="integration_user"
    )


def _probed(probed: ProbedField | None, order_id: str) -> list[Finding]:
    if probed is None:
        return [
            Finding(
                check="write_probe",
                level=Level.WRONG,
                subject=order_id,
                problem=f"The integration user sees no order {order_id}.",
                remedy="Check the id. If it is right: View All on the order's object for the integration permission set.",
                impact="This order never shows in Salesforce that it was paid.",
            )
        ]
    if probed.outcome in FINISHED:
        text = f"{probed.object}.{probed.field} of {order_id} was written back unchanged: this order can be written."
        return [Finding(check="write_probe", level=Level.FINE, subject=order_id, problem=text)]
    code = probed.code or "no code"
    why = remedy_of(probed.code)
    return [
        Finding(
            check="write_probe",
            level=Level.WRONG,
            subject=order_id,
            problem=f"Salesforce does not let the connector write {probed.object}.{probed.field} of {order_id}, "
            f"because {why.problem} ({code}).",
            remedy=why.remedy,
            impact="This order, and every other like it, never shows in Salesforce that it was paid.",
        )
    ]
