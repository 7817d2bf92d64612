"""Two spellings are one phone's number where a country's plan says so, and nowhere else."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest

from foundation.phones.core_number import read_core_number
from foundation.phones.phone import PhoneError
from foundation.phones.plan_changes import PLAN_CHANGES, PlanChange
from foundation.phones.spellings import canonical, spellings

SAME = [
    ("5531996883193", "553196883193"),
    ("541152345672", "5491152345672"),
    ("525512345671", "5215512345671"),
    ("2250707123456", "22507123456"),
    ("2250545123456", "22545123456"),
    ("2250141123456", "22541123456"),
    ("2290190123456", "22990123456"),
    ("84321234567", "841621234567"),
    ("24166031234", "24106031234"),
    ("24166031234", "2416031234"),
    ("24177280150", "24107280150"),
    ("237671234567", "23771234567"),
    ("593991234567", "59391234567"),
    ("220833512345", "2203512345"),
]
# A landline that gained nothing, a number that is too long, other countries' numbers that look alike.
ALONE = [
    "551137654321",
    "52155123456",
    "2250712345",
    "22521221234",
    "27831234567",
    "12125550123",
    "5491152345",
    "841234567",
]


@pytest.mark.parametrize(("new", "old"), SAME)
def test_the_old_spelling_stands_for_the_new_one(new: str, old: str) -> None:
    assert canonical(old) == canonical(new) == new
    assert spellings(new) == spellings(old)
    assert spellings(old)[0] == new
    assert old in spellings(new)


@pytest.mark.parametrize("digits", ALONE)
def test_other_numbers_have_one_spelling(digits: str) -> None:
    assert spellings(digits) == (digits,)


def _made(change: PlanChange, rng: random.Random) -> tuple[str, str]:
    """(new, old) of one change, its patterns filled in at random."""

    def filled(pattern: str) -> str:
        pattern = re.sub(r"\(\?:([^)]*)\)", lambda group: rng.choice(group[1].split("|")), pattern)
        pattern = re.sub(r"(\\d|\[[^]]+\])\{(\d+)\}", lambda many: many[1] * int(many[2]), pattern)
        pattern = re.sub(r"\[([^]]+)\]", lambda one: rng.choice(_members(one[1])), pattern)
        return (
            pattern.replace(r"\d", "#")
            .replace("#", "{}")
            .format(*(rng.randrange(10) for _ in range(pattern.count(r"\d"))))
        )

    stem, rest = filled(change.stem), filled(change.rest)
    return stem + change.new + rest, stem + change.old + rest


def _members(given: str) -> str:
    return re.sub(r"(\d)-(\d)", lambda span: "".join(map(str, range(int(span[1]), int(span[2]) + 1))), given)


@pytest.mark.parametrize("change", PLAN_CHANGES, ids=lambda one: f"{one.stem} {one.old}>{one.new}")
def test_of_each_change_the_new_spelling_is_a_number_that_is_in_use(change: PlanChange) -> None:
    """By phonenumbers' own tables: at least some of the numbers are valid as they are spelt now, and rewriting ends there."""
    rng = random.Random(20261121)
    valid = 0
    for _ in range(300):
        new, old = _made(change, rng)
        assert canonical(old) == new, (old, new)
        assert canonical(new) == new, new
        valid += phonenumbers.is_valid_number(phonenumbers.parse(f"+{new}"))
    assert valid >= 3


@pytest.mark.parametrize("change", PLAN_CHANGES, ids=lambda one: f"{one.stem} {one.old}>{one.new}")
def test_each_change_names_where_it_is_told(change: PlanChange) -> None:
    assert change.source.startswith(("https://", "http://"))


@pytest.mark.parametrize(
    ("said", "region", "digits"),
    [
        ("27831234567", "ZA", "27831234567"),
        ("27831234567", None, "27831234567"),
        ("+27 83 123 4567", None, "27831234567"),
        ("0027831234567", "ZA", "27831234567"),
        ("0831234567", "ZA", "27831234567"),
        ("831234567", "ZA", "27831234567"),
        # What is a number of some country is international, whatever it would be at home.
        ("687246447", "ZA", "687246447"),
        ("15123456789", "DE", "15123456789"),
        # A range that nobody knows yet: a link may have been sent there, digit by digit.
        ("27000000000", "ZA", "27000000000"),
        ("22507123456", "ZA", "2250707123456"),
        ("54111552345672", "AR", "5491152345672"),
    ],
)
def test_the_cores_numbers_are_international_first(said: str, region: str | None, digits: str) -> None:
    assert read_core_number(said, region=region).digits == digits


@pytest.mark.parametrize(
    ("said", "region"),
    [
        *((said, None) for said in ("", "12", "call me", "{'a': 1}", "0831234567", "x" * 60, "27831234567x2")),
        ("1234", "ZA"),  # too short abroad and at home
        ("+0831234567", "ZA"),  # behind a plus comes a country's code
    ],
)
def test_what_is_no_number_of_the_core_is_said_so_without_repeating_it(said: str, region: str | None) -> None:
    with pytest.raises(PhoneError) as error:
        read_core_number(said, region=region)
    assert str(error.value) == "not a number"
