"""How an org describes the objects that the product's own project deploys; nothing of the product is imported.

The shipped fields come from the metadata an admin deploys, the standard ones from the object reference:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_order.htm
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import requests
import responses

from tests.factories import HOST
from tests.peers.answers import Answer, json_answer

OBJECTS = Path(__file__).parents[2] / "manifests/salesforce/base/main/default/objects"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
REQUESTS = "Chat2Pay_Payment_Request__c"
_TYPES = {
    "Text": "string",
    "Number": "double",
    "DateTime": "datetime",
    "Date": "date",
    "Checkbox": "boolean",
    "Picklist": "picklist",
    "Lookup": "reference",
}


def described(name: str, type_: str, **said: Any) -> dict[str, Any]:
    """One field as describe has it; readable and writable, as long as nothing else is said."""
    values = said.pop("values", ())
    return {
        "name": name, "type": type_, "length": 0, "scale": 0, "createable": True, "updateable": True, "unique": False,
        "externalId": False, "restrictedPicklist": False, "referenceTo": [], "relationshipName": None,
        "picklistValues": [{"value": value, "active": True} for value in values], **said,
    }  # fmt: skip


def lookup(name: str, to: str, relationship: str) -> dict[str, Any]:
    """A reference to another object."""
    return described(name, "reference", length=18, referenceTo=[to], relationshipName=relationship)


def shipped(object_name: str) -> list[dict[str, Any]]:
    """The fields of one object in the project an admin deploys."""
    return [_shipped(ElementTree.parse(path).getroot()) for path in (OBJECTS / object_name / "fields").iterdir()]


def _shipped(root: ElementTree.Element) -> dict[str, Any]:
    def text(path: str) -> str:
        return root.findtext("/".join(NAMESPACE + step for step in path.split("/"))) or ""

    values = [one.text for one in root.iter(f"{NAMESPACE}fullName")][1:]
    return described(
        text("fullName"),
        _TYPES[text("type")],
        length=int(text("length") or 255),
        scale=int(text("scale") or 0),
        unique=text("unique") == "true",
        externalId=text("externalId") == "true",
        restrictedPicklist=text("valueSet/restricted") == "true",
        values=values,
        referenceTo=[text("referenceTo")] if text("referenceTo") else [],
    )


def standard() -> dict[str, list[dict[str, Any]]]:
    """An org right after the project was deployed, with the totals that are its own and one more field that tests read."""
    return {
        "Order": [
            described("Id", "id", updateable=False),
            described("OrderNumber", "string", length=30, updateable=False),
            described("Status", "picklist", values=["Draft", "Activated", "Cancelled"]),
            lookup("AccountId", "Account", "Account"),
            lookup("BillToContactId", "Contact", "BillToContact"),
            described("TotalAmount", "currency", scale=2, updateable=False),
            described("BillingCountry", "string", length=80),
            *(described(name, "currency", scale=2) for name in ("Grand_Total__c", "Tax__c", "Sub_Total__c")),
            described("Currency__c", "string", length=3),
            *shipped("Order"),
        ],
        "Account": [described("Phone", "phone", length=40), described("Locale__c", "picklist", values=["en_US", "af"])],
        "Contact": [
            described("MobilePhone", "phone", length=40),
            described("Phone", "phone", length=40),
            described("MailingCountry", "string", length=80),
        ],
        REQUESTS: shipped(REQUESTS),
    }


class DescribedOrg:
    """Answers describe, and the set-up query for validation rules where our user may look."""

    def __init__(self) -> None:
        self.objects = standard()
        self.rules: list[str] | None = ["Order", REQUESTS]
        self.rule_message = "Too old. [chat2pay:newer-version]"
        self.readonly_objects: set[str] = set()
        self.uncreatable_objects: set[str] = set()
        self.asked: list[str] = []

    def field(self, object_name: str, name: str) -> dict[str, Any]:
        """One field, to be changed."""
        return next(one for one in self.objects[object_name] if one["name"] == name)

    def drop(self, object_name: str, name: str) -> None:
        """Take a field away, as a missing permission does too."""
        self.objects[object_name].remove(self.field(object_name, name))

    def register(self, wire: responses.RequestsMock) -> None:
        """Answer on the wire."""
        base = re.escape(HOST) + r"/services/data/v[\d.]+/"
        wire.add_callback("GET", re.compile(base + r"sobjects/\w+/describe"), callback=self._describe)
        wire.add_callback("GET", re.compile(base + r"tooling/query.*"), callback=self._rules)

    def _describe(self, request: requests.PreparedRequest) -> Answer:
        name = urlsplit(str(request.url)).path.split("/")[-2]
        self.asked.append(name)
        if name not in self.objects:
            return json_answer(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
        may_write = name not in self.readonly_objects
        may_create = may_write and name not in self.uncreatable_objects
        return json_answer(
            200, {"name": name, "createable": may_create, "updateable": may_write, "fields": self.objects[name]}
        )

    def _rules(self, request: requests.PreparedRequest) -> Answer:
        if self.rules is None:
            return json_answer(403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights"}])
        assert "Chat2Pay_Version_Never_Goes_Back" in parse_qs(urlsplit(str(request.url)).query)["q"][0]
        rows = [
            {"Active": True, "ErrorMessage": self.rule_message, "EntityDefinition": {"QualifiedApiName": name}}
            for name in self.rules
        ]
        return json_answer(200, {"records": rows})
