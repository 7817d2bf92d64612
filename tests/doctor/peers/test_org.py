"""One thing wrong between the connector and the org, and the finding that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from connector.domain.tenants.tenant import Flow
from connector.journeys.examining.peers.probe_one_order import probe_one_order
from foundation.secret import Secret
from tests.doctor.clinic import Clinic
from tests.factories import HOST, envelope, sign
from tests.factories import long_id as long_of
from tests.peers.answers import Answer, refused_connection

PEOPLE = {"project", "permission_sets", "launch_dates", "cloned_orders", "integration_rights", "agents"}
DATA = {"permissions", "custom_permissions", "mapping", "api_limits", "agents_refused", "notifications"} | PEOPLE
ORG = {"login", "org_id", "scopes", "integration_user", "org_clock"}


def told(error: str, description: str) -> Callable[[requests.PreparedRequest], Answer | None]:
    body = f'{{"error": "{error}", "error_description": "{description}"}}'

    def answer(request: requests.PreparedRequest) -> Answer | None:
        return (400, {"Content-Type": "application/json"}, body) if "/oauth2/token" in str(request.url) else None

    return answer


@pytest.mark.parametrize(
    ("error", "description", "wrong", "mend"),
    [
        ("invalid_client_id", "client identifier invalid", "does not know the consumer key", "Consumer Key and Secret"),
        (
            "invalid_client",
            "invalid client credentials",
            "does not accept the consumer secret",
            "copy the secret again",
        ),
        ("invalid_grant", "user hasn't approved this consumer", "approved users", "assign that set"),
        ("invalid_app_access", "user is not admin approved to access this app", "approved users", "assign that set"),
        ("invalid_grant", "audience is invalid", "wrong audience", "https://test.salesforce.com"),
        ("invalid_grant", "inactive user", "is not active", "Setup → Users"),
        ("inactive_user", "user is inactive", "is not active", "Setup → Users"),
        ("invalid_grant", "ip restricted", "IP rules", "login IP ranges"),
        ("invalid_grant", "expired authorization code", "certificate has expired", "time synchronisation"),
        ("invalid_grant", "invalid assertion", "does not belong to the tenant's key", "upload the certificate"),
        ("invalid_grant", "no client credentials user enabled", "no user to run as", "Run As"),
        ("unsupported_grant_type", "grant type not supported", "does not allow this kind of login", "OAuth Flows"),
        ("something_new", "secret words of the org", "by client credentials with “something_new”", "Login History"),
    ],
)
def test_a_refused_login_says_why_and_where_to_click(
    clinic: Clinic, error: str, description: str, wrong: str, mend: str
) -> None:
    clinic.on_the_way = told(error, description)
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("login", "wrong")
    assert wrong in finding.problem
    assert mend in finding.remedy
    assert "secret words" not in repr(finding)
    assert {"org_id", "scopes", "integration_user"} | DATA <= clinic.dark()


def test_a_secret_that_was_rotated_away_is_named(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    (finding,) = clinic.findings()
    assert finding.check == "login"
    assert "consumer secret" in finding.problem


def test_a_key_that_cannot_be_read_is_named(clinic: Clinic) -> None:
    access = replace(
        clinic.tenant.salesforce, flow=Flow.JWT_BEARER, private_key=Secret("no key"), username="i@acme.example"
    )
    clinic.keep(replace(clinic.tenant, salesforce=access))
    (finding,) = clinic.findings()
    assert finding.check == "login"
    assert "private key" in finding.problem


def test_a_login_that_brings_no_answer_stays_in_the_dark(clinic: Clinic) -> None:
    def lose(request: requests.PreparedRequest) -> Answer | None:
        if "/oauth2/token" in str(request.url):
            raise refused_connection(request)
        return None

    clinic.on_the_way = lose
    assert clinic.findings() == []
    assert {"login", "org_id"} <= clinic.dark()


def test_an_org_that_is_not_there_is_named(clinic: Clinic) -> None:
    def gone(request: requests.PreparedRequest) -> Answer | None:
        if str(request.url).startswith(HOST):
            raise refused_connection(request)
        return None

    clinic.on_the_way = gone
    assert clinic.names() == [("org_answers", "wrong", "")]
    assert clinic.dark() >= ORG | DATA


@pytest.mark.parametrize("seconds", [90, -90])
def test_a_clock_that_is_wrong_is_named(clinic: Clinic, seconds: float) -> None:
    clinic.ahead[HOST] = seconds
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("org_clock", "wrong")
    assert f"90 seconds {'behind' if seconds > 0 else 'ahead of'} Salesforce" in finding.problem


def test_a_clock_that_is_a_little_off_is_fine(clinic: Clinic) -> None:
    clinic.ahead[HOST] = 40
    assert clinic.names() == []


def test_keys_that_open_another_org_are_named_and_nothing_is_asked_there(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"org_id": "new"})
    clinic.control("DELETE", "calls")
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("org_id", "wrong")
    assert clinic.tenant.org_id in finding.problem
    assert clinic.control("GET", "calls")["api_calls"] == 0


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("id api", []),
        ("id openid", [("scopes", "wrong", "api")]),
        ("id api full", [("scopes", "soon", "full")]),
        ("id api refresh_token web", [("scopes", "soon", "refresh_token web")]),
    ],
)
def test_scopes_are_neither_few_nor_many(clinic: Clinic, scope: str, named: list[Any]) -> None:
    def answer(request: requests.PreparedRequest) -> Answer | None:
        if "/oauth2/token" not in str(request.url):
            return None
        status, headers, body = clinic.org_door(request)
        return status, headers, body.replace('"id api"', f'"{scope}"')

    clinic.on_the_way = answer
    assert clinic.names() == named


def untick(clinic: Clinic, permission: str) -> None:
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", {f"Permissions{permission}": False})


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("EditActivatedOrders", "Edit Activated Orders"),
        ("ViewSetup", "View Setup and Configuration"),
    ],
)
def test_a_permission_that_is_missing_is_named_as_setup_calls_it(clinic: Clinic, column: str, label: str) -> None:
    untick(clinic, column)
    found = [one for one in clinic.findings() if one.check == "permissions"]
    assert [one.subject for one in found] == [f"Permissions{column}"]
    # Without the right to look, nobody knows what a set gives.
    lost = [] if column == "ViewSetup" else [("permission_sets", "soon", "Chat2Pay_Integration system")]
    assert clinic.names() == [("permissions", "wrong", f"Permissions{column}"), *lost]  # and no false alarm beside it
    assert f"“{label}”" in found[0].problem
    assert "Permission Sets" in found[0].remedy


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [({"limit_exceeded": True}, "API calls for these 24 hours are used up"), ({"http_503": 1.0}, "does not serve it")],
)
def test_an_org_that_takes_no_calls_is_named_with_what_follows(
    clinic: Clinic, fault: dict[str, Any], wrong: str
) -> None:
    clinic.control("PUT", "faults", fault)
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("org_serves", "wrong")
    assert wrong in finding.problem
    assert "Setup → Company Information" in finding.remedy
    assert "written" in finding.impact
    assert clinic.dark() == DATA | {"integration_user"}


def test_an_integration_user_who_may_use_the_browser_is_named(clinic: Clinic) -> None:
    untick(clinic, "ApiUserOnly")
    assert clinic.names() == [
        ("permissions", "soon", "PermissionsApiUserOnly"),
        ("permission_sets", "soon", "Chat2Pay_Integration system"),
    ]


def test_nobody_who_may_send_is_named(clinic: Clinic) -> None:
    for user in clinic.known["users"]:
        clinic.control("PATCH", f"users/{user['id']}", {"permission_sets": _without_send(user)})
    assert clinic.names() == [("custom_permissions", "wrong", "Chat2Pay_Send held")]


def _without_send(user: dict[str, Any]) -> list[str]:
    return [name for name in user["permission_sets"] if name not in ("Chat2Pay_Agent", "Chat2Pay_Supervisor")]


def test_custom_permissions_that_were_not_deployed_are_named(clinic: Clinic) -> None:
    records = clinic.org.extensions["org"].records
    with records.transaction():
        for row in records.rows("CustomPermission"):
            records.remove("CustomPermission", row["Id"])
    found = {(one.level.value, one.subject) for one in clinic.findings() if one.check == "custom_permissions"}
    assert ("wrong", "Chat2Pay_Send") in found
    assert ("soon", "Chat2Pay_Supervise") in found


def test_a_field_that_the_integration_user_cannot_edit_is_named(clinic: Clinic) -> None:
    field = {"Order.Chat2Pay_Payment_State__c": {"readable": True, "editable": False}}
    clinic.control("PUT", "field-permissions", field)
    (finding,) = clinic.findings()
    assert finding.check == "mapping"
    assert "Chat2Pay_Payment_State__c" in finding.problem


@pytest.mark.parametrize(("used", "level"), [(79_000, None), (85_000, "soon"), (96_000, "soon"), (98_500, "wrong")])
def test_calls_that_run_out_are_named(clinic: Clinic, used: int, level: str | None) -> None:
    clinic.control("PUT", "faults", {"api_used": used})
    found = [one for one in clinic.findings() if one.check == "api_limits"]
    assert [one.level for one in found] == ([level] if level else [])
    assert all("100000" in one.problem for one in found)


def test_addresses_that_are_shut_out_after_the_login_are_named(clinic: Clinic) -> None:
    def refuse(request: requests.PreparedRequest) -> Answer | None:
        if "/query" not in str(request.url):
            return None
        return 401, {}, '[{"message": "This session is not valid", "errorCode": "INVALID_SESSION_ID"}]'

    clinic.on_the_way = refuse
    (finding,) = clinic.findings()
    assert finding.check == "integration_user"
    assert "login IP ranges" in finding.remedy


def launch(clinic: Clinic) -> int:
    """An agent opens an order: the request is signed with the org's own secret."""
    agent = clinic.user("Thandi")
    order = clinic.org.extensions["org"].orders()[0]["Id"]
    content = envelope(order)
    content["userId"] = content["context"]["user"]["userId"] = agent["id"]
    content["client"]["oauthToken"] = agent["access_token"]
    content["context"]["organization"]["organizationId"] = clinic.known["org_id"]
    signed = sign(content, clinic.known["canvas_secret"])
    return clinic.app.test_client().post("/launch", data={"signed_request": signed}).status_code


