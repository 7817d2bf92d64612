"""Calls of resources that answer with a list: record collections, and invocable actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foundation.exact_json import write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from simple_salesforce.api import Salesforce


# A Connect resource answers with one object.
CONNECT = "commerce/"


def posted(path: str, body: dict[str, Any]) -> Callable[[Salesforce], dict[str, Any]]:
    """Return the call that posts ``body``; its answer holds the list as ``results``."""

    def work(org: Salesforce) -> dict[str, Any]:
        from simple_salesforce.exceptions import SalesforceError  # noqa: PLC0415 9 MiB, loaded with the first call

        try:
            answer = org.restful(path, method="POST", data=write_json(body))
            is_one = path.startswith(CONNECT) and isinstance(answer, dict)
            return {"results": [answer] if is_one else answer if isinstance(answer, list) else []}
        except SalesforceError as error:
            # An action that fails for one of its inputs answers 400, with the result of each.
            if _are_results(error.content):
                return {"results": error.content}
            raise

    return work


def _are_results(content: Any) -> bool:
    is_list = isinstance(content, list) and content
    return bool(is_list) and all(isinstance(one, dict) and "isSuccess" in one for one in content)
