"""No test leaves this machine, by whichever door it tries."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
import requests

from tests.conftest import NetworkRefused

ELSEWHERE = ("192.0.2.1", 443)  # an address for documents, RFC 5737


@pytest.mark.parametrize(
    "leave",
    [
        lambda: socket.create_connection(ELSEWHERE, timeout=1),
        lambda: socket.getaddrinfo("salesforce.example", 443),
        lambda: requests.get("https://salesforce.example", timeout=1),
    ],
    ids=["connection", "look-up", "request"],
)
def test_what_leaves_this_machine_is_refused(leave: Callable[[], object]) -> None:
    with pytest.raises(NetworkRefused):
        leave()


def test_both_ways_to_connect_are_refused() -> None:
    with socket.socket() as made:
        with pytest.raises(NetworkRefused):
            made.connect(ELSEWHERE)
        with pytest.raises(NetworkRefused):
            made.connect_ex(ELSEWHERE)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=60):
        pass
