"""What a SELECT clause may hold beside fields: sub-selects, aliases, toLabel and FORMAT; and its columns."""

from typing import Any

import pytest
from flask.testing import FlaskClient

REQUEST = "Chat2Pay_Payment_Request__c"
REQUESTS = "Chat2Pay_Payment_Requests__r"


@pytest.fixture
def requests_of_order(api: Any, order_id: str) -> list[str]:
    references = ["c2p_1", "c2p_2", "c2p_3"]
    for reference in references:
        body = {"Reference__c": reference, "Order__c": order_id, "Amount__c": 115}
        assert api.call("POST", f"sobjects/{REQUEST}", json=body).status_code == 201
    return references


# Sub-selects


@pytest.mark.usefixtures("requests_of_order")
def test_a_sub_select_is_a_query_result_of_its_own(api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_relationships_query_using.htm"""
    inner = f"(SELECT Reference__c, Order__r.OrderNumber FROM {REQUESTS} ORDER BY Reference__c DESC LIMIT 2)"
    with_children, without = api.query(f"SELECT OrderNumber, {inner} FROM Order ORDER BY OrderNumber LIMIT 2")
    found = with_children[REQUESTS]
    assert (found["totalSize"], found["done"]) == (2, True)
    assert [row["Reference__c"] for row in found["records"]] == ["c2p_3", "c2p_2"]
    assert found["records"][0]["attributes"]["type"] == REQUEST
    assert found["records"][0]["Order__r"]["OrderNumber"] == with_children["OrderNumber"]
    assert without[REQUESTS] is None


@pytest.mark.usefixtures("requests_of_order")
def test_a_sub_select_has_conditions_of_its_own(api: Any, order_id: str) -> None:
    inner = f"(SELECT Reference__c FROM {REQUESTS} WHERE Reference__c LIKE '%_2')"
    found = api.query(f"SELECT Id, {inner} FROM Order WHERE Id = '{order_id}'")[0][REQUESTS]
    assert [row["Reference__c"] for row in found["records"]] == ["c2p_2"]


def test_standard_children_have_their_plural_names(api: Any) -> None:
    account = api.query("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Karoo Outfitters'")[0]
    assert [row["LastName"] for row in account["Contacts"]["records"]] == ["Mokoena"]


def test_describe_names_the_child_relationships(api: Any) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm"""
    children = api.call("GET", "sobjects/Order/describe").get_json()["childRelationships"]
    assert {(one["childSObject"], one["field"], one["relationshipName"]) for one in children} == {
        (REQUEST, "Order__c", REQUESTS),
        ("OrderItem", "OrderId", "OrderItems"),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Order", "INVALID_TYPE"),
        (f"SELECT Id, (SELECT Nope__c FROM {REQUESTS}) FROM Order", "INVALID_FIELD"),
        (f"SELECT Id, (SELECT COUNT(Id) FROM {REQUESTS}) FROM Order", "MALFORMED_QUERY"),
        (f"SELECT COUNT(Id), (SELECT Id FROM {REQUESTS}) FROM Order", "MALFORMED_QUERY"),
        (f"SELECT Id, (SELECT Id FROM {REQUESTS}), (SELECT Name FROM {REQUESTS}) FROM Order", "MALFORMED_QUERY"),
        (f"SELECT Id, (SELECT Id FROM {REQUESTS} FROM Order", "MALFORMED_QUERY"),
        (f"SELECT Id, {'(SELECT Id, ' * 200} FROM Order", "MALFORMED_QUERY"),
    ],
)
def test_a_sub_select_that_salesforce_refuses_is_refused(api: Any, text: str, code: str) -> None:
    assert api.refusal(text) == code


@pytest.mark.usefixtures("requests_of_order")
def test_a_sub_select_shows_only_what_its_reader_may_see(client: FlaskClient, api_as: Any, order_id: str) -> None:
    client.put(
        "/sandbox/agent-field-permissions", json={f"{REQUEST}.Amount__c": {"readable": False, "editable": False}}
    )
    assert api_as("Thandi").refusal(f"SELECT Id, (SELECT Amount__c FROM {REQUESTS}) FROM Order") == "INVALID_FIELD"


# Aliases


