"""A body that does not come: whoever proves nothing is refused before it, and at each door so many may wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from threading import Event, Semaphore
from typing import Any, NoReturn

import pytest

from foundation.serving.late_body import LateBody
from tests.factories import CALLBACK_KEY, basic
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World

CALLBACK = f"/callbacks/{CALLBACK_KEY}/payment-status"
STALE = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}


class _NeverRead(BytesIO):
    """A body that takes for ever."""

    def read(self, *_: object) -> NoReturn:
        raise AssertionError("nobody should wait for this body")


class _SlowBody(BytesIO):
    """A body whose sender waits."""

    def __init__(self, begun: Semaphore, goes_on: Event) -> None:
        super().__init__(b"{}" + b" " * 98)
        self._begun, self._goes_on = begun, goes_on

    def read(self, *size: Any) -> bytes:
        self._wait()
        return super().read(*size)

    def readinto(self, buffer: Any, /) -> int:
        self._wait()
        return super().readinto(buffer)

    def _wait(self) -> None:
        self._begun.release()
        assert self._goes_on.wait(60)


@pytest.mark.parametrize("headers", [{}, basic(password="wrong"), STALE], ids=["none", "wrong", "stale signature"])
def test_a_callback_that_cannot_prove_itself_is_refused_before_its_body_is_waited_for(
    world: World, headers: dict[str, str]
) -> None:
    answer = world.client.post(CALLBACK, input_stream=_NeverRead(), content_length=500, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "untrusted")


@pytest.mark.parametrize(
    "path", ["/flow/send", "/api/payment-requests", "/api/launches", "/api/payment-requests/x/capture"]
)
def test_an_unknown_key_is_refused_before_the_body_is_waited_for(world: World, path: str) -> None:
    unknown = {"Authorization": "Bearer c2p_api_nobodys"}
    answer = world.client.post(path, input_stream=_NeverRead(), content_length=500, headers=unknown)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthenticated")


@contextmanager
def senders(world: World, path: str, headers: dict[str, str]) -> Iterator[None]:
    """Fill a door with senders who wait."""
    room, begun, goes_on = world.services.settings.threads // 2, Semaphore(0), Event()
    with ThreadPoolExecutor(room) as pool:
        held = [
            pool.submit(
                world.client.post,
                path,
                input_stream=_SlowBody(begun, goes_on),
                content_length=100,
                content_type="application/json",
                headers=headers,
            )
            for _ in range(room)
        ]
        assert all(begun.acquire(timeout=60) for _ in held)
        try:
            yield
        finally:
            goes_on.set()
    assert {one.result().status_code for one in held} <= {200, 422}


def test_slow_callbacks_hold_half_of_the_threads_at_most(world: World) -> None:
    with senders(world, CALLBACK, basic()):
        refused = world.callback({"paymentLinkRef": "nobodys"})
        assert (refused.status_code, refused.json["error"]["code"]) == (503, "try_later")
        assert world.client.get("/health/live").status_code == 200
        page = world.open(world.order())
        assert world.send(page).status_code == 201
    assert world.callback({"paymentLinkRef": "nobodys"}).status_code == 200


def test_slow_calls_with_a_key_hold_half_of_the_threads_at_most(world: World) -> None:
    key = KeyHolder(world, "flow")
    with senders(world, "/flow/status", key.headers):
        refused = key.flow("status", reference="c2p_none")
        assert (refused.status_code, refused.json["error"]["code"]) == (503, "try_later")
        assert world.callback({"paymentLinkRef": "nobodys"}).status_code == 200
        assert world.client.get("/health/live").status_code == 200
    assert key.flow("status", reference="c2p_none").status_code == 404


@pytest.mark.parametrize("path", [CALLBACK, "/flow/status", "/launch"])
def test_a_body_that_came_too_late_may_be_sent_again(world: World, path: str) -> None:
    headers = KeyHolder(world, "flow").headers if path.startswith("/flow") else basic()
    answer = world.client.post(
        path,
        input_stream=LateBody(b" " * 100),
        content_length=100,
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )
    assert answer.status_code == 408, answer.text
    if path != "/launch":
        assert (answer.json["error"]["code"], answer.json["error"]["retryable"]) == ("request_timeout", True)
    assert world.rows("inbox") == []
