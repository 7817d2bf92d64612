"""Knows the order in which the three origins come up and meet; refuses to know the journey."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.errors import FRESH_START_HINT, DemoError, UnexpectedAnswer
from sandbox.demo.http_client import HttpClient, wait_for
from sandbox.demo.processes.child import Child
from sandbox.demo.processes.supervisor import Supervisor
from sandbox.demo.state_folder import StateFolder

PORTS = {"connector": 8000, "org": 8010, "core": 8020}
NAMES = tuple(PORTS)
_READY_WITHIN_S = 60.0
_COMMAND_WITHIN_S = 60.0
_CONNECTOR = ("connector.cli",)
_PHONES = ["BillToContact.MobilePhone", "BillToContact.Phone", "Account.PersonMobilePhone", "Account.Phone"]


@dataclass
class Machine:
    """The connector, the org and the core on one machine."""

    folder: StateFolder
    ports: dict[str, int]
    keeper: Supervisor
    children: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # three hosts and ports, because the real thing has three origins
        self.connector = HttpClient("connector", f"http://127.0.0.1:{self.ports['connector']}")
        self.org = HttpClient("org", f"http://localhost:{self.ports['org']}")
        self.core = HttpClient("core", f"http://localhost:{self.ports['core']}")

    def start_peers(self) -> None:
        """Start the org and the core and wait until both are well."""
        self.folder.prepare()
        state = self.folder.path
        self._start("core", "sandbox.core", "--state", str(state / "core"))
        launch_url = f"{self.connector.origin}/launch"
        self._start("org", "sandbox.org", "--state", str(state / "org"), "--canvas-url", launch_url)
        for door in (self.core, self.org):
            self._wait(door, "/sandbox/health")

    def connect(self) -> None:
        """Set the connector up, start it, and tell the core where to call back."""
        told = self.prepare_connector()
        self.start_connector()
        self.paste_callbacks(told)

    def prepare_connector(self) -> dict[str, str]:
        """Bring the schema up to date and connect the org; return what the core's portal has to be given."""
        if not self.folder.keys():
            self.folder.keep_keys(self._run("keys"))
        self._run("db", "upgrade", otherwise=FRESH_START_HINT)
        told: dict[str, str] = json.loads(
            self._run("tenant", "add", "--file", "-", "--yes", "--json", given=json.dumps(self._tenant()))
        )
        return told

    def start_connector(self) -> None:
        """Start the connector and wait until it can store what it is sent."""
        environment = self._connector_environment()
        self._start_child(
            Child(
                "connector", (*_CONNECTOR, "serve"), self.ports["connector"], self.folder.log("connector"), environment
            )
        )
        self._wait(self.connector, "/health/ready")

    def paste_callbacks(self, told: dict[str, str]) -> None:
        """Do what an admin does in the portal: paste the three addresses and the proof."""
        urls = {name: told[name] for name in ("payment_status_url", "transaction_status_url", "settings_url")}
        given: dict[str, Any] = dict(urls)
        # The proof is shown once, when the org is connected: the portal of an earlier start has it already.
        if "callback_user" in told:
            given["basic"] = {"user": told["callback_user"], "password": told["callback_password"]}
        self.core.ask("PUT", f"/sandbox/applications/{self._application()['uuid']}", json=given)

    def org_token(self) -> str:
        """Log in to the org as the connector's integration user does."""
        known = self.org.read("/sandbox/credentials")
        form = {"grant_type": "client_credentials", **{key: known[key] for key in ("client_id", "client_secret")}}
        return str(self.org.ask("POST", "/services/oauth2/token", data=form).json()["access_token"])

    def query(self, soql: str, *, token: str) -> list[dict[str, Any]]:
        """Return the records that the org's REST API gives for a query."""
        answer = self.org.ask(
            "GET", "/services/data/v67.0/query", params={"q": soql}, headers={"Authorization": f"Bearer {token}"}
        )
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    def first_order(self) -> dict[str, Any]:
        """Return the org's first order with the customer's number."""
        soql = "SELECT Id, OrderNumber, BillToContact.MobilePhone FROM Order ORDER BY OrderNumber LIMIT 1"
        return self.query(soql, token=self.org_token())[0]

    def _start(self, name: str, module: str, *arguments: str) -> None:
        command = (module, "--port", str(self.ports[name]), *arguments)
        self._start_child(Child(name, command, self.ports[name], self.folder.log(name), _plain_environment()))

    def _start_child(self, child: Child) -> None:
        self.children[child.name] = child
        self.keeper.start(child)

    def _wait(self, door: HttpClient, path: str) -> None:
        def look() -> bool:
            self.keeper.look()
            return door.answers(path)

        try:
            wait_for(look, within=_READY_WITHIN_S, otherwise=lambda: f"the {door.name} did not answer")
        except UnexpectedAnswer as error:
            raise DemoError(f"Start-up failed: {error}. See {self.folder.log(door.name)}.") from error

    def _tenant(self) -> dict[str, Any]:
        """Return what an admin would type to connect this org, as `chat2pay tenant add` reads it."""
        org, core = self.org.read("/sandbox/credentials"), self.core.read("/sandbox/credentials")
        return {
            "name": "Karoo Trading",
            "salesforce": {
                "host_url": self.org.origin,
                "org_id": org["org_id"],
                "client_id": org["client_id"],
                "client_secret": org["client_secret"],
                "canvas_secrets": [org["canvas_secret"]],
            },
            "core": {
                "base_url": self.core.origin,
                "api_key": core["api_key"],
                "application": self._application()["uuid"],
                "environment": "SANDBOX",
            },
            # The sandbox org has person accounts, whose mobile number stands on the account.
            "mapping": {"read": {"phones": _PHONES}},
            "default_currency": "ZAR",
            "phone_region": "ZA",
            "admin_contact": "Naledi Khumalo",
            # One visitor plays every customer, often with one phone.
            "policy": {"sends_per_order_hour": 100, "sends_per_number_hour": 100},
        }

    def _application(self) -> dict[str, Any]:
        listed: list[dict[str, Any]] = self.core.read("/sandbox/credentials")["applications"]
        if not listed:
            raise DemoError(
                f"The portal has no application: add one at {self.core.origin}/portal, or start with --fresh."
            )
        return next((one for one in listed if one["name"] == "Salesforce"), listed[0])

    def _connector_environment(self) -> dict[str, str]:
        return {
            **_plain_environment(),
            **self.folder.keys(),
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": self.folder.database_url,
            "CHAT2PAY_PUBLIC_URL": self.connector.origin,
            "CHAT2PAY_PORT": str(self.ports["connector"]),
        }

    def _run(self, *arguments: str, given: str = "", otherwise: str = "") -> str:
        """Run one `chat2pay` command and return what it prints. Raises DemoFault with its own sentence."""
        ran = subprocess.run(  # noqa: S603  our own command, no shell
            [sys.executable, "-m", *_CONNECTOR, *arguments],
            input=given,
            capture_output=True,
            text=True,
            env=self._connector_environment(),
            timeout=_COMMAND_WITHIN_S,
            check=False,
        )
        if ran.returncode:
            self.folder.add_to_log("connector", ran.stderr)
            shown = " ".join(word for word in arguments if not word.startswith("-"))
            last = "\n".join(ran.stderr.strip().splitlines()[-3:])
            log = self.folder.log("connector")
            raise DemoError(
                f"`chat2pay {shown}` ended with code {ran.returncode}:\n{last}\nAll of it is in {log}. {otherwise}"
            )
        return ran.stdout


def _plain_environment() -> dict[str, str]:
    """Return our environment without settings of some other connector: they would reach the children.

    An admin's own entries for the core's manifests stay: all three origins then speak them.
    """
    kept = "CHAT2PAY_CORE_MANIFEST"
    return {name: value for name, value in os.environ.items() if name == kept or not name.startswith("CHAT2PAY_")}