def test_addresses_that_shut_the_agents_out_are_named_with_how_to_learn_ours(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"ip_refused": True})
    assert launch(clinic) == 403
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("agents_refused", "wrong")
    assert "login IP ranges of the agents' profiles" in finding.remedy
    assert "Login History" in finding.remedy


def test_our_address_is_named_where_the_org_tells_it(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"ip_refused": True})
    launch(clinic)

    def session(request: requests.PreparedRequest) -> Answer | None:
        return (200, {}, '{"records": [{"SourceIp": "203.0.113.7"}]}') if "AuthSession" in str(request.url) else None

    clinic.on_the_way = session
    (finding,) = clinic.findings()
    assert "203.0.113.7" in finding.problem
    assert "203.0.113.7" in finding.remedy


def test_a_launch_that_worked_since_shows_that_it_was_one_agents_session(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"ip_refused": True})
    launch(clinic)
    clinic.clock.pass_by(minutes=5)
    clinic.control("PATCH", "org", {"ip_refused": False})
    assert launch(clinic) == 200
    assert clinic.names() == []


def test_a_refusal_of_last_week_is_over(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"ip_refused": True})
    launch(clinic)
    clinic.clock.pass_by(days=4)
    clinic.certificate_ends = clinic.clock() + timedelta(days=90)
    assert clinic.names() == []


