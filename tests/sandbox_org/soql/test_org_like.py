"""LIKE, as documented, and with patterns that would stop a backtracking matcher.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
"""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.org.soql.like import compile_like


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("AppS%", "apps and more", True),
        ("AppS%", "an app", False),
        ("%ore", "apps and more", True),
        ("a%e", "apps and more", True),
        ("_pps", "Apps", True),
        ("_pps", "pps", False),
        ("a__s%m__e", "apps and more", True),
        ("100\\%", "100%", True),
        ("100\\%", "1000", False),
        ("a\\_b", "a_b", True),
        ("a\\_b", "acb", False),
        ("ab%ba", "aba", False),
        ("%", "", True),
        ("", "", True),
        ("", "a", False),
        ("[a-z]+", "abc", False),
        ("%\n%", "a\nb", True),
    ],
)
def test_a_pattern_matches_as_documented(pattern: str, text: str, matches: bool) -> None:
    assert compile_like(pattern)(text) is matches


@given(pattern=st.text(alphabet="ab%_", max_size=8), text=st.text(alphabet="ab", max_size=12))
def test_it_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    expression = "".join({"%": ".*", "_": "."}.get(char, char) for char in pattern)
    assert compile_like(pattern)(text) is (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize("pattern", ["%a" * 120 + "%b", "%_a" * 80 + "%b", "%" * 250 + "b"])
def test_no_pattern_freezes_the_org(api: Any, pattern: str) -> None:
    # The steps are bounded by text times pattern; a backtracking matcher would need more than the age of the universe.
    assert compile_like(pattern)("a" * 255) is False
    assert api.query(f"SELECT Id FROM Account WHERE Name LIKE '{pattern}'") == []


def test_long_text_cannot_be_filtered(api: Any) -> None:
    """Long text areas are not filterable, as describe says.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
    """
    assert api.refusal("SELECT Id FROM Order WHERE Description LIKE '%a%'") == "INVALID_FIELD"


def test_no_nesting_overflows_the_parser(api: Any) -> None:
    assert api.refusal(f"SELECT Id FROM Order WHERE {'NOT ' * 5000} Name = 'a'") == "MALFORMED_QUERY"
