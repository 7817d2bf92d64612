"""The slim document keeps the rules of External Services, so that an admin can register it as it is.

https://help.salesforce.com/s/articleView?id=platform.external_services_schema_def_definition.htm
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from connector.web.openapi import document
from connector.web.openapi.external_services import build

SLIM = build("https://c2p.acme.example")
SCHEMAS: dict[str, dict[str, Any]] = SLIM["components"]["schemas"]
OPERATIONS = [operation for path in SLIM["paths"].values() for operation in path.values()]
# https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/langCon_apex_identifiers.htm
IDENTIFIER = re.compile(r"(?!.*__)[A-Za-z][A-Za-z0-9_]{0,38}[A-Za-z0-9]")
# External Services takes these too, under a name of its own making (z0currency).
# https://help.salesforce.com/s/articleView?id=platform.external_services_schema_def_apex_reserved_keywords.htm
RESERVED = re.findall(
    r"\w+",
    """
    abstract and any array as asc begin bigdecimal blob boolean break bulk by byte case cast catch char class collect
    commit const continue currency date datetime decimal default delete desc do double else end enum exception exit
    export extends false final finally float for from global goto group having hint if implements import in inner
    insert instanceof int integer interface into join like limit list long loop map merge new not null nulls number
    object of on or order outer override package parallel pragma private protected public retrieve return rollback
    search select set short sort static string super switch synchronized system testmethod then this throw time
    transaction trigger true try type undelete update upsert using virtual void webservice when where while
    """,
)
KEYWORDS = {
    "oneOf", "anyOf", "allOf", "not", "nullable", "discriminator", "additionalProperties", "enum", "pattern", "default", "const",
}  # fmt: skip


def keys(value: Any) -> Iterator[str]:
    """Every key that is a word of OpenAPI; names of fields, paths and components are not."""
    match value:
        case dict():
            for name, inner in value.items():
                yield name
                yield from keys(
                    list(inner.values()) if name in ("properties", "schemas", "paths", "responses") else inner
                )
        case list():
            for inner in value:
                yield from keys(inner)


def texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            yield from (
                inner for name, inner in value.items() if name in ("description", "summary") and isinstance(inner, str)
            )
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


def test_is_valid_openapi_3_0_3() -> None:
    assert SLIM["openapi"] == "3.0.3"
    assert [fault.message for fault in OpenAPIV30SpecValidator(SLIM).iter_errors()] == []


def test_holds_the_flow_operations_and_nothing_else() -> None:
    assert list(SLIM["paths"]) == ["/flow/send", "/flow/send-many", "/flow/status", "/flow/cancel"]
    assert {method for path in SLIM["paths"].values() for method in path} == {"post"}


def test_describes_each_operation_under_the_name_it_has_in_the_complete_document() -> None:
    complete = document.build("https://c2p.acme.example")["paths"]
    for path, methods in SLIM["paths"].items():
        for method, operation in methods.items():
            assert operation["operationId"] == complete[path][method]["operationId"]
            assert set(operation["responses"]) == set(complete[path][method]["responses"])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_names_are_apex_identifiers(schema: str) -> None:
    names = [schema, *SCHEMAS[schema]["properties"], *(operation["operationId"] for operation in OPERATIONS)]
    assert [name for name in names if not IDENTIFIER.fullmatch(name)] == []
    assert {schema.lower(), *SCHEMAS[schema]["properties"]} & set(RESERVED) == set()


def test_speaks_json_only() -> None:
    media = [list(one["content"]) for operation in OPERATIONS for one in operation["responses"].values()]
    media += [list(operation["requestBody"]["content"]) for operation in OPERATIONS]
    assert {tuple(one) for one in media} == {("application/json",)}


def test_takes_everything_in_the_body_and_promises_no_header() -> None:
    assert [operation for operation in OPERATIONS if "parameters" in operation] == []
    assert "headers" not in set(keys(SLIM))
    assert "parameters" not in SLIM["components"]


def test_flow_builder_asks_for_what_an_operation_cannot_do_without() -> None:
    required = {name: schema.get("required") for name, schema in SCHEMAS.items()}
    assert required["FlowSendBody"] == ["order_id", "org_id"]
    assert required["FlowSendManyBody"] == ["items", "org_id"]
    assert required["FlowCancelBody"] == ["org_id", "reference"]
    assert required["FlowItemBody"] is None


def test_uses_no_construct_that_apex_maps_badly() -> None:
    assert set(keys(SLIM)) & KEYWORDS == set()


def test_makes_every_object_a_named_component() -> None:
    for operation in OPERATIONS:
        bodies = [operation["requestBody"], *operation["responses"].values()]
        assert all(set(body["content"]["application/json"]["schema"]) == {"$ref"} for body in bodies)
    for schema in SCHEMAS.values():
        for name, one in schema["properties"].items():
            of_components = one.get("type") == "array" and set(one["items"]) == {"$ref"}
            assert of_components or "$ref" in one or one["type"] in ("string", "boolean", "integer", "number"), name


def test_tells_flow_builder_and_agents_what_each_thing_is() -> None:
    for operation in OPERATIONS:
        assert operation["summary"]
        assert operation["description"]
    untold = [
        f"{schema}.{name}"
        for schema, told in SCHEMAS.items()
        for name, one in told["properties"].items()
        if "$ref" not in one and not one["description"]
    ]
    assert untold == []


def test_keeps_descriptions_within_what_the_registration_takes() -> None:
    assert [text for text in texts(SLIM) if len(text) > 1_333] == []
    assert [text for text in texts(SLIM) if not text.isprintable()] == []


def test_stays_far_below_the_largest_document() -> None:
    assert len(json.dumps(SLIM)) < 100_000


def test_whoever_builds_flows_is_offered_neither_a_colleague_nor_a_number() -> None:
    """A tenant may allow both to its own code; what is imported into an org has neither (ADR 30)."""
    assert {"user_id", "phone"} & {name for one in SCHEMAS.values() for name in one["properties"]} == set()
