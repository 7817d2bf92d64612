"""Every code that our own payment core can answer to the connector is known to it: as an outcome, or by its sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.core.client import core_refusal
from connector.errors import CoreRefused
from connector.journeys.amending.cancel_payment_request import CancelOutcome
from manifests.shipped import load_shipped
from payment_core.api_manifest import read_api_manifest

ROOT = Path(__file__).resolve().parents[3]
SENTENCES = load_shipped("sentences/en.json")
# Where a call of the API is answered; the portal's pages and the demo's doors answer people.
ANSWERED_IN = [
    *(f"payment_core/journeys/{room}" for room in ("linking", "amending", "messaging", "paying")),
    *("payment_core/web/api", "payment_core/errors.py"),
]
# What the agent reads of each code that names no outcome of a call of its own.
READ = {
    "VALIDATION_FAILED": "core_refused",
    "INVALID_API_KEY": "core_key_refused",
    "TRANSACTION_NOT_FOUND": "refresh_cannot_tell",
    "APPLICATION_NOT_FOUND": "application_gone",
    "APPLICATION_DISABLED": "application_off",
    "REFERENCE_USED": "unknown",
    "GATEWAY_NO_ANSWER": "capture_unknown",
    "GATEWAY_REFUSED": "capture_unknown",
    "NOTHING_TO_CAPTURE": "capture_nothing_held",
    "NOTHING_TO_REVERSE": "reverse_nothing_taken",
    "MOVE_UNDER_WAY": "capture_refused",
}
# Of a send, by the word that a refusal stands for.
OF_SEND = {
    "opted_out": "channel_stopped",
    "limit": "core_message_limit",
    "country_off": "core_country_off",
    "previous_unknown": "sent",  # it is sent once more, without naming the earlier link
    "previous_open": "replace_not_dead",
    "previous_paid": "replace_paid_meanwhile",
    "application_gone": "application_gone",
    "application_off": "application_off",
    "reference_used": "unknown",
}


def written_codes() -> Iterator[str]:
    """Yield the codes that the core's source names in its refusals."""
    for place in ANSWERED_IN:
        path = ROOT / place
        for file in [path] if path.suffix else sorted(path.glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                if node.func.id == "Refusal" and isinstance(node.args[1], ast.Constant):
                    yield str(node.args[1].value)


def test_every_code_in_the_cores_source_has_a_sentence() -> None:
    found = set(written_codes())
    assert {"REFERENCE_USED", "APPLICATION_DISABLED", "TRANSACTION_NOT_FOUND", "NOTHING_TO_CAPTURE"} <= found
    assert found - set(READ) == set()
    assert set(READ.values()) <= set(SENTENCES)


def test_every_refusal_of_a_send_is_known_by_its_word() -> None:
    refusals = read_api_manifest().operation("send_payment_link").refusals
    assert set(refusals.values()) == set(OF_SEND)
    assert set(OF_SEND.values()) <= set(SENTENCES)
    for code, word in refusals.items():
        assert core_refusal("send_payment_link", CoreRefused("no", operation="send_payment_link", reason=code)) == word


@pytest.mark.parametrize(
    ("operation", "verb"),
    [("cancel_payment_link", "cancel"), ("capture_payment", "capture"), ("reverse_payment", "reverse")],
)
def test_every_refusal_of_another_call_is_an_outcome_with_a_sentence(operation: str, verb: str) -> None:
    for word in read_api_manifest().operation(operation).refusals.values():
        assert verb != "cancel" or word in list(CancelOutcome)
        named = {f"{verb}_{word}", f"{verb}_already_{word}"}
        assert named & set(SENTENCES), (operation, word)
