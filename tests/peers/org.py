"""A Salesforce org in memory, at the wire.

It imports nothing of the connector, and speaks through ``responses``. A test sets switches and reads recorded calls;
state changes only as it would there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from tests.factories import HOST, ORG, long_id
from tests.peers.answers import Answer, json_answer, lost_answer, refused_connection
from tests.peers.news import FakeNews
from tests.peers.order_management import FakeOrderManagement

RULE = "Diese Bestellung ist hier schon neuer. [chat2pay:newer-version]"


class FakeOrg:
    """One org: orders by id, who may see them by session, payment request records by reference."""

    def __init__(self, host: str = HOST, org_id: str = ORG, now: Callable[[], datetime] | None = None) -> None:
        self.host, self.org_id = host, org_id
        self.now = now or (lambda: datetime(2026, 11, 21, tzinfo=UTC))
        self.deleted: dict[str, dict[str, Any]] = {}  # what is in the recycle bin
        self.login_refused: str | None = None  # the OAuth error of every login
        self.login_lost = False  # no login is answered
        self.orders: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.seen_by: dict[str, set[str]] = {}  # session token -> order ids
        self.users: dict[str, str] = {}  # user id -> session token
        self.sessions_over: set[str] = set()
        self.names: dict[str, str] = {}  # user id -> name
        self.roles: dict[str, str] = {}  # user id -> name of the role
        self.languages: dict[str, str] = {}  # user id -> as Salesforce names it; else English
        self.inactive: set[str] = set()  # user ids
        self.only_look: set[str] = set()  # ids of users who may edit nothing that they see
        self.permissions: dict[str, set[str]] = {}  # user id -> developer names of custom permissions
        self.setup_refused: str | None = None  # the error code of every query about permissions
        self.queries: list[tuple[str, str]] = []  # (session token, SOQL)
        self.writes: list[list[dict[str, Any]]] = []  # per Composite call: every record sent
        self.writers: list[str] = []  # per Composite write: the session token
        self.records: dict[str, tuple[str, str]] = {}  # another record's id -> the order, and its relationship to it
        self.logins = 0
        self.calls = 0
        self.down = False
        self.limit = False
        self.drop_answers = False
        self.locked: set[str] = set()
        self.refuses: dict[str, str] = {}  # order id or reference -> error code
        self.answers_with: Callable[[dict[str, Any]], list[dict[str, Any]] | None] = lambda _record: None  # its errors
        self.fails_parts: Callable[[list[dict[str, Any]]], list[Any]] | None = None  # the body of each part that fails
        self.call_fails: tuple[int, str] | None = None  # (status, body) of every Composite call
        self.statuses = {"Draft", "Activated"}  # the values of Status; another one is refused
        self.describes: dict[str, Any] = {}  # object -> describe's answer, or the code of its refusal
        self.hidden: dict[str, set[str]] = {}  # session token -> Object.Field that its user may not read
        self.described: list[tuple[str, str]] = []  # (session token, object)
        self.answers: dict[
            str, list[dict[str, Any]] | str
        ] = {}  # other object -> its rows, or the error code of a query
        self.news = FakeNews()
        self.order_management = FakeOrderManagement()
        self.before_login: Callable[[], object] | None = None
        self.before_query: Callable[[], object] | None = None
        self.after_query: Callable[[], object] | None = None  # once: what happens while a slow answer is on its way
        self.before_write: Callable[[], object] | None = None
        self.after_write: Callable[[], object] | None = None

    def register(self, wire: responses.RequestsMock) -> None:
        """Answer on the wire."""
        for method in ("GET", "POST"):
            wire.add_callback(method, re.compile(re.escape(self.host) + "/.*"), callback=self.answer)

    def add_order(self, order_id: str, *seers: Any, **fields: Any) -> str:
        """Create an order that ``seers`` may see."""
        self.orders[order_id] = {
            "Id": order_id,
            "OrderNumber": f"0000{len(self.orders) + 102}",
            "AccountId": "001xx000003DGb2AAG",
            "BillToContact": {"MobilePhone": "+27 83 123 4567", "Phone": None},
            "Account": {"Phone": None},
            "Grand_Total__c": 115.0,
            "Tax__c": 15.0,
            "Sub_Total__c": 100.0,
            "Currency__c": "ZAR",
            "TotalAmount": None,
            **fields,
        }
        for agent in seers:
            self.users[agent.user_id] = agent.token
            self.names[agent.user_id] = agent.name
            self.seen_by.setdefault(agent.token, set()).add(order_id)
        return order_id

    def change(self, order_id: str, **fields: Any) -> None:
        """Change an order as somebody in the org does: that leaves its stamp."""
        self.orders[order_id].update(fields, SystemModstamp=_stamp(self.now()))

    def delete(self, order_id: str) -> None:
        """Put an order into the recycle bin; what pointed at it points nowhere."""
        gone = self.orders.pop(order_id)
        self.deleted[order_id] = {**gone, "IsDeleted": True, "SystemModstamp": _stamp(self.now())}
        for record in self.requests.values():
            if record.get("Order__c") == order_id:
                record["Order__c"] = None

    def restore(self, order_id: str) -> None:
        """Take an order out of the recycle bin."""
        back = self.deleted.pop(order_id)
        self.orders[order_id] = {**back, "IsDeleted": False, "SystemModstamp": _stamp(self.now())}

    @property
    def pushed(self) -> list[dict[str, Any]]:
        """Every record that was ever sent to be written."""
        return [record for call in self.writes for record in call]

    def order_records(self, order_id: str) -> list[dict[str, Any]]:
        """What was sent for one order's own fields, oldest first."""
        return [record for record in self.pushed if record.get("id") == order_id]

    def answer(self, request: requests.PreparedRequest) -> Answer:
        self.calls += 1
        if self.down:
            raise refused_connection(request)
        parts = urlsplit(str(request.url))
        if parts.path == "/services/oauth2/token":
            self.logins += 1
            if self.before_login:
                self.before_login()
            if self.login_lost:
                raise lost_answer(request)
            return self._token()
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        known = token in self.users.values() or token.startswith("integration-")
        if not known or token in self.sessions_over:
            return json_answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if self.limit:
            return json_answer(
                403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
            )
        if self.call_fails and parts.path.rstrip("/").endswith("/composite"):
            return self.call_fails[0], {}, self.call_fails[1]
        if parts.path.rstrip("/").endswith("/composite"):
            return self._composite(request, json.loads(request.body or "{}"))
        if self.order_management.knows(parts.path):
            return self.order_management.answer(request)
        if self.news.knows(parts.path):
            return self.news.answer(request, parts.path)
        if parts.path.endswith("/describe"):
            return json_answer(*self._described(token, parts.path))
        if "/tooling/" in parts.path:
            return json_answer(403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights"}])
        return self._query(token, parse_qs(parts.query)["q"][0])

    def _token(self) -> Answer:
        if self.login_refused:
            return json_answer(400, {"error": self.login_refused, "error_description": "private words"})
        identity = f"https://login.salesforce.com/id/{self.org_id}/005xx000001X9ZzAAK"
        token = {"access_token": f"integration-{self.logins}", "instance_url": self.host, "id": identity}
        return json_answer(200, {**token, "token_type": "Bearer"})

    def _query(self, token: str, soql: str) -> Answer:
        return json_answer(*self._asked(token, soql))

    def _asked(self, token: str, soql: str) -> tuple[int, Any]:
        self.queries.append((token, soql))
        if self.before_query:
            self.before_query()
        column = next((one for one in self._columns_hidden(token) if re.search(rf"[ .]{one}[, ]", soql)), None)
        if column:
            return 400, [{"message": f"No such column '{column}'", "errorCode": "INVALID_FIELD"}]
        name = _object_of(soql)
        set_up = self.setup_refused if name in ("SetupEntityAccess", "CustomPermission") else None
        refused = self.answers.get(name) if isinstance(self.answers.get(name), str) else set_up
        if refused:
            return 400, [{"message": "private words", "errorCode": refused}]
        answer = json.loads(json.dumps(_result(self._rows(token, soql))))  # as it is now, whatever happens on its way
        hook, self.after_query = self.after_query, None
        if hook:
            hook()
        return 200, answer

    def _columns_hidden(self, token: str) -> list[str]:
        return sorted(path.partition(".")[2] for path in self.hidden.get(_whose(token), ()))

    def _described(self, token: str, path: str) -> tuple[int, Any]:
        name = path.split("/")[-2]
        self.described.append((token, name))
        if name not in self.describes:
            return 404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        found = self.describes[name]
        if isinstance(found, str):
            return 403, [{"errorCode": found, "message": "private words"}]
        return 200, self._description(token, found, name)

    def _description(self, token: str, found: dict[str, Any], name: str) -> dict[str, Any]:
        hidden = self.hidden.get(_whose(token), set())
        fields = [one for one in found["fields"] if f"{name}.{one['name']}" not in hidden]
        return {**found, "fields": fields}

    def _rows(self, token: str, soql: str) -> list[dict[str, Any]]:
        ids = re.findall(r"'(\w+)'", soql.partition(" WHERE ")[2])
        other = self.answers.get(_object_of(soql))
        if isinstance(other, list):
            return other
        if " FROM UserRecordAccess " in soql:
            user, record = ids
            order = self.records[record][0] if record in self.records else record
            sees = order in self.orders and order in self.seen_by.get(self.users.get(user, ""), set())
            edits = sees and user not in self.only_look
            return [{"RecordId": record, "HasReadAccess": sees, "HasEditAccess": edits}]
        if " FROM User " in soql:
            return [self._user(one) for one in ids if one in self.users]
        if " FROM CustomPermission " in soql:
            names = sorted({name for held in self.permissions.values() for name in held})
            return [{"Id": f"0CP{name}", "DeveloperName": name} for name in names]
        if " FROM SetupEntityAccess " in soql:
            return [{"SetupEntityId": f"0CP{name}"} for name in sorted(self.permissions.get(ids[-1], ()))]
        if " FROM Chat2Pay_Payment_Request__c " in soql:
            mine = [one for one in ids if one in self.requests]
            return [{"Id": self._request_id(one), "Reference__c": one, **self.requests[one]} for one in mine]
        if since := re.search(r"SystemModstamp >= (\S+)Z", soql):
            every = [*self.orders.values(), *self.deleted.values()]
            return [
                {"IsDeleted": False, **row}
                for row in every
                if row.get("SystemModstamp", "") >= since[1] and row.get("Chat2Pay_Version__c") is not None
            ]
        mine = ids if token.startswith("integration-") else [one for one in ids if one in self.seen_by[token]]
        if "IsDeleted" in soql:
            known = {**self.orders, **self.deleted}
            return [{"IsDeleted": False, **known[one]} for one in mine if one in known]
        return [self.orders[one] for one in mine if one in self.orders]

    def _user(self, user_id: str) -> dict[str, Any]:
        return {
            "Id": user_id,
            "Name": self.names[user_id],
            "IsActive": user_id not in self.inactive,
            "UserRole": {"Name": self.roles[user_id]} if user_id in self.roles else None,
            "TimeZoneSidKey": "Africa/Johannesburg",
            "LanguageLocaleKey": self.languages.get(user_id, "en_US"),
            "LocaleSidKey": self.languages.get(user_id, "en_US"),
        }

    def _asked_together(self, request: requests.PreparedRequest, parts: list[dict[str, Any]]) -> Answer:
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        answers = []
        for part in parts:
            url = urlsplit(part["url"])
            is_description = url.path.endswith("/describe")
            status, body = (
                self._described(token, url.path) if is_description else self._asked(token, parse_qs(url.query)["q"][0])
            )
            answers.append({"referenceId": part["referenceId"], "httpStatusCode": status, "body": body})
        return json_answer(200, {"compositeResponse": answers})

    def _composite(self, request: requests.PreparedRequest, body: dict[str, Any]) -> Answer:
        if body["compositeRequest"][0]["method"] == "GET":
            return self._asked_together(request, body["compositeRequest"])
        self.writers.append(str(request.headers["Authorization"]).removeprefix("Bearer "))
        self.writes.append([record for part in body["compositeRequest"] for record in part["body"]["records"]])
        hook, self.before_write = self.before_write, None
        if hook:
            hook()
        asked = body["compositeRequest"]
        failing = self.fails_parts(asked) if self.fails_parts else [None] * len(asked)
        parts = [
            {"referenceId": part["referenceId"], "httpStatusCode": 400 if fault else 200, "httpHeaders": {},
             "body": fault or [self._write(record) for record in part["body"]["records"]]}
            for part, fault in zip(asked, failing, strict=True)
        ]  # fmt: skip
        hook, self.after_write = self.after_write, None
        if hook:
            hook()
        if self.drop_answers:
            raise lost_answer(request)
        return json_answer(200, {"compositeResponse": parts})

    def _write(self, record: dict[str, Any]) -> dict[str, Any]:
        if record.get("attributes") == {"type": "Payment"}:
            return self.order_management.write(record)
        if record.get("id") in self.records:
            return self._write_related(record)
        name = str(record.get("id") or record["Reference__c"])
        rows = self.orders if "id" in record else self.requests
        present = rows.get(name, {})
        if "id" in record and name not in self.orders:
            return _record_error("ENTITY_IS_DELETED", "entity is deleted")
        if name in self.locked:
            return _record_error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        if "id" in record and record.get("Status", "Draft") not in self.statuses:
            return _record_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field")
        if name in self.refuses:
            return _record_error(self.refuses[name], "An approval process says no.")
        errors = self.answers_with(record)
        if errors:
            return {"success": False, "errors": errors}
        if (present.get("Chat2Pay_Version__c") or 0) > record.get("Chat2Pay_Version__c", float("inf")):
            return _record_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", RULE)
        rows[name] = {
            **present,
            "SystemModstamp": _stamp(self.now()),
            **{field: value for field, value in record.items() if field not in ("id", "attributes")},
        }
        if "id" in record:
            return {"id": name, "success": True, "errors": []}
        return {"id": self._request_id(name), "success": True, "errors": [], "created": not present}

    def _request_id(self, reference: str) -> str:
        return long_id(f"a0Cxx00000{sorted(self.requests).index(reference):05d}")

    def _write_related(self, record: dict[str, Any]) -> dict[str, Any]:
        """Write a record that an order refers to."""
        record_id = record["id"]
        if record_id in self.refuses:
            return _record_error(self.refuses[record_id], "private words")
        order_id, relationship = self.records[record_id]
        values = {field: value for field, value in record.items() if field not in ("id", "attributes")}
        self.orders[order_id][relationship] = {**self.orders[order_id][relationship], **values}
        return {"id": record_id, "success": True, "errors": []}


def _whose(token: str) -> str:
    """Our own user logs in again and again, and stays the same user."""
    return "integration" if token.startswith("integration-") else token


def _result(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalSize": len(rows), "done": True, "records": rows}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _object_of(soql: str) -> str:
    return soql.partition(" FROM ")[2].partition(" ")[0]


def _record_error(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}
