"""Knows the words of the payment core's API, read from the manifests; refuses to know what the calls do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from manifests import load
from manifests.shipped import load_shipped


@dataclass(frozen=True)
class Operation:
    """One call of the API: where it lives and how its values are named in JSON."""

    name: str
    method: str
    path: str
    body: dict[str, str]
    query: dict[str, str]
    answer: dict[str, str]
    refusals: dict[str, str]

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    def render(self, values: dict[str, Any]) -> dict[str, Any]:
        """This function will rename our words to the API's; every promised word must be there."""
        return {name: values[word] for word, name in self.answer.items()}

    def refusal(self, outcome: str) -> str:
        """This function will give the API's error code for an outcome."""
        return next(code for code, word in self.refusals.items() if word == outcome)


@dataclass(frozen=True)
class Manifest:
    operations: dict[str, Operation]
    status_ids: dict[str, int]
    opted_out_word: str
    opted_in_word: str
    transaction_type_ids: dict[str, int]
    error_code: str
    error_message: str
    key_header: str
    key_scheme: str | None
    unopened_s: int
    opened_s: int
    our_reference: str
    told_as: dict[str, str]

    def tell(self, body: dict[str, Any]) -> dict[str, Any]:
        """This function will give a notification the names that an admin's entries have in place of the shipped ones."""
        return {self.told_as.get(name, name): value for name, value in body.items()}


def load_manifest() -> Manifest:
    """This function will read the manifests, with the entries that CHAT2PAY_CORE_MANIFEST lays over them.

    The sandbox speaks the shipped words of statuses.json, whatever is added to them.
    """
    calls, statuses, notices = (load(f"core/{name}.json") for name in ("operations", "statuses", "notifications"))
    spoken = load_shipped("core/statuses.json")
    words = spoken["customer_words"]
    return Manifest(
        operations={name: _operation(name, entry) for name, entry in calls["operations"].items()},
        status_ids={word: entry["id"] for word, entry in (spoken["statuses"] | words).items()},
        opted_out_word=next(word for word, entry in words.items() if entry["stopped"]),
        opted_in_word=next(word for word, entry in words.items() if not entry["stopped"]),
        transaction_type_ids=statuses["transaction_types"],
        error_code=calls["errors"]["code"],
        error_message=calls["errors"]["message"],
        key_header=calls["authorization"]["header"],
        key_scheme=calls["authorization"]["scheme"],
        unopened_s=calls["lifecycle"]["unopened_minutes"] * 60,
        opened_s=calls["lifecycle"]["opened_minutes"] * 60,
        our_reference=notices["our_reference_in_additional_data"],
        told_as=_told_as(notices["fields"]),
    )


def _told_as(fields: dict[str, Any]) -> dict[str, str]:
    """This function will pair each shipped name of a notification's field with the name that counts in its place."""
    pairs = {}
    for ours, entry in load_shipped("core/notifications.json")["fields"].items():
        present = fields[ours]["names"]
        for place, name in enumerate(entry["names"]):
            pairs[name] = name if name in present else present[min(place, len(present) - 1)]
    return pairs


def _operation(name: str, entry: dict[str, Any]) -> Operation:
    return Operation(
        name=name,
        method=entry["method"],
        path=entry["path"],
        body=entry.get("body", {}),
        query=entry.get("query", {}),
        answer=entry["answer"],
        refusals=entry.get("refusals", {}),
    )
