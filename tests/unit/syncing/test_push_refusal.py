"""What is kept of Salesforce's own sentences: bounded, without numbers of cards and phones, and its cause."""

from __future__ import annotations

import pytest

from connector.domain.health.push_refusal import RefusedPart, make_refusal, refusal_of, without_numbers


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("call 083 123 4567 now", "call [number] now"),
        ("+27 (83) 123-4567", "[number]"),
        ("Tel.0831234567", "Tel.[number]"),
        ("ask 123-4567", "ask [number]"),
        ("ask 123-456", "ask 123-456"),
        ("٠٨٣١٢٣٤٥٦٧", "[number]"),
        ("card 4111 1111 1111 1111", "card [redacted]"),
        ("after 2026-11-21 10:42:07", "after 2026-11-21 10:42:07"),
        ("at most 1234.50 and 12 items", "at most 1234.50 and 12 items"),
        ("record 801xx0000001gEhAAI", "record 801xx0000001gEhAAI"),
    ],
)
def test_numbers_of_people_are_not_kept(text: str, kept: str) -> None:
    assert without_numbers(text) == kept


def test_a_long_sentence_is_bounded_and_read_back_as_it_was_stored() -> None:
    made = make_refusal(
        RefusedPart.REQUEST, "X" * 200, fields=["A__c"] * 30 + ["B" * 300], messages=["ü " * 2000, "ü " * 2000]
    )
    assert (len(made.message), len(made.code), made.fields) == (500, 80, ("A__c", "B" * 80))
    assert refusal_of(made.to_bytes()) == made
    many = make_refusal(RefusedPart.REQUEST, "X", fields=[f"Field_{number}__c" for number in range(9)])
    assert many.fields == tuple(f"Field_{number}__c" for number in range(8))
    assert "ü" not in repr(made)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Order 801xx0000001gEhAAI has 3 lines", "Order 801xx0000002AbCAAU has 12 lines", True),
        ("Order 801xx0000001gEh has 3 lines", "Order 801xx0000002AbC has 12 lines", True),
        ("“Miller” is locked", "“Smith” is locked", True),
        ("Reason is missing", "Date is missing", False),
    ],
)
def test_what_one_fix_cures_has_one_cause(one: str, other: str, same: bool) -> None:
    causes = {make_refusal(RefusedPart.ORDER, "X", messages=[message]).cause for message in (one, other)}
    assert (len(causes) == 1) is same


def test_a_cause_tells_the_part_the_code_and_the_fields_apart() -> None:
    made = [
        make_refusal(RefusedPart.ORDER, "X"),
        make_refusal(RefusedPart.REQUEST, "X"),
        make_refusal(RefusedPart.ORDER, "Y"),
        make_refusal(RefusedPart.ORDER, "X", fields=["A__c"]),
    ]
    assert len({one.cause for one in made}) == len(made)
    assert all(len(one.cause) <= 40 for one in made)
