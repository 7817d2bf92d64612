"""Rotate the canvas secret: launches signed with either are accepted until the old one is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.connecting.secrets_after_step import RotationStep, check_secret, secrets_after_step
from connector.journeys.connecting.validate_tenant_values import check_canvas_secret
from connector.store.health.findings import CLONED_ORG
from connector.store.store import Store
from foundation.secret import Secret


def rotate_canvas_secret(
    *, tenant_id: str, step: RotationStep, new: Secret | None, store: Store, now: datetime
) -> None:
    """Take one step of a rotation; ``new`` is the secret that Salesforce generated, at its beginning.

    Raises:
        StepMismatch: a rotation is under way already, or none is; Invalid: the secret is malformed, or in use already;
        NotFound: there is no such tenant.
    """
    if step is RotationStep.BEGIN:
        check_secret(new.value if new else "", check_canvas_secret)

    def change(tenant: Tenant) -> Tenant:
        access = tenant.salesforce
        if new in access.canvas_secrets:
            raise Invalid({"secret": ["This secret is in use already."]})
        return replace(
            tenant, salesforce=replace(access, canvas_secrets=secrets_after_step(access.canvas_secrets, step, new))
        )

    store.tenants.change(tenant_id, change, now=now)
    if step is RotationStep.FINISH:
        store.findings.resolve(tenant_id, (CLONED_ORG,))  # a copied org's secret opens nothing any more
