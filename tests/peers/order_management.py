"""An org that takes payments of Order Management, at the wire."""

from __future__ import annotations

import json
from typing import Any

import requests

from connector.domain.tenants.tenant import long_id

Answer = tuple[int, dict[str, str], str]
KEY, SUMMARY = "Chat2Pay_External_Id__c", long_id("1Osxx0000000001")
_HELD_BY = long_id("0bMxx0000000001")
_NAMES = ("AccountId", "GatewayRefNumber", KEY)
_NEEDED = ("Amount", "ProcessingMode", "Status", "Type")


class FakeOrderManagement:
    """The payments that exist, in the order in which they were created, and the summaries of each."""

    def __init__(self) -> None:
        self.payments: list[dict[str, Any]] = []
        self.summaries: list[dict[str, Any]] = []
        self.updates = 0
        self.drop_answers = False
        self.refuses: str | None = None  # the error code of every payment

    def description(self, *demanded: str) -> dict[str, Any]:
        fields = [{"name": one, "createable": True, "nillable": True, "type": "string"} for one in _NAMES]
        fields += [
            {"name": one, "createable": True, "nillable": False, "type": "string"} for one in (*_NEEDED, *demanded)
        ]
        return {"name": "Payment", "createable": True, "updateable": False, "fields": fields}

    def knows(self, path: str) -> bool:
        return path.endswith("/commerce/order-management/order-payment-summaries")

    def write(self, record: dict[str, Any]) -> dict[str, Any]:
        is_known = any(one[KEY] == record[KEY] for one in self.payments)
        self.updates += is_known
        if is_known or self.refuses:
            code = "FIELD_INTEGRITY_EXCEPTION" if is_known else self.refuses
            return {"success": False, "errors": [{"statusCode": code, "message": "private words", "fields": []}]}
        made = {"Id": long_id(f"0aQxx00000{len(self.payments):05d}"), "OrderPaymentSummaryId": None, **record}
        self.payments.append(made)
        return {"id": made["Id"], "success": True, "errors": [], "created": True}

    def answer(self, request: requests.PreparedRequest) -> Answer:
        body = json.loads(request.body or "{}")
        for one in self.payments:
            if one["Id"] in body["paymentIds"]:
                one["OrderPaymentSummaryId"] = _HELD_BY
        self.summaries.append(body)
        if self.drop_answers:
            raise requests.ReadTimeout("Read timed out.", request=request)
        answer = {"errors": [], "orderPaymentSummaryId": _HELD_BY, "success": True}
        return 201, {"Content-Type": "application/json"}, json.dumps(answer)
