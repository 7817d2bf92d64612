"""Starts both sandboxes once, and gives each test a database of its own to connect them to."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet

from connector.services import Services, build_services
from foundation.secret import Secret
from tests.factories import make_settings
from tests.peers.sandboxes import sandboxes
from tests.processes.forkserver import run_command

ROOT = Path(__file__).parents[2]


class Ground:
    """Both sandboxes: their addresses, and what they say of themselves."""

    def __init__(self, org_url: str, core_url: str) -> None:
        self.org_url, self.core_url = org_url, core_url

    def org(self) -> dict[str, Any]:
        """The org's ids and secrets."""
        told: dict[str, Any] = requests.get(f"{self.org_url}/sandbox/credentials", timeout=60).json()
        return told

    def core(self) -> dict[str, Any]:
        """The core's key and applications."""
        told: dict[str, Any] = requests.get(f"{self.core_url}/sandbox/credentials", timeout=60).json()
        return told

    def values(self) -> dict[str, Any]:
        """What an admin gives to connect the two."""
        org, core = self.org(), self.core()
        return {
            "name": "Karoo Trading",
            "default_currency": "ZAR",
            "salesforce": {
                "host_url": self.org_url,
                "org_id": org["org_id"],
                "client_id": org["client_id"],
                "client_secret": org["client_secret"],
                "canvas_secrets": [org["canvas_secret"]],
            },
            "core": {
                "base_url": self.core_url,
                "api_key": core["api_key"],
                "application": core["applications"][0]["uuid"],
                "environment": "SANDBOX",
            },
        }


class Desk:
    """An admin's terminal: runs commands on one database, and looks into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database_url = f"sqlite:///{folder}/c2p.db"
        self.keys = [Fernet.generate_key().decode()]

    def env(self) -> dict[str, str]:
        """The environment of a command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": self.database_url,
            "CHAT2PAY_PUBLIC_URL": "https://c2p.example",
            "CHAT2PAY_ENCRYPTION_KEYS": ",".join(self.keys),
            "CHAT2PAY_LAUNCH_KEYS": "a-launch-key-of-at-least-32-characters",
        }

    def run(self, *arguments: str, given: str = "", code: int = 0) -> str:
        """Run a command without a terminal; return all that it printed. It must end with ``code``."""
        done = run_command(arguments, self.env(), given=given, new_session=True)  # no terminal to ask for secrets
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    def told(self, *arguments: str, given: str = "") -> dict[str, Any]:
        """Run a command with ``--json`` and read it."""
        said = self.run(*arguments, "--json", given=given)
        found: dict[str, Any] = json.loads(
            said[said.index("\n{\n") if "\n{\n" in said else said.index("{\n") :].split("\n}\n")[0] + "\n}"
        )
        return found

    def services(self) -> Services:
        """The services over this database; the caller closes the database."""
        keys = tuple(map(Secret, self.keys))
        return build_services(make_settings(self.database_url, encryption_keys=keys, environment="demo"))

    def file(self, name: str, text: str) -> str:
        """Keep a file and return its path."""
        path = self.folder / name
        path.write_text(text)
        return str(path)


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory, migrated_core: Path) -> Iterator[Ground]:
    """Both sandboxes, until the last of these tests ends."""
    with sandboxes(tmp_path_factory.mktemp("ground"), migrated_core) as (org_url, core_url):
        yield Ground(org_url, core_url)


@pytest.fixture
def desk(tmp_path: Path, migrated: Path) -> Desk:
    """A terminal over an empty database."""
    shutil.copyfile(migrated, tmp_path / "c2p.db")
    return Desk(tmp_path)
