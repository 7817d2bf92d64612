"""The words of a mapping, each read in its own form."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.tenants.mapping import is_language, word_of


@pytest.mark.parametrize(
    ("value", "word"), [(True, "true"), (False, "false"), (None, ""), ("Yes", "Yes"), (7, "7"), ("", "")]
)
def test_a_value_is_compared_as_a_mapping_writes_it(value: Any, word: str) -> None:
    assert word_of(value) == word


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("en", True),
        ("pt_BR", True),
        ("", False),
        (None, False),
        (7, False),
        ("en" * 40, False),
        ("zh_Hans_Hans0001", True),
        ("zh_Hans_Hans00012", False),
        ("en_ABCDEFGH_12345", False),
    ],
)
def test_a_language_has_the_form_of_its_code(text: Any, is_one: bool) -> None:
    assert is_language(text) is is_one
