"""Where nothing is wrong, nothing is found and nothing stays in the dark."""

from __future__ import annotations

from tests.doctor.clinic import Clinic


def test_a_healthy_deployment_has_no_findings(clinic: Clinic) -> None:
    assert clinic.findings() == []
    assert clinic.dark() == set()


def test_everything_that_is_promised_is_looked_at(clinic: Clinic) -> None:
    shared, tenant = clinic.examined()
    assert {"public_url", "keys", "schema", "disk_space", "server", "public_url_answers", "callback_door"} <= set(
        shared.seen
    )
    assert {"login", "org_id", "scopes", "integration_user", "permissions", "custom_permissions", "mapping"} <= set(
        tenant.seen
    )
    assert {"api_limits", "org_clock", "core_clock", "core_key", "callback_proof", "inbox_buried"} <= set(tenant.seen)
    assert shared.is_well
    assert tenant.is_well


def test_assumed_words_of_the_core_are_named_and_hurt_nobody(clinic: Clinic) -> None:
    _, tenant = clinic.examined()
    (assumed,) = [one for one in tenant.found if one.check == "assumed"]
    assert "send_payment_link" in assumed.problem
    assert "PAYMENT_RECEIVED" in assumed.problem
    assert assumed.level == "soon"
