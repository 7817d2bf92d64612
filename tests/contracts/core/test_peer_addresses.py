"""Addresses of peers: what is no My Domain and no host of the core's is refused whole, and nobody connects to it."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from marshmallow import ValidationError

from connector.core.allowed_hosts import check_core_address
from connector.core.client import CoreClient
from connector.errors import TenantProblem
from connector.journeys.connecting.validate_tenant_values import check_core, check_host
from connector.salesforce.auth.token_provider import TokenProvider
from connector.salesforce.calls.api_allowance import ApiLimits
from connector.salesforce.client import SalesforceClient
from connector.salesforce.my_domain import check_my_domain, to_my_domain
from foundation.http.origin import Origin, read_origin
from foundation.http.session import PeerSession
from foundation.secret import Secret
from manifests.core_hosts import vendor_hosts
from tests.contracts.salesforce.test_salesforce_client import Shelf
from tests.factories import make_tenant

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TENANT = make_tenant()
CORE_HOST = vendor_hosts()[0]
MY_DOMAIN = "acme.my.salesforce.com"
ORDER, USER = "801xx0000001gEhAAI", "005xx000001X8UzAAK"
# {host} is a host that is allowed. All of them have it somewhere, and most once passed one check or the other.
HOSTILE = (
    "https://127.0.0.1\\.{host}",
    "https://127.0.0.1\\@{host}",
    "https://evil.example\\@{host}",
    "https://evil.example\\.{host}",
    "https:\\\\{host}",
    "https:/\\{host}",
    "https://{host}\\@evil.example",
    "https://{host}\\.evil.example",
    "https://{host}@evil.example",
    "https://{host}:443@evil.example",
    "https://user@{host}",
    "https://user:password@{host}",
    "https://:@{host}",
    "https://@{host}",
    "https://evil.example%5c.{host}",
    "https://evil.example%2f.{host}",
    "https://evil.example%23.{host}",
    "https://evil%2eexample.{host}",
    "https://%61.{host}",
    "https://{host}%00.evil.example",
    "https://{host}%0d%0aHost: evil.example",
    "https://{host}.",
    "https://{host}..",
    "https://.{host}",
    "https://evil..{host}",
    "https://{host}.evil.example",
    "https://{host}/",
    "https://{host}/path",
    "https://{host}//evil.example",
    "https://{host}/../evil",
    "https://{host}?x=y",
    "https://{host}?",
    "https://{host}#x",
    "https://{host}#",
    "https://{host}:",
    "https://{host}:0",
    "https://{host}:443",
    "https://{host}:70000",
    "https://{host}:-1",
    "https://{host}:４４３",
    "https://{host}\n",
    "https://{host}\r\n",
    "https://{host} ",
    " https://{host}",
    "\thttps://{host}",
    "https://\t{host}",
    "https://127.0.0.1\t.{host}",
    "https://127.0.0.1\n.{host}",
    "https://evil.example .{host}",
    "https://evil.example\x00.{host}",
    "https://evil.example;.{host}",
    "https://evil.example,.{host}",
    "https://evil_example.{host}",
    "https://[::1].{host}",
    "https://[::1]\\.{host}",
    "https://[::ffff:127.0.0.1].{host}",
    "https://evil.example／.{host}",
    "https://evil.example＼.{host}",
    "https://evil.example＠{host}",
    "https://evil.example？.{host}",
    "https://evil.example＃.{host}",
    "https://a。{host}",
    "https://\u0430cme.{host}",  # the first letter is Cyrillic
    "https://\u017f.{host}",  # a letter that becomes an s where case is not looked at
    "https://\u212a.{host}",  # the sign for kelvin, which becomes a k
    "https://é.{host}",
    "https://\u200b{host}",
    "https://\u202e{host}",
    "http://{host}",
    "HTTP://{host}",
    "http\u017f://{host}",
    "ftp://{host}",
    "file://{host}",
    "javascript://{host}",
    "https:{host}",
    "https:/{host}",
    "https:///{host}",
    "//{host}",
    "{host}",
    "https://",
    "",
)
# With a port one could listen there: what `urlsplit` takes for the host is the part behind the last @.
REACHING = (
    "https://127.0.0.1:{port}\\@{host}",
    "https://localhost:{port}\\@{host}",
    "https://127.0.0.1:{port}\\.{host}",
    "https://127.0.0.1:{port}#@{host}",
    "https://127.0.0.1:{port}?@{host}",
    "https://127.0.0.1:{port}/@{host}",
    "https://{host}@127.0.0.1:{port}",
    "https://{host}\\@127.0.0.1:{port}",
    "https://127.0.0.1:{port}%5c@{host}",
    "http://127.0.0.1:{port}\\@{host}",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}",
)
hostile = pytest.mark.parametrize("form", HOSTILE)
reaching = pytest.mark.parametrize("form", REACHING)


@pytest.mark.parametrize(
    "host",
    [
        "acme.my.salesforce.com",
        "acme--uat.sandbox.my.salesforce.com",
        "acme-dev-ed.develop.my.salesforce.com",
        "data-app-1234-dev-ed.scratch.my.salesforce.com",
        "acme.trailblaze.my.salesforce.com",
        "acme123.my.salesforce.com",
        "ACME.My.Salesforce.com",
    ],
)
def test_every_kind_of_org_has_a_my_domain(host: str) -> None:
    check_my_domain(f"https://{host}")
    check_host(f"https://{host}", allow_loopback=False)


@pytest.mark.parametrize(
    "host", ["my.salesforce.com", "evilmy.salesforce.com", "login.salesforce.com", "acme.lightning.force.com"]
)
def test_salesforces_other_hosts_are_none(host: str) -> None:
    with pytest.raises(ValueError, match="My Domain"):
        check_my_domain(f"https://{host}")


@hostile
def test_no_other_form_is_a_my_domain_address(form: str) -> None:
    for host in (MY_DOMAIN, "my.salesforce.com"):
        for allow in (False, True):
            with pytest.raises(ValueError, match="My Domain"):
                check_my_domain(form.format(host=host), allow_loopback=allow)
            with pytest.raises(ValidationError):
                check_host(form.format(host=host), allow_loopback=allow)


@pytest.mark.parametrize("form", [form for form in HOSTILE if form not in ("https://{host}/", "https://{host}:443")])
def test_no_other_form_is_the_cores_address(form: str) -> None:
    for allow in (False, True):
        with pytest.raises(ValueError, match="core"):
            check_core_address(form.format(host=CORE_HOST), allow_loopback=allow)
        with pytest.raises(ValidationError):
            check_core(form.format(host=CORE_HOST), allow_loopback=allow)


def test_the_core_may_have_a_port_and_a_slash_behind_it() -> None:
    for address in (
        f"https://{CORE_HOST}",
        f"https://{CORE_HOST}/",
        f"https://{CORE_HOST}:8443",
        f"HTTPS://{CORE_HOST}",
    ):
        check_core_address(address)


def test_a_core_of_our_own_is_an_exact_host_over_https() -> None:
    own = ("pay.acme.example",)
    for address in ("https://pay.acme.example", "https://pay.acme.example:8443/", f"https://{CORE_HOST}"):
        check_core_address(address, own_hosts=own)
        check_core(address, allow_loopback=False, own_hosts=own)
    for address in (
        "http://pay.acme.example",
        "https://acme.example",
        "https://a.pay.acme.example",
        "https://pay.acme.example.evil.example",
        "https://evil.example/pay.acme.example",
    ):
        with pytest.raises(ValueError, match="core"):
            check_core_address(address, own_hosts=own, allow_loopback=True)
        with pytest.raises(ValidationError, match="CHAT2PAY_CORE_HOSTS"):
            check_core(address, allow_loopback=True, own_hosts=own)
    with pytest.raises(ValueError, match="core"):
        check_core_address("https://pay.acme.example")


@hostile
def test_what_a_person_pastes_is_tidied_into_a_my_domain_address_or_refused(form: str) -> None:
    tidied = to_my_domain(form.format(host=MY_DOMAIN))
    with suppress(ValidationError):
        check_host(tidied, allow_loopback=False)
        origin = read_origin(tidied)
        assert origin is not None
        assert origin.host.endswith(f".{MY_DOMAIN}") or origin.host == MY_DOMAIN


@pytest.mark.parametrize("page", ["lightning.force.com", "my.salesforce-setup.com", "my.salesforce.com"])
@pytest.mark.parametrize("org", ["acme", "acme--dev.sandbox"])
def test_the_address_of_any_page_of_the_org_is_taken(page: str, org: str) -> None:
    assert to_my_domain(f"https://{org}.{page}/lightning/setup/OrgDomain/home") == f"https://{org}.my.salesforce.com"


def test_the_demos_peers_are_this_machine_and_nothing_else() -> None:
    for address in ("http://localhost:8010", "http://127.0.0.1:8010", "https://localhost:1", "http://localhost"):
        check_my_domain(address, allow_loopback=True)
        check_core_address(address, allow_loopback=True)
        for check in (check_my_domain, check_core_address):
            with pytest.raises(ValueError, match="address"):
                check(address)
    for address in (
        "http://evil.example\\@localhost:8010",
        "http://localhost:8010\\@evil.example",
        "http://localhost.evil.example",
        "http://user@localhost",
        "http://localhost:99999",
        "http://127.0.0.1.evil.example",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://0.0.0.0",
        "http://[::1]",
        "http://localhost%00",
        "ftp://localhost",
    ):
        for check in (check_my_domain, check_core_address):
            with pytest.raises(ValueError, match="address"):
                check(address, allow_loopback=True)


def test_an_origin_is_read_in_small_letters_with_its_port() -> None:
    assert read_origin("HTTPS://Acme.Example:8443") == Origin("https", "acme.example", 8443)
    assert read_origin("http://localhost") == Origin("http", "localhost", None)
    assert read_origin(f"https://{'a' * 64}.example") is None
    assert read_origin(f"https://{'a' * 63}.example") == Origin("https", f"{'a' * 63}.example", None)
    assert [read_origin(f"http://localhost:{port}") for port in (1, 65535)] == [
        Origin("http", "localhost", port) for port in (1, 65535)
    ]
    assert [read_origin(f"http://localhost:{port}") for port in ("", 0, 65536, "8010x", "+1")] == [None] * 5


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


def reached(listener: socket.socket) -> bool:
    """Whether anybody connected: a connection that was made waits in the queue, however soon its caller left."""
    return bool(select.select([listener], [], [], 0)[0])


def test_a_session_by_itself_would_connect_to_what_stands_before_a_backslash(listener: socket.socket) -> None:
    address = f"https://127.0.0.1:{listener.getsockname()[1]}\\@{MY_DOMAIN}"
    listener.settimeout(60)
    session = PeerSession(peer="salesforce", total_timeout=60, repeat_reads=False)
    with session, ThreadPoolExecutor(1) as pool:
        met = pool.submit(lambda: listener.accept()[0].close())
        with pytest.raises(requests.ConnectionError):
            session.get(address)
        met.result()


@reaching
def test_nothing_connects_for_an_org_whose_address_is_none(listener: socket.socket, form: str) -> None:
    address = form.format(host=MY_DOMAIN, port=listener.getsockname()[1])
    tenant = replace(TENANT, salesforce=replace(TENANT.salesforce, host_url=address))
    shelf = Shelf()
    shelf.tokens["acme"] = Secret("kept")
    attempts: tuple[Callable[[SalesforceClient], Any], ...] = (
        lambda org: org.read_order(tenant, ORDER, agent_token=Secret("agent"), user_id=USER, now=NOW),
        lambda org: org.may_edit(tenant, user_id=USER, order_id=ORDER),
        lambda org: org.try_login(tenant),
        lambda org: org.ask_login(tenant),
        lambda org: org.read(tenant, "limits", operation="limits"),
    )
    with PeerSession(peer="salesforce", total_timeout=60, repeat_reads=False) as session:
        tokens = TokenProvider(session=session, store=shelf, now=lambda: NOW)
        org = SalesforceClient(
            session=session, tokens=tokens, allow_loopback=False, limits=ApiLimits(), now=lambda: NOW
        )
        for attempt in attempts:
            with pytest.raises(TenantProblem):
                attempt(org)
    assert not reached(listener)


@reaching
def test_nothing_connects_for_a_core_whose_address_is_none(listener: socket.socket, form: str) -> None:
    address = form.format(host=CORE_HOST, port=listener.getsockname()[1])
    access = replace(TENANT.core, base_url=address)
    with PeerSession(peer="core", total_timeout=60, repeat_reads=False) as session:
        core = CoreClient(reads=session, writes=session, allow_loopback=False)
        for attempt in (core.get_configuration, lambda one: core.get_transaction(one, "link-1")):
            with pytest.raises(TenantProblem):
                attempt(access)
    assert not reached(listener)
