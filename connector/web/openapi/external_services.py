"""Build the OpenAPI document for Salesforce External Services: what Flow, Apex and Agentforce can import.

OpenAPI 3.0.3, JSON only, every object a named component, names that are Apex identifiers, no header parameters.
https://help.salesforce.com/s/articleView?id=platform.external_services_schema_def_definition.htm
"""

from __future__ import annotations

from typing import Any, cast

from connector.errors import ErrorCode
from connector.web.openapi.parts.codes import CODES, by_status
from connector.web.openapi.parts.error_responses import FLOW_ERROR
from connector.web.openapi.parts.operation import JSON, Body, Endpoint
from connector.web.openapi.parts.schemes import SCHEMES
from connector.web.openapi.parts.spec import in_order, new_spec
from connector.web.openapi.paths import flow

_ABOUT = (
    "Payment links from Flow and Agentforce. What may well happen is an outcome with a sentence, answered with 200; only a wrong "
    "set-up is an error. Authenticate with a Named Credential that sends an API key of scope flow as Authorization: Bearer."
)
# What a tenant may allow a key, and nobody who builds flows should be offered: to act as somebody, and to choose a number.
_LEFT_OUT = ("user_id", "phone")


def build(public_url: str) -> dict[str, Any]:
    """Return the slim document of a deployment."""
    spec = new_spec("3.0.3", info={"description": _ABOUT}, servers=[{"url": public_url}])
    spec.components.security_scheme("apiKey", SCHEMES["apiKey"])
    for endpoint in flow.ENDPOINTS:
        spec.path(endpoint.path, operations={endpoint.method: _operation(endpoint)})
    document = in_order(spec)
    components = document["components"]["schemas"]
    document["components"]["schemas"] = {name: _plain(schema) for name, schema in sorted(components.items())}
    return document


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    good = {str(status): _answer(answer.description, answer.shape) for status, answer in endpoint.answers.items()}
    bad = {
        # All errors share one component, whose `message` a flow can show on its fault path.
        str(status): _answer(" ".join(CODES[code].description for code in codes), FLOW_ERROR)
        for status, codes in by_status(endpoint.refuses | {ErrorCode.INTERNAL, ErrorCode.TRY_LATER}).items()
    }
    return {
        # Becomes the name of the action in Flow Builder.
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.description,
        # For other readers: External Services ignores it and takes the key from the Named Credential.
        "security": [{"apiKey": []}],
        "requestBody": {"required": True, "content": {JSON: {"schema": cast(Body, endpoint.body).shapes[0]}}},
        "responses": {**good, **bad},
    }


def _answer(description: str, shape: Any) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": shape}}}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a component reduced to what Apex understands: nullable fields become optional, enumerations plain text."""
    given = {name: one for name, one in schema["properties"].items() if name not in _LEFT_OUT}
    properties = {name: _plain_property(one) for name, one in given.items()}
    nullable = {name for name, one in given.items() if one.get("nullable")}
    required = [name for name in schema.get("required", ()) if name not in nullable]
    rendered = {"type": "object", "description": schema["description"], "properties": properties}
    return {**rendered, "required": required} if required else rendered


def _plain_property(given: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in given:
        return given
    if "allOf" in given:
        return dict(given["allOf"][0])
    if given.get("type") == "array":
        return {"type": "array", "description": given["description"], "items": given["items"]}
    # An enumeration would become an Apex enum, which breaks on a word that a later version adds: a description lists them.
    words = [str(word) for word in given.get("enum", ()) if word is not None]
    description = given.get("description", "")
    rendered = {
        "type": given["type"],
        "description": f"{description} One of: {', '.join(words)}." if words else description,
    }
    # Patterns, defaults and `additionalProperties` mean nothing to Apex.
    allowed = ("format", "minLength", "maxLength", "example")
    return {**rendered, **{name: given[name] for name in allowed if name in given}}
