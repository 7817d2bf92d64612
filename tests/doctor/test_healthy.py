"""Where nothing is wrong, nothing is found and nothing stays in the dark."""

from __future__ import annotations

from connector.domain.health.examination import CheckSelection
from connector.journeys.examining.examine import examine
from tests.doctor.clinic import PUBLIC, Clinic


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


def test_what_calls_no_peer_is_looked_at_every_minute(clinic: Clinic) -> None:
    """The public address leads to this connector itself."""
    everybody = dict.fromkeys(("", "acme"), CheckSelection(every_minute=True))
    before = len(clinic.wire.calls)
    shared, tenant = examine(
        examiner=clinic.examiner(),
        choose=clinic.services.store.tenants.every,
        on_check=lambda _: None,
        selections=everybody,
    )
    assert [str(one.request.url).startswith(PUBLIC) for one in list(clinic.wire.calls)[before:]] == [True, True]
    assert set(shared.seen) == {
        "callback_door", "database", "database_file", "database_log", "demo_mode", "disk_space", "keys", "metrics_token",
        "public_url", "public_url_answers", "secret_files", "settings", "tenant_secrets",
    }  # fmt: skip
    assert set(tenant.seen) == {
        "api_keys", "callback_proof", "callbacks_missing", "confirm_off", "copy_links", "frame_origins", "inbox_buried",
        "inbox_unopened", "inbox_waiting", "orders_refused", "outbox_waiting", "outcome_unknown", "record_unread",
        "request_released", "rotation_open", "tenant_disabled",
    }  # fmt: skip