@pytest.mark.parametrize(
    "text",
    [
        "SELECT o.OrderNumber FROM Order o WHERE o.Account.Name = 'Karoo Outfitters'",
        "SELECT o.OrderNumber FROM Order AS o, o.Account a WHERE a.Name = 'Karoo Outfitters' ORDER BY a.Name",
        "SELECT O.OrderNumber FROM Order o WHERE O.AccountId IN (SELECT AccountId FROM Contact WHERE LastName = 'Mokoena')",
    ],
)
def test_the_from_clause_may_name_its_objects(api: Any, text: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_alias.htm"""
    assert [row["OrderNumber"] for row in api.query(text)] == ["00000102"]


@pytest.mark.usefixtures("requests_of_order")
def test_an_alias_may_stand_before_a_child_relationship(api: Any, order_id: str) -> None:
    text = f"SELECT o.Id, (SELECT r.Reference__c FROM o.{REQUESTS} r) FROM Order o WHERE o.Id = '{order_id}'"
    assert api.query(text)[0][REQUESTS]["totalSize"] == 3


def test_a_grouped_query_may_rename_its_fields(api: Any) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_groupby_alias.htm"""
    row = api.query("SELECT Currency__c c, COUNT(Id) n FROM Order WHERE Currency__c = 'JPY' GROUP BY Currency__c")[0]
    assert row == {"attributes": {"type": "AggregateResult"}, "c": "JPY", "n": 1}


@pytest.mark.parametrize("text", ["SELECT OrderNumber n FROM Order", "SELECT Id FROM Order o, x.Account a"])
def test_any_other_alias_is_refused(api: Any, text: str) -> None:
    assert api.refusal(text) == "MALFORMED_QUERY"


# toLabel and FORMAT


def test_to_label_reads_as_people_do(api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_tolabel.htm"""
    api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Payment_State__c": "part_paid"})
    where = f"WHERE Id = '{order_id}' AND toLabel(Chat2Pay_Payment_State__c) = 'Part paid'"
    row = api.query(f"SELECT Chat2Pay_Payment_State__c, toLabel(Chat2Pay_Payment_State__c) shown FROM Order {where}")[0]
    assert (row["Chat2Pay_Payment_State__c"], row["shown"]) == ("part_paid", "Part paid")
    row = api.query(f"SELECT toLabel(Chat2Pay_Payment_State__c), toLabel(Account.Type) FROM Order {where}")[0]
    assert (row["Chat2Pay_Payment_State__c"], row["Account"]["Type"]) == ("Part paid", "Customer")


def test_format_shows_a_value_in_the_readers_locale(api_as: Any) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_format.htm"""
    text = "SELECT TotalAmount, FORMAT(TotalAmount) Amt FROM Order WHERE OrderNumber = '00000103'"
    row = api_as("Thandi").query(text)[0]
    assert row["TotalAmount"] == 2499
    assert "".join(char for char in row["Amt"] if char.isdigit()) == "249900"
    assert row["Amt"].startswith("ZAR")
    total = api_as("Thandi").query("SELECT FORMAT(MAX(TotalAmount)) top FROM Order")[0]["top"]
    assert total.startswith("ZAR")


def test_format_takes_dates_and_nothing_stays_nothing(api: Any) -> None:
    row = api.query(
        "SELECT FORMAT(EffectiveDate), FORMAT(CreatedDate) made, FORMAT(Chat2Pay_Paid_At__c) FROM Order LIMIT 1"
    )[0]
    assert "T" not in row["made"]
    assert row["EffectiveDate"].count("/") == 2
    assert row["Chat2Pay_Paid_At__c"] is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FORMAT(OrderNumber) FROM Order",
        "SELECT Status, toLabel(Status) FROM Order",
        "SELECT toLabel(Status FROM Order",
        "SELECT convertCurrency(TotalAmount) FROM Order",
    ],
)
def test_any_other_use_of_a_function_is_refused(api: Any, text: str) -> None:
    assert api.refusal(text) == "MALFORMED_QUERY"


# columns=true: what `sf data query` asks after each answer


def columns(api: Any, text: str, path: str = "query") -> list[Any]:
    """Return the columns as the CLI reads them: a path, [relationship, paths] or a function."""
    answer = api.call("GET", path, query_string={"q": text, "columns": "true"})
    assert answer.status_code == 200, answer.text
    return [one for column in answer.get_json()["columnMetadata"] for one in read_column(column)]


def read_column(column: dict[str, Any]) -> list[Any]:
    inner = [path for one in column["joinColumns"] for path in read_column(one)]
    if column["aggregate"]:
        return [[column["columnName"], inner]] if inner else [column["displayName"]]
    return [f"{column['columnName']}.{path}" for path in inner] or [column["columnName"]]


@pytest.mark.parametrize("path", ["query", "queryAll"])
def test_columns_are_told_without_the_rows(api: Any, path: str) -> None:
    """https://github.com/salesforcecli/plugin-data"""
    text = f"SELECT Id, Owner.Profile.Name, Owner.Alias, (SELECT Reference__c FROM {REQUESTS}) FROM Order"
    assert columns(api, text, path) == ["Id", "Owner.Profile.Name", "Owner.Alias", [REQUESTS, ["Reference__c"]]]


def test_columns_of_a_grouped_query(api: Any) -> None:
    text = "SELECT Status, SUM(TotalAmount), COUNT(Id) n FROM Order GROUP BY Status"
    assert columns(api, text) == ["Status", "sum(TotalAmount)", "count(Id)"]
    answer = api.call("GET", "query", query_string={"q": text, "columns": "true"}).get_json()
    assert (answer["entityName"], answer["groupBy"], answer["idSelected"], answer["keyPrefix"]) == (
        "Order",
        True,
        False,
        "801",
    )


def test_a_column_says_its_type(api: Any) -> None:
    answer = api.call(
        "GET", "query", query_string={"q": "SELECT Id, TotalAmount, OrderNumber FROM Order", "columns": "true"}
    )
    record_id, amount, number = answer.get_json()["columnMetadata"]
    assert (record_id["apexType"], record_id["textType"], record_id["updatable"]) == ("Id", False, False)
    assert (amount["numberType"], amount["textType"]) == (True, False)
    assert (number["apexType"], number["textType"]) == ("String", True)


def test_columns_of_unknown_fields_are_refused_like_the_query(api: Any) -> None:
    answer = api.call("GET", "query", query_string={"q": "SELECT Nope__c FROM Order", "columns": "true"})
    assert (answer.status_code, answer.get_json()[0]["errorCode"]) == (400, "INVALID_FIELD")
