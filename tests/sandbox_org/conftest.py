"""An org for each test, and one real process for the tests that need a socket; knows nothing of the connector."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.org.app import create_app
from tests.conftest import NOT_RUN
from tests.suite.filled_once import filled_folder

ROOT = Path(__file__).parents[2]
DATA = "/services/data/v67.0"


@dataclass
class Api:
    """The org's data API as one user."""

    client: FlaskClient
    token: str

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"{DATA}/{path}", method=method, headers=headers, **options)

    def query(self, text: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", query_string={"q": text})
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.get_json()["records"]
        return records

    def refusal(self, text: str) -> str:
        answer = self.call("GET", "query", query_string={"q": text})
        assert answer.status_code == 400
        return str(answer.get_json()[0]["errorCode"])

    def composite(self, *subrequests: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        body = {"compositeRequest": list(subrequests), "collateSubrequests": False, **options}
        answer = self.call("POST", "composite", json=body)
        assert answer.status_code == 200, answer.text
        answers: list[dict[str, Any]] = answer.get_json()["compositeResponse"]
        return answers


@pytest.fixture(scope="session")
def jsforce() -> Path:
    """The project that speaks by jsforce; `make test` installs it, once and in the versions of the lock file."""
    project = Path(__file__).parent / "jsforce"
    if shutil.which("node") is None or not (project / "node_modules/jsforce").is_dir():
        pytest.skip(f"{NOT_RUN} the jsforce tests: cd tests/sandbox_org/jsforce && npm ci")
    return project


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    org = create_app(filled_folder(tmp_path))
    yield org
    org.extensions["org"].records.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def credentials(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/sandbox/credentials").get_json()
    return found


@pytest.fixture
def user(credentials: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    return lambda name: next(one for one in credentials["users"] if name in one["name"])


@pytest.fixture
def api_as(client: FlaskClient, user: Callable[[str], dict[str, Any]]) -> Callable[[str], Api]:
    return lambda name: Api(client, user(name)["access_token"])


@pytest.fixture
def api(api_as: Callable[[str], Api]) -> Api:
    return api_as("Integration")


@pytest.fixture
def order_id(api: Api) -> str:
    return str(api.query("SELECT Id FROM Order WHERE OrderNumber = '00000102'")[0]["Id"])


def start(state: Path, **environment: str) -> tuple["subprocess.Popen[str]", str]:
    """Start the real thing on a free port and return it with its address."""
    command = [sys.executable, "-m", "sandbox.org", "--port", "0", "--state", str(state)]
    running = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout is not None
    return running, running.stdout.readline().strip().removeprefix("org ready on ")


def stop(running: "subprocess.Popen[str]") -> int:
    running.terminate()
    running.communicate(timeout=60)
    return running.returncode


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running, address = start(tmp_path_factory.mktemp("org"))
    yield address
    stop(running)


@pytest.fixture(scope="session")
def starter() -> tuple[Callable[..., Any], Callable[..., int]]:
    return start, stop
