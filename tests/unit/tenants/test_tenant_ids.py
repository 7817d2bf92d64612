"""Salesforce ids: 15 and 18 characters meet the same row; nothing else passes for an id."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from connector.domain.tenants.tenant import is_salesforce_id, long_id, read_id

# Worked out by hand: each letter of the ending counts the capitals of five characters, the first one lowest.
PAIRS = [
    ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
    ("801xx0000001gEh", "801xx0000001gEhAAI"),
    ("00Dxx0000001gEh", "00Dxx0000001gEhEAI"),
    ("005xx000001X8Uz", "005xx000001X8UzAAK"),
    ("80130000000AbcD", "80130000000AbcDAAS"),
    ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA"),
    ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
    ("012345678901234", "012345678901234AAA"),
]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_the_short_and_the_long_form_of_an_id_become_the_same(short: str, long: str) -> None:
    assert long_id(short) == long_id(long) == long


def test_ids_that_differ_in_capitals_only_stay_two() -> None:
    assert long_id("801xx0000001gEh") != long_id("801xx0000001geh")


@pytest.mark.parametrize("text", [form for pair in PAIRS for form in pair])
def test_both_forms_are_ids(text: str) -> None:
    assert is_salesforce_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "801",
        "801xx0000001gE",
        "801xx0000001gEhA",
        "801xx0000001gEhAA",
        "801xx0000001gEhAAIx",
        "801xx0000001gEh\n",
        "801xx0000001g'h",
        "https://evil.example",
        "801xx0000001gE/",
        "801xx0000001gE ",
        "８01xx0000001gEh",
        None,
        801,
        b"801xx0000001gEh",
        ["801xx0000001gEh"],
    ],
    ids=repr,
)
def test_nothing_else_passes_for_an_id(text: object) -> None:
    assert not is_salesforce_id(text)


@pytest.mark.parametrize("long", [long for _, long in PAIRS])
@pytest.mark.parametrize("worn", [str.upper, str.lower])
def test_an_id_that_lost_its_case_gets_it_back_by_its_ending(long: str, worn: Callable[[str], str]) -> None:
    assert read_id(worn(long)) == long


def test_no_other_ending_fits_an_id() -> None:
    """Of all 32,768 endings only the right one is taken for an id of mixed case."""
    endings = ("".join(three) for three in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", repeat=3))
    assert [end for end in endings if read_id("801xx0000001gEh" + end)] == ["AAI"]


@pytest.mark.parametrize(
    "text",
    [
        "801XX0000001GEHBAA",  # counts a digit as a capital
        "801xx0000001gehAAI",  # the rest has lost its case and the ending has not: somebody has typed it
        "801XX0000001gEhAAI",
        "801xx0000001gEhAA9",
        "80130000000ABCDA6S",
    ],
)
def test_an_ending_that_contradicts_the_rest_makes_it_no_id(text: str) -> None:
    assert read_id(text) is None
    with pytest.raises(ValueError, match="not a Salesforce id"):
        long_id(text)


def test_the_kind_is_looked_at_in_the_id_as_it_should_be_written() -> None:
    summary = long_id("1OsHr000000abCd")
    assert read_id(summary.upper(), prefix="1Os") == summary
    assert read_id(summary, prefix="801") is None
