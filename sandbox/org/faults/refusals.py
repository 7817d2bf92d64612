"""What the org refuses on purpose: records, whole calls, logins, and the version rule's message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.org.metadata.objects import Metadata
from sandbox.org.metadata.validation_rules import ValidationRule
from sandbox.org.wire.errors import ApiError, BadInput


class SaveErrors(ApiError):
    """One record refused for several reasons at once, as Salesforce reports validation rules."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        first = errors[0]
        super().__init__(first["statusCode"], first["message"], fields=tuple(first["fields"]))
        self.errors = errors

    def as_body(self) -> list[dict[str, Any]]:
        """Return the errors as the body of a call for one record."""
        return [
            {"message": one["message"], "errorCode": one["statusCode"], "fields": one["fields"]} for one in self.errors
        ]

    def as_save_errors(self) -> list[dict[str, Any]]:
        """Return the errors as a result of several records holds them."""
        return self.errors


@dataclass(frozen=True)
class RecordRefusal:
    """Refuses writes of one object: all of them, of some ids, with one of some fields, or ``where`` fields have some values."""

    # Of whole records: Salesforce never stores one in part, whichever field is at fault.
    object: str
    errors: list[dict[str, Any]]
    ids: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    where: dict[str, Any] = field(default_factory=dict)

    def applies_to(self, object_name: str, *, record_id: str, given: Mapping[str, Any]) -> bool:
        """Return whether a write is refused."""
        of_record = not self.ids or record_id in self.ids
        of_field = not self.writes or any(name in given for name in self.writes)
        of_values = all(given.get(name) == value for name, value in self.where.items())
        return self.object == object_name and of_record and of_field and of_values


@dataclass(frozen=True)
class CannedResponse:
    """What a whole call or a login is answered with; ``path`` is how the call's path begins."""

    status: int
    body: Any
    path: str = ""


# The rule that the control `version_rules` is about; of the others the sandbox changes nothing.
VERSION_RULE = "Chat2Pay_Version_Never_Goes_Back"


@dataclass(frozen=True)
class RuleOverride:
    """What an admin has done to the shipped version rule of one object."""

    active: bool = True
    message: str | None = None


@dataclass(frozen=True)
class Refusals:
    """Everything that is refused on purpose; the defaults are: nothing."""

    records: tuple[RecordRefusal, ...] = ()
    calls: CannedResponse | None = None
    logins: CannedResponse | None = None
    version_rules: Mapping[str, RuleOverride] = field(default_factory=dict)

    def check_record(self, object_name: str, *, record_id: str, given: Mapping[str, Any]) -> None:
        """Raise SaveErrors with the errors of everything that refuses the record."""
        matching = [one.errors for one in self.records if one.applies_to(object_name, record_id=record_id, given=given)]
        if matching:
            # All reasons at once, as an org with several rules answers: the connector must read more than the first.
            raise SaveErrors([error for errors in matching for error in errors])

    def canned_response(self, path: str) -> CannedResponse | None:
        """Return the answer that is set for a path, None where none is."""
        # Matched by its beginning, so that one entry can hold a whole resource, such as composite.
        return self.calls if self.calls is not None and path.startswith(self.calls.path) else None

    def rule_message(self, object_name: str, rule: ValidationRule) -> str | None:
        """Return what the rule says as the admin left it; None where it is switched off."""
        if rule.name != VERSION_RULE:
            return rule.message
        change = self.version_rules.get(object_name, RuleOverride())
        return (change.message or rule.message) if change.active else None

    def as_json(self) -> dict[str, Any]:
        """Return what is refused as the control takes it."""
        return {
            "records": [vars(one) for one in self.records],
            "calls": vars(self.calls) if self.calls else None,
            "logins": vars(self.logins) if self.logins else None,
            "version_rules": {name: vars(one) for name, one in self.version_rules.items()},
        }


def parse_refusals(body: dict[str, Any], *, metadata: Metadata) -> Refusals:
    """Return what the body describes. Raises BadInput naming each unusable entry."""
    # A misspelt refusal would refuse nothing, and the test that set it would pass for the wrong reason.
    problems: dict[str, str] = dict.fromkeys(set(body) - set(_READERS), "is not something that can be refused")
    read: dict[str, Any] = {}
    for name, reader in _READERS.items():
        try:
            if body.get(name) is not None:
                read[name] = reader(body[name], metadata)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems[name] = str(error) if type(error) is ValueError else _SHAPES[name]
    if problems:
        raise BadInput(**problems)
    return Refusals(**read)


def _records(value: Any, metadata: Metadata) -> tuple[RecordRefusal, ...]:
    return tuple(_record(one, metadata) for one in value)


def _record(value: dict[str, Any], metadata: Metadata) -> RecordRefusal:
    if set(value) - {"object", "errors", "ids", "writes", "where"} or value["object"] not in metadata.every:
        raise ValueError(_SHAPES["records"])
    errors = [
        {
            "statusCode": str(one["statusCode"]),
            "message": str(one.get("message", "")),
            "fields": list(one.get("fields", [])),
        }
        for one in value["errors"]
    ]
    if not errors:
        raise ValueError("each record refusal needs at least one error")
    return RecordRefusal(
        value["object"], errors, list(value.get("ids", [])), list(value.get("writes", [])), dict(value.get("where", {}))
    )


def _answered(value: dict[str, Any], _metadata: Metadata) -> CannedResponse:
    # Errors only: a canned success would say that something was written which was not.
    if set(value) - {"status", "body", "path"} or type(value["status"]) is not int or not 400 <= value["status"] < 600:
        raise ValueError(_SHAPES["calls"])
    return CannedResponse(value["status"], value.get("body", ""), str(value.get("path", "")))


def _version_rules(value: dict[str, Any], metadata: Metadata) -> dict[str, RuleOverride]:
    # A rule that is not there could be switched off without any effect.
    if any(name not in metadata.every or not metadata.every[name].rules for name in value):
        raise ValueError("names an object without a version rule")
    return {name: RuleOverride(**one) for name, one in value.items()}


_READERS: dict[str, Any] = {
    "records": _records,
    "calls": _answered,
    "logins": _answered,
    "version_rules": _version_rules,
}
_SHAPES = {
    "records": "must be a list of {object, errors: [{statusCode, message, fields}]}, each perhaps with ids, writes, where",
    "calls": "must be {status, body, path}, with a status from 400 to 599",
    "logins": "must be {status, body}, with a status from 400 to 599",
    "version_rules": "must be {object: {active, message}}",
}
