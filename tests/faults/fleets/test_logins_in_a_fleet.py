"""Of many processes whose token was refused at once, one logs in."""

from __future__ import annotations

import requests

from tests.faults.fleet import Fleet, Process, until

# Twelve orders are written by three processes that start meanwhile: seconds alone, minutes on a machine that does much else.
_SETTLED_WITHIN = 180


def test_a_fleet_whose_token_ended_logs_in_once(fleet: Fleet, workers: list[Process]) -> None:
    links = [fleet.sent(order_id) for order_id in fleet.make_orders(12)]
    until(lambda: fleet.at_rest(*links), within=_SETTLED_WITHIN, what="told that all were sent")
    org = f"{fleet.org_url}/sandbox"
    requests.put(f"{org}/faults", json={"expire_tokens": True}, timeout=60)  # ends every token there is
    requests.delete(f"{org}/faults", timeout=60)
    requests.delete(f"{org}/calls", timeout=60)
    for number, link in enumerate(links):
        fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"), fleet.urls[number % 2])
    until(lambda: fleet.at_rest(*links), within=_SETTLED_WITHIN, what="told that all were opened")
    told = requests.get(f"{org}/calls", timeout=60).json()
    assert told["records_written"] >= 2 * len(links)
    assert told["logins"] == 1
