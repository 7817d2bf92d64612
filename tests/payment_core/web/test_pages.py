"""The pages' style sheet holds for languages of both directions."""

from __future__ import annotations

import re
from importlib.resources import files


def test_no_rule_names_a_side_that_a_language_may_have_elsewhere() -> None:
    """A link that is kept out of sight on the left is a page of six feet's width in Arabic."""
    rules = files("payment_core").joinpath("web/static/pages.css").read_text("utf-8")
    assert re.findall(r"[^{};]*\b(?:left|right)\b[^{};]*", rules) == []
