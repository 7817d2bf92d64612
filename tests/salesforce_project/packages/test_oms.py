"""What `oms` ships for Salesforce Order Management: the summary's fields, the key of payments, the lookup, the right."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).parents[3] / "manifests/salesforce"
BASE, OMS = PROJECT / "base/main/default/objects/Order", PROJECT / "oms/main/default/objects"
NS = "{http://soap.sforce.com/2006/04/metadata}"


def test_a_summary_has_the_fields_and_the_version_rule_of_an_order() -> None:
    """Without the rule nothing keeps a slow old call from landing last: docs/adr/0007."""
    for path in (
        *(BASE / "fields").iterdir(),
        BASE / "validationRules/Chat2Pay_Version_Never_Goes_Back.validationRule-meta.xml",
    ):
        assert (OMS / "OrderSummary" / path.relative_to(BASE)).read_text() == path.read_text()
    assert len(list((OMS / "OrderSummary/fields").iterdir())) == len(list((BASE / "fields").iterdir()))


def test_a_payment_is_found_by_a_key_that_is_unique() -> None:
    field = ElementTree.parse(OMS / "Payment/fields/Chat2Pay_External_Id__c.field-meta.xml").getroot()
    assert [field.findtext(f"{NS}{name}") for name in ("externalId", "unique", "caseSensitive")] == ["true"] * 3


def test_the_right_writes_no_payment_twice() -> None:
    right = ElementTree.parse(
        PROJECT / "oms/main/default/permissionsets/Chat2Pay_Order_Management.permissionset-meta.xml"
    )
    given = {one.findtext(f"{NS}object"): one for one in right.getroot().iterfind(f"{NS}objectPermissions")}
    assert given["Payment"].findtext(f"{NS}allowCreate") == "true"
    assert given["Payment"].findtext(f"{NS}allowEdit") == "false"
    assert given["OrderSummary"].findtext(f"{NS}allowEdit") == "true"


def test_the_first_removal_loses_no_data() -> None:
    removed = (PROJECT / "remove/oms/destructiveChanges.xml").read_text()
    assert "CustomField" not in removed
