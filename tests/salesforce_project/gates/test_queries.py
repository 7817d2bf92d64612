"""Queries in Apex: read by real parsers, and held against our objects and Salesforce's; what is misspelt or broken is found."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.salesforce import standard
from tools.salesforce.code import soql
from tools.salesforce.programs import find_node
from tools.salesforce.project import SHIPPED, Project

pytestmark = pytest.mark.usefixtures("modules")
CLASSES = "panel/main/default/classes"
REQUEST = "Chat2Pay_Payment_Request__c"
# A query -> what is said of it; nothing for one that is right.
PLANTED = {
    "SELECT Id, OrderNumer FROM Order": "names OrderNumer, which is no field of Order",
    # A part of a name is not the name.
    "SELECT Id, OrderNumbe FROM Order": "names OrderNumbe, which is no field of Order",
    "SELECT Chat2Pay_Vershun__c FROM Order": "names Chat2Pay_Vershun__c, which is no field of Order",
    f"SELECT Id FROM {REQUEST} WHERE Ordr__c = :orderId": f"names Ordr__c, which is no field of {REQUEST}",
    f"SELECT Id FROM {REQUEST} ORDER BY Sent_Att__c DESC": f"names Sent_Att__c, which is no field of {REQUEST}",
    "SELECT Status, COUNT(Idd) FROM Order GROUP BY Status": "names Idd, which is no field of Order",
    "SELECT Status FROM Order GROUP BY Status HAVING MAX(Nothing) > 1": "names Nothing, which is no field of Order",
    "SELECT Stetus, COUNT(Id) FROM Order GROUP BY Stetus": "names Stetus, which is no field of Order",
    "SELECT toLabel(Stattus) FROM Order": "names Stattus, which is no field of Order",
    "SELECT Id FROM Ordre": "queries Ordre, which is no object",
    # It is in another directory than base, and not in that of the class.
    "SELECT Id FROM Chat2Pay_Payment_Event__e": "queries Chat2Pay_Payment_Event__e, which is no object",
    "SELECT Id FROM Chat2Pay_Payment_Requests__c": "queries Chat2Pay_Payment_Requests__c, which is no object",
    "SELECT Acount.Name FROM Order": "Order has no relationship Acount",
    "SELECT Account.Nayme FROM Order": "names Account.Nayme, which is no field of Account",
    "SELECT BillToContact.Account.Nayme FROM Order": "which is no field of Account",
    f"SELECT Order__r.Chat2Pay_Nothing__c FROM {REQUEST}": "which is no field of Order",
    f"SELECT Ordre__r.Status FROM {REQUEST}": f"{REQUEST} has no relationship Ordre__r",
    "SELECT Id, (SELECT Quantitty FROM OrderItems) FROM Order": "names Quantitty, which is no field of OrderItem",
    "SELECT Id, (SELECT Id FROM OrderItem) FROM Order": "queries OrderItem, which are no children of Order",
    "SELECT Id, (SELECT Sent_Att__c FROM Chat2Pay_Payment_Requests__r) FROM Order": f"no field of {REQUEST}",
    f"SELECT Id FROM Order WHERE Id IN (SELECT Ordr__c FROM {REQUEST})": f"names Ordr__c, which is no field of {REQUEST}",
    "SELECT Id FROM Order WHERE NOT (Name = 'a' OR Stattus = 'b')": "names Stattus, which is no field of Order",
    "SELECT o.Nayme FROM Order o": "names Nayme, which is no field of Order",
    "SELECT Id FROM Order WHERE": "no SOQL: something else is expected but found",
    "SELECT Id, FROM Order": "no SOQL",
    "SELECT Id FORM Order": "no SOQL",
    "SELECT Id FROM Order LIMIT many": "no SOQL",
    f"SELECT Id, Name, Owner.Name, Order__r.Account.Name, CreatedBy.Email FROM {REQUEST} WHERE Order__c = :orderId": "",
    "SELECT Id, (SELECT Sent_At__c FROM Chat2Pay_Payment_Requests__r ORDER BY Sent_At__c) FROM Order o WHERE o.Status != 'x'": "",
    "SELECT Status, COUNT(Id) most FROM Order GROUP BY Status HAVING COUNT(Id) > 1 ORDER BY COUNT(Id)": "",
    "SELECT Id FROM Order WHERE Owner.Name = 'a' WITH USER_MODE ORDER BY BillToContact.LastName NULLS LAST LIMIT 5": "",
}


def plant(copy: Path, name: str, queries: Iterable[str]) -> list[str]:
    """Add one class that queries, a line each, and return the place of each line as the gate writes it."""
    path = f"{CLASSES}/{name}.cls"
    lines = [f"    a = {one};" for one in queries]
    (copy / path).write_text("\n".join([f"public class {name} {{", "  void run(Id orderId) {", *lines, "  }", "}"]))
    return [f"{path}:{number}: " for number in range(3, 3 + len(lines))]


def test_what_is_misspelt_or_broken_is_found_at_its_line_and_nothing_else(copy: Path) -> None:
    """In a query of the language and in the text of one: both are read by one call of Node.js."""
    places = plant(copy, "Chat2PayPlanted", (f"[{one}]" for one in PLANTED))
    texts = (one.replace("'", "\\'") for one in PLANTED)
    places += plant(copy, "Chat2PayPlantedText", (f"Database.query('{one}')" for one in texts))
    found = soql.check(Project(copy))
    assert [one for one in found if not one.startswith(tuple(places))] == []
    for place, (query, complaint) in zip(places, [*PLANTED.items()] * 2, strict=True):
        said = " / ".join(one for one in found if one.startswith(place))
        assert (complaint in said) if complaint else said == "", (place, query, said)


def test_the_shipped_queries_are_all_read() -> None:
    """As many as a plain search for SELECT in code finds; else the gate is silent because it reads nothing."""
    paths = [str(SHIPPED / path) for _, path in Project().files if path.suffix in (".cls", ".trigger")]
    script = Path(soql.__file__).with_name("queries.cjs")
    read = json.loads(
        subprocess.run([find_node(), str(script), *paths], capture_output=True, text=True, check=True).stdout
    )
    in_code = [
        line for path in paths for line in Path(path).read_text().splitlines() if "SELECT " in line.partition("//")[0]
    ]
    assert len(read) == len([line for line in in_code if not line.strip().startswith("*")]) >= 3
    assert all(len(one["uses"]) >= 2 for one in read)


def test_standard_fields_and_relationships_are_told_apart() -> None:
    assert standard.is_field("Order", "BillingAddress")
    assert not standard.is_field("Order", "Account")
    assert not standard.is_field("Order", "OrderItems")
    assert standard.parent_of("Order", "BillToContact") == "Contact"
    assert standard.parent_of("Order", "BillingAddress") is None
    assert standard.parent_of("Order", "AccountId") is None
    assert standard.child_of("Order", "OrderItems") == "OrderItem"
