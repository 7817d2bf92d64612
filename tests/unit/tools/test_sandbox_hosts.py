"""Both sandboxes answer by the names of this machine only: a page elsewhere cannot rebind its own name to them."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.core.app import create_app as create_core
from sandbox.org.app import create_app as create_org

OWN = ["localhost", "localhost:8010", "127.0.0.1:8010", "127.0.0.2", "[::1]:8010", "LOCALHOST"]
OTHERS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::1",
    "[::2]",
    "evil.example:80",
]


def front(folder: Path, **changes: Any) -> Flask:
    """The front of a core; nothing is asked of the core behind it."""
    where = {"core_url": "http://127.0.0.1:9", "public_url": "http://localhost:8020", **changes}
    return create_core(folder, key="a key of this test", **where)


@pytest.fixture(params=["core", "org"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "core":
        yield front(tmp_path).test_client()
        return
    app = create_org(tmp_path)
    yield app.test_client()
    app.extensions["org"].records.close()


@pytest.mark.parametrize("host", OWN)
def test_it_answers_by_its_own_names(sandbox: FlaskClient, host: str) -> None:
    assert sandbox.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("path", ["/", "/sandbox/health", "/static/none.css", "/none"])
def test_it_does_not_answer_by_another_name(sandbox: FlaskClient, host: str, path: str) -> None:
    refused = sandbox.get(path, headers={"Host": host})
    assert refused.status_code == 421
    assert "localhost only" in refused.text


def test_the_core_answers_by_the_public_address_that_it_gives_out(tmp_path: Path) -> None:
    client = front(tmp_path, public_url="https://pay.example").test_client()
    assert client.get("/", headers={"Host": "pay.example"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_other_hosts_are_answered_where_that_is_meant(tmp_path: Path) -> None:
    core = front(tmp_path / "core", allow_other_hosts=True)
    org = create_org(tmp_path / "org", allow_other_hosts=True)
    for app in (core, org):
        assert app.test_client().get("/", headers={"Host": "10.0.0.7"}).status_code == 200
    org.extensions["org"].records.close()
