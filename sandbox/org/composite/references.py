"""References of a subrequest to the response of an earlier one."""

from __future__ import annotations

import re
from typing import Any

from sandbox.org.data_api.routing import ApiResponse

_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])+)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class InvalidReference(Exception):
    """A subrequest refers to an answer that is not there."""


def resolve_references(value: Any, answers: dict[str, ApiResponse]) -> Any:
    """Return the value with every @{reference.path} replaced. Raises InvalidReference."""
    if isinstance(value, dict):
        return {name: resolve_references(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve_references(inner, answers) for inner in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    # A value that is nothing but a reference keeps the type of what it names, a number or null; within a text all is text.
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _look_up(whole, answers)
    return _REFERENCE.sub(lambda found: str(_look_up(found, answers)), value)


def _look_up(found: re.Match[str], answers: dict[str, ApiResponse]) -> Any:
    answer = answers.get(found[1])
    # What failed has an error for its body, and no value to refer to.
    if answer is None or answer.status >= 400:
        raise InvalidReference(f"Invalid reference specified. No value for {found[0]}")
    value = answer.body
    for name, index in _STEP.findall(found[2]):
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError) as error:
            raise InvalidReference(f"Invalid reference specified. No value for {found[0]}") from error
    return value
