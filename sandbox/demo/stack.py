"""Start the connector, the org and the core on one machine, and connect them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.http_client import HttpClient, wait_for
from sandbox.demo.state_folder import StateFolder
from sandbox.mapping import with_own_totals
from sandbox.processes.child import Child
from sandbox.processes.errors import FRESH_START_HINT, DemoError, UnexpectedAnswer
from sandbox.processes.supervisor import Supervisor

PORTS = {"connector": 8000, "org": 8010, "core": 8020}
NAMES = tuple(PORTS)
_READY_TIMEOUT_S = 60.0
_COMMAND_TIMEOUT_S = 60.0
_CONNECTOR = ("connector.cli",)
_PHONES = ["BillToContact.MobilePhone", "BillToContact.Phone", "Account.PersonMobilePhone", "Account.Phone"]


@dataclass
class Stack:
    """The connector, the org and the core on one machine."""

    folder: StateFolder
    ports: dict[str, int]
    supervisor: Supervisor
    children: dict[str, Child] = field(default_factory=dict)
    # What the org is started with besides, such as `--packages none`.
    org_options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Three hosts and ports, because the real thing has three origins.
        self.connector = HttpClient("connector", f"http://127.0.0.1:{self.ports['connector']}")
        self.org = HttpClient("org", f"http://localhost:{self.ports['org']}")
        self.core = HttpClient("core", f"http://localhost:{self.ports['core']}")

    def start_peers(self) -> None:
        """Start the org and the core and wait until both are healthy."""
        self.folder.prepare()
        state = self.folder.path
        self._start("core", "sandbox.core", "--state", str(state / "core"))
        launch_url = f"{self.connector.origin}/launch"
        self._start("org", "sandbox.org", "--state", str(state / "org"), "--canvas-url", launch_url, *self.org_options)
        for client in (self.core, self.org):
            self.wait_for_health(client, "/sandbox/health")

    def connect(self) -> None:
        """Set the connector up, start it, and register its callbacks at the core."""
        urls = self.prepare_connector()
        self.start_connector()
        self.register_callbacks(urls)

    def prepare_connector(self) -> dict[str, str]:
        """Bring the schema up to date and connect the org; return what the core's portal has to be given."""
        if not self.folder.keys():
            self.folder.store_keys(self.run_command("keys"))
        self.run_command("db", "upgrade", hint=FRESH_START_HINT)
        added: dict[str, str] = json.loads(
            self.run_command("tenant", "add", "--file", "-", "--yes", "--json", stdin=json.dumps(self._tenant_config()))
        )
        return added

    def start_connector(self) -> None:
        """Start the connector and wait until it can store what it is sent."""
        environment = self.connector_environment()
        self._start_child(
            Child(
                "connector", (*_CONNECTOR, "serve"), self.ports["connector"], self.folder.log("connector"), environment
            )
        )
        self.wait_for_health(self.connector, "/health/ready")

    def register_callbacks(self, added: dict[str, str]) -> None:
        """Do what an admin does in the portal: paste the three addresses and the password."""
        urls = {name: added[name] for name in ("payment_status_url", "transaction_status_url", "settings_url")}
        content: dict[str, Any] = {**urls, "wants_messages": True}
        # The password is shown once, when the org is connected: the portal of an earlier start has it already.
        if "callback_user" in added:
            content["basic"] = {"user": added["callback_user"], "password": added["callback_password"]}
        self.core.request("PUT", f"/sandbox/applications/{self.application()['uuid']}", json=content)

    def wait_for_health(self, client: HttpClient, path: str) -> None:
        """Wait until an origin answers 200; children that end meanwhile are started again.

        Raises:
            DemoError: it does not in time, or a child does not stay up.
        """

        def probe() -> bool:
            self.supervisor.check()
            return client.answers(path)

        try:
            wait_for(probe, within=_READY_TIMEOUT_S, message=lambda: f"the {client.name} did not answer")
        except UnexpectedAnswer as error:
            raise DemoError(f"Start-up failed: {error}. See {self.folder.log(client.name)}.") from error

    def org_token(self) -> str:
        """Log in to the org as the connector's integration user does."""
        credentials = self.org.get_json("/sandbox/credentials")
        form = {"grant_type": "client_credentials", **{key: credentials[key] for key in ("client_id", "client_secret")}}
        return str(self.org.request("POST", "/services/oauth2/token", data=form).json()["access_token"])

    def query(self, soql: str, *, token: str) -> list[dict[str, Any]]:
        """Return the records that the org's REST API gives for a query."""
        answer = self.org.request(
            "GET", "/services/data/v67.0/query", params={"q": soql}, headers={"Authorization": f"Bearer {token}"}
        )
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    def first_order(self) -> dict[str, Any]:
        """Return the org's first order with the customer's number."""
        soql = "SELECT Id, OrderNumber, BillToContact.MobilePhone FROM Order ORDER BY OrderNumber LIMIT 1"
        return self.query(soql, token=self.org_token())[0]

    def application(self) -> dict[str, Any]:
        """Return the portal's application for Salesforce."""
        listed: list[dict[str, Any]] = self.core.get_json("/sandbox/credentials")["applications"]
        if not listed:
            raise DemoError(
                f"The portal has no application: add one at {self.core.origin}/portal, or start with --fresh."
            )
        return next((one for one in listed if one["name"] == "Salesforce"), listed[0])

    def connector_environment(self) -> dict[str, str]:
        """Return the environment variables of the connector and its commands."""
        return {
            **_plain_environment(),
            **self.folder.keys(),
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": self.folder.database_url,
            "CHAT2PAY_PUBLIC_URL": self.connector.origin,
            "CHAT2PAY_PORT": str(self.ports["connector"]),
        }

    def run_command(self, *arguments: str, stdin: str = "", hint: str = "") -> str:
        """Run one `chat2pay` command and return what it prints.

        Raises:
            DemoError: it failed; the text holds its own last lines.
        """
        done = subprocess.run(  # noqa: S603  our own command, no shell
            [sys.executable, "-m", *_CONNECTOR, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.connector_environment(),
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            self.folder.add_to_log("connector", done.stderr)
            shown = " ".join(word for word in arguments if not word.startswith("-"))
            last = "\n".join(done.stderr.strip().splitlines()[-3:])
            log = self.folder.log("connector")
            raise DemoError(
                f"`chat2pay {shown}` ended with code {done.returncode}:\n{last}\nAll of it is in {log}. {hint}"
            )
        return done.stdout

    def _start(self, name: str, module: str, *arguments: str) -> None:
        command = (module, "--port", str(self.ports[name]), *arguments)
        self._start_child(Child(name, command, self.ports[name], self.folder.log(name), _plain_environment()))

    def _start_child(self, child: Child) -> None:
        self.children[child.name] = child
        self.supervisor.start(child)

    def _tenant_config(self) -> dict[str, Any]:
        """Return what an admin would type to connect this org, as `chat2pay tenant add` reads it."""
        org, core = self.org.get_json("/sandbox/credentials"), self.core.get_json("/sandbox/credentials")
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
                "application": self.application()["uuid"],
                "environment": "SANDBOX",
            },
            # The sandbox org has person accounts, whose mobile number is a field of the account.
            "mapping": with_own_totals({"read": {"phones": _PHONES}}),
            "default_currency": "ZAR",
            "phone_region": "ZA",
            "admin_contact": "Naledi Khumalo",
            # One visitor plays every customer, often with one phone.
            "policy": {"sends_per_order_hour": 100, "sends_per_number_hour": 100},
        }


def _plain_environment() -> dict[str, str]:
    """Return our environment without settings of some other connector: they would reach the children.

    An admin's own entries for the core's manifests stay: all three origins then speak them.
    """
    passed_on = "CHAT2PAY_CORE_MANIFEST"
    return {name: value for name, value in os.environ.items() if name == passed_on or not name.startswith("CHAT2PAY_")}
