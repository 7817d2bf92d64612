"""Log lines: one JSON object, from an allow-list; what has no name on it cannot travel."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foundation.log import ALLOWED, request_id, start_request

ROOT = Path(__file__).resolve().parents[3]
# Logging is set up once per process, so a process of its own it is.
SCRIPT = """
import logging
from foundation.phones.phone import Phone
from foundation.log import configure, get_logger, start_request
from foundation.secret import Secret
configure("info")
start_request("trace-1")
log = get_logger()
log.debug("not_at_this_level")
log.info("sent", tenant="acme", token="sesame-1", phone="27831234567", body=b"sesame-2", password="sesame-3", reason=None)
log.warning("odd", reason=Secret("sesame-4"), code=Phone("27831234567"), where=[Secret("sesame-5")])
logging.getLogger("urllib3").warning("Retrying https://acme/callbacks/sesame-6")
logging.getLogger("urllib3").info("sesame-7")
"""


@pytest.fixture(scope="module")
def printed() -> tuple[str, list[dict[str, Any]]]:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == ""
    return run.stderr, [json.loads(line) for line in run.stderr.splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_correlation_id(
    printed: tuple[str, list[dict[str, Any]]],
) -> None:
    _, lines = printed
    assert [(line["event"], line["level"], line["request_id"]) for line in lines] == [
        ("sent", "info", "trace-1"),
        ("odd", "warning", "trace-1"),
        ("library_warning", "warning", "trace-1"),
    ]
    assert all(line["at"].endswith("Z") for line in lines)


def test_a_field_that_is_not_on_the_list_is_dropped_and_so_is_one_without_a_value(
    printed: tuple[str, list[dict[str, Any]]],
) -> None:
    assert set(printed[1][0]) == {"event", "level", "at", "request_id", "tenant"}


def test_no_secret_and_no_phone_number_gets_out_even_under_a_name_on_the_list(
    printed: tuple[str, list[dict[str, Any]]],
) -> None:
    assert "sesame" not in printed[0]
    assert "27831" not in printed[0]


def test_a_library_may_say_that_something_is_wrong_but_not_in_its_own_words(
    printed: tuple[str, list[dict[str, Any]]],
) -> None:
    assert printed[1][2]["where"] == "urllib3"


@pytest.mark.parametrize(
    "word",
    [
        "token",
        "password",
        "secret",
        "phone",
        "number",
        "key",
        "authorization",
        "body",
        "signed_request",
        "card",
        "name",
    ],
)
def test_the_list_has_no_name_for_a_secret(word: str) -> None:
    assert word not in ALLOWED


@pytest.mark.parametrize("given", [None, "", "x" * 65, 'a"b', "a b", "a\nb", "a.b"])
def test_a_correlation_id_from_outside_must_be_short_and_plain(given: str | None) -> None:
    made = start_request(given)
    assert made != given
    assert made == request_id()
    assert len(made) == 16


@pytest.mark.parametrize("given", ["0b7c-11", "x" * 64])
def test_a_plain_correlation_id_is_kept(given: str) -> None:
    assert start_request(given) == request_id() == given


def test_no_line_of_the_product_names_a_field_that_would_be_dropped() -> None:
    """Else a line says that something happened and not to whom."""
    dropped, seen = [], 0
    for package in ("callbacks", "connector", "foundation", "payment_core"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")):
                    continue
                if ast.unparse(node.func).removeprefix("log.") in ("debug", "info", "warning", "error"):
                    seen += 1
                    named = {one.arg for one in node.keywords if one.arg}
                    dropped += [f"{path.name}:{node.lineno} {name}" for name in sorted(named - ALLOWED)]
    assert seen > 100
    assert dropped == []
