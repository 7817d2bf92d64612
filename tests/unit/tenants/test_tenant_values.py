"""The values that connect an org: each within its bounds, what belongs together given together, and all faults told at once."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from connector.domain.tenants.tenant import Policy, RightsFrom
from connector.domain.tenants.token import LoginFailure, pause_after
from connector.errors import Invalid
from connector.journeys.connecting.validate_tenant_values import validate_tenant_values
from tests.unit.tenants.test_plan_org import GIVEN


def changed(place: str, value: Any) -> dict[str, Any]:
    """Valid values with one of them exchanged."""
    group, _, name = place.rpartition(".")
    return {**GIVEN, group: {**GIVEN.get(group, {}), name: value}} if group else {**GIVEN, name: value}


def refused(given: dict[str, Any]) -> set[str]:
    """The places of all that is refused."""
    try:
        validate_tenant_values(given, allow_loopback=False)
    except Invalid as error:
        return set(error.fields)
    return set()


def signing(size: int) -> str:
    return "whsec_" + base64.b64encode(b"k" * size).decode()


@pytest.mark.parametrize(
    ("place", "taken", "not_taken"),
    [
        ("name", ["x" * 120], ["", " ", "x" * 121, 7]),
        ("admin_contact", ["Naledi"], ["", "x" * 121]),
        ("default_currency", ["ZAR", "JPY"], ["zar", "RAND", "", None]),
        ("phone_region", ["ZA", "", None], ["zz", "ZAF"]),
        ("language", ["en", "pt_BR"], ["English", ""]),
        ("parts_allowed", [True, False], ["perhaps", None]),
        ("salesforce.org_id", ["00Dxx0000001gEh"], ["005xx0000001gEh", "00D", None]),
        ("salesforce.client_id", ["x" * 4000], ["", " ", "x" * 4001, None]),
        ("salesforce.client_secret", ["x" * 4000], ["", " ", "x" * 4001, None]),
        ("salesforce.canvas_secrets", [["x" * 8], ["x" * 200, "y" * 9]], [[], ["a" * 9, "b" * 9, "c" * 9], None]),
        ("salesforce.audience", ["https://test.salesforce.com", None], ["http://test.salesforce.com", "test"]),
        ("salesforce.flow", ["client_credentials"], ["password", None]),
        (
            "salesforce.frame_origins",
            [[], ["https://acme.example", "http://localhost:8010"]],
            [None, "https://acme.example"],
        ),
        ("core.api_key", ["x"], ["", " ", None]),
        ("core.application", ["x"], ["", None]),
        ("core.environment", ["SANDBOX", "PRODUCTION"], ["production", "", None]),
        ("core.confirm", [True, False], ["perhaps", None]),
        ("core.callback_proof", ["basic", "hmac", "none"], ["password", None]),
        ("policy.sends_per_order_hour", [1, 10_000], [0, 10_001, "5", 1.5, None]),
        ("policy.sends_per_number_hour", [1, 10_000], [0, 10_001, "5", 1.5, None]),
        ("policy.sends_per_tenant_minute", [1, 100_000], [0, 100_001, "5", 1.5, None]),
        ("policy.rights_from", ["order_access", "custom_permissions"], ["nobody", None]),
        ("policy.only_own_requests", [True, False], ["perhaps", None]),
    ],
)
def test_each_value_has_its_bounds(place: str, taken: list[Any], not_taken: list[Any]) -> None:
    assert [one for one in taken if refused(changed(place, one))] == []
    assert [one for one in not_taken if refused(changed(place, one)) != {place}] == []


@pytest.mark.parametrize("secret", ["x" * 7, "x" * 201, " " * 20], ids=["short", "long", "blank"])
def test_a_canvas_secret_is_refused_by_its_place(secret: str) -> None:
    assert refused(changed("salesforce.canvas_secrets", ["x" * 9, secret])) == {"salesforce.canvas_secrets.1"}


@pytest.mark.parametrize("origin", ["ftp://acme.example", "acme.example", "*", "https://acme.example; script-src *"])
def test_a_page_that_may_frame_ours_is_an_address_alone(origin: str) -> None:
    """They stand in a header that tells browsers what to trust."""
    assert refused(changed("salesforce.frame_origins", [origin])) == {"salesforce.frame_origins.0"}


@pytest.mark.parametrize("place", ["surname", "salesforce.password", "core.password", "policy.password"])
def test_a_value_that_there_is_not_is_refused_by_its_place(place: str) -> None:
    assert refused(changed(place, "x")) == {place}


@pytest.mark.parametrize("place", ["name", "default_currency", "salesforce", "core"])
def test_what_must_be_given_is_named(place: str) -> None:
    assert refused({name: value for name, value in GIVEN.items() if name != place}) == {place}


@pytest.mark.parametrize(("size", "is_taken"), [(15, False), (16, True)])
def test_a_signing_secret_has_sixteen_bytes_at_least_and_is_given_for_hmac_only(size: int, *, is_taken: bool) -> None:
    core = {**GIVEN["core"], "callback_secret": signing(size)}
    hmac = {**GIVEN, "core": {**core, "callback_proof": "hmac"}}
    assert refused(hmac) == (set() if is_taken else {"core.callback_secret"})
    assert refused({**GIVEN, "core": core}) == {"core.callback_secret"}


@pytest.mark.parametrize(
    ("flow", "given", "missing"),
    [
        ("client_credentials", {"client_secret": None}, {"salesforce.client_secret"}),
        ("jwt_bearer", {"username": "i@acme.example"}, {"salesforce.private_key"}),
        ("jwt_bearer", {"username": "nobody", "private_key": "x"}, {"salesforce.username"}),
    ],
)
def test_a_login_needs_the_values_of_its_flow(flow: str, given: dict[str, Any], missing: set[str]) -> None:
    assert refused({**GIVEN, "salesforce": {**GIVEN["salesforce"], "flow": flow, **given}}) >= missing


def test_blanks_that_come_along_are_taken_off_but_in_a_mapping_where_they_may_be_meant() -> None:
    mapping = {"write_status": {"values": {"paid": " Paid "}}}
    values = validate_tenant_values(
        {**changed("salesforce.canvas_secrets", [f" {'x' * 9}\n"]), "name": " Karoo\t", "mapping": mapping},
        allow_loopback=False,
    )
    assert (values["name"], values["salesforce"]["canvas_secrets"]) == ("Karoo", ["x" * 9])
    assert values["mapping"] == mapping


def test_an_org_whose_admin_said_nothing_allows_what_the_guide_says() -> None:
    """Written out here once more: a default that changes by a slip lets agents do what nobody has allowed."""
    assert Policy() == Policy(
        rights_from=RightsFrom.CUSTOM_PERMISSIONS, only_own_requests=False, flow_may_give_phone=False, flow_may_name_user=False,
        require_launched_at=False, copy_links=False, notifications=True, payment_events=False, order_payments=False,
        sends_per_order_hour=10, sends_per_number_hour=6, sends_per_tenant_minute=120,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (LoginFailure.REFUSED, [5, 10, 20, 40, 60, 60]),
        (LoginFailure.WRONG_ORG, [60, 60]),
        (LoginFailure.UNAVAILABLE, [1, 2, 4, 8, 15, 15]),
        (LoginFailure.RATE_EXCEEDED, [60, 120, 240, 480, 600, 600]),
        (LoginFailure.TOKENS_REFUSED, [2, 4, 8, 16, 32, 60, 60]),
    ],
)
def test_after_a_failed_login_nobody_tries_again_before_its_pause(failure: LoginFailure, seconds: list[int]) -> None:
    pauses = [pause_after(failure, failures).total_seconds() for failures in range(len(seconds))]
    assert pauses == seconds
