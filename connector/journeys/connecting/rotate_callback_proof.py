"""Rotate the proof of the core's callbacks: old and new are both accepted until the old one is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from marshmallow import ValidationError

from connector.domain.tenants.tenant import NoProof, Proof, Tenant
from connector.errors import Invalid
from connector.journeys.connecting.plan_org import new_proof
from connector.journeys.connecting.rotate_secrets import Step, rotate_secrets
from connector.journeys.connecting.validate_tenant_values import check_signing_secret
from connector.store.store import Store
from connector.store.tenants.tenant_rows import build_proof


def rotate_callback_proof(
    *, tenant_id: str, step: Step, kind: str, store: Store, now: datetime, secret: str | None = None
) -> Proof | None:
    """Take one step of a rotation; return the new proof at its beginning, to be shown once.

    ``kind`` is ``basic``, ``hmac`` or ``none``. ``secret`` is a signing secret that the core made, for ``hmac``; without it
    one is generated.

    Raises:
        Invalid: a rotation is under way already, or none is; the secret is malformed; ``none`` for a tenant whose payments
        are not confirmed; NotFound: there is no such tenant.
    """
    if secret is not None:
        _check(secret, kind)
    made = build_proof(new_proof(kind, tenant_id=tenant_id, secret=secret)) if step is Step.BEGIN else None

    def change(tenant: Tenant) -> Tenant:
        if isinstance(made, NoProof) and not tenant.core.confirm:
            sentence = "Without a proof for callbacks payments must be confirmed: switch confirm on with `chat2pay tenant add`."
            raise Invalid({"confirm": [sentence]})
        return replace(tenant, core=replace(tenant.core, proofs=rotate_secrets(tenant.core.proofs, step, made)))

    store.tenants.change(tenant_id, change, now=now)
    return made


def _check(secret: str, kind: str) -> None:
    if kind != "hmac":
        raise Invalid({"secret": ["Only callbacks that prove themselves by hmac have a signing secret."]})
    try:
        check_signing_secret(secret)
    except ValidationError as error:
        raise Invalid({"secret": [str(one) for one in error.messages]}) from error
