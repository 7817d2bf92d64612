"""Doctor finds out whether the address that stands in every link leads to this core: from outside nobody else tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from responses import RequestsMock

from foundation.http.session import NoAnswer, ProxyFault, RequestNotSent
from payment_core.app import create_app
from payment_core.cli import main
from payment_core.domain.finding import Level
from payment_core.domain.merchant import Merchant
from payment_core.journeys.examining.ask_public_address import ask_public_address
from payment_core.services import Core
from payment_core.store.schema import tables

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def hook(core: Core, merchant: Merchant) -> str:
    return f"{core.public_url}/hooks/{merchant.messenger}/{merchant.hook}"


def passed_on(core: Core) -> Callable[[requests.PreparedRequest], tuple[int, dict[str, str], bytes]]:
    """Return a proxy in front of a core."""
    client = create_app(core).test_client()

    def answer(asked: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        told = client.open(asked.path_url, method=asked.method or "", data=asked.body)
        return told.status_code, {}, told.get_data()

    return answer


def found(core: Core) -> list[tuple[str, Level, str]]:
    return [(one.check, one.level, one.problem) for one in ask_public_address(core)]


def test_an_address_that_leads_here_is_fine(core: Core, hook: str) -> None:
    with RequestsMock() as outside:
        outside.add_callback("POST", hook, passed_on(core))
        assert found(core) == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": 404}, "something else answers there (404), or a core with another database"),
        (
            {"status": 401, "body": "Who are you?"},
            "something else answers there (401), or a core with another database",
        ),
        ({"status": 502}, "it answers 502"),
        ({"status": 200, "body": "Welcome"}, "it answers 200"),
        ({"body": RequestNotSent("x")}, "no connection can be made"),
        ({"body": NoAnswer("x")}, "no answer comes"),
        (
            {"status": 302, "headers": {"Location": "https://other.example"}},
            "it answers with a redirect, which providers do not follow",
        ),
        ({"body": ProxyFault("proxy_away")}, "the proxy that PAYMENT_CORE_PROXY names does not let us through"),
    ],
)
def test_whatever_else_answers_or_does_not_is_said(core: Core, hook: str, answer: dict[str, Any], why: str) -> None:
    with RequestsMock() as outside:
        outside.post(hook, **answer)
        assert found(core) == [
            ("public_url", Level.WRONG, f"https://pay.example does not lead to this core: {why}.")
        ]  # fmt: skip


def test_without_a_merchant_nobody_is_asked(core: Core) -> None:
    with core.transactions.write() as work:
        for table in (tables.applications, tables.merchants):
            work.connection.execute(table.delete())
    with RequestsMock() as outside:
        assert found(core) == []
        assert len(outside.calls) == 0


def test_the_command_asks_unless_it_is_told_to_ask_nobody(
    core: Core, hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payment_core.commands.doctor.open_unchecked", lambda quiet: core)
    with RequestsMock() as outside:
        outside.post(hook, status=502)
        done = CliRunner().invoke(main, ["doctor"])
        assert (done.exit_code, "https://pay.example does not lead to this core" in done.output) == (1, True)
        told = CliRunner().invoke(main, ["doctor", "--offline"])
        assert "does not lead" not in told.output
        assert len(outside.calls) == 1