# --- writing one field back --------------------------------------------------------------------------------------------


def probed(clinic: Clinic, order_id: str) -> list[Any]:
    look = probe_one_order(tenant=clinic.tenant, order_id=order_id, salesforce=clinic.services.salesforce)
    _, tenant = clinic.examined(look)
    return [one for one in tenant.found if one.check == "write_probe"]


def test_the_write_probe_writes_a_field_back_and_changes_nothing(clinic: Clinic) -> None:
    order = clinic.org.extensions["org"].orders()[0]
    (finding,) = probed(clinic, order["Id"])
    assert finding.level == "fine"
    assert "Chat2Pay_Payment_State__c" in finding.problem
    after = clinic.org.extensions["org"].orders()[0]
    changes = {name for name in after if after[name] != order.get(name)}
    assert changes <= {"LastModifiedDate", "SystemModstamp", "LastModifiedById"}


def test_the_write_probe_explains_an_activated_order_without_the_permission(clinic: Clinic) -> None:
    untick(clinic, "EditActivatedOrders")
    order = clinic.org.extensions["org"].orders()[0]["Id"]
    clinic.control("PATCH", f"orders/{order}", {"Status": "Activated"})
    (finding,) = probed(clinic, order)
    assert finding.level == "wrong"
    assert "Edit Activated Orders" in finding.remedy


def test_the_write_probe_says_that_it_sees_no_such_order(clinic: Clinic) -> None:
    (finding,) = probed(clinic, long_of("801xx0000000001"))
    assert finding.level == "wrong"
    assert "sees no order" in finding.problem
