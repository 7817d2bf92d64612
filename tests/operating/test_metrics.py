"""A scrape shows what was counted, what waits and what is stuck; strangers get nothing; labels stay few."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector.domain.tenants.own_probes import probe_key
from connector.journeys.incidents.report_agent_refused import report_agent_refused
from connector.store.health import gauges
from foundation.secret import Secret
from tests.factories import basic, envelope, notification, sign
from tests.journeys.world import World
from tests.operating.conftest import orphan

TOKEN = "metrics-token-of-thirty-two-characters"
Scrape = dict[tuple[str, frozenset[Any]], float]


def scrape(world: World) -> Scrape:
    answer = world.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: Scrape, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def risen(world: World, before: Scrape, name: str, **labels: str) -> float:
    return value(scrape(world), name, **labels) - value(before, name, **labels)


def test_callbacks_are_counted_by_door_and_outcome(world: World) -> None:
    before = scrape(world)
    world.callback(b"one")
    world.callback(b"one")
    world.callback(b"two", headers={})
    world.callback(b"two", key="nobody")
    kind = {"kind": "payment-status"}
    assert risen(world, before, "chat2pay_callbacks_total", **kind, outcome="new") == 1
    assert risen(world, before, "chat2pay_callbacks_total", **kind, outcome="duplicate") == 1
    assert risen(world, before, "chat2pay_callbacks_total", **kind, outcome="untrusted") == 2


def test_one_agent_whose_token_was_refused_is_no_finding_to_be_woken_for(world: World) -> None:
    report_agent_refused(tenant=world.acme, store=world.services.store)
    assert not [one for one in scrape(world) if one[0] == "chat2pay_findings"]


def test_refused_callbacks_are_counted_by_tenant_and_reason(world: World) -> None:
    before = scrape(world)
    refused = "chat2pay_callbacks_refused_total"
    world.callback(b"one", headers={})
    world.callback(b"one", headers=basic("core", "wrong"))
    world.callback(b"one", key="nobody")
    world.callback(b"x" * 70_000)
    assert risen(world, before, refused, tenant="acme", reason="no_credentials") == 1
    assert risen(world, before, refused, tenant="acme", reason="wrong_credentials") == 1
    assert risen(world, before, refused, tenant="acme", reason="too_large") == 1
    assert risen(world, before, refused, tenant="unknown", reason="unknown_key") == 1
    world.callback(b"one")
    assert sum(number for (name, _), number in scrape(world).items() if name == refused) == 4 + sum(
        number for (name, _), number in before.items() if name == refused
    )


def test_a_question_of_our_own_doctor_is_no_refused_callback(world: World) -> None:
    """It asks every night whether this door can be reached: no alarm about refused callbacks rings for it."""
    before, nonce = scrape(world), "0123456789abcdef" * 2
    ours, strangers = (probe_key(key, nonce) for key in (world.services.settings.launch_keys[0], Secret("f" * 40)))
    for key, counted in ((ours, 0), (strangers, 1)):
        assert world.callback(b"{}", headers={}, key=key).status_code == 401
        refused = {"tenant": "unknown", "reason": "unknown_key"}
        assert risen(world, before, "chat2pay_callbacks_refused_total", **refused) == counted


def test_refused_launches_are_counted_by_tenant_and_reason(world: World) -> None:
    before = scrape(world)
    signed = sign(envelope(world.order()))
    assert world.post_launch(signed).status_code == 200
    assert world.post_launch(signed).status_code == 403
    world.post_launch(sign(envelope(world.order()), "another-secret"))
    world.post_launch("rubbish")
    refused = "chat2pay_launches_refused_total"
    assert risen(world, before, refused, tenant="acme", reason="replayed") == 1
    assert risen(world, before, refused, tenant="acme", reason="wrong_signature") == 1
    assert risen(world, before, refused, tenant="unknown", reason="malformed") == 1


def test_what_waits_and_what_is_buried_is_shown_by_verdict(world: World) -> None:
    orphan(world)
    world.callback(b"not JSON")
    assert value(scrape(world), "chat2pay_inbox_entries", state="new", verdict="none") == 1
    world.drain()
    found = scrape(world)
    assert value(found, "chat2pay_inbox_entries", state="new", verdict="none") == 0
    assert value(found, "chat2pay_inbox_entries", state="buried", verdict="orphan") == 1
    assert value(found, "chat2pay_inbox_entries", state="buried", verdict="unreadable") == 1


def test_anomalies_and_late_money_are_counted(world: World) -> None:
    before = scrape(world)
    page = world.open(world.order())
    link = world.sent(page)
    world.cancel(page, link["additionalData"]["reference"])
    world.clock.pass_by(seconds=30)
    world.told(link, "PAYMENT_RECEIVED")
    world.callback(notification(link, "PAYMENT_REVERSED", at=world.clock()) | {"totalAmount": 1})
    world.drain()
    assert risen(world, before, "chat2pay_money_after_close_total") == 1
    assert risen(world, before, "chat2pay_anomalies_total") == 1
    assert risen(world, before, "chat2pay_inbox_ruled_total", verdict="anomaly") == 1


def test_every_entry_that_was_decided_about_is_counted_also_those_of_settings(world: World) -> None:
    before = scrape(world)
    for number in range(2):
        world.callback({"traceId": number}, kind="settings")
    world.drain()
    assert risen(world, before, "chat2pay_inbox_ruled_total", verdict="applied") == 2


def test_the_inbox_is_counted_up_to_a_bound_so_that_a_scrape_stays_quick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.callback({"traceId": number}, kind="settings")
    for most, counted in ((9, 3), (2, 2)):
        monkeypatch.setattr(gauges, "MOST", most)
        with world.services.store.read() as work:
            assert sum(gauges.levels(work, now=world.clock()).inbox.values()) == counted


def test_orders_that_wait_and_orders_that_are_stuck_are_shown(world: World) -> None:
    order_id = world.order()
    world.sent(world.open(order_id))
    assert value(scrape(world), "chat2pay_outbox_waiting") == 1
    assert value(scrape(world), "chat2pay_live_requests", status="sent") == 1
    assert value(scrape(world), "chat2pay_outbox_overdue_seconds") == 0, "what is due in a moment is not overdue"
    world.clock.pass_by(seconds=62)
    assert value(scrape(world), "chat2pay_outbox_overdue_seconds") == 60
    for code, refused in (("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 0), ("FIELD_INTEGRITY_EXCEPTION", 1)):
        world.org.refuses[order_id] = code
        world.push()
        found = scrape(world)
        assert value(found, "chat2pay_outbox_waiting") == 0
        assert value(found, "chat2pay_outbox_refused") == refused
        assert value(found, "chat2pay_outbox_blocked") == 1
        world.clock.pass_by(seconds=180)
        world.sweep()


def test_orders_whose_request_records_are_refused_are_told_from_those_refused_themselves(world: World) -> None:
    for _ in range(3):
        world.sent(world.open(world.order()))
    first, second, third = world.rows("payment_requests")
    refused = (first["reference"], second["reference"], third["order_id"])
    world.org.refuses |= dict.fromkeys(refused, "FIELD_INTEGRITY_EXCEPTION")
    world.settle()
    found = scrape(world)
    numbers = {kind: value(found, f"chat2pay_outbox_{kind}") for kind in ("buried", "refused", "blocked", "waiting")}
    assert numbers == {"buried": 2, "refused": 1, "blocked": 3, "waiting": 0}


def test_the_age_of_an_unknown_request_is_shown(world: World) -> None:
    world.sent(world.open(world.order()))
    world.clock.pass_by(seconds=30)  # what is known to be sent is older, and counts for nothing
    world.core.drop_answers = True
    world.send(world.open(world.order()))
    world.core.drop_answers = False
    world.clock.pass_by(seconds=90)
    found = scrape(world)
    assert value(found, "chat2pay_unknown_age_seconds") == 90
    assert value(found, "chat2pay_live_requests", status="unknown") == 1


def test_calls_to_peers_are_counted_and_timed_by_what_they_were_for(world: World) -> None:
    before = scrape(world)
    world.sent(world.open(world.order()))
    world.settle()
    calls = "chat2pay_peer_calls_total"
    assert risen(world, before, calls, peer="core", operation="send_payment_link", status="2xx") == 1
    assert risen(world, before, calls, peer="salesforce", operation="push_order_changes", status="2xx") == 1
    assert risen(world, before, calls, peer="salesforce", operation="read_order", status="2xx") >= 1
    assert risen(world, before, "chat2pay_salesforce_logins_total") == world.org.logins
    world.org.down = True
    world.told(world.core.last(), "PAYMENT_LINK_CLICKED")
    world.settle()
    assert risen(world, before, calls, peer="salesforce", operation="push_order_changes", status="no_answer") >= 1
    timed = "chat2pay_peer_call_seconds"
    labels = {"peer": "core", "operation": "send_payment_link"}
    assert risen(world, before, f"{timed}_count", **labels) == 1
    assert risen(world, before, f"{timed}_bucket", **labels, le="+Inf") == 1


def test_an_orgs_allowance_is_shown_by_tenant(world: World) -> None:
    world.services.salesforce.limits.note("acme", "api-usage=18/5000", now=world.clock())
    found = scrape(world)
    assert value(found, "chat2pay_salesforce_limit_used", tenant="acme") == 18
    assert value(found, "chat2pay_salesforce_limit_allowed", tenant="acme") == 5000


def test_requests_are_timed_by_route(world: World) -> None:
    before = scrape(world)
    labels = {"method": "POST", "route": "/callbacks/{callback_key}/{kind}"}
    world.callback(b"one")
    assert risen(world, before, "chat2pay_http_request_seconds_count", **labels) == 1
    assert risen(world, before, "chat2pay_http_request_seconds_bucket", **labels, le="30.0") == 1
    assert 0 < risen(world, before, "chat2pay_http_request_seconds_sum", **labels) < 30


def test_a_poll_that_found_nothing_new_and_a_probe_write_no_line(world: World, lines: list[dict[str, Any]]) -> None:
    page = world.open(world.order())
    path = f"/api/orders/{page.order_id}"
    first = world.client.get(path, headers=page.headers)
    asked = page.headers | {"If-None-Match": first.headers["ETag"]}
    for probe in ("/health/live", "/health/ready", "/metrics"):
        assert world.client.get(probe).status_code == 200
    before = scrape(world)
    lines.clear()
    assert [world.client.get(path, headers=asked).status_code for _ in range(3)] == [304] * 3
    assert [line for line in lines if line["log_level"] != "debug"] == []
    polls = {"method": "GET", "route": "/api/orders/{order_id}", "status": "304"}
    assert risen(world, before, "chat2pay_http_answers_total", **polls) == 3
    world.look(page)
    assert [(line["event"], line["status"]) for line in lines if line["log_level"] == "info"] == [("answered", 200)]


def test_the_build_is_shown(world: World) -> None:
    kind = "postgresql" if world.services.settings.is_fleet else "sqlite"
    told = {"version": version("chat2pay-connector"), "python": platform.python_version(), "database": kind}
    assert value(scrape(world), "chat2pay_build_info", **told) == 1


def test_workers_that_live_are_shown_where_there_are_some(world: World) -> None:
    found = {name: number for (name, _), number in scrape(world).items() if name == "chat2pay_workers"}
    assert found == ({"chat2pay_workers": 0} if world.services.settings.is_fleet else {})


def test_answers_are_counted_by_route_template_never_by_path(world: World) -> None:
    world.open(world.order())
    world.callback(b"one", key="another-secret-looking-key")
    world.client.open("/callbacks/callback-key-5eed/nowhere", method="BREW")
    text = world.client.get("/metrics").text
    assert 'route="/callbacks/{callback_key}/{kind}"' in text
    assert 'route="/launch"' in text
    assert "<" not in text
    for secret in ("callback-key-5eed", "another-secret-looking-key", "BREW", "801xx"):
        assert secret not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "127.0.0.1"}, 200),
        ({"X-Forwarded-For": "127.0.0.1, 10.0.0.7"}, 401),
        ({"X-Forwarded-For": ""}, 401),
        ({"X-Real-Ip": "10.0.0.7"}, 401),
        ({"Forwarded": "for=10.0.0.7"}, 401),
    ],
)
def test_whom_a_trusted_proxy_does_not_name_is_not_this_machine(
    world: World, headers: dict[str, str], status: int
) -> None:
    world.restart(trusted_proxies=1)
    assert world.client.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "10.0.0.7", 401),
        ({"X-Forwarded-For": "10.0.0.7"}, "127.0.0.1", 401),
        ({"X-Forwarded-Proto": "https"}, "127.0.0.1", 401),
        ({"Via": "1.1 nginx"}, "127.0.0.1", 401),
        ({"Authorization": f"Bearer {TOKEN}"}, "10.0.0.7", 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, "10.0.0.7", 401),
        ({"Authorization": "Bearer ünknown"}, "10.0.0.7", 401),
        (basic("x", TOKEN), "10.0.0.7", 401),
    ],
)
def test_only_this_machine_and_the_token_are_answered(
    world: World, headers: dict[str, str], address: str, status: int
) -> None:
    world.restart(metrics_token=Secret(TOKEN))
    answer = world.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("chat2pay_" in answer.text) == (status == 200)


def test_without_a_token_no_bearer_opens(world: World) -> None:
    for header in ("Bearer ", "Bearer None", "Bearer x"):
        answer = world.client.get(
            "/metrics", headers={"Authorization": header}, environ_base={"REMOTE_ADDR": "10.0.0.7"}
        )
        assert answer.status_code == 401
