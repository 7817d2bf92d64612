"""Rotate the proof of the core's callbacks: old and new are both accepted until the old one is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.tenants.tenant import NoProof, Proof, ProofKind, Tenant
from connector.errors import Invalid
from connector.journeys.connecting.make_callback_proof import make_callback_proof
from connector.journeys.connecting.secrets_after_step import RotationStep, check_secret, secrets_after_step
from connector.journeys.connecting.validate_tenant_values import check_signing_secret
from connector.store.store import Store
from connector.store.tenants.tenant_rows import build_proof


def rotate_callback_proof(
    *, tenant_id: str, step: RotationStep, kind: ProofKind, store: Store, now: datetime, secret: str | None = None
) -> Proof | None:
    """Take one step of a rotation; return the new proof at its beginning, to be shown once.

    ``secret`` is a signing secret that the core made, for ``hmac``; without it
    one is generated.

    Raises:
        StepMismatch: a rotation is under way already, or none is; Invalid: the secret is malformed, or the proof is ``none``
        for a tenant whose payments are not confirmed; NotFound: there is no such tenant.
    """
    if secret is not None:
        if kind is not ProofKind.HMAC:
            raise Invalid({"secret": ["Only callbacks that prove themselves by hmac have a signing secret."]})
        check_secret(secret, check_signing_secret)
    # Made outside of the change, so that what is stored is what is returned and shown.
    made = (
        build_proof(make_callback_proof(kind, tenant_id=tenant_id, secret=secret))
        if step is RotationStep.BEGIN
        else None
    )

    def change(tenant: Tenant) -> Tenant:
        if isinstance(made, NoProof) and not tenant.core.confirm:
            sentence = "Without a proof for callbacks payments must be confirmed: switch confirm on with `chat2pay tenant add`."
            raise Invalid({"confirm": [sentence]})
        return replace(tenant, core=replace(tenant.core, proofs=secrets_after_step(tenant.core.proofs, step, made)))

    store.tenants.change(tenant_id, change, now=now)
    return made
