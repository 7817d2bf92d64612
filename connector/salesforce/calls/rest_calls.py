"""What a call does with the library's client: read a resource, run a query, or run a Composite call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foundation.exact_json import write_json
from foundation.http.session import at_most

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

Work = Callable[["Salesforce"], Any]
# Makes one call: by its operation's name, and what it does.
Call = Callable[[str, Work], dict[str, Any]]


def get(path: str, *, within: float | None = None) -> Work:
    """Return the read of one resource below ``/services/data/vNN.N/``, in at most ``within`` seconds where they are given."""

    def work(org: Salesforce) -> Any:
        with at_most(within):
            return org.restful(path)

    return work


def query(soql: str) -> Work:
    """Return a query; ids in ``soql`` must have been checked."""
    return lambda org: org.query(soql)


def composite(body: dict[str, Any]) -> Work:
    """Return a Composite call."""
    return lambda org: org.restful("composite", method="POST", data=write_json(body)) or {}
