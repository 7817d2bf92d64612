"""What one web process refuses, a worker of the fleet looks at and everybody shows: named at once, and gone when mended."""

from __future__ import annotations

import base64

import pytest
import requests

from tests.faults.fleet import Fleet, Process, until

A_MINUTE = 60  # on a quiet machine; a busy one gets three


def finding(fleet: Fleet, check: str) -> bool:
    return bool(fleet.one('SELECT count(*) AS n FROM findings WHERE "check" = :check', check=check).n)


def shown(fleet: Fleet, check: str) -> bool:
    return any(f'check="{check}"' in requests.get(f"{url}/metrics", timeout=60).text for url in fleet.urls)


@pytest.mark.usefixtures("workers")
def test_a_wrong_proof_is_named_by_every_process_and_goes_with_the_next_good_callback(fleet: Fleet) -> None:
    path = fleet.tenant["payment_status_url"].partition("/callbacks/")[2]
    wrong = {"Authorization": "Basic " + base64.b64encode(b"somebody:else").decode()}
    for url in fleet.urls:
        answer = requests.post(f"{url}/callbacks/{path}", data=b"{}", headers=wrong, timeout=60)
        assert answer.status_code == 401
    until(lambda: shown(fleet, "callbacks_refused"), within=3 * A_MINUTE, what="named")
    link = fleet.sent(fleet.make_orders(1)[0])
    assert fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED")) == 200
    until(lambda: not finding(fleet, "callbacks_refused"), within=3 * A_MINUTE, what="gone")


def test_a_core_key_that_was_replaced_is_found_by_a_worker(fleet: Fleet, workers: list[Process]) -> None:
    order_id = fleet.make_orders(1)[0]
    token = fleet.launch(order_id)
    renewed = requests.post(f"{fleet.core_url}/sandbox/credentials/renew", timeout=60).json()["api_key"]
    assert fleet.send(order_id, token).status_code in (422, 503)
    until(lambda: shown(fleet, "core_key"), within=3 * A_MINUTE, what="named")
    fleet.command("rotate-key", "core", fleet.tenant["tenant"], "--key-file", "-", given=renewed)
    until(lambda: not finding(fleet, "core_key"), within=3 * A_MINUTE, what="gone")
    assert not [line for one in workers for line in one.lines("step_failed") if line["where"] == "health"]
