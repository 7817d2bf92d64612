"""Makes the calls that the panel's Apex makes: paths, headers, fields and keys all come from the Apex sources."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from dataclasses import dataclass
from typing import Any

from tests.journeys.panel import apex_source


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: dict[str, Any]

    @property
    def problem(self) -> dict[str, Any]:
        """What the panel is shown of an error."""
        error = self.body["error"]
        return {name: error.get(name) for name in apex_source.problem_keys()}


@dataclass(frozen=True)
class Launch:
    """What Chat2PayLaunch holds."""

    answer: dict[str, Any]

    def value(self, name: str) -> Any:
        """Return a field or a method's answer."""
        keys = apex_source.launch_keys()
        top = {"token", "content"}
        return self.answer[keys[name]] if name in top else self.answer[keys["content"]][keys[name]]

    @property
    def seen(self) -> str:
        """The mark of what the agent looked at."""
        shown = f"{self.value('content')['order_id']}|{self.value('total')}|{self.value('money')}"
        return hashlib.sha256(shown.encode()).hexdigest()


class ApexTwin:
    """One user's panel in one org, with the key of its External Credential."""

    def __init__(self, port: int, *, key: str, org_id: str, user_id: str) -> None:
        self.port, self.key, self.org_id, self.user_id = port, key, org_id, user_id
        self.callouts = 0
        self.given: Launch | None = None  # acted under in place of a launch of this panel's own

    def opened(self, order_id: str) -> Reply:
        """Ask for a launch."""
        return self._post("Launch", {"order_id": order_id, "user_id": self.user_id}, None, None, None)

    def open(self, order_id: str) -> Launch:
        """Open an order that opens."""
        if self.given:
            return self.given
        reply = self.opened(order_id)
        assert reply.status == 200, reply.body
        return Launch(reply.body)

    def act(
        self, order_id: str, name: str, fields: dict[str, Any] | None = None, *, reference: str | None = None,
        key: str | None = None,
    ) -> Reply:  # fmt: skip
        """Open the order and act, as each method of the controller does."""
        return self._post(name, fields or {}, self.open(order_id).value("token"), reference, key)

    def send(
        self, order_id: str, command: dict[str, Any], *, reference: str | None = None, key: str | None = None
    ) -> Reply:
        """Send, or replace ``reference``."""
        launch = self.open(order_id)
        made = apex_source.mapped_fields("toReplace" if reference else "toSend")
        fields = {name: _worth(expression, command, launch) for name, expression in made.items()}
        return self._post("Replace" if reference else "Send", fields, launch.value("token"), reference, key)

    def _post(
        self, name: str, fields: dict[str, Any], token: str | None, reference: str | None, key: str | None
    ) -> Reply:
        shape = apex_source.bodies()[name]
        assert set(fields) <= set(shape.fields), "Apex has no such field"
        body = json.dumps({one: value for one, value in fields.items() if value is not None})
        path = shape.path.replace("{reference}", reference or "")
        self.callouts += 1
        return self.exchange(apex_source.method(), path, body, self._headers(token, key))

    def exchange(self, method: str, path: str, body: str, headers: dict[str, str]) -> Reply:
        """Make one call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, json.loads(answer.read()))
        finally:
            connection.close()

    def _headers(self, token: str | None, key: str | None) -> dict[str, str]:
        name, lead = apex_source.credential()
        values = {
            "'application/json'": "application/json",
            "UserInfo.getOrganizationId()": self.org_id,
            "launch.token": token,
            "checked(IDEMPOTENCY_KEY, key)": key,
        }
        set_by_apex = {header: values[expression] for header, expression in apex_source.headers().items()}
        return {name: lead + self.key} | {header: value for header, value in set_by_apex.items() if value is not None}


def _worth(expression: str, command: dict[str, Any], launch: Launch) -> Any:
    """Return the value of one right side of Chat2PaySendMapper."""
    chosen = re.fullmatch(r"String\.isBlank\((.+?)\) \? (.+?) : (.+)", expression)
    if chosen:
        return _worth(chosen[3] if _worth(chosen[1], command, launch) else chosen[2], command, launch)
    if expression == "null":
        return None
    owner, _, name = expression.partition(".")
    if owner == "command":
        assert f" {name} {{ get; set; }}" in apex_source.source("Chat2PaySendCommand"), name
        return command.get(name)
    assert owner == "launch", expression
    return launch.value(name.removesuffix("()"))
