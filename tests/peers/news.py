"""An org that rings bells and takes events, at the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests

Answer = tuple[int, dict[str, str], str]
TYPE, GROUP = "0MLxx0000000001GAA", "00Gxx0000000001EAA"
SUPERVISOR = "005xx000001SupeAAC"


class FakeNews:
    """The bells that rang, and the events that were published, one call after the other."""

    def __init__(self) -> None:
        self.bells: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.calls = 0
        self.refuses: Callable[[dict[str, Any]], str | None] = lambda _given: None  # the code for one bell or event
        self.fails: tuple[int, str] | None = None  # (status, code) of every call
        self.drop_answers = False
        self.before: Callable[[], object] | None = None

    def knows(self, path: str) -> bool:
        return path.endswith(("/actions/standard/customNotificationAction", "/composite/sobjects"))

    def answer(self, request: requests.PreparedRequest, path: str) -> Answer:
        self.calls += 1
        if self.before:
            self.before()
        body = json.loads(request.body or "{}")
        if self.fails:
            return self.fails[0], {}, json.dumps([{"errorCode": self.fails[1], "message": "private words"}])
        rings = "inputs" in body
        results = [self._rung(one) if rings else self._published(one) for one in body["inputs" if rings else "records"]]
        if self.drop_answers:
            raise requests.ReadTimeout("Read timed out.", request=request)
        failed = rings and not all(one["isSuccess"] for one in results)
        return 400 if failed else 200, {"Content-Type": "application/json"}, json.dumps(results)

    def _rung(self, given: dict[str, Any]) -> dict[str, Any]:
        code = self.refuses(given)
        if code:
            errors = [{"statusCode": code, "message": "private words", "fields": []}]
            return {
                "actionName": "customNotificationAction",
                "errors": errors,
                "isSuccess": False,
                "outputValues": None,
            }
        self.bells.append(given)
        return {"actionName": "customNotificationAction", "errors": None, "isSuccess": True, "outputValues": {}}

    def _published(self, given: dict[str, Any]) -> dict[str, Any]:
        code = self.refuses(given)
        if code:
            return {"success": False, "errors": [{"statusCode": code, "message": "private words", "fields": []}]}
        self.events.append(given)
        queued = {"statusCode": "OPERATION_ENQUEUED", "message": "6c9a1f1e-uuid", "fields": []}
        return {"id": "e00xx000000000BAAQ", "success": True, "errors": [queued]}
