"""Several calls in one: knows Composite's limits and references, and refuses to know what a subrequest does."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.org.calls import Answer, Call
from sandbox.org.errors import ApiError
from sandbox.org.resources import routes

MOST_SUBREQUESTS = 25
MOST_LISTS = 5
_URL = re.compile(r"/services/data/v(\d\d\.\d)/(.+)")
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])+)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}
_HALTED = ApiError(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)


@dataclass(frozen=True)
class Subrequest:
    reference_id: str
    method: str
    version: str
    path: str
    params: dict[str, str]
    body: Any

    @property
    def is_list(self) -> bool:
        """A query or a collection: the kinds of which only five fit in one call."""
        return self.path.startswith(("query", "composite/sobjects"))

    def group(self) -> tuple[str, str]:
        return self.method, re.sub(r"/[0-9a-zA-Z]{15,18}$", "", self.path)


class ReferenceFailed(Exception):
    """A subrequest refers to an answer that is not there."""


@routes.add("POST", "composite")
def run_composite(call: Call) -> Answer:
    """Return 200 whatever the subrequests answered, as Salesforce does."""
    if call.inside_composite:
        raise ApiError("INVALID_INPUT", "a composite cannot hold a composite")
    body = call.json_object()
    subrequests = _read_subrequests(body.get("compositeRequest"))
    all_or_none = body.get("allOrNone", False) is True
    answers: dict[str, Answer] = {}
    mark = call.org.records.mark()
    for subrequest in _in_order(subrequests, collated=_is_collated(call)):
        answers[subrequest.reference_id] = _answer(call, subrequest, answers=answers, all_or_none=all_or_none)
        if all_or_none and not _went_well(answers[subrequest.reference_id]):
            call.org.records.undo_to(mark)
            answers = _halted_but(subrequest, subrequests, answers=answers)
            break
    return Answer(200, {"compositeResponse": [_shown(one, answers[one.reference_id]) for one in subrequests]})


def _read_subrequests(items: Any) -> list[Subrequest]:
    if not isinstance(items, list) or not items:
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    if len(items) > MOST_SUBREQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MOST_SUBREQUESTS} subrequests, not {len(items)}")
    subrequests = [_read_subrequest(item) for item in items]
    lists = sum(one.is_list for one in subrequests)
    if lists > MOST_LISTS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MOST_LISTS} queries and collections, not {lists}")
    names = [one.reference_id for one in subrequests]
    if len(set(names)) != len(names):
        raise ApiError("INVALID_INPUT", "Provided referenceId must be unique for each subrequest")
    return subrequests


def _read_subrequest(item: Any) -> Subrequest:
    if not isinstance(item, dict):
        raise ApiError("JSON_PARSER_ERROR", "each subrequest must be an object")
    reference_id, method, url = item.get("referenceId"), item.get("method"), item.get("url")
    if not isinstance(reference_id, str) or not re.fullmatch(r"[A-Za-z0-9]\w*", reference_id):
        raise ApiError("INVALID_INPUT", "Provided referenceId must hold letters, numbers and _ only")
    if method not in _METHODS:
        raise ApiError("INVALID_INPUT", f"{reference_id}: method must be one of {', '.join(sorted(_METHODS))}")
    parts = urlsplit(url if isinstance(url, str) else "")
    found = _URL.fullmatch(parts.path)
    if found is None:
        raise ApiError("INVALID_INPUT", f"{reference_id}: url must begin with /services/data/vXX.X/")
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Subrequest(reference_id, method, found[1], unquote(found[2]), params, item.get("body"))


def _in_order(subrequests: list[Subrequest], *, collated: bool) -> list[Subrequest]:
    """Return the order of execution: collating bundles equal kinds, so the caller's order is not kept."""
    if not collated:
        return subrequests
    groups: dict[tuple[str, str], list[Subrequest]] = {}
    for one in subrequests:
        groups.setdefault(one.group(), []).append(one)
    return [one for group in groups.values() for one in group]


def _is_collated(call: Call) -> bool:
    # Subrequests that refer to others keep their order in any case.
    return not call.may_refer and call.json_object().get("collateSubrequests", True) is not False


def _answer(call: Call, subrequest: Subrequest, *, answers: dict[str, Answer], all_or_none: bool) -> Answer:
    try:
        filled: Any = (subrequest.path, subrequest.params, subrequest.body)
        if call.may_refer:
            filled = _filled(list(filled), answers)
    except ReferenceFailed as error:
        return Answer(400, ApiError("PROCESSING_HALTED", str(error)).as_body())
    path, params, body = filled
    if all_or_none and isinstance(body, dict) and "records" in body:
        body = body | {"allOrNone": True}
    inner = Call(
        org=call.org,
        user=call.user,
        version=subrequest.version,
        method=subrequest.method,
        path=path,
        params=params,
        body=body,
        inside_composite=True,
    )
    mark = call.org.records.mark()
    try:
        return routes.answer(inner)
    except ApiError as error:
        call.org.records.undo_to(mark)
        return Answer(error.status, error.as_body())


def _went_well(answer: Answer) -> bool:
    if answer.status >= 400:
        return False
    results = answer.body if isinstance(answer.body, list) else []
    return all(result.get("success", True) for result in results if isinstance(result, dict))


def _halted_but(failed: Subrequest, subrequests: list[Subrequest], *, answers: dict[str, Answer]) -> dict[str, Answer]:
    halted = Answer(400, _HALTED.as_body())
    return {one.reference_id: answers[one.reference_id] if one is failed else halted for one in subrequests}


def _shown(subrequest: Subrequest, answer: Answer) -> dict[str, Any]:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": subrequest.reference_id,
    }


def _filled(value: Any, answers: dict[str, Answer]) -> Any:
    """Return the value with every @{reference.path} replaced. Raises ReferenceFailed."""
    if isinstance(value, dict):
        return {name: _filled(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, answers) for inner in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _looked_up(whole, answers)
    return _REFERENCE.sub(lambda found: str(_looked_up(found, answers)), value)


def _looked_up(found: re.Match[str], answers: dict[str, Answer]) -> Any:
    answer = answers.get(found[1])
    if answer is None or answer.status >= 400:
        raise ReferenceFailed(f"Invalid reference specified. No value for {found[0]}")
    value = answer.body
    for name, index in _STEP.findall(found[2]):
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError) as error:
            raise ReferenceFailed(f"Invalid reference specified. No value for {found[0]}") from error
    return value
