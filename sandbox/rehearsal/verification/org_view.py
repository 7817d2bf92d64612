"""What Salesforce shows, read from the org as the integration user."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse
from sandbox.rehearsal.registry import Order, Registry

_QUERY = "/services/data/v67.0/query"
# A query is part of an address, whose length is limited.
_IDS_PER_QUERY = 50
_POLL_S = 0.7
ORDER_FIELDS = (
    "Chat2Pay_Payment_State__c",
    "Chat2Pay_Status__c",
    "Chat2Pay_Reference__c",
    "Chat2Pay_Amount_Due__c",
    "Chat2Pay_Amount_Paid__c",
    "Chat2Pay_Amount_Authorized__c",
    "Chat2Pay_Amount_Reversed__c",
)
REQUEST_FIELDS = (
    "Order__c",
    "Status__c",
    "Core_Status__c",
    "Link_State__c",
    "Message_State__c",
    "Money_State__c",
    "Currency__c",
    "Amount__c",
    "Amount_Paid__c",
    "Amount_Authorized__c",
    "Amount_Reversed__c",
    "Link_Reference__c",
    "Reconciliation_Reference__c",
)
Row = dict[str, Any]


class OrgUnavailable(Exception):
    """The org did not answer this query."""


class OrgView:
    """Queries with an access token of its own, renewed when it expires."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._token = ""

    def orders(self, orders: Sequence[Order]) -> dict[str, Row]:
        """Return the payment fields of orders, by id.

        Raises:
            OrgUnavailable: the org did not answer.
        """
        rows: dict[str, Row] = {}
        for ids in _id_groups(orders):
            soql = f"SELECT Id, {', '.join(ORDER_FIELDS)} FROM Order WHERE Id IN ({ids})"  # noqa: S608  (our own ids)
            rows |= {row["Id"]: row for row in self.query(soql)}
        return rows

    def requests(self, orders: Sequence[Order]) -> dict[str, Row]:
        """Return the payment requests of orders, by our reference.

        Raises:
            OrgUnavailable: the org did not answer.
        """
        rows: dict[str, Row] = {}
        select = f"SELECT Reference__c, {', '.join(REQUEST_FIELDS)} FROM Chat2Pay_Payment_Request__c"  # noqa: S608
        for ids in _id_groups(orders):
            rows |= {row["Reference__c"]: row for row in self.query(f"{select} WHERE Order__c IN ({ids})")}
        return rows

    def query(self, soql: str) -> list[Row]:
        """Return every record of a query, page by page.

        Raises:
            OrgUnavailable: the org did not answer.
        """
        path: str | None = f"{_QUERY}?q={quote(soql)}"
        rows: list[Row] = []
        while path:
            page = self._page(path)
            rows += page["records"]
            path = page.get("nextRecordsUrl")
        return rows

    def _page(self, path: str) -> dict[str, Any]:
        for _ in range(2):  # the second time with a new token
            try:
                answer = self._environment.org.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
                if answer.status == 401:
                    self._token = self._log_in()
                    continue
            except NoResponse as error:
                raise OrgUnavailable(str(error)) from error
            if answer.status == 200:
                page: dict[str, Any] = answer.json()
                return page
            raise OrgUnavailable(f"{answer.status}: {answer.data[:200]!r}")
        raise OrgUnavailable("a new token was refused, too")

    def _log_in(self) -> str:
        keys = self._environment.org_keys
        form = {
            "grant_type": "client_credentials",
            "client_id": keys["client_id"],
            "client_secret": keys["client_secret"],
        }
        answer = self._environment.org.post_form("/services/oauth2/token", form).json()
        return str((answer or {}).get("access_token", ""))


class MoneyWatch(threading.Thread):
    """Polls all the while: no order may show more money than its customers can have paid, not even for a second."""

    def __init__(self, environment: Environment, registry: Registry) -> None:
        super().__init__(name="money-watch", daemon=True)
        self._org = OrgView(environment)
        self._registry = registry
        self._stopped = threading.Event()
        self.polls = 0

    def end(self) -> None:
        """Stop polling, and wait for the last poll."""
        self._stopped.set()
        if self.is_alive():
            self.join(30)

    def run(self) -> None:
        """Poll until `end`."""
        soql = (
            "SELECT Id, Chat2Pay_Amount_Paid__c, Chat2Pay_Amount_Authorized__c FROM Order"
            " WHERE Chat2Pay_Amount_Paid__c > 0 OR Chat2Pay_Amount_Authorized__c > 0"
        )
        while not self._stopped.wait(_POLL_S):
            try:
                rows = self._org.query(soql)
            except OrgUnavailable:
                # The org's faults are for every caller; the next look is soon.
                continue
            self.polls += 1
            for row in rows:
                money = [row["Chat2Pay_Amount_Paid__c"], row["Chat2Pay_Amount_Authorized__c"]]
                if sum(Decimal(str(amount or 0)) for amount in money) > self._registry.max_paid(row["Id"]):
                    self._registry.shown_too_early.add(row["Id"])


def _id_groups(orders: Sequence[Order]) -> Iterator[str]:
    for start in range(0, len(orders), _IDS_PER_QUERY):
        yield ", ".join(f"'{order.order_id}'" for order in orders[start : start + _IDS_PER_QUERY])
