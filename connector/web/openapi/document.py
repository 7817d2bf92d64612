"""Build the complete OpenAPI 3.1 document: every endpoint, every answer, every error."""

from __future__ import annotations

from typing import Any

from connector.errors import ErrorCode
from connector.web.callers.org_check import ORG_HEADER
from connector.web.openapi.parts import operation_sets
from connector.web.openapi.parts.codes import CODES, by_status
from connector.web.openapi.parts.error_responses import ERROR
from connector.web.openapi.parts.operation import JSON, Answer, Body, Caller, Endpoint, Parameter, RawBody
from connector.web.openapi.parts.schemes import SCHEMES
from connector.web.openapi.parts.spec import in_order, new_spec
from connector.web.openapi.paths import callbacks, flow, launches, operations, payments
from connector.web.schemas.body_fields import ORG_ID

ENDPOINTS: tuple[Endpoint, ...] = (
    *launches.ENDPOINTS, *payments.ENDPOINTS, *operations.ENDPOINTS,
    *flow.ENDPOINTS, *callbacks.ENDPOINTS, *operation_sets.ENDPOINTS,
)  # fmt: skip
_ABOUT = (
    "Amounts travel as decimal strings, times as RFC 3339 in UTC. Every error has one body: branch on `code`, show `message`. "
    "A method that a path does not have is 405 `method_not_allowed`, with `Allow`. Every answer carries `X-Request-Id`."
)
_ORG = Parameter(
    ORG_HEADER,
    "header",
    "With an API key: the org that calls; another than the key's is 403 `wrong_org`.",
    {"type": "string", "pattern": ORG_ID},
)
_HEADERS = {
    "ETag": ("Changes with what this caller sees. Send it as `If-None-Match`.", {"type": "string"}),
    "Cache-Control": ("A few minutes.", {"type": "string"}),
    "Retry-After": ("Seconds until there is room again.", {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": (
        '`Bearer realm="chat2pay"` for keys and tokens, with `error="invalid_token"` where one came; `Basic '
        'realm="chat2pay-callbacks"` for callbacks.',
        {"type": "string"},
    ),
    "X-Request-Id": ("The id of this request in our log.", {"type": "string", "pattern": "^[0-9a-f]{16}$"}),
}
_OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",)}


def build(public_url: str) -> dict[str, Any]:
    """Return the complete document of a deployment."""
    spec = new_spec(
        "3.1.0", info={"description": _ABOUT}, servers=[{"url": public_url}],
        tags=[{"name": group} for group in dict.fromkeys(endpoint.group for endpoint in ENDPOINTS)],
    )  # fmt: skip
    for scheme, rendered in SCHEMES.items():
        spec.components.security_scheme(scheme, rendered)
    for name, (description, schema) in _HEADERS.items():
        spec.components.header(name, {"description": description, "schema": schema})
    # Components, because most endpoints share most of the codes.
    for code, known in CODES.items():
        spec.components.example(code.value, {"summary": known.description, "value": _example(code)})
    for endpoint in ENDPOINTS:
        spec.path(endpoint.path, operations={endpoint.method: _operation(endpoint)})
    return in_order(spec)


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.group],
        "security": [_caller(one) for one in endpoint.callers],
        "responses": _responses(endpoint),
    }
    if endpoint.description:
        rendered["description"] = endpoint.description
    if parameters := _parameters(endpoint):
        rendered["parameters"] = [_parameter(one) for one in parameters]
    if endpoint.body:
        rendered["requestBody"] = _body(endpoint.body)
    return rendered


def _caller(caller: Caller) -> dict[str, list[str]]:
    return {scheme: list(caller.scopes) for scheme in caller.schemes}


def _parameters(endpoint: Endpoint) -> tuple[Parameter, ...]:
    """Return an endpoint's parameters, with the org header wherever an API key is accepted."""
    named = any(one.name == ORG_HEADER for one in endpoint.parameters)
    return (
        endpoint.parameters
        if named or not any(one.scopes for one in endpoint.callers)
        else (*endpoint.parameters, _ORG)
    )


def _parameter(given: Parameter) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "name": given.name,
        "in": given.place,
        "description": given.description,
        "schema": dict(given.schema),
    }
    if given.required:
        rendered["required"] = True
    if given.example is not None:
        rendered["example"] = given.example
    return rendered


def _body(body: Body | RawBody) -> dict[str, Any]:
    examples = {name: {"value": value} for name, value in body.examples.items()}
    if isinstance(body, RawBody):
        content: dict[str, Any] = {"schema": dict(body.schema)}
        media, required = body.media, True
    else:
        content = {"schema": body.shapes[0] if len(body.shapes) == 1 else {"anyOf": list(body.shapes)}}
        media, required = JSON, body.required
    if examples:
        content["examples"] = examples
    return {"required": required, "content": {media: content}}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    rendered = {str(status): _answer(answer) for status, answer in endpoint.answers.items()}
    for status, codes in by_status(endpoint.refuses | {ErrorCode.INTERNAL, ErrorCode.TRY_LATER}).items():
        refusal = _refusal(status, codes)
        if str(status) in rendered:
            # The same status can also come as a page or another body: the document lists both.
            refusal["content"] |= rendered[str(status)].get("content", {})
        rendered[str(status)] = refusal
    return dict(sorted(rendered.items()))


def _answer(answer: Answer) -> dict[str, Any]:
    rendered: dict[str, Any] = {"description": answer.description, "headers": _headers(answer.headers)}
    if answer.shape is not None:
        rendered["content"] = {JSON: {"schema": answer.shape}}
    elif answer.media == JSON:
        rendered["content"] = {JSON: {"schema": {"type": "object"}}}
    elif answer.media is not None:
        rendered["content"] = {answer.media: {"schema": {"type": "string"}}}
    return rendered


def _refusal(status: int, codes: list[ErrorCode]) -> dict[str, Any]:
    """Return the response for the error codes of one status."""
    # The list of codes is closed: tests validate real answers against it, so a new code cannot stay undocumented.
    only = {"properties": {"error": {"properties": {"code": {"enum": [code.value for code in codes]}}}}}
    return {
        "description": "\n".join(f"- `{code.value}`: {CODES[code].description}" for code in codes),
        "headers": _headers(_OF_STATUS.get(status, ())),
        "content": {
            JSON: {
                "schema": {"allOf": [ERROR, only]},
                "examples": {code.value: {"$ref": f"#/components/examples/{code.value}"} for code in codes},
            }
        },
    }


def _headers(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-Id")}


def _example(code: ErrorCode) -> dict[str, Any]:
    known = CODES[code]
    body: dict[str, Any] = {
        "code": code.value,
        "message": known.example,
        "retryable": known.retryable,
        "request_id": "0f1e2d3c4b5a6978",
    }
    # An example such as "channel: Use sms or whatsapp." is a message about one field.
    field, _, sentence = known.example.partition(": ")
    if sentence:
        body["fields"] = {field: [sentence]}
    return {"error": body}
