"""What several threads need at once is done once, and each has the outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from connector.salesforce.metadata.describe import Descriptions
from foundation import single_flight
from foundation.clock import utc_now
from foundation.single_flight import SingleFlight
from tests.factories import make_tenant

PATIENCE = 60


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when somebody waits for what another does."""
    waiting = threading.Event()

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            waiting.set()
            return super().result(timeout)

    monkeypatch.setattr(single_flight, "Future", Watched)
    return waiting


def at_once(joined: threading.Event, first: Callable[[], Any], second: Callable[[], Any]) -> list[Future[Any]]:
    """Both calls, the second begun while the first is under way; ``first`` waits for ``joined``."""
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(one) for one in (first, second)]
        assert joined.wait(PATIENCE)
    return calls


@pytest.mark.parametrize("error", [None, LookupError("gone")])
def test_who_comes_meanwhile_has_the_same_outcome(joined: threading.Event, error: Exception | None) -> None:
    flight, runs = SingleFlight(), []

    def work() -> str:
        runs.append(1)
        assert joined.wait(PATIENCE)
        if error:
            raise error
        return "read"

    calls = at_once(joined, lambda: flight.run("a", work), lambda: flight.run("a", work))
    assert len(runs) == 1
    assert [one.exception() for one in calls] == [error, error]
    assert [one.result() for one in calls if error is None] == ([] if error else ["read", "read"])


def test_everybody_who_comes_meanwhile_waits_for_the_one_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, begun = threading.Semaphore(0), threading.Event()

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            waiting.release()
            return super().result(PATIENCE)

    monkeypatch.setattr(single_flight, "Future", Watched)
    flight = SingleFlight()

    def work() -> int:
        begun.set()
        return sum(waiting.acquire(timeout=PATIENCE) for _ in range(2))

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(flight.run, "a", work)
        assert begun.wait(PATIENCE)
        others = [pool.submit(flight.run, "a", lambda: 0) for _ in range(2)]
    assert [one.result() for one in (first, *others)] == [2, 2, 2]


def test_the_next_call_works_again_and_another_key_waits_for_nobody() -> None:
    flight = SingleFlight()
    with pytest.raises(ZeroDivisionError):
        flight.run("a", lambda: 1 // 0)
    assert flight.run("a", lambda: flight.run("b", lambda: 2)) == 2


def test_a_description_that_two_need_at_once_is_read_once(joined: threading.Event) -> None:
    tenant, paths = make_tenant(), []

    def read(_: Any, path: str) -> dict[str, Any]:
        paths.append(path)
        assert joined.wait(PATIENCE)
        return {"name": "Order", "createable": True, "updateable": True, "fields": []}

    descriptions = Descriptions(read, now=utc_now)
    calls = at_once(joined, lambda: descriptions.get(tenant, "Order"), lambda: descriptions.get(tenant, "Order"))
    assert paths == ["sobjects/Order/describe"]
    assert [one.result().name for one in calls] == ["Order", "Order"]
    descriptions.get(tenant, "Order", anew=True)
    assert len(paths) == 2
