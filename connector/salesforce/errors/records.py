"""Read the result of one record from all its errors, and from the codes inside their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import manifests
from connector.domain.health.push_refusal import PushRefusal, RefusedPart, make_refusal
from connector.salesforce.errors.codes import RecordOutcome, classify_errors, error_list, message_of

_FIELDS = manifests.load("salesforce/order_fields.json")
VERSION_TOKEN: str = _FIELDS["version_rule_token"]
_OLD_MESSAGE: str = _FIELDS["version_rule_old_message"]
_RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
UNREADABLE = "UNREADABLE_ANSWER"


@dataclass(frozen=True)
class RecordResult:
    """The outcome of one record, with Salesforce's code where it was not written.

    ``refusal`` is shown to people; ``record_id`` is the written record's. ``created``: the
    write made it. ``status_refused``: why an order could only be written without its Status.
    """

    outcome: RecordOutcome
    code: str | None = None
    refusal: PushRefusal | None = field(default=None, compare=False)
    record_id: str | None = field(default=None, compare=False)
    created: bool = field(default=False, compare=False)
    status_refused: PushRefusal | None = field(default=None, compare=False)


def record_result(content: Any, part: RefusedPart) -> RecordResult:
    """Return the joint result of a record's errors.

    ``NEWER`` means only that our own validation rule refused it: whether Salesforce holds a newer version must be read.
    """
    errors = error_list(content)
    messages = [message_of(one) for one in errors]
    outcome, code = classify_errors(errors)
    if any(map(is_version_rule, messages)):
        outcome, code = RecordOutcome.NEWER, _RULE
    code = code or UNREADABLE
    return RecordResult(outcome, code, make_refusal(part, code, fields=_fields_of(errors), messages=messages))


def unreadable_result(part: RefusedPart) -> RecordResult:
    """Return the result of a record whose answer cannot be read."""
    # It may have been written or not; the values are absolute, so repeating the write is safe.
    return RecordResult(RecordOutcome.PASSING, UNREADABLE, make_refusal(part, UNREADABLE))


def is_version_rule(message: str) -> bool:
    """Return whether a message comes from our own validation rule."""
    # An org may still have an older version of the rule, whose message has no token and is compared word for word.
    return has_token(message) or message.strip() == _OLD_MESSAGE


def has_token(message: str) -> bool:
    """Return whether a message holds our token, which translations keep and no other rule holds by accident."""
    return VERSION_TOKEN in message


def _fields_of(errors: Sequence[Any]) -> list[str]:
    named = [one.get("fields") for one in errors if isinstance(one, dict)]
    return [name for some in named if isinstance(some, list) for name in some if isinstance(name, str)]
