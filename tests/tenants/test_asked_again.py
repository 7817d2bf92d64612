"""The questions about an org that is connected already: Enter keeps what is there, secrets included, and shows none of them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner

from connector.commands.tenants.tenant_questions import ask_values
from connector.domain.tenants.tenant import Flow, Tenant
from connector.journeys.connecting.plan_org import plan_org
from connector.store.store import Store
from foundation.clock import utc_now
from foundation.secret import Secret
from tests.factories import CANVAS_SECRET, CORE_KEY, ORG, make_settings, make_tenant
from tests.unit.tenants.test_plan_org import PEM

SETTINGS = make_settings("sqlite:///unused.db", core_hosts=("pay.acme.example",))


def store_of(known: Tenant) -> Store:
    return cast(Store, SimpleNamespace(tenants=SimpleNamespace(by_org=lambda org_id: known if org_id == ORG else None)))


def asked(known: Tenant, *answers: str, about: frozenset[str] = frozenset(), had: Any = None) -> tuple[Any, str]:
    """Answer the questions, the rest with Enter; return the values and what was shown."""
    with CliRunner().isolation(input="\n".join(answers) + "\n" * 40) as streams:
        values = ask_values(had or {}, about=about, store=store_of(known), settings=SETTINGS, now=utc_now())
        return values, streams[0].getvalue().decode()


def signing(tenant: Tenant) -> Tenant:
    access = replace(
        tenant.salesforce, flow=Flow.JWT_BEARER, client_secret=None, username="i@acme.example", private_key=Secret(PEM)
    )
    return replace(tenant, salesforce=access)


def of_our_own(tenant: Tenant) -> Tenant:
    return replace(tenant, core=replace(tenant.core, base_url="https://pay.acme.example", confirm=False))


@pytest.mark.parametrize("change", [lambda one: one, signing, of_our_own], ids=["by a secret", "by a key", "own core"])
def test_enter_keeps_everything_and_no_secret_is_shown(change: Any) -> None:
    known = change(make_tenant(parts_allowed=True, language="af"))
    values, shown = asked(known, ORG)
    assert "This org is connected as acme: your answers change it." in shown
    plan = plan_org(given=values, store=store_of(known), allow_loopback=False, own_hosts=SETTINGS.core_hosts)
    assert plan.differences == ()
    for secret in (CANVAS_SECRET, CORE_KEY, "client-secret-b0b0", PEM.splitlines()[1]):
        assert secret not in shown
    assert ("Private key file" in shown) is (known.salesforce.flow is Flow.JWT_BEARER)
    assert "Callbacks prove themselves by" not in shown, "only another command changes a proof"


def test_only_what_is_answered_is_changed() -> None:
    known = make_tenant()
    values, _ = asked(known, ORG, "Karoo")
    plan = plan_org(given=values, store=store_of(known), allow_loopback=False)
    assert [(one.entry, one.after) for one in plan.differences] == [("name", "Karoo")]


def test_after_a_refusal_only_its_group_is_asked_about() -> None:
    known = make_tenant()
    had, _ = asked(known, ORG, "Karoo")
    values, shown = asked(known, "SANDBOX", "vendor", "another", about=frozenset({"core"}), had=had)
    assert (values["name"], values["core"]["application"]) == ("Karoo", "another")
    assert {**values, "core": None} == {**had, "core": None}
    assert "Organization id" not in shown
    assert "My Domain" not in shown
    assert "Currency" not in shown
