"""Rotate the proof of the core's callbacks: old and new are both accepted until the old one is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from marshmallow import ValidationError

from connector.domain.tenants.tenant import NoProof, Proof, Tenant
from connector.errors import Invalid
from connector.journeys.connecting.plan_org import new_proof
from connector.journeys.connecting.validate_tenant_values import check_signing_secret
from connector.store.store import Store
from connector.store.tenants.tenant_rows import build_proof

SecretT = TypeVar("SecretT")


class Step(StrEnum):
    """A step of a rotation: add the new secret beside the old, drop the old one, or drop the new one."""

    BEGIN = "begin"
    FINISH = "finish"
    UNDO = "undo"


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
        return replace(tenant, core=replace(tenant.core, proofs=stepped(tenant.core.proofs, step, made)))

    store.tenants.change(tenant_id, change, now=now)
    return made


def _check(secret: str, kind: str) -> None:
    if kind != "hmac":
        raise Invalid({"secret": ["Only callbacks that prove themselves by hmac have a signing secret."]})
    try:
        check_signing_secret(secret)
    except ValidationError as error:
        raise Invalid({"secret": [str(one) for one in error.messages]}) from error


def stepped(present: Sequence[SecretT], step: Step, made: SecretT | None) -> tuple[SecretT, ...]:
    """Return the secrets that are valid after a step, the newest first.

    Raises:
        Invalid: the step does not fit the state of the rotation.
    """
    if step is Step.BEGIN:
        if len(present) > 1:
            raise Invalid({"step": ["A change is under way: end it with --finish, or take it back with --undo."]})
        return (made, *present) if made is not None else tuple(present)
    if len(present) < 2:
        raise Invalid({"step": ["No change is under way: there is one, and it stays."]})
    return (present[0],) if step is Step.FINISH else (present[-1],)
