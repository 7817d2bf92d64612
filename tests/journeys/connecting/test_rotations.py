"""Secrets are changed in two steps, between which both count: nothing that is under way is begun again, or ended twice."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import BasicProof, HmacProof, NoProof, ProofKind, Tenant
from connector.errors import Invalid, NotFound
from connector.journeys.connecting.rotate_callback_address import keys_of, rotate_callback_address
from connector.journeys.connecting.rotate_callback_proof import rotate_callback_proof
from connector.journeys.connecting.rotate_canvas_secret import rotate_canvas_secret
from connector.journeys.connecting.rotate_core_key import rotate_core_key
from connector.journeys.connecting.secrets_after_step import RotationStep, StepMismatch, secrets_after_step
from connector.store.health import findings
from foundation.secret import Secret
from tests.factories import CALLBACK_KEY, CANVAS_SECRET, OLD_CANVAS_SECRET, long_id
from tests.journeys.world import World

BEGIN, FINISH, UNDO = RotationStep
NEW = "canvas-secret-newest-0002"
SIGNING = "whsec_" + base64.b64encode(b"s" * 32).decode()


def address(world: World, step: RotationStep) -> object:
    return rotate_callback_address(tenant_id="acme", step=step, store=world.services.store, now=world.clock())


def proof(world: World, step: RotationStep, *, kind: ProofKind = ProofKind.BASIC, secret: str | None = None) -> object:
    return rotate_callback_proof(
        tenant_id="acme", step=step, kind=kind, secret=secret, store=world.services.store, now=world.clock()
    )


def canvas(world: World, step: RotationStep, *, new: str | None = NEW) -> object:
    given = Secret(new) if step is BEGIN and new is not None else None
    rotate_canvas_secret(tenant_id="acme", step=step, new=given, store=world.services.store, now=world.clock())
    return Secret(NEW) if step is BEGIN else None


Rotation = tuple[Callable[[World, RotationStep], object], Callable[[Tenant], tuple[Any, ...]]]
ROTATIONS: dict[str, Rotation] = {
    "the callback address": (address, lambda tenant: keys_of(tenant.core)),
    "the callback proof": (proof, lambda tenant: tenant.core.proofs),
    "the canvas secret": (canvas, lambda tenant: tenant.salesforce.canvas_secrets),
}


@pytest.fixture(params=ROTATIONS)
def rotation(request: pytest.FixtureRequest, world: World) -> Rotation:
    """A secret of which there is one, beside a tenant whose secrets nobody changes."""
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")
    canvas(world, FINISH)
    return ROTATIONS[request.param]


def test_both_count_until_the_old_one_is_dropped_or_the_new_one(world: World, rotation: Rotation) -> None:
    step, valid = rotation
    globex = world.services.store.tenants.by_id("globex")
    (old,) = valid(world.acme)
    made = step(world, BEGIN)
    assert valid(world.acme) == (made, old)
    assert made not in (None, old)
    step(world, UNDO)
    assert valid(world.acme) == (old,)
    made = step(world, BEGIN)
    step(world, FINISH)
    assert valid(world.acme) == (made,)
    assert world.services.store.tenants.by_id("globex") == globex


@pytest.mark.parametrize("ending", [FINISH, UNDO])
def test_a_step_that_does_not_fit_changes_nothing_and_says_what_is_under_way(
    world: World, rotation: Rotation, ending: RotationStep
) -> None:
    step, valid = rotation
    before = valid(world.acme)
    with pytest.raises(StepMismatch) as mismatch:
        step(world, ending)
    assert (mismatch.value.under_way, valid(world.acme)) == (False, before)
    step(world, BEGIN)
    both = valid(world.acme)
    with pytest.raises((StepMismatch, Invalid)) as again:
        step(world, BEGIN)
    assert valid(world.acme) == both
    assert getattr(again.value, "under_way", True)


def test_a_rotation_begins_with_a_new_secret() -> None:
    with pytest.raises(ValueError, match="new secret"):
        secrets_after_step(("old",), BEGIN, None)


def test_an_unknown_tenant_has_nothing_to_change(world: World) -> None:
    with pytest.raises(NotFound):
        rotate_callback_address(tenant_id="nobody", step=BEGIN, store=world.services.store, now=world.clock())


@pytest.mark.parametrize("given", [None, "", "short", "x" * 201, CANVAS_SECRET, OLD_CANVAS_SECRET])
def test_a_canvas_secret_that_is_none_or_counts_already_is_refused(world: World, given: str | None) -> None:
    before = world.acme.salesforce.canvas_secrets
    with pytest.raises(Invalid) as refused:
        canvas(world, BEGIN, new=given)
    assert set(refused.value.fields) == {"secret"}
    assert world.acme.salesforce.canvas_secrets == before


def test_a_copied_orgs_finding_is_closed_once_its_secret_opens_nothing(world: World) -> None:
    finding = Finding(
        findings.CLONED_ORG, Level.WRONG, problem="A copy calls.", remedy="Change it.", impact="It calls."
    )
    with world.services.store.write() as work:
        findings.add_finding(work, "acme", finding, now=world.clock())
    canvas(world, UNDO)
    canvas(world, BEGIN)
    assert [row["check"] for row in world.rows("findings")] == [findings.CLONED_ORG]
    canvas(world, FINISH)
    assert world.rows("findings") == []


@pytest.mark.parametrize(
    ("kind", "made"), [(ProofKind.BASIC, BasicProof), (ProofKind.HMAC, HmacProof), (ProofKind.NONE, NoProof)]
)
def test_a_new_proof_is_of_the_kind_that_the_core_can_send(world: World, kind: ProofKind, made: type) -> None:
    assert isinstance(proof(world, BEGIN, kind=kind), made)


def test_a_signing_secret_that_the_core_made_is_taken_as_it_is(world: World) -> None:
    made = proof(world, BEGIN, kind=ProofKind.HMAC, secret=SIGNING)
    assert isinstance(made, HmacProof)
    assert made.key.value == SIGNING


@pytest.mark.parametrize(
    ("kind", "secret"),
    [(ProofKind.BASIC, SIGNING), (ProofKind.NONE, SIGNING), (ProofKind.HMAC, "whsec_short"), (ProofKind.HMAC, "")],
)
def test_a_secret_that_proves_nothing_is_refused(world: World, kind: ProofKind, secret: str) -> None:
    before = world.acme.core.proofs
    with pytest.raises(Invalid) as refused:
        proof(world, BEGIN, kind=kind, secret=secret)
    assert (set(refused.value.fields), world.acme.core.proofs) == ({"secret"}, before)


def test_where_nothing_is_confirmed_callbacks_keep_a_proof(world: World) -> None:
    world.tenant(confirm=False)
    with pytest.raises(Invalid) as refused:
        proof(world, BEGIN, kind=ProofKind.NONE)
    assert (set(refused.value.fields), len(world.acme.core.proofs)) == ({"confirm"}, 1)
    assert world.acme.core.callback_key == CALLBACK_KEY
    made = proof(world, BEGIN, kind=ProofKind.HMAC)
    proof(world, FINISH)
    assert world.acme.core.proofs == (made,)


def test_a_key_that_the_core_accepts_is_the_one_that_counts(world: World) -> None:
    services, right = world.services, world.acme.core
    earlier = replace(right, api_key=Secret("the-key-of-last-year"))
    old = services.store.tenants.change("acme", lambda kept: replace(kept, core=earlier), now=world.clock())
    world.core.configuration["currencies"] = ["ZAR", "NAD"]
    rotate_core_key(tenant=old, new=right.api_key, store=services.store, core=services.core, now=world.clock())
    assert world.acme.core == right
    assert set(world.acme.configuration.currencies) == {"ZAR", "NAD"}, "what the core offers was read with it"
