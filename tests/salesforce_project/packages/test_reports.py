"""What `reports` ships: list views, report types, reports and a dashboard, on fields that the connector writes ready."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).parents[3] / "manifests/salesforce"
REPORTS = PROJECT / "reports/main/default"
REQUEST = "Chat2Pay_Payment_Request__c"
FIELDS = PROJECT / f"base/main/default/objects/{REQUEST}/fields"
NS = "{http://soap.sforce.com/2006/04/metadata}"
VIEWS = {
    "Chat2Pay_My_Live_Requests": "My live requests",
    "Chat2Pay_Needs_A_Person": "Needs a person",
    "Chat2Pay_Paid_Order_Not_Updated": "Paid but order not updated",
}


def root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def texts(one: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in one.iterfind("/".join(f"{NS}{name}" for name in path.split("/")))]


def view(name: str) -> ElementTree.Element:
    return root(REPORTS / f"objects/{REQUEST}/listViews/{name}.listView-meta.xml")


def filters(one: ElementTree.Element) -> dict[str, tuple[str, str]]:
    return {
        texts(found, "field")[0]: (texts(found, "operation")[0], texts(found, "value")[0])
        for found in one.iterfind(f"{NS}filters")
    }


def statuses() -> set[str]:
    return set(texts(root(FIELDS / "Status__c.field-meta.xml"), "valueSet/valueSetDefinition/value/fullName"))


def test_the_three_list_views_are_there() -> None:
    found = {path.name.partition(".")[0] for path in (REPORTS / f"objects/{REQUEST}/listViews").iterdir()}
    assert {name: texts(view(name), "label")[0] for name in found} == VIEWS


def test_my_live_requests_are_mine_and_not_over() -> None:
    one = view("Chat2Pay_My_Live_Requests")
    assert texts(one, "filterScope") == ["Mine"]
    operation, words = filters(one)["Status__c"]
    over = {"authorized", "part_paid", "paid", "declined", "expired", "cancelled", "reversed", "rejected"}
    assert (operation, set(words.split(","))) == ("equals", statuses() - over)


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        ("Chat2Pay_Needs_A_Person", {"Needs_Person__c": ("equals", "1")}),
        (
            "Chat2Pay_Paid_Order_Not_Updated",
            {"Status__c": ("equals", "paid,part_paid"), "Order_Updated__c": ("equals", "0")},
        ),
    ],
)
def test_what_supervisors_look_after_is_everybodys_and_shown_to_them(
    name: str, conditions: dict[str, tuple[str, str]]
) -> None:
    one = view(name)
    assert texts(one, "filterScope") == ["Everything"]
    assert filters(one) == conditions
    assert texts(one, "sharedTo/group") == ["Chat2Pay_Supervisors"]


def test_a_report_type_offers_every_field_of_a_request_but_our_version() -> None:
    offered = {
        field
        for field, table in zip(
            texts(
                root(REPORTS / "reportTypes/Chat2Pay_Payment_Requests.reportType-meta.xml"), "sections/columns/field"
            ),
            texts(
                root(REPORTS / "reportTypes/Chat2Pay_Payment_Requests.reportType-meta.xml"), "sections/columns/table"
            ),
            strict=True,
        )
        if table == REQUEST
    }
    ours = {path.name.partition(".")[0] for path in FIELDS.iterdir()}
    left_out = {"Chat2Pay_Version__c", "Consent_At__c", "Consent_Basis__c", "Core_Status__c", "Link_Reference__c"}
    assert ours - offered == left_out
    assert {one for one in offered if one.endswith("__c")} <= ours


@pytest.mark.parametrize(
    "path", sorted((REPORTS / "reports/Chat2Pay").glob("Chat2Pay_By_*")), ids=lambda path: path.name
)
def test_a_count_shows_a_trial_and_mixes_no_test_payment_with_money(path: Path) -> None:
    one = root(path)
    assert not one.findall(f"{NS}filter")
    assert texts(one, "groupingsDown/field")[0] == f"{REQUEST}$Environment__c"
    assert texts(one, "showGrandTotal") == ["false"]


def test_a_chart_of_the_dashboard_keeps_test_payments_apart() -> None:
    charts = [
        shown
        for shown in root(REPORTS / "dashboards/Chat2Pay/Chat2Pay_Payments.dashboard-meta.xml").iter(
            f"{NS}dashboardComponent"
        )
        if texts(shown, "componentType") != ["Metric"]
    ]
    assert len(charts) == 4
    for one in charts:
        report = root(REPORTS / f"reports/{texts(one, 'report')[0]}.report-meta.xml")
        # Environment first, so that each bar is of one; in the order of the report's own groups.
        assert texts(one, "groupingColumn") == texts(report, "groupingsDown/field")[:2]


def test_reports_of_time_use_what_the_connector_computed() -> None:
    # A formula of Salesforce computes in UTC: hour and date come from the connector, in the org's zone.
    for path in (REPORTS / "reports/Chat2Pay").iterdir():
        one = root(path)
        assert texts(one, "timeFrameFilter/dateColumn") == [f"{REQUEST}$Sent_Date__c"]
        assert not one.findall(f"{NS}customDetailFormulas")
    assert texts(root(REPORTS / "reports/Chat2Pay/Chat2Pay_By_Hour.report-meta.xml"), "groupingsDown/field") == [
        f"{REQUEST}$Environment__c",
        f"{REQUEST}$Sent_Hour__c",
    ]


def test_the_dashboard_shows_every_report_and_names_no_user() -> None:
    one = root(REPORTS / "dashboards/Chat2Pay/Chat2Pay_Payments.dashboard-meta.xml")
    shown = texts(one, "dashboardGridLayout/dashboardGridComponents/dashboardComponent/report")
    there = {path.name.partition(".")[0] for path in (REPORTS / "reports/Chat2Pay").iterdir()}
    assert sorted(shown) == sorted(f"Chat2Pay/{name}" for name in there)
    assert texts(one, "dashboardType") == ["SpecifiedUser"]
    everything = "".join(path.read_text() for path in REPORTS.rglob("*.xml"))
    assert not re.search(r"<runningUser>|LoggedInUser|@", everything)


def test_a_component_groups_and_sums_what_its_report_does() -> None:
    one = root(REPORTS / "dashboards/Chat2Pay/Chat2Pay_Payments.dashboard-meta.xml")
    for shown in one.iter(f"{NS}dashboardComponent"):
        report = root(REPORTS / f"reports/{texts(shown, 'report')[0]}.report-meta.xml")
        assert set(texts(shown, "groupingColumn")) <= set(texts(report, "groupingsDown/field"))
        summed = {
            texts(column, "field")[0] for column in report.iterfind(f"{NS}columns") if texts(column, "aggregateTypes")
        }
        assert set(texts(shown, "chartSummary/column")) <= summed | {"RowCount"}


@pytest.mark.parametrize("folder", ["reports/Chat2Pay.reportFolder", "dashboards/Chat2Pay.dashboardFolder"])
def test_supervisors_may_look_into_the_folders(folder: str) -> None:
    one = root(REPORTS / f"{folder}-meta.xml")
    assert texts(one, "folderShares/sharedTo") == ["Chat2Pay_Supervisors"]
    assert texts(one, "folderShares/accessLevel") == ["View"]
