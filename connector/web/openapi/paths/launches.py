"""The descriptions of the launch endpoints."""

from __future__ import annotations

from connector.errors import ErrorCode
from connector.web.callers.org_check import ORG_HEADER
from connector.web.openapi.parts.codes import BODY, KEY, SALESFORCE, TENANT, TOKEN
from connector.web.openapi.parts.operation import HTML, Answer, Body, Endpoint, Parameter, RawBody
from connector.web.openapi.parts.schemes import NOBODY, PAGE, key
from connector.web.schemas import request_schemas, response_schemas
from connector.web.schemas.body_fields import ORG_ID

_GROUP = "Launches"
_FORM = "application/x-www-form-urlencoded"
_REFUSED = Answer("A page that says why, visible inside Salesforce only.", media=HTML)

ENDPOINTS = (
    Endpoint(
        "post", "/launch", "launch", "Open the agent's page (Salesforce Canvas)", _GROUP,
        description="The signed request is the credential: HMAC-SHA256 with the Canvas app's secret, taken once. The order's "
        "id is `context.environment.parameters.orderId`. Every answer is a page, because it stands in a frame.",
        callers=(NOBODY,),
        body=RawBody(
            _FORM,
            {
                "type": "object",
                "properties": {"signed_request": {"type": "string", "description": "As Salesforce Canvas posts it."}},
                "required": ["signed_request"],
            },
            {"canvas": {"signed_request": "<base64 of the HMAC>.<base64 of the context>"}},
        ),
        answers={
            200: Answer("The agent's page, with a launch token in it.", media=HTML),
            403: _REFUSED,
            408: _REFUSED,
            413: _REFUSED,
            500: _REFUSED,
            503: Answer("A page that says why: Salesforce or our database does not answer now.", media=HTML),
        },
        refuses=TENANT | {ErrorCode.TRY_LATER},
    ),
    Endpoint(
        "get", "/launch", "explainLaunch", "A short help page", _GROUP,
        description="For a person who came by mistake, and for Canvas before consent.",
        callers=(NOBODY,),
        answers={200: Answer("The help page.", media=HTML), 500: _REFUSED},
    ),
    Endpoint(
        "post", "/api/launches", "openLaunch", "Open an order for a user (Apex)", _GROUP,
        description="For a panel of one's own on the record page. User and order must be this org's, and the user must see "
        "the order.",
        callers=(key("apex"),),
        parameters=(
            Parameter(ORG_HEADER, "header", "The org that calls; another than the key's is 403 `wrong_org`.",
                      {"type": "string", "pattern": ORG_ID}, required=True, example="00Dxx0000001gEhEAI"),
        ),
        body=Body((request_schemas.API_LAUNCH,), examples={
            "apex": {"order_id": "801xx0000000001AAA", "user_id": "005xx000001X8UzAAK"},
        }),
        answers={200: Answer("A launch token and the order.", response_schemas.LAUNCH)},
        refuses=KEY | BODY | SALESFORCE | TENANT | {ErrorCode.NOT_FOUND},
    ),
    Endpoint(
        "post", "/api/launches/renew", "renewLaunch", "A new token for the same user and order", _GROUP,
        description="With the token itself, valid or over for less than 60 s; at most 12 h from the launch. Access is "
        "checked again every 15 minutes.",
        callers=(PAGE,),
        answers={200: Answer("The new token.", response_schemas.RENEWED)},
        refuses=TOKEN | SALESFORCE | TENANT,
    ),
)  # fmt: skip
