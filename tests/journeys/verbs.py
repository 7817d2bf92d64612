"""Call an operation on the latest payment request."""

from __future__ import annotations

from typing import Any

from connector.web.schemas import outcome_schemas
from tests.journeys.world import Answer, Page, World

SHAPES = {
    "capture": outcome_schemas.CAPTURED,
    "reverse": outcome_schemas.REVERSED,
    "replace": outcome_schemas.REPLACED,
}


class Died(BaseException):
    """The process is gone: nothing that catches exceptions gets to see it."""


def die(*_: Any) -> None:
    """What a hook does to end the process."""
    raise Died


def made(world: World) -> list[dict[str, Any]]:
    """Every payment request in the order in which they were made; the test's clock may not move between them."""
    events = sorted(world.rows("payment_events"), key=lambda row: row["event_id"])
    rows = {row["reference"]: row for row in world.rows("payment_requests")}
    return [rows[reference] for reference in dict.fromkeys(event["reference"] for event in events)]


def post(world: World, page: Page, verb: str, *, key: str | None = None, **body: Any) -> Answer:
    """Press a verb of the first request that the test made."""
    reference = made(world)[0]["reference"]
    headers = page.headers | ({"Idempotency-Key": key} if key else {})
    answer = world.client.post(f"/api/payment-requests/{reference}/{verb}", json=body, headers=headers)
    if answer.status_code in (200, 202):
        assert SHAPES[verb].validate(answer.json) == {}
    assert "internal words" not in answer.text
    return answer


def press(world: World, page: Page, verb: str, **options: Any) -> dict[str, Any]:
    """Press, and get an outcome."""
    answer = post(world, page, verb, **options)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def shown(world: World, page: Page) -> dict[str, Any]:
    """The latest request as the page shows it."""
    order = [row["reference"] for row in made(world)]
    return dict(max(world.look(page)["payment_requests"], key=lambda one: order.index(one["reference"])))


def calls(world: World) -> list[tuple[str, bool, str | None]]:
    """Every call that was written down: verb, open, outcome."""
    return [(row["verb"], row["open"], row["outcome"]) for row in world.rows("verb_calls")]
