"""A request takes a thread once its body has arrived, and a body that is slow, endless or too large takes nothing of others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.exceptions import RequestTimeout

from foundation.serving.gathering import GatheredBodies

LARGEST = 10


class Proto:
    """A request's body as granian hands it over, and what was answered to it."""

    def __init__(self, *chunks: bytes, arrives: Callable[[], Awaitable[object]] | None = None) -> None:
        self._chunks, self._arrives = chunks, arrives
        self.asked = 0
        self.answer: tuple[int, bytes] | None = None

    async def __call__(self) -> bytes:
        self.asked += 1
        if self._arrives is not None:
            await self._arrives()
        return b"".join(self._chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.asked += 1
            yield chunk

    def response_bytes(self, status: int, _: list[tuple[str, str]], body: bytes) -> None:
        self.answer = (status, body)


def scope(length: int | None, method: str = "POST") -> Any:
    headers = {} if length is None else {"content-length": str(length)}
    return SimpleNamespace(
        method=method, path="/x", query_string="", http_version="1.1", scheme="http", server="127.0.0.1:1",
        client="127.0.0.1:2", authority="x", headers=headers,
    )  # fmt: skip


class Closing(list[bytes]):
    """An answer that gives something back when it is closed, as one of a file does."""

    closed = 0

    def close(self) -> None:
        """Give it back."""
        self.closed += 1


class Breaking(Closing):
    """One that cannot be read to its end."""

    def __iter__(self) -> Any:
        raise ValueError("broken")


def echo(environ: Any, start: Any) -> list[bytes]:
    """Answer with the body; a late one is a 408, as the app's own."""
    try:
        body = environ["wsgi.input"].read()
    except RequestTimeout:
        start("408 Late", [])
        return [b"late"]
    if body == b"broken":
        raise ValueError("broken")
    start("200 OK", [])
    return [body]


def served(
    *requests: tuple[Any, Any],
    app: Callable[[Any, Any], list[bytes]] = echo,
    seconds: float = 60.0,
    most: int = 256,
    meanwhile: Callable[[], None] | None = None,
) -> list[tuple[int, bytes] | None]:
    """Serve requests at once, and return their answers."""

    async def serve() -> None:
        gathered = GatheredBodies(app, threads=2, largest=LARGEST, seconds=seconds, most=most)
        gathered.__rsgi_init__(asyncio.get_running_loop())
        tasks = [asyncio.ensure_future(gathered.__rsgi__(one, proto)) for one, proto in requests]
        if meanwhile is not None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            meanwhile()
        await asyncio.wait_for(asyncio.gather(*tasks), 60)

    asyncio.run(serve())
    return [proto.answer for _, proto in requests]


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("length", "chunks", "answer"),
    [
        (3, [b"abc"], (200, b"abc")),
        (LARGEST, [b"x" * LARGEST], (200, b"x" * LARGEST)),
        # Refused by the app, which sees that its length says more than there is: nothing of it is waited for.
        (LARGEST + 1, [b"x" * (LARGEST + 1)], (200, b"")),
        (None, [b"ab", b"cd"], (200, b"abcd")),
        # Of an endless one no more than shows that it is too large.
        (None, [b"x" * 6] * 9, (200, b"x" * 12)),
        (6, [b"broken"], (500, b"")),
    ],
)
def test_a_body_is_handed_over_whole_and_never_larger_than_it_may_be(
    length: int | None, chunks: list[bytes], answer: tuple[int, bytes]
) -> None:
    proto = Proto(*chunks)
    assert served((scope(length), proto)) == [answer]
    assert proto.asked == {LARGEST + 1: 0}.get(length or 0, 2 if length is None else 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_has_no_body_waits_for_none(method: str) -> None:
    proto = Proto(arrives=never)
    assert served((scope(3, method), proto)) == [(200, b"")]
    assert proto.asked == 0


def test_a_body_that_does_not_come_in_time_is_late_and_holds_up_nobody() -> None:
    assert served((scope(3), Proto(arrives=never)), (scope(3), Proto(b"abc")), seconds=0.05) == [
        (408, b"late"),
        (200, b"abc"),
    ]


@pytest.mark.parametrize(("slow", "late"), [(2, 0), (3, 1), (5, 3)])
def test_of_too_many_bodies_under_way_the_oldest_are_given_up(slow: int, late: int) -> None:
    """Most arrive in milliseconds: it is a slow one."""
    arrived = asyncio.Event()
    requests = [(scope(3), Proto(b"abc", arrives=arrived.wait)) for _ in range(slow)]
    answers = served(*requests, most=2, meanwhile=arrived.set)
    assert answers == [(408, b"late")] * late + [(200, b"abc")] * (slow - late)


def test_a_body_that_breaks_off_is_an_empty_one() -> None:
    async def breaks() -> None:
        raise ConnectionError

    assert served((scope(3), Proto(arrives=breaks))) == [(200, b"")]


def test_a_caller_that_hangs_up_is_answered_nothing() -> None:
    """The server itself ends its request: nobody is there, and the app need not be asked."""
    proto = Proto(arrives=never)

    async def serve() -> None:
        gathered = GatheredBodies(echo, threads=1, largest=LARGEST)
        gathered.__rsgi_init__(asyncio.get_running_loop())
        handed: Any = proto
        task = asyncio.ensure_future(gathered.__rsgi__(scope(3), handed))
        while not proto.asked:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(serve())
    assert proto.answer is None


def test_a_request_whose_body_has_arrived_is_given_up_for_no_other() -> None:
    other_came = threading.Event()

    def app(environ: Any, start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        start("200 OK", [])
        assert other_came.wait(60) if body == b"one" else not other_came.set()
        return [body]

    assert served((scope(3), Proto(b"one")), (scope(3), Proto(b"two")), app=app, most=1) == [
        (200, b"one"),
        (200, b"two"),
    ]


def test_a_caller_that_hangs_up_while_it_is_answered_disturbs_nobody() -> None:
    begun, go_on = threading.Event(), threading.Event()
    faults: list[Any] = []
    other: Any = Proto(b"two")

    def app(environ: Any, start: Any) -> list[bytes]:
        begun.set()
        assert go_on.wait(60)
        return echo(environ, start)

    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        gathered = GatheredBodies(app, threads=1, largest=LARGEST)
        gathered.__rsgi_init__(asyncio.get_running_loop())
        handed: Any = Proto(b"one")
        task = asyncio.ensure_future(gathered.__rsgi__(scope(3), handed))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.wait_for(gathered.__rsgi__(scope(3), other), 60)

    asyncio.run(serve())
    assert (other.answer, faults) == ((200, b"two"), [])


@pytest.mark.parametrize(("answer", "told"), [(Closing([b"a", b"b"]), (200, b"ab")), (Breaking(), (500, b""))])
def test_an_answer_is_closed_once_whether_or_not_it_could_be_read(answer: Closing, told: tuple[int, bytes]) -> None:
    def app(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return answer

    assert served((scope(3), Proto(b"abc")), app=app) == [told]
    assert answer.closed == 1
