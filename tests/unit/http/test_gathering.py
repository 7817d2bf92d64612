"""A request of granian's event loop, as WSGI has it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from foundation.serving.gathering import environ_of


class _Headers:
    """Headers as granian shows them: a value that is not ASCII has a name only."""

    def __init__(self, *pairs: tuple[str, str | None]) -> None:
        self._pairs = pairs

    def keys(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self._pairs))

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._pairs if value is not None]


def asked(*headers: tuple[str, str | None], **changes: Any) -> dict[str, Any]:
    scope = {
        "method": "POST",
        "path": "/flow/send",
        "query_string": "a=%C3%A9",
        "http_version": "1.1",
        "scheme": "http",
        "server": "127.0.0.1:8000",
        "client": "10.0.0.7:51000",
        "authority": None,
        "headers": _Headers(*headers),
        **changes,
    }
    return environ_of(SimpleNamespace(**scope), b"{}")  # type: ignore[arg-type]


def test_addresses_come_without_ports_and_brackets() -> None:
    environ = asked()
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("10.0.0.7", "127.0.0.1", "8000")
    assert asked(client="[::1]:51000")["REMOTE_ADDR"] == "::1"


def test_a_path_is_latin_1_as_wsgi_has_it() -> None:
    assert asked(path="/é")["PATH_INFO"].encode("latin-1").decode() == "/é"


def test_headers_of_one_name_are_one_list_and_content_headers_have_names_of_their_own() -> None:
    environ = asked(
        ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2"), ("content-length", "2"), ("host", "c2p")
    )
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"
    assert (environ["CONTENT_LENGTH"], environ["HTTP_HOST"]) == ("2", "c2p")
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_the_host_is_one_and_what_a_server_promises_of_a_body_is_kept() -> None:
    """Two hosts in one line would be neither."""
    environ = asked(("host", "c2p.example"), ("host", "other.example"), authority="c2p.example")
    assert environ["HTTP_HOST"] == "other.example"
    assert asked(authority="c2p.example")["HTTP_HOST"] == "c2p.example"
    # Its end is known, also of a body without a length; and several threads and processes serve at once.
    assert (environ["wsgi.input_terminated"], environ["wsgi.input"].read()) == (True, b"{}")
    assert (environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["wsgi.run_once"]) == (True, True, False)


def test_a_header_that_cannot_be_read_is_not_a_missing_one() -> None:
    """An idempotency key that is not ASCII must be refused, not passed over."""
    assert asked(("idempotency-key", None))["HTTP_IDEMPOTENCY_KEY"] == ""


def test_http_1_0_is_named_as_wsgi_names_it() -> None:
    assert asked(http_version="1")["SERVER_PROTOCOL"] == "HTTP/1.0"
