"""The manifests: complete, well formed, and honest about what is assumed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import manifests
from connector.domain.payments.alarms import OVER, Attention
from connector.domain.payments.news import Bell
from connector.domain.payments.status import Link, Message, Money
from connector.languages.catalogues import languages
from foundation.secret import Secret

ROOT = Path(manifests.__file__).parent
SALESFORCE = "{http://soap.sforce.com/2006/04/metadata}"
Check = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() == value != ""


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def either(*values: Any) -> Check:
    return lambda value: value in values


def listed(check: Any) -> Check:
    return lambda value: isinstance(value, list) and bool(value) and all(not faults(one, check) for one in value)


def named(check: Any) -> Check:
    """A table: any names, every value alike."""
    return lambda value: (
        isinstance(value, dict)
        and bool(value)
        and all(text(name) and not faults(one, check) for name, one in value.items())
    )


def optional(check: Any) -> tuple[str, Any]:
    return ("optional", check)


def faults(value: Any, schema: Any, where: str = "") -> list[str]:
    """A schema is a check, or a dict of schemas that names every key there may be."""
    if not isinstance(schema, dict):
        return [] if schema(value) else [where]
    if not isinstance(value, dict):
        return [where]
    found = [f"{where}.{name} is unknown" for name in value if name not in schema]
    for name, inner in schema.items():
        needed = not isinstance(inner, tuple)
        inner = inner if needed else inner[1]
        if name in value:
            found += faults(value[name], inner, f"{where}.{name}")
        elif needed:
            found.append(f"{where}.{name} is missing")
    return found


def or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def words(value: Any) -> bool:
    """A table that may be empty."""
    return value == {} or not faults(value, named(text))


NAMES = named(text)
OPERATION = {
    "assumed": flag,
    "method": either("GET", "POST", "PUT"),
    "path": lambda path: re.fullmatch(r"(/[\w{}-]+)+", path) is not None,
    "success": listed(either(200, 201)),
    "body": optional(NAMES),
    "query": optional(NAMES),
    "answer": NAMES,
    "refusals": optional(NAMES),
    "takes_negative_parts": optional(flag),
}
STATUS = {
    "assumed": flag,
    "id": whole,
    "link": optional(either(*Link)),
    "message": optional(either(*Message)),
    "money": optional(either(*Money)),
    "money_when_review_finalised": optional(either(*Money)),
    "perhaps_a_part": optional(flag),
    "frees_a_hold": optional(flag),
}
_SENTENCES = [f"sentences/{part}" for part in ("", "panel/", "panel_buttons/")]
# Money that is back needs nobody.
ATTENTION_BELLS = [f"attention_{one}" for one in (*(set(Attention) - OVER), "other")]
_BELLS = dict.fromkeys([*(set(Bell) - {Bell.ATTENTION}), "held_after_close", *ATTENTION_BELLS], listed(text))
SCHEMAS: dict[str, dict[str, Any]] = {
    "connector.json": {
        "name": text,
        "title": text,
        "version": text,
        "channels": listed(either("sms", "whatsapp")),
        "scopes": listed(text),
        "rights": NAMES,
        "permission_labels": NAMES,
        "api_keys": named(whole),
        "launch": named(whole),
        "callback": {"largest_bytes": whole, "young_minutes": whole, "unproven": named(whole)},
    },
    "core/operations.json": {
        "about": text,
        "base_urls": named(lambda url: url.startswith("https://")),
        "allowed_hosts": listed(text),
        "authorization": {"header": text, "scheme": lambda scheme: scheme is None, "assumed": flag},
        "operations": named(OPERATION),
        "errors": {"assumed": flag, "code": text, "message": text, "by_status": NAMES},
        "lifecycle": {
            "assumed": flag,
            "unopened_minutes": whole,
            "opened_minutes": whole,
            "unknown_grace_minutes": whole,
        },
    },
    "core/notifications.json": {
        "about": text,
        "kinds": listed(text),
        "fields": named({"assumed": flag, "names": listed(text)}),
        "our_reference_in_additional_data": text,
    },
    "core/statuses.json": {
        "about": text,
        "statuses": named(STATUS),
        "about_opt_out_statuses": text,
        "opt_out_statuses": named({"assumed": flag, "id": whole, "stopped": flag}),
        "transaction_types": named(whole),
    },
    "salesforce/order_fields.json": {
        "about": text,
        "api_version": lambda version: re.fullmatch(r"\d\d\.0", version) is not None,
        "order_object": text,
        "request_object": text,
        "request_external_id": text,
        "version_rule_token": text,
        "version_rule_old_message": text,
        "version_rule_name": text,
        "profiles": named({"total": text, **dict.fromkeys(("tax", "sub_total", "currency"), or_null(text))}),
        "objects": named(
            {
                "source": lambda url: url.startswith("https://developer.salesforce.com/"),
                "original": or_null(text),
                "read": {
                    "number": text,
                    "account": or_null(text),
                    "contact": or_null(text),
                    "currency": or_null(text),
                    "phones": listed(text),
                    "country": listed(text),
                    "profiles": listed(text),
                    "language": {"field": or_null(text), "table": words, "default": or_null(text)},
                    "lines": dict.fromkeys(("object", "order", "name", "quantity", "amount"), text),
                },
                "payable": listed({"field": text, "one_of": optional(listed(text)), "none_of": optional(listed(text))}),
                "write_status": {"field": text, "values": words},
            }
        ),
        "consents": words,
        "write_order": NAMES,
        "write_request": named(or_null(text)),
    },
    "salesforce/external_client_apps.json": {
        "about": text,
        "source": lambda url: url.startswith("https://developer.salesforce.com/"),
        "apps": named(
            {
                "canvas": flag,
                "scopes": listed(text),
                "flows": lambda flows: set(flows) <= {"client_credentials", "jwt_bearer", "authorization_code"},
                "pkce": flag,
                "permission_sets": listed(text),
            }
        ),
    },
    "core/ours.json": {
        "about": text,
        "operations": named(
            {
                "method": optional(either("GET", "POST")),
                "path": optional(OPERATION["path"]),
                "body": optional(words),
                "query": optional(words),
                "answer": optional(words),
                "refusals": optional(words),
            }
        ),
        "statuses": named(
            {"id": whole, "message": optional(text), "attention": optional(flag), "charging": optional(flag)}
        ),
        "about_order_lines": text,
        "order_lines": dict.fromkeys(("most", "longest_name", "largest_quantity", "quantity_decimals"), whole),
        "about_listed_application": text,
        "listed_application": words,
        "about_notification": text,
        "notification": named({"names": listed(text)}),
        "about_attention": text,
        "attention_over": listed(text),
        "attention": words,
        "message_failures": words,
    },
    "countries.json": {"about": text, "names": named(listed(text))},
    # A translation may lack a sentence while English stands in for it: tests/contracts/words/test_languages.py names it.
    **{
        f"{part}{language}.json": dict.fromkeys(manifests.load(f"{part}{language}.json"), text)
        for part in _SENTENCES
        for language in languages()
    },
    "sentences/bells/en.json": _BELLS,
    **{
        f"sentences/bells/{one}.json": {name: optional(kind) for name, kind in _BELLS.items()}
        for one in languages()
        if one != "en"
    },
}


def test_every_manifest_has_a_schema() -> None:
    # What others read: Salesforce's tool, npm and prettier, and Grafana (tests/contracts/deploying/test_watching.py).
    npm = {f"salesforce/{name}.json" for name in ("package", "package-lock", ".prettierrc")}
    theirs = {"salesforce/sfdx-project.json", "deploy/dashboard.json"} | npm
    found = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.json")} - theirs
    # Below a package directory lies what Salesforce reads.
    assert {name for name in found if not re.match("salesforce/[^/]+/", name)} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_manifest_fits_its_schema_and_says_nothing_twice(name: str) -> None:
    repeated: list[str] = []

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [key for key, _ in pairs]
        repeated.extend(key for key in names if names.count(key) > 1)
        return dict(pairs)

    content = json.loads((ROOT / name).read_text("utf-8"), object_pairs_hook=no_repeats)
    assert faults(content, SCHEMAS[name], name) == []
    assert repeated == []


DOCUMENTED = {
    "operations": {"set_application_status"},
    "fields": {"order_number", "link_reference"},
    "statuses": set(),
}


@pytest.mark.parametrize(
    ("name", "table"), [("operations", "operations"), ("notifications", "fields"), ("statuses", "statuses")]
)
def test_only_what_the_vendor_documents_is_not_marked_as_assumed(name: str, table: str) -> None:
    entries = manifests.load(f"core/{name}.json")[table]
    assert {entry for entry, content in entries.items() if not content["assumed"]} == DOCUMENTED[table]


def test_the_documented_lifecycle_is_five_minutes_and_fifteen_more() -> None:
    lifecycle = manifests.load("core/operations.json")["lifecycle"]
    assert (lifecycle["unopened_minutes"], lifecycle["opened_minutes"], lifecycle["unknown_grace_minutes"]) == (
        5,
        15,
        5,
    )


def test_the_placeholders_of_a_path_are_all_link_references() -> None:
    for operation in manifests.load("core/operations.json")["operations"].values():
        assert set(re.findall(r"{(\w+)}", operation["path"])) <= {"link_reference"}


def test_the_allowed_hosts_are_those_of_the_base_urls() -> None:
    operations = manifests.load("core/operations.json")
    assert {url.removeprefix("https://") for url in operations["base_urls"].values()} == set(
        operations["allowed_hosts"]
    )


@pytest.mark.parametrize(
    ("object_name", "table"), [("Order", "write_order"), ("Chat2Pay_Payment_Request__c", "write_request")]
)
def test_every_field_that_is_written_is_in_the_metadata_an_admin_deploys(object_name: str, table: str) -> None:
    fields = ROOT / "salesforce/base/main/default/objects" / object_name / "fields"
    deployed = {path.name.removesuffix(".field-meta.xml"): path for path in fields.iterdir()}
    assert set(manifests.load("salesforce/order_fields.json")[table].values()) - {None} <= set(deployed)
    for name, path in deployed.items():
        assert ElementTree.parse(path).getroot().findtext(f"{SALESFORCE}fullName") == name


def test_the_external_id_is_unique_in_the_metadata() -> None:
    path = ROOT / "salesforce/base/main/default/objects/Chat2Pay_Payment_Request__c/fields/Reference__c.field-meta.xml"
    field = ElementTree.parse(path).getroot()
    assert (field.findtext(f"{SALESFORCE}externalId"), field.findtext(f"{SALESFORCE}unique")) == ("true", "true")


def test_the_version_rules_say_the_token_by_which_their_refusal_is_recognised_within_what_salesforce_takes() -> None:
    rules = list(ROOT.rglob("Chat2Pay_Version_Never_Goes_Back.validationRule-meta.xml"))
    assert len(rules) == 3
    for rule in rules:
        told = ElementTree.parse(rule).getroot().findtext(f"{SALESFORCE}errorMessage") or ""
        assert manifests.load("salesforce/order_fields.json")["version_rule_token"] in told
        assert len(told) <= 255


def test_no_manifest_holds_a_secret() -> None:
    content = "".join(path.read_text("utf-8") for path in ROOT.rglob("*.json"))
    assert not re.search(r"c2p_api_|BEGIN [A-Z ]*PRIVATE|Bearer [A-Za-z0-9]", content)
    assert str(Secret("x")) not in content
