"""What `make mutants` is told to change, to run and to leave alone is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tools.mutation.copies import ROOT, Part, parts
from tools.mutation.survivor import Survivor, is_harmless

HARMLESS = json.loads((ROOT / "tools" / "harmless_mutants.json").read_text("utf-8"))
PROMISED = ("callbacks", "connector/core", "connector/domain", "connector/journeys", "connector/salesforce")
CORE = ("domain", "gateways", "journeys", "messengers", "store")


def changed(part: Part) -> Iterator[Path]:
    for pattern in part.files:
        yield from (ROOT / pattern.partition("*")[0]).rglob("*.py")


def test_all_that_is_promised_is_changed() -> None:
    folders = {pattern.removesuffix("/*.py") for part in parts() for pattern in part.files}
    assert folders == {*PROMISED, *(f"payment_core/{one}" for one in CORE)}


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_a_part_has_code_tests_and_something_that_is_always_tried(part: Part) -> None:
    assert list(changed(part))
    for path in part.settings["pytest_add_cli_args_test_selection"].split():
        assert (ROOT / path).exists(), path
    for pattern in part.settings.get("do_not_mutate", "").split():
        assert (ROOT / pattern.removesuffix("/*")).exists(), pattern
    module = part.always.removesuffix(".*")
    assert any(module == ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in changed(part))
    assert part.may_hold(part.always)


@pytest.mark.parametrize("entry", HARMLESS, ids=lambda entry: entry["becomes"][:40])
def test_a_change_that_does_no_harm_is_one_of_a_function_that_exists(entry: dict[str, str]) -> None:
    module, _, name = entry["function"].rpartition(".")
    assert callable(getattr(import_module(module), name))
    assert entry["why"]


def test_a_survivor_is_known_by_its_function_and_its_lines_whatever_its_number() -> None:
    known = [{"function": "some.module.Class.method", "becomes": "return 2", "why": "both are even"}]
    name = "some.module.xǁClassǁmethod__mutmut_{}"
    assert is_harmless(Survivor(name.format(3), "survived", ("return 4",), ("return 2",)), known)
    assert not is_harmless(Survivor(name.format(3), "survived", ("return 4",), ("return 3",)), known)
    assert not is_harmless(Survivor("some.module.x_method__mutmut_3", "survived", (), ("return 2",)), known)
