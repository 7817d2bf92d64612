"""The plan of a tenant: a new org gets keys of its own, a connected one keeps what only other commands change."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.domain.tenants.tenant import BasicProof, Flow, HmacProof, NoProof, Policy, RightsFrom, Tenant
from connector.errors import Invalid
from connector.journeys.connecting.plan_org import PlannedOrg, kind_of_proof, plan_org
from connector.salesforce.auth.certificate import make_key_pair
from connector.store.store import Store
from foundation.clock import utc_now
from foundation.secret import Secret
from tests.factories import CANVAS_SECRET, CORE_KEY, HOST, ORG, ORG_SHORT, ORIGINS, make_tenant

PEM = make_key_pair("acme", now=utc_now()).private_key.value.strip()
MOVED = "https://acme-moved.my.salesforce.com"
GIVEN: dict[str, Any] = {
    "name": "Karoo Trading",
    "default_currency": "ZAR",
    "salesforce": {
        "host_url": HOST,
        "org_id": ORG,
        "client_id": "client",
        "client_secret": "client-secret-b0b0",
        "canvas_secrets": [CANVAS_SECRET],
    },
    "core": {"api_key": CORE_KEY, "application": "app-uuid", "environment": "SANDBOX"},
}


def planned(given: dict[str, Any], known: Tenant | None = None) -> PlannedOrg:
    tenants = SimpleNamespace(by_org=lambda org_id: known if org_id == ORG else None)
    return plan_org(given=given, store=cast(Store, SimpleNamespace(tenants=tenants)), allow_loopback=False)


def changing(**salesforce: Any) -> dict[str, Any]:
    return {"salesforce": {"org_id": ORG, **salesforce}}


def test_a_new_org_may_send_at_once_and_has_keys_of_its_own() -> None:
    one, other = planned(GIVEN), planned(GIVEN)
    assert (one.known, one.differences) == (None, ())
    assert not one.tenant.disabled
    assert one.tenant.tenant_id.startswith("karoo-trading-")
    assert one.tenant.salesforce.frame_origins == ORIGINS
    (proof,) = one.tenant.core.proofs
    assert isinstance(proof, BasicProof)
    for key in ("tenant_id", "phone_key"):
        assert getattr(one.tenant, key) != getattr(other.tenant, key)
    assert one.tenant.core.callback_key != other.tenant.core.callback_key


@pytest.mark.parametrize("disabled", [False, True])
def test_a_connected_org_keeps_what_only_other_commands_change(disabled: bool) -> None:
    known = replace(make_tenant(), disabled=disabled)
    plan = planned({**changing(client_secret="client-secret-c1c1"), "name": "Karoo"}, known)
    assert plan.known == known
    assert (plan.tenant.tenant_id, plan.tenant.disabled) == (known.tenant_id, disabled)
    assert (plan.tenant.phone_key, plan.tenant.configuration) == (known.phone_key, known.configuration)
    assert plan.tenant.core.callback_key == known.core.callback_key
    assert plan.tenant.salesforce.client_secret == Secret("client-secret-c1c1")
    assert [(one.entry, one.before, one.after) for one in plan.differences] == [
        ("name", "Acme", "Karoo"),
        ("salesforce.client_secret", "(a secret)", "(a secret)"),
    ]


def test_a_connected_org_by_its_id_alone_stays_as_it_is_in_every_value() -> None:
    known = make_tenant(
        name="Karoo Café", default_currency="JPY", phone_region=None, language="pt_BR", admin_contact="Sipho",
        parts_allowed=True, mapping={"write_status": {"values": {"paid": "Paid"}}},
    )  # fmt: skip
    switched: dict[str, Any] = {
        one.name: not getattr(known.policy, one.name) for one in fields(Policy) if one.type == "bool"
    }
    limits: dict[str, Any] = {"sends_per_order_hour": 1, "sends_per_number_hour": 2, "sends_per_tenant_minute": 3}
    known = replace(
        known,
        salesforce=replace(
            known.salesforce, flow=Flow.JWT_BEARER, client_secret=None, username="i@acme.example",
            private_key=Secret(PEM),
            audience="https://acme.my.site.com", frame_origins=("https://pages.acme.example",),
        ),
        core=replace(known.core, application="another", environment="PRODUCTION", confirm=False),
        policy=Policy(rights_from=RightsFrom.ORDER_ACCESS, **switched, **limits),
    )  # fmt: skip
    plan = planned({"salesforce": {"org_id": f" {ORG}\n"}}, known)
    assert plan.differences == ()
    assert replace(plan.tenant, core=replace(plan.tenant.core, proofs=known.core.proofs)) == known


@pytest.mark.parametrize(
    ("place", "secret", "before"),
    [
        ("salesforce.client_secret", "client-secret-c1c1", "(a secret)"),
        ("salesforce.canvas_secrets", ["canvas-secret-c1c1"], "(a secret)"),
        ("core.api_key", "core-key-c1c1", "(a secret)"),
        ("salesforce.private_key", PEM, None),
    ],
)
def test_of_a_secret_only_that_it_changes_is_shown(place: str, secret: Any, before: str | None) -> None:
    group, _, name = place.partition(".")
    given = changing()
    given.setdefault(group, {})[name] = secret
    if before is None:
        given["salesforce"] |= {"flow": "jwt_bearer", "username": "i@acme.example"}
    differences = planned(given, make_tenant()).differences
    assert [(one.before, one.after) for one in differences if one.entry == place] == [(before, "(a secret)")]
    assert (secret if isinstance(secret, str) else secret[0]) not in repr(differences)


def test_an_org_keeps_the_credential_of_its_login_and_no_other() -> None:
    signing = changing(flow="jwt_bearer", username="i@acme.example", private_key=PEM)
    known = planned(signing, make_tenant()).tenant
    assert (known.salesforce.username, known.salesforce.client_secret) == ("i@acme.example", None)
    back = changing(flow="client_credentials", client_secret="client-secret-c1c1")
    access = planned(back, known).tenant.salesforce
    assert (access.client_secret, access.username, access.private_key) == (Secret("client-secret-c1c1"), None, None)


@pytest.mark.parametrize(
    ("proofs", "shown"),
    [
        ((BasicProof("acme", Secret("password")),), "basic"),
        ((HmacProof(Secret("whsec_" + "c" * 44)),), "hmac"),
        ((HmacProof(Secret("whsec_" + "c" * 44)), BasicProof("acme", Secret("password"))), "hmac"),
        ((BasicProof("acme", Secret("password")), HmacProof(Secret("whsec_" + "c" * 44))), "basic"),
        ((NoProof(),), "none"),
        ((BasicProof("acme", Secret("password")), NoProof()), "none"),
    ],
)
@pytest.mark.parametrize("kind", [{}, {"core": {"callback_proof": "hmac"}}], ids=["as it is", "another proof"])
def test_a_connected_org_by_the_values_that_it_has_is_not_changed_whatever_its_callbacks_prove(
    proofs: Any, shown: str, kind: dict[str, Any]
) -> None:
    """Only `chat2pay rotate-key callback` changes a proof: both must be valid for a while."""
    known = make_tenant()
    known = replace(known, core=replace(known.core, proofs=proofs))
    assert kind_of_proof(known) == shown
    assert planned({**changing(), **kind}, known).differences == ()


def test_a_connected_org_keeps_the_pages_that_an_admin_has_named() -> None:
    """Without them its agents would see an empty frame."""
    known = make_tenant()
    named = replace(known, salesforce=replace(known.salesforce, frame_origins=("https://pages.acme.example",)))
    plan = planned({**changing(), "name": "Karoo"}, named)
    assert plan.tenant.salesforce.frame_origins == ("https://pages.acme.example",)
    assert [one.entry for one in plan.differences] == ["name"]


def test_the_pages_of_an_org_that_moved_are_those_of_its_new_address() -> None:
    origins = planned(changing(host_url=MOVED), make_tenant()).tenant.salesforce.frame_origins
    assert origins[0] == MOVED
    assert not set(origins) & set(ORIGINS)
    given = planned(changing(host_url=MOVED, frame_origins=["https://pages.acme.example"]), make_tenant())
    assert given.tenant.salesforce.frame_origins == ("https://pages.acme.example",)


@pytest.mark.parametrize(
    ("name", "visualforce"),
    [
        ("acme", "acme--c"),
        ("acme--uat.sandbox", "acme--uat--c.sandbox"),
        ("acme-dev-ed.develop", "acme-dev-ed--c.develop"),
        ("acme.scratch", "acme--c.scratch"),
    ],
)
def test_an_orgs_own_pages_are_those_of_its_name_and_partition(name: str, visualforce: str) -> None:
    given = {**GIVEN, "salesforce": {**GIVEN["salesforce"], "host_url": f"https://{name}.my.salesforce.com"}}
    assert planned(given).tenant.salesforce.frame_origins == (
        f"https://{name}.my.salesforce.com",
        f"https://{name}.lightning.force.com",
        f"https://{visualforce}.vf.force.com",
    )


@pytest.mark.parametrize("form", [" {} ", "{}/", "{}/lightning/page/home", "\t{}\n"])
def test_an_address_as_it_is_copied_from_a_browser_is_stored_in_its_one_form(form: str) -> None:
    given = {**GIVEN, "salesforce": {**GIVEN["salesforce"], "host_url": form.format(MOVED)}}
    assert planned(given).tenant.salesforce.host_url == MOVED


def test_payments_of_callbacks_without_a_proof_stay_confirmed_when_something_else_is_changed() -> None:
    known = make_tenant()
    unproven = replace(known, core=replace(known.core, proofs=(NoProof(),)))
    with pytest.raises(Invalid) as refused:
        planned({**changing(), "core": {"confirm": False}}, unproven)
    assert list(refused.value.fields) == ["core.confirm"]


def test_a_signing_secret_is_taken_for_callbacks_that_are_proven_by_one() -> None:
    with pytest.raises(Invalid) as refused:
        planned({**GIVEN, "core": {**GIVEN["core"], "callback_secret": "whsec_" + "c" * 44}})
    assert list(refused.value.fields) == ["core.callback_secret"]


def test_callbacks_of_a_new_org_are_proven_by_the_signing_secret_that_its_core_made() -> None:
    secret = "whsec_" + "c" * 44
    core = {**GIVEN["core"], "callback_proof": "hmac", "callback_secret": f" {secret}\n"}
    assert planned({**GIVEN, "core": core}).tenant.core.proofs == (HmacProof(Secret(secret)),)
    (made,) = planned({**GIVEN, "core": {**core, "callback_secret": None}}).tenant.core.proofs
    assert isinstance(made, HmacProof)
    assert made.key.value.startswith("whsec_")


STATUS = {"write_status": {"values": {"paid": "Paid"}}}


@pytest.mark.parametrize(
    ("had", "given", "entries"),
    [
        (STATUS, {"order_object": "OrderSummary"}, {"mapping.write_status", "mapping.order_object"}),
        ({}, {**STATUS, "order_object": "OrderSummary"}, {"mapping.write_status", "mapping.order_object"}),
        (STATUS, {"write_status": {"values": {"paid": "Done"}}}, {"mapping.write_status.values.paid"}),
    ],
    ids=["no more", "anew", "otherwise"],
)
def test_what_a_mapping_names_otherwise_is_a_difference(
    had: dict[str, Any], given: dict[str, Any], entries: set[str]
) -> None:
    plan = planned({**changing(), "mapping": given}, make_tenant(mapping=had))
    assert {one.entry for one in plan.differences if "profiles" not in one.entry} - {"mapping.read"} == entries


@pytest.mark.parametrize("known", [None, make_tenant()], ids=["new", "connected"])
def test_a_mapping_that_is_none_is_refused_by_its_entry(known: Tenant | None) -> None:
    with pytest.raises(Invalid) as refused:
        planned({**GIVEN, "mapping": {"order_object": "Opportunity"}}, known)
    assert set(refused.value.fields) == {"order_object"}


def test_a_new_org_is_stored_by_its_long_id_with_the_policy_that_is_given() -> None:
    given = {**GIVEN, "salesforce": {**GIVEN["salesforce"], "org_id": ORG_SHORT}, "policy": {"copy_links": True}}
    tenant = planned(given).tenant
    assert (tenant.org_id, tenant.policy) == (ORG, Policy(copy_links=True))


@pytest.mark.parametrize("key", ["no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_text_that_is_no_private_key_is_refused_by_its_name(key: str) -> None:
    given = changing(flow="jwt_bearer", username="integration@acme.example", private_key=key)
    with pytest.raises(Invalid) as refused:
        planned(given, make_tenant())
    assert list(refused.value.fields) == ["salesforce.private_key"]


@pytest.mark.parametrize("name", ["Karoo Trading", ""], ids=["all else is right", "something else is wrong, too"])
@pytest.mark.parametrize(
    ("group", "field", "address"),
    [("salesforce", "host_url", "https://evil.example"), ("core", "base_url", "https://pay.evil.example")],
)
def test_secrets_go_to_no_host_but_salesforces_and_the_cores(name: str, group: str, field: str, address: str) -> None:
    given = {**GIVEN, "name": name, group: {**GIVEN[group], field: address}}
    with pytest.raises(Invalid) as refused:
        planned(given)
    assert set(refused.value.fields) == {f"{group}.{field}", *(() if name else ("name",))}


@pytest.mark.parametrize("group", ["salesforce", "core", "policy"])
@pytest.mark.parametrize("value", ["x", ["x"], None])
def test_a_group_that_is_no_object_is_refused_by_its_name(group: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        planned({**GIVEN, group: value}, make_tenant())
    assert {place.partition(".")[0] for place in refused.value.fields} == {group}


@pytest.mark.parametrize(("group", "field"), [("salesforce", "host_url"), ("core", "base_url")])
def test_an_address_that_is_no_text_is_refused_by_its_name(group: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        planned({**GIVEN, group: {**GIVEN[group], field: 7}})
    assert set(refused.value.fields) == {f"{group}.{field}"}
