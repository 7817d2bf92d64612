"""Who hears of a call to the core: the session that carries it, and whoever watches how it ended."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import requests
import responses

from connector.core.client import CoreClient
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, UpstreamError
from foundation.http.session import PeerSession
from tests.contracts.core.test_core_client import CORE, OPERATIONS, refused


def asked(name: str, wire: responses.RequestsMock, **answered: Any) -> tuple[str, UpstreamError | None]:
    """Make a call, and return the session that it took, and its end as it was told."""
    method, path, ask, body = OPERATIONS[name]
    wire.add(method, f"{CORE}{path}", **(answered or {"json": body}))
    took: list[str] = []
    ended: list[UpstreamError | None] = []
    with (
        PeerSession(peer="core", total_timeout=2, observe=lambda *_, **__: took.append("reads")) as reads,
        PeerSession(peer="core", total_timeout=2, observe=lambda *_, **__: took.append("writes")) as writes,
    ):
        core = CoreClient(
            reads=reads, writes=writes, allow_loopback=False, on_end=lambda _access, error: ended.append(error)
        )
        with suppress(UpstreamError):
            ask(core)
    ((session,), (end,)) = took, ended
    return session, end


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_moves_something_never_goes_over_a_connection_for_questions(name: str) -> None:
    """A question may be asked twice; a connection that the core closed would leave it open whether money moved."""
    with responses.RequestsMock() as wire:
        assert asked(name, wire) == ("reads" if OPERATIONS[name][0] == "GET" else "writes", None)


@pytest.mark.parametrize(
    ("answered", "error"),
    [
        ({"status": 401, "json": {}}, CoreRefused),
        ({"status": 500, "json": {}}, CoreOutcomeUnknown),
        ({"body": refused()}, CoreUnavailable),
        ({"body": requests.ReadTimeout("slow")}, CoreOutcomeUnknown),
    ],
    ids=["refused", "failed", "not reached", "no answer"],
)
def test_how_a_call_failed_is_told_to_whoever_watches(answered: dict[str, Any], error: type[UpstreamError]) -> None:
    with responses.RequestsMock() as wire:
        _, end = asked("capture", wire, **answered)
    assert type(end) is error
