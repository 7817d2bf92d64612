"""The API's operations, names and codes, read from ``manifests/core``, with what our own core adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from manifests import load
from manifests.shipped import load_shipped

_OURS = "core/ours.json"


@dataclass(frozen=True)
class Operation:
    """One call of the API: where it is, and how its values are named in JSON."""

    method: str
    path: str
    body: Mapping[str, str]
    query: Mapping[str, str]
    answer: Mapping[str, str]
    refusals: Mapping[str, str]

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    def render(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``values`` under the API's names; a promised one that is missing is a KeyError."""
        return {name: values[word] for word, name in self.answer.items()}


@dataclass(frozen=True)
class ApiManifest:
    """Every name and code that callers rely on."""

    operations: Mapping[str, Operation]
    status_ids: Mapping[str, int]
    transaction_type_ids: Mapping[str, int]
    opted_out: str
    opted_in: str
    error_code: str
    error_message: str
    key_header: str
    key_scheme: str | None
    unopened_seconds: int
    opened_seconds: int
    our_reference: str
    # What an agent reads of a message that failed, by our own words for why.
    message_failures: Mapping[str, str]
    # What a person reads of a payment that needs one, by our own words for why.
    attentions: Mapping[str, str]
    # The name under which a listed application says that it is sent news of messages.
    wants_messages: str
    # Names of notifications' fields that an admin's entries have in place of the shipped ones.
    renamed: Mapping[str, str]

    def operation(self, name: str) -> Operation:
        """Return an operation by our name for it."""
        return self.operations[name]

    def refusal(self, operation: str, outcome: str) -> str:
        """Return the API's error code for an outcome of an operation."""
        return next(code for code, word in self.operations[operation].refusals.items() if word == outcome)

    def failure(self, word: str | None) -> str | None:
        """Return the sentence about a message that failed; None where none did."""
        return None if word is None else self.message_failures.get(word, self.message_failures["refused"])

    def notification(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a notification's body under the names that count here."""
        renamed = self.renamed
        return {renamed.get(name, name): value for name, value in body.items()} if renamed else dict(body)


def read_api_manifest() -> ApiManifest:
    """Read the manifests, with an admin's entries over them; spoken are the shipped words of ``statuses.json``."""
    calls, notices = load("core/operations.json"), load("core/notifications.json")
    statuses, ours = load_shipped("core/statuses.json"), load_shipped(_OURS)
    opt_out_statuses = statuses["opt_out_statuses"]
    entries = statuses["statuses"] | opt_out_statuses | ours["statuses"]
    # Operations of our own have a method and a path; the others add to the vendor's.
    added = ours["operations"]
    own = {name: entry for name, entry in added.items() if "path" in entry}
    return ApiManifest(
        operations={
            name: _operation(entry, added.get(name, {})) for name, entry in (calls["operations"] | own).items()
        },
        status_ids={word: entry["id"] for word, entry in entries.items()},
        transaction_type_ids=load("core/statuses.json")["transaction_types"],
        opted_out=next(word for word, entry in opt_out_statuses.items() if entry["stopped"]),
        opted_in=next(word for word, entry in opt_out_statuses.items() if not entry["stopped"]),
        error_code=calls["errors"]["code"],
        error_message=calls["errors"]["message"],
        key_header=calls["authorization"]["header"],
        key_scheme=calls["authorization"]["scheme"],
        unopened_seconds=calls["lifecycle"]["unopened_minutes"] * 60,
        opened_seconds=calls["lifecycle"]["opened_minutes"] * 60,
        our_reference=notices["our_reference_in_additional_data"],
        message_failures=ours["message_failures"],
        attentions=ours["attention"],
        wants_messages=ours["listed_application"]["wants_messages"],
        renamed=_renamed(notices["fields"]),
    )


def api_time(moment: datetime | None) -> str | None:
    """Return a time as the API and notifications write it: ``2026-11-21T10:43:10.000+0000``."""
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def _operation(entry: Mapping[str, Any], added: Mapping[str, Any]) -> Operation:
    return Operation(
        method=entry["method"],
        path=entry["path"],
        body=entry.get("body", {}) | added.get("body", {}),
        query=entry.get("query", {}),
        answer=entry["answer"] | added.get("answer", {}),
        refusals=entry.get("refusals", {}) | added.get("refusals", {}),
    )


def _renamed(fields: Mapping[str, Any]) -> dict[str, str]:
    """Pair each shipped name of a notification's field that counts no more with the one that does."""
    pairs = {}
    for ours, entry in load_shipped("core/notifications.json")["fields"].items():
        present = fields[ours]["names"]
        for place, name in enumerate(entry["names"]):
            if name not in present:
                pairs[name] = present[min(place, len(present) - 1)]
    return pairs
