"""The error tree: drawn in its docstring as it is in code, safe for people, safe for logs."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from connector import errors
from connector.errors import ErrorCode, Invalid, Misconfigured, ServiceError, UpstreamError

DRAWN = re.compile(r"^(?P<trunk>[| ]*(?:[|`]-- )?)(?P<name>[A-Z]\w+)(?: +(?P<status>\d{3}))?  ", re.MULTILINE)
CLASSES = {
    name: found for name, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, ServiceError)
}
ROWS = {row["name"]: row for row in DRAWN.finditer(errors.__doc__ or "")}


def test_the_docstring_lists_every_class_and_no_other() -> None:
    assert set(ROWS) == set(CLASSES)


def _parents() -> dict[str, str]:
    parents, path = {}, {0: "ServiceError"}
    for name, row in ROWS.items():
        depth = len(row["trunk"]) // 4
        if depth:
            parents[name] = path[depth - 1]
        path[depth] = name
    return parents


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"ServiceError"}))
def test_a_class_stands_where_the_drawing_puts_it(name: str) -> None:
    drawn = _parents()[name]
    nearest = [parent.__name__ for parent in CLASSES[name].__mro__[1:] if parent.__name__ in CLASSES]
    # OrgLimitReached and OrgSessionExpired are unavailability of a kind; the drawing keeps the peers' errors on one level.
    assert drawn in nearest


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row["status"]))
def test_a_class_has_the_http_status_that_the_drawing_says(name: str) -> None:
    assert CLASSES[name].status == int(ROWS[name]["status"])


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_has_a_code_that_callers_may_build_on(name: str) -> None:
    assert CLASSES[name].code in list(ErrorCode)


@pytest.mark.parametrize(
    "name",
    sorted(name for name, found in CLASSES.items() if issubclass(found, UpstreamError) and found is not UpstreamError),
)
def test_an_error_of_a_peer_says_which_and_in_which_operation(name: str) -> None:
    made: Any = CLASSES[name]
    error = made("A sentence.", operation="push", status=503, reason="CODE")
    assert error.peer in ("salesforce", "core")
    assert dict(error.facts) == {"peer": error.peer, "operation": "push", "upstream_status": 503, "reason": "CODE"}
    assert str(error) == error.message == "A sentence."


def test_a_final_no_is_not_retryable_and_a_passing_fault_is() -> None:
    final = {name for name, found in CLASSES.items() if issubclass(found, UpstreamError) and not found.retryable}
    assert final == {"SalesforceRefused", "CoreRefused"}


def test_an_invalid_field_is_named_for_people_and_its_value_stays_out_of_the_log() -> None:
    error = Invalid({"phone": ["This cannot be a phone number."], "amount": ["Too much."]})
    assert error.message == "phone: This cannot be a phone number."
    assert dict(error.facts) == {"fields": "phone,amount"}


@pytest.mark.parametrize("name", ["27831234567", "phone 27831234567", "a" * 41, "line\nbreak", ""])
def test_a_field_name_that_is_a_callers_own_text_stays_out_of_the_log(name: str) -> None:
    error = Invalid({"phone": ["Unknown field."], name: ["Unknown field."]})
    assert dict(error.facts) == {"fields": "phone,?"}


def test_what_is_misconfigured_is_told_line_by_line() -> None:
    assert str(Misconfigured(["A is wrong", "B is missing"])).splitlines()[1:] == ["  - A is wrong", "  - B is missing"]
