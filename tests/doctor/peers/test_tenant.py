"""One thing wrong with a tenant's row or its payment core, and the finding that names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from connector.domain.payments.payment import Channel
from connector.domain.tenants.api_key import ApiKey, Scope, key_digest
from connector.domain.tenants.tenant import BasicProof, NoProof, Tenant
from connector.journeys.examining.deployment.examine_setup import examine_setup
from connector.journeys.examining.peers.examine_core import examine_core
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.doctor.clinic import Clinic
from tests.factories import CORE
from tests.peers.answers import Answer, refused_connection

Change = Callable[[Tenant], Tenant]


def of_core(**changes: Any) -> Change:
    return lambda tenant: replace(tenant, core=replace(tenant.core, **changes))


def of_org(**changes: Any) -> Change:
    return lambda tenant: replace(tenant, salesforce=replace(tenant.salesforce, **changes))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda tenant: replace(tenant, disabled=True), ("tenant_disabled", "soon", "")),
        (of_core(proofs=(NoProof(),)), ("callback_proof", "soon", "")),
        (of_core(confirm=False), ("confirm_off", "soon", "")),
        (
            lambda tenant: replace(tenant, policy=replace(tenant.policy, copy_links=True)),
            ("copy_links", "soon", ""),
        ),
        (of_org(frame_origins=()), ("frame_origins", "wrong", "")),
        (of_org(frame_origins=("https://elsewhere.example",)), ("frame_origins", "wrong", "")),
        (
            of_org(frame_origins=("https://acme.lightning.force.com", "http://acme.my.salesforce.com")),
            ("frame_origins", "wrong", "http://acme.my.salesforce.com"),
        ),
        (of_core(api_key=Secret("a-key-of-yesterday")), ("core_key", "wrong", "")),
        (lambda tenant: replace(tenant, default_currency="JPY"), ("core_offers", "wrong", "JPY")),
    ],
)
def test_what_the_admin_has_set_wrong_is_named(clinic: Clinic, change: Change, named: tuple[str, str, str]) -> None:
    clinic.keep(change(clinic.tenant))
    assert clinic.names() == [named]


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        (("https://elsewhere.example",), "do not fit this org."),
        (
            ("https://acme.lightning.force.com", "http://shop.example"),
            "without https may show ours in a frame: http://shop",
        ),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(clinic: Clinic, origins: tuple[str, ...], said: str) -> None:
    clinic.keep(of_org(frame_origins=origins)(clinic.tenant))
    assert [said in one.problem for one in clinic.findings()] == [True]


def test_a_core_that_the_settings_do_not_name_is_named_and_not_called(clinic: Clinic) -> None:
    clinic.keep(of_core(base_url="https://pay.acme.example")(clinic.tenant))
    (finding,) = [one for one in clinic.findings() if one.check.startswith("core_")]
    assert (finding.check, finding.level) == ("core_host", "wrong")
    assert "pay.acme.example" in finding.problem
    assert "CHAT2PAY_CORE_HOSTS" in finding.problem


@pytest.mark.parametrize(
    ("url", "whose"),
    [
        (CORE, "the vendor's"),
        ("https://pay.acme.example", "a core of your own"),
        ("http://localhost:8020", None),
    ],
)
def test_it_says_whose_core_a_tenant_uses(clinic: Clinic, url: str, whose: str | None) -> None:
    tenant = of_core(base_url=url)(clinic.tenant)
    settings = replace(clinic.services.settings, core_hosts=("pay.acme.example",))
    checks = examine_core(
        tenant=tenant, core=clinic.services.core, outside=PeerSession(peer="outside", total_timeout=1),
        settings=settings, now=clinic.services.now,
    )  # fmt: skip
    (finding,) = next(one for one in checks if one.name == "core_host").run()
    assert finding.level == ("wrong" if whose is None else "fine")
    assert whose is None or whose in finding.problem
    assert url.partition("://")[2] in finding.problem


def test_a_key_of_another_environment_is_named(clinic: Clinic) -> None:
    clinic.keep(of_core(environment="PRODUCTION")(clinic.tenant))
    assert clinic.names() == [("core_environment", "wrong", "")]


def test_a_channel_that_the_core_no_longer_offers_is_named(clinic: Clinic) -> None:
    offered = replace(clinic.tenant.configuration, channels=(Channel.SMS, Channel.WHATSAPP))
    clinic.keep(replace(clinic.tenant, configuration=offered))
    (finding,) = clinic.findings()
    assert finding.check == "core_offers"
    assert "whatsapp" in finding.problem


@pytest.mark.parametrize(
    ("applications", "named"),
    [
        ([{"applicationUuid": "app-uuid", "status": "ACTIVATED"}], []),
        ([{"applicationUuid": "app-uuid", "status": "DEACTIVATED"}], [("core_application", "wrong", "")]),
        ([{"applicationUuid": "another", "status": "ACTIVATED"}], [("core_application", "wrong", "")]),
        ([{"applicationUuid": "app-uuid", "status": "ACTIVATED", "wantsMessages": True}], []),
        (
            [{"applicationUuid": "app-uuid", "status": "ACTIVATED", "wantsMessages": False}],
            [("core_messages", "soon", "")],
        ),
        (None, []),
    ],
)
def test_an_application_that_is_switched_off_is_named(clinic: Clinic, applications: Any, named: list[Any]) -> None:
    told = {"environment": "SANDBOX", "channels": ["sms"], "currencies": ["ZAR"], "applications": applications}

    def answer(request: requests.PreparedRequest) -> Answer | None:
        return (200, {}, json.dumps(told)) if "/configuration" in str(request.url) else None

    clinic.on_the_way = answer
    assert clinic.names() == named
    is_missing = bool(applications) and applications[0]["applicationUuid"] == "another"
    assert ["or was deleted" in one.problem for one in clinic.findings() if one.check == "core_application"] == (
        [is_missing] if ("core_application", "wrong", "") in named else []
    )


def test_a_core_that_is_down_is_named_and_nothing_more_is_asked_of_it(clinic: Clinic) -> None:
    clinic.core.down = True
    assert clinic.names() == [("core_answers", "wrong", "")]
    assert clinic.dark() == {
        "core_clock",
        "core_key",
        "core_environment",
        "core_application",
        "core_messages",
        "core_offers",
    }


@pytest.mark.parametrize("status", [500, 503])
def test_a_core_that_is_out_of_order_is_named(clinic: Clinic, status: int) -> None:
    clinic.on_the_way = lambda request: (status, {}, "") if str(request.url).startswith(CORE) else None
    assert clinic.names() == [("core_answers", "wrong", "")]


@pytest.mark.parametrize("status", [None, 404], ids=["no answer", "a refusal that is not about the key"])
def test_a_core_that_breaks_at_the_question_stays_in_the_dark(clinic: Clinic, status: int | None) -> None:
    def refuse(request: requests.PreparedRequest) -> Answer | None:
        if "/configuration" not in str(request.url):
            return None
        if status is None:
            raise refused_connection(request)
        return status, {}, "{}"

    clinic.on_the_way = refuse
    assert clinic.names() == []
    assert clinic.dark() == {"core_key", "core_environment", "core_application", "core_messages", "core_offers"}


def test_a_clock_that_differs_from_the_cores_is_named(clinic: Clinic) -> None:
    clinic.ahead[CORE] = -200
    assert clinic.names() == [("core_clock", "wrong", "")]


@pytest.mark.parametrize("kind", ["callback", "canvas", "callback --address"])
def test_a_rotation_that_was_never_finished_is_named_after_two_weeks(clinic: Clinic, kind: str) -> None:
    second = {
        "callback": of_core(proofs=(*clinic.tenant.core.proofs, BasicProof("acme", Secret("another-password")))),
        "canvas": of_org(canvas_secrets=(*clinic.tenant.salesforce.canvas_secrets, Secret("another-secret"))),
        "callback --address": of_core(former_callback_key="the-key-of-last-year"),
    }
    clinic.keep(second[kind](clinic.tenant))
    clinic.clock.pass_by(days=14, seconds=-1)
    assert clinic.names() == []
    clinic.clock.pass_by(days=1, seconds=1)
    (finding,) = clinic.findings()
    assert (finding.check, finding.subject, finding.level) == ("rotation_open", kind, "soon")
    assert "15 days" in finding.problem


def api_key(clinic: Clinic, name: str, *, ends: datetime | None, key_id: str = "k1") -> None:
    key = ApiKey(key_id, "acme", name, frozenset({Scope.FLOW}), clinic.clock(), expires_at=ends)
    clinic.services.store.api_keys.add(
        key_digest(f"{name}{key_id}"), key, older_end_at=clinic.clock() + timedelta(days=3)
    )


@pytest.mark.parametrize(("days", "level"), [(21, "soon"), (5, "soon"), (0, "wrong"), (-1, "wrong")])
def test_an_api_key_near_its_end_is_named(clinic: Clinic, days: int, level: str) -> None:
    api_key(clinic, "warehouse", ends=clinic.clock() + timedelta(days=days))
    assert clinic.names() == [("api_keys", level, "warehouse")]


def test_an_api_key_that_has_a_successor_may_end_in_peace(clinic: Clinic) -> None:
    api_key(clinic, "warehouse", ends=None)
    api_key(clinic, "warehouse", ends=None, key_id="k2")
    assert clinic.names() == []
    api_key(clinic, "panel", ends=clinic.clock() + timedelta(days=5), key_id="k3")
    assert clinic.names() == [("api_keys", "soon", "panel")], "a key of another name is no successor"


@pytest.mark.parametrize(("origin", "is_named"), [("http://localhost:8010", False), ("http://localhost:9999", True)])
def test_the_address_of_a_demos_org_fits_although_it_is_plain(clinic: Clinic, origin: str, *, is_named: bool) -> None:
    demo = of_org(host_url="http://localhost:8010", frame_origins=(origin,))(clinic.tenant)
    checks = examine_setup(tenant=demo, store=clinic.services.store, now=clinic.clock)
    found = next(one for one in checks if one.name == "frame_origins").run()
    assert [one.subject for one in found] == ([origin] if is_named else [])


def certified(ends: datetime) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, ends - timedelta(days=365), ends)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (private + certificate).decode()


@pytest.mark.parametrize(
    ("days", "level", "told"),
    [(10, "soon", "expires on"), (0, "wrong", "has expired on"), (-1, "wrong", "has expired on")],
)
def test_a_login_certificate_near_its_end_is_named(clinic: Clinic, days: int, level: str, told: str) -> None:
    pem = certified(clinic.clock() + timedelta(days=days))
    clinic.keep(of_org(private_key=Secret(pem))(clinic.tenant))
    (finding,) = clinic.findings()
    assert (finding.check, finding.level, finding.subject) == ("certificate", level, "login")
    assert told in finding.problem
    assert "BEGIN" not in repr(finding)
