"""Every error code of Salesforce that we know has a reason of its own for agents, which says who can do something about it."""

from __future__ import annotations

import re

import pytest

from connector.languages.catalogues import catalogue
from connector.salesforce.errors import codes, remedies
from connector.web.wording import refusal_reasons

KNOWN = sorted({*codes.KNOWN, *remedies.REMEDIES})


@pytest.mark.parametrize("code", KNOWN)
def test_a_code_has_a_reason_of_its_own(code: str) -> None:
    assert refusal_reasons.reason_of(code) != "other"


@pytest.mark.parametrize("reason", refusal_reasons.REASONS)
def test_a_reason_names_no_code_and_says_who_acts(reason: str) -> None:
    text = catalogue()[f"reason_{reason}"]
    assert not re.search(r"[A-Z]{2,}_[A-Z]", text)
    assert re.search(r"administrator|whoever|approval|we go on trying", text)


def test_a_code_that_salesforce_adds_one_day_is_not_shown() -> None:
    assert refusal_reasons.reason_of("SOMETHING_NEW_TODAY") == "other"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("INVALID_FIELD", "may not edit a field"),
        ("STORAGE_LIMIT_EXCEEDED", "storage is full"),
        # All of this family are of one kind.
        ("TXN_SECURITY_METERING_ERROR", "transaction security policies"),
        ("TXN_SECURITY_APEX_ERROR", "transaction security policies"),
        ("SOMETHING_NEW_TODAY", "only the code and its sentence tell"),
        ("", "only the code and its sentence tell"),
        (None, "only the code and its sentence tell"),
    ],
)
def test_an_admin_reads_what_a_code_means_and_where_to_look(code: str | None, problem: str) -> None:
    found = remedies.remedy_of(code)
    assert problem in found.problem
    assert "Setup" in found.remedy
