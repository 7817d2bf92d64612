"""The HTTP endpoint of the data API: sessions, limits, faults and counters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers

from sandbox.org.data_api.conditional_requests import CONDITIONS
from sandbox.org.data_api.limits import check_limits
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.instance.org import Org, current_org
from sandbox.org.oauth.identity import bearer_token
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, invalid_session, not_found
from sandbox.org.wire.exact_json import from_json, to_json
from sandbox.org.wire.versions import NEWEST, OLDEST

blueprint = Blueprint("data_api", __name__)
_SEASONS = ("Spring", "Summer", "Winter")
DROP_ANSWER = "sandbox.org.answer_dropped"


@blueprint.errorhandler(ApiError)
def render_error(error: ApiError) -> Response:
    """Render an error as Salesforce does: a list of one."""
    return _json(error.as_body(), status=error.status)


def _json(body: Any, *, status: int = 200) -> Response:
    return Response(to_json(body), status=status, mimetype="application/json")


@blueprint.after_request
def add_limit_info(response: Response) -> Response:
    """Add the org's use of API calls to every answer."""
    org = current_org()
    usage = org.faults.plan.limit_header(org.used_today())
    if usage:
        response.headers["Sforce-Limit-Info"] = usage
    return response


@blueprint.get("/services/data")
@blueprint.get("/services/data/")
def list_versions() -> Response:
    """Answer the API versions, which needs no session."""
    # Version 67 is Summer '26; three releases a year.
    versions = [
        {
            "label": f"{_SEASONS[(number - 66) % 3]} '{26 + (number - 66) // 3 + ((number - 66) % 3 == 2)}",
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(OLDEST, NEWEST + 1)
    ]
    return _json(versions)


@blueprint.route("/services/data/v<version>", defaults={"path": ""}, methods=["GET"])
@blueprint.route("/services/data/v<version>/", defaults={"path": ""}, methods=["GET"])
@blueprint.route("/services/data/v<version>/<path:path>", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
def answer_call(version: str, path: str) -> Response:
    """Answer one call of the data API, and count it."""
    org = current_org()
    org.counts.begin_call()
    try:
        return _counted_answer(org, version=version, path=path)
    finally:
        org.counts.end_call()


def _counted_answer(org: Org, *, version: str, path: str) -> Response:
    # Before the session is looked at: an overloaded server answers 503 to anybody.
    org.faults.wait()
    org.faults.check_available()
    call = ApiCall(
        org=org,
        user=_caller(org),
        version=_checked(version),
        method=_method(),
        path=path,
        params=request.args.to_dict(),
        body=_body(),
        headers=Headers([(name, request.headers[name]) for name in CONDITIONS if name in request.headers]),
        has_references=b"@{" in request.get_data(),
    )
    check_limits(org)
    refused = org.refusals.canned_response(path)
    answer = ApiResponse(refused.status, refused.body) if refused else _answer(call)
    # After everything was done and committed: the connector cannot know, which is what this fault is for.
    if org.faults.drops_answer():
        request.environ[DROP_ANSWER] = True
    response = _rendered(answer)
    response.headers.extend(answer.headers)
    return response


def _rendered(answer: ApiResponse) -> Response:
    if answer.body is None:
        return Response(status=answer.status)
    if isinstance(answer.body, str):
        return Response(answer.body, status=answer.status, mimetype="text/html")
    return _json(answer.body, status=answer.status)


def _answer(call: ApiCall) -> ApiResponse:
    # Reads take no lock, so that pages do not wait for a bulk of writes.
    if call.method == "GET":
        return routes.dispatch(call)
    with call.org.records.transaction():
        return routes.dispatch(call)


def _caller(org: Org) -> Row:
    """Return the user behind the token. Raises ApiError INVALID_SESSION_ID."""
    token = bearer_token()
    user = org.user(org.sessions.user_id(token))
    if user is None or not user["IsActive"]:
        raise invalid_session()
    if org.refuses_address(user):
        # Salesforce does not say that the address is the reason: it looks like any session that has ended.
        raise invalid_session("This session is not valid for use with the REST API")
    if not user.get("_api_enabled"):
        raise ApiError("API_DISABLED_FOR_ORG", "API is disabled for this User", status=403)
    if org.faults.expires_token():
        org.sessions.end(token)
        raise invalid_session()
    return user


def _checked(version: str) -> str:
    whole, _, rest = version.partition(".")
    if rest != "0" or not whole.isdigit() or not OLDEST <= int(whole) <= NEWEST:
        raise not_found()
    return version


def _method() -> str:
    # Clients that cannot send PATCH say it in the address, as Salesforce documents.
    override = request.args.get("_HttpMethod", "")
    return override.upper() if override and request.method == "POST" else request.method


def _body() -> Any:
    raw = request.get_data()
    if not raw or request.method == "GET":
        return None
    try:
        return from_json(raw)
    except ValueError as error:
        raise ApiError("JSON_PARSER_ERROR", f"the body is not JSON: {type(error).__name__}") from error
