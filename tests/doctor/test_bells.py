"""What an org lacks for bells: named with where to click, and gone once it is there. Bells ring in the sandbox's own org."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.workers.news import NewsDelivery
from tests.doctor.clinic import Clinic

GROUP = "Chat2Pay_Supervisors"


def named(clinic: Clinic) -> list[str]:
    return [one.subject for one in clinic.findings() if one.check == "notifications"]


def supervisor(clinic: Clinic) -> str:
    return next(str(one["id"]) for one in clinic.known["users"] if one["kind"] == "supervisor")


def test_an_org_with_everything_gives_no_finding(clinic: Clinic) -> None:
    assert named(clinic) == []


@pytest.mark.parametrize("change", [{"groups": []}, {"active": False}])
def test_a_group_without_an_active_member_is_named(clinic: Clinic, change: dict[str, Any]) -> None:
    clinic.control("PATCH", f"users/{supervisor(clinic)}", change)
    assert named(clinic) == [f"{GROUP} members"]
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"groups": [GROUP], "active": True})
    assert named(clinic) == []


def test_a_missing_permission_is_named(clinic: Clinic) -> None:
    body = {"PermissionsSendCustomNotifications": False}
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", body)
    assert named(clinic) == ["PermissionsSendCustomNotifications"]


def test_a_tenant_without_bells_is_asked_for_nothing(clinic: Clinic) -> None:
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"groups": []})
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, notifications=False)))
    assert named(clinic) == []


def test_bells_ring_in_the_org_and_a_refused_one_is_named(clinic: Clinic) -> None:
    delivery = NewsDelivery()
    link = paid(clinic)
    delivery.deliver(clinic.services)
    (bell,) = clinic.control("GET", "notifications")
    assert bell["users"] == [clinic.user("Thandi")["id"]]
    assert bell["title"].startswith("Paid: order ")
    assert bell["target"].startswith("a0")
    assert link["paymentLinkRef"] not in repr(bell)
    assert "Paid: order " in clinic.org.test_client().get(f"/?user={bell['users'][0]}").get_data(as_text=True)
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", {"PermissionsSendCustomNotifications": False})
    clinic.callback(clinic.core.happen(clinic.core.last(), "PAYMENT_LINK_EXPIRED"))
    assert named(clinic) == ["PermissionsSendCustomNotifications"]


def paid(clinic: Clinic) -> dict[str, Any]:
    """Let a link be sent and paid, and its records be written."""
    assert clinic.send().status_code == 201
    link: dict[str, Any] = clinic.core.last()
    clinic.callback(clinic.core.happen(link, "PAYMENT_RECEIVED"))
    clinic.clock.pass_by(seconds=3)
    clinic.push()
    return link
