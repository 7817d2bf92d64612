"""Each check of a setting takes what may be given, and refuses what would fail later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from foundation.secret import Secret
from foundation.settings.setting_checks import (
    check_address,
    check_authorities,
    check_database_url,
    check_hosts,
    check_listen_address,
    check_proxy,
    keys_of,
    names_of,
    nothing_or,
    optional_path,
    optional_secret,
    secrets_of,
)

LABEL = "a" * 63


@pytest.mark.parametrize(
    ("check", "given", "is_taken"),
    [
        # An empty text is none.
        (check_proxy, "", True),
        (check_proxy, "http://proxy.example:3128", True),
        (check_proxy, "https://user:p%40ss@proxy.example:3128/", True),
        (check_proxy, "http://proxy.example", False),
        (check_proxy, "http://:3128", False),
        (check_proxy, "http://proxy.example:3128?a=b", False),
        (check_proxy, "http://proxy.example:3128#a", False),
        (check_proxy, "http://proxy.example:3128/path", False),
        (check_proxy, "http://proxy.example:99999", False),
        (check_proxy, "ftp://proxy.example:21", False),
        (check_authorities, "", True),
        (check_authorities, "/nowhere", False),
        (check_database_url, "sqlite:///chat2pay.db", True),
        (check_database_url, "sqlite:////data/chat2pay.db?timeout=5", True),
        (check_database_url, "sqlite://", False),
        (check_database_url, "sqlite:///", False),
        # It is no path: what should be one is read as a host.
        (check_database_url, "sqlite://chat2pay/chat2pay.db", False),
        (check_database_url, "postgresql://u:p@host/name", True),
        (check_database_url, "postgresql://u:p@host", False),
        (check_database_url, "postgresql://u:p@host/", False),
        (check_database_url, "postgresql://u:p@host/?sslmode=require", False),
        (check_database_url, "mysql://u:p@host/name", False),
        (check_database_url, "postgresql:///name?host=/run/postgresql", True),
        (check_database_url, "postgresql://u:p%40ss@[::1]:5432/name", True),
        (check_database_url, "postgresql://user:password/name", False),
        (check_database_url, "postgresql://u:p@host:port/name", False),
        (check_database_url, "postgresql://u:p@[::1/name", False),
        (check_listen_address, "0.0.0.0", True),
        # It would listen on every address of the machine.
        (check_listen_address, "", False),
        (check_listen_address, " ", False),
        (check_address, "https://pay.example", True),
        (check_address, "http://127.0.0.1:8020/", True),
        (check_address, "", False),
        (check_address, "https://", False),
        (check_address, "pay.example", False),
        (check_address, "https://pay.example:port", False),
        (check_address, "https://pay.example:0", False),
        (check_address, "ftp://pay.example", False),
        (check_address, "https://user@pay.example", False),
        (check_address, " https://pay.example", False),
        (check_address, "https://pay.example/a b", False),
        (check_address, "https://pay.example?", False),
        (check_address, "https://pay.example#a", False),
        (check_hosts, [], True),
        (check_hosts, ["pay.example", " b.example "], True),
        (check_hosts, [f"{LABEL}.example"], True),
        (check_hosts, [f"a{LABEL}.example"], False),
        (check_hosts, ["pay.example", "Pay.example"], False),
        (check_hosts, ["-pay.example"], False),
        (check_hosts, ["10.0.0.7"], False),
        (check_hosts, ["pay.example:443"], False),
        (nothing_or(8), "", True),
        (nothing_or(8), "x" * 7, False),
        (nothing_or(8), "x" * 8, True),
        (nothing_or(8), " " * 8, False),
        (keys_of(32, made_by="x"), [], False),
        (keys_of(32, made_by="x"), ["x" * 32], True),
        (keys_of(32, made_by="x"), ["x" * 32, "x" * 31], False),
        (keys_of(32, made_by="x"), [" " * 31 + "x"], False),
    ],
)
def test_what_may_be_given_is_taken_and_nothing_else(
    check: Callable[[Any], None], given: object, is_taken: bool
) -> None:
    try:
        check(given)
    except ValidationError:
        assert not is_taken
    else:
        assert is_taken


@pytest.mark.parametrize(("listed", "names"), [(None, ()), ([], ()), ([" a ", "", " ", "b"], ("a", "b"))])
def test_a_list_has_its_names_without_blanks(listed: list[str] | None, names: tuple[str, ...]) -> None:
    assert names_of(listed) == names


def test_what_is_empty_is_none() -> None:
    assert (optional_secret(""), optional_secret(None), optional_secret("a")) == (None, None, Secret("a"))
    assert (optional_path(""), optional_path(None), optional_path("/a")) == (None, None, Path("/a"))
    assert (secrets_of(None), secrets_of([" a ", "b"])) == ((), (Secret("a"), Secret("b")))


def test_a_database_address_without_its_host_is_refused_without_the_password_in_it() -> None:
    """The password stands where a port is read then, and the driver's own error repeats it."""
    with pytest.raises(ValidationError) as refused:
        check_database_url("postgresql://user:hidden/name")
    assert "hidden" not in str(refused.value)
