"""An org that is connected again keeps what was changed while its values were tried at both peers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import ProofKind, Tenant
from connector.errors import Invalid
from connector.journeys.connecting.connect_org import ConnectedOrg, connect_org
from connector.journeys.connecting.plan_org import PlannedOrg, plan_org
from connector.journeys.connecting.rotate_callback_address import rotate_callback_address
from connector.journeys.connecting.rotate_callback_proof import rotate_callback_proof
from connector.journeys.connecting.secrets_after_step import RotationStep
from connector.store.health import findings
from connector.store.tenants.mappings import build_mapping
from foundation.secret import Secret
from tests.factories import CALLBACK_KEY, CALLBACK_PASSWORD, CALLBACK_USER, ORG, long_id
from tests.journeys.world import World


def plan(world: World, **more: Any) -> PlannedOrg:
    given = {"name": "Karoo", "salesforce": {"org_id": ORG}, **more}
    return plan_org(given=given, store=world.services.store, allow_loopback=False)


def connect(world: World, planned: PlannedOrg) -> Tenant:
    """Connect the org by its plan; return the tenant as it is stored."""
    services = world.services
    connect_org(
        planned=planned, store=services.store, salesforce=services.salesforce, core=services.core, now=world.clock()
    )
    return world.acme


def begin_rotations(world: World) -> None:
    store, now = world.services.store, world.clock()
    rotate_callback_address(tenant_id="acme", step=RotationStep.BEGIN, store=store, now=now)
    rotate_callback_proof(tenant_id="acme", step=RotationStep.BEGIN, kind=ProofKind.HMAC, store=store, now=now)


def changed_by_a_colleague(tenant: Tenant) -> Tenant:
    """Let other commands change a secret, a mapping, a limit and more."""
    access = replace(tenant.salesforce, canvas_secrets=(Secret("canvas-secret-newest-0002"),))
    return replace(
        tenant,
        salesforce=access,
        core=replace(tenant.core, confirm=False),
        mapping=build_mapping({"write_status": {"values": {"paid": "Paid"}}}),
        policy=replace(tenant.policy, sends_per_order_hour=3),
        language="af",
    )


def test_a_tenant_that_was_disabled_meanwhile_stays_disabled(world: World) -> None:
    before, planned = world.acme, plan(world)
    world.disable()
    kept = connect(world, planned)
    assert (kept.name, kept.disabled) == ("Karoo", True)
    assert (kept.core.proofs, kept.core.callback_key) == (before.core.proofs, before.core.callback_key)
    assert kept.phone_key == before.phone_key


def test_a_rotation_that_was_begun_meanwhile_goes_on(world: World) -> None:
    before, planned = world.acme.core, plan(world)
    begin_rotations(world)
    begun = world.acme.core
    kept = connect(world, planned).core
    assert kept == begun
    assert (kept.former_callback_key, kept.proofs[1:]) == (before.callback_key, before.proofs)
    assert kept.callback_key != before.callback_key


def test_what_the_plan_leaves_as_it_was_is_not_undone_where_it_was_changed_meanwhile(world: World) -> None:
    before, planned = world.acme, plan(world)
    world.core.configuration["currencies"] = ["ZAR", "NAD"]
    world.services.store.tenants.change("acme", changed_by_a_colleague, now=world.clock())
    kept = connect(world, planned)
    assert kept == replace(changed_by_a_colleague(before), name="Karoo", configuration=kept.configuration)
    assert set(kept.configuration.currencies) == {"ZAR", "NAD"}, "what the core offers was read with this plan"


def test_what_the_plan_changes_counts_beside_what_was_changed_meanwhile(world: World) -> None:
    planned = plan(
        world, policy={"copy_links": True}, core={"application": "another"},
        salesforce={"org_id": ORG, "client_id": "another"}, mapping={"payable": []},
    )  # fmt: skip
    world.services.store.tenants.change("acme", changed_by_a_colleague, now=world.clock())
    kept = connect(world, planned)
    assert (kept.policy.copy_links, kept.policy.sends_per_order_hour) == (True, 3)
    assert (kept.core.application, kept.core.confirm) == ("another", False)
    assert (kept.salesforce.client_id, len(kept.salesforce.canvas_secrets)) == ("another", 1)
    assert kept.mapping.payable == ()


def test_orders_that_were_mapped_to_another_object_meanwhile_stay_there(world: World) -> None:
    planned = plan(world)
    summaries = build_mapping({"order_object": "OrderSummary"})
    world.sent(world.open(world.order()))
    world.services.store.tenants.change("acme", lambda one: replace(one, mapping=summaries), now=world.clock())
    assert connect(world, planned).mapping.order_object == "OrderSummary"


def test_orders_are_mapped_to_no_other_object_while_payments_are_open(world: World) -> None:
    planned = plan(world, mapping={"order_object": "OrderSummary"})
    page = world.open(world.order())
    world.sent(page)
    with pytest.raises(Invalid, match="not finished") as refused:
        connect(world, planned)
    assert set(refused.value.fields) == {"mapping.order_object"}
    assert (world.acme.name, world.acme.mapping.order_object) == ("Acme", "Order")
    world.cancel(page, world.row("payment_requests")["reference"])
    world.settle()
    assert connect(world, planned).mapping.order_object == "OrderSummary"


def test_callbacks_at_both_addresses_count_after_a_change_in_the_middle_of_a_rotation(world: World) -> None:
    begin_rotations(world)
    begun = world.acme.core
    assert connect(world, plan(world)).core == begun


def test_an_org_that_is_connected_by_itself_is_no_longer_named_as_a_copy(world: World) -> None:
    other = long_id("00Dxx0000009zZz")
    world.tenant(tenant_id="globex", org_id=other, callback_key="the-key-of-globex")
    with world.services.store.write() as work:
        for org_id in (ORG, long_id("00Dyy0000002hFi")):
            copied = Finding(findings.CLONED_ORG, Level.WRONG, problem="A copy calls.", subject=org_id)
            findings.add_finding(work, "globex", copied, now=world.clock())
    connect(world, plan(world))
    assert [row["subject"] for row in world.rows("findings")] == [long_id("00Dyy0000002hFi")]


@pytest.mark.parametrize(("offered", "taken"), [([], True), (["ZAR", "NAD"], True), (["NAD", "EUR"], False)])
def test_a_currency_that_the_core_does_not_take_is_refused_where_the_core_names_those_that_it_takes(
    world: World, offered: list[str], *, taken: bool
) -> None:
    world.core.configuration["currencies"] = offered
    if taken:
        assert connect(world, plan(world)).configuration.currencies == tuple(offered)
        return
    with pytest.raises(Invalid) as refused:
        connect(world, plan(world))
    assert refused.value.fields == {"default_currency": ["The payment core does not take it; it takes EUR, NAD."]}
    assert world.acme.name == "Acme"


def refused(world: World) -> dict[str, list[str]]:
    """What an admin is told where the login does not do, by place; nothing is stored."""
    with pytest.raises(Invalid) as error:
        connect(world, plan(world))
    assert world.acme.name == "Acme"
    return error.value.fields


@pytest.mark.parametrize(
    ("code", "why", "mend"),
    [
        ("invalid_client_id", "Salesforce does not know the consumer key of this tenant. ", "Consumer Key and Secret"),
        ("inactive_user", "The integration user is not active. ", "Setup → Users"),
    ],
)
def test_why_salesforce_refuses_the_login_is_said_with_what_to_do(world: World, code: str, why: str, mend: str) -> None:
    world.org.login_refused = code
    ((place, (told,)),) = refused(world).items()
    assert (place, told.startswith(why), mend in told) == ("salesforce", True, True), told


def test_a_login_that_was_refused_once_alone_is_to_be_tried_again(world: World) -> None:
    refusals = iter(["invalid_client_id", None])
    world.org.before_login = lambda: setattr(world.org, "login_refused", next(refusals))
    assert refused(world) == {
        "salesforce": ["Salesforce refused the login once and allowed it a moment later. Try again."]
    }


def test_a_login_that_may_not_read_lacks_a_permission(world: World) -> None:
    world.org.answers["Organization"] = "API_DISABLED_FOR_ORG"
    ((place, (told,)),) = refused(world).items()
    assert (place, "the integration user needs “API Enabled”" in told) == ("salesforce", True)


def test_keys_of_another_org_are_refused_with_the_id_of_the_org_that_they_open(world: World) -> None:
    world.org.org_id = long_id("00Dxx0000009zZz")
    assert refused(world) == {
        "salesforce.org_id": [
            f"These keys open the org {world.org.org_id}. Give that org's id, or the host and keys of {ORG}."
        ]
    }


def test_the_login_that_was_tried_serves_the_first_calls(world: World) -> None:
    planned = plan(world, core={"application": "another"})
    before = world.org.logins
    connect(world, planned)
    world.send(world.open(world.order()))
    world.settle()
    assert world.org.logins == before + 1


def test_each_address_is_pasted_in_its_own_place(world: World) -> None:
    public = "https://c2p.acme.example"
    connected = ConnectedOrg(world.acme, is_new=True)
    callbacks = f"{public}/callbacks/{CALLBACK_KEY}"
    assert connected.portal_lines(public) == {
        "tenant": "acme",
        "launch_url": f"{public}/launch",
        "transaction_status_url": f"{callbacks}/transaction-status",
        "payment_status_url": f"{callbacks}/payment-status",
        "settings_url": f"{callbacks}/settings",
        "callback_user": CALLBACK_USER,
        "callback_password": CALLBACK_PASSWORD,
    }
