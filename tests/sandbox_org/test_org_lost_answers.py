"""An answer of the org that is lost: the request took effect, and its resources are freed."""

from collections.abc import Iterable
from typing import Any

import pytest
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped,unused-ignore]

from sandbox.org.app import AnswerDropper
from sandbox.org.data_api.endpoint import DROP_ANSWER


class Body:
    """A body that notes when it is closed."""

    closed = False

    def __iter__(self) -> Any:
        return iter([b"answer"])

    def close(self) -> None:
        self.closed = True


def answered(body: Iterable[bytes], environ: dict[str, Any]) -> tuple[Iterable[bytes], list[Any]]:
    begun: list[Any] = []

    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "6")])
        return body

    return AnswerDropper(app)(environ, lambda *args: begun.extend(args)), begun  # type: ignore[arg-type]


def test_a_lost_answer_is_closed_and_never_begun() -> None:
    body = Body()
    with pytest.raises(ClientDisconnected):
        answered(body, {DROP_ANSWER: True})
    assert body.closed


def test_an_answer_that_is_not_lost_is_passed_on_unclosed() -> None:
    body = Body()
    assert answered(body, {}) == (body, ["200 OK", [("Content-Length", "6")]])
    assert not body.closed


def test_a_lost_body_without_resources_needs_no_close() -> None:
    with pytest.raises(ClientDisconnected):
        answered([b"answer"], {DROP_ANSWER: True})
