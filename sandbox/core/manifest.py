"""Knows the words of the payment core's API, read from the manifests; refuses to know what the calls do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "manifests" / "core"


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
    unopened_s: int
    opened_s: int


def load_manifest(folder: Path = FOLDER) -> Manifest:
    """This function will read operations.json and statuses.json."""
    calls = json.loads((folder / "operations.json").read_text(encoding="utf-8"))
    statuses = json.loads((folder / "statuses.json").read_text(encoding="utf-8"))
    words = statuses["customer_words"]
    return Manifest(
        operations={name: _operation(name, entry) for name, entry in calls["operations"].items()},
        status_ids={word: entry["id"] for word, entry in (statuses["statuses"] | words).items()},
        opted_out_word=next(word for word, entry in words.items() if entry["stopped"]),
        opted_in_word=next(word for word, entry in words.items() if not entry["stopped"]),
        transaction_type_ids=statuses["transaction_types"],
        error_code=calls["errors"]["code"],
        error_message=calls["errors"]["message"],
        key_header=calls["authorization"]["header"],
        unopened_s=calls["lifecycle"]["unopened_minutes"] * 60,
        opened_s=calls["lifecycle"]["opened_minutes"] * 60,
    )


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
