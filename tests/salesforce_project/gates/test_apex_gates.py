"""Apex without an org: every class parses and resolves what it names, and PMD has no finding; both notice what is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import NOT_RUN
from tools.salesforce.code import apex
from tools.salesforce.programs import Missing, find_java
from tools.salesforce.project import Project

CLASSES = "panel/main/default/classes"
META = '<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata"><apiVersion>67.0</apiVersion><status>Active</status></ApexClass>'
WRONG_TYPES = {
    "Strin": "Strin a;",
    "Chat2PayGone": "Object a = new Chat2PayGone();",
    "'gone'": "void a() { gone(); }",
    "Integer": "Integer a = 'text';",
    "missing": "void a() { Integer b = 1 }",
}
AGAINST_RULES = {
    "EmptyCatchBlock": "public void a() { try { Integer b = 1; } catch (Exception e) { } }",
    "AvoidDebugStatements": "public void a() { System.debug('text'); }",
    "ApexCRUDViolation": "public List<Account> a() { return [SELECT Id FROM Account WHERE Name = 'a' LIMIT 1]; }",
    "IfStmtsMustUseBraces": "public void a(Integer b) { if (b == 1) b = 2; }",
}


@pytest.fixture(autouse=True)
def java(modules: Path) -> None:
    try:
        find_java()
    except Missing:
        pytest.skip(f"{NOT_RUN} the checks of Apex. Install Java 17 or newer.")


def found_in_broken(copy: Path, lines: dict[str, str], check: Callable[[Project], list[str]]) -> list[str]:
    """Add a class for each line, and return what is found in them: nothing is found in any class that is shipped."""
    for number, line in enumerate(lines.values()):
        path = copy / f"{CLASSES}/Chat2PayBroken{number}.cls"
        path.write_text(f"/** X. */\npublic with sharing class Chat2PayBroken{number} {{\n  {line}\n}}\n")
        path.with_name(f"{path.name}-meta.xml").write_text(META)
    found = check(Project(copy))
    assert [one for one in found if not one.startswith(f"{CLASSES}/Chat2PayBroken")] == []
    return found


def test_every_class_parses_and_its_names_are_resolved_and_a_wrong_type_or_name_is_found(copy: Path) -> None:
    found = found_in_broken(copy, WRONG_TYPES, apex.check_types)
    for number, word in enumerate(WRONG_TYPES):
        assert [one for one in found if f"Chat2PayBroken{number}.cls:3" in one and word in one], (word, found)


def test_pmd_has_nothing_to_say_but_of_what_is_against_a_rule(copy: Path) -> None:
    found = found_in_broken(copy, AGAINST_RULES, apex.check_rules)
    for number, rule in enumerate(AGAINST_RULES):
        assert [one for one in found if f"Chat2PayBroken{number}.cls:" in one and f" {rule}," in one], (rule, found)
