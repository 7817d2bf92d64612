"""Composite batch, sObject Tree and composite graph."""

from typing import Any

import pytest

DATA = "/services/data/v67.0"
REQUEST = "Chat2Pay_Payment_Request__c"


def post(api: Any, resource: str, body: Any) -> tuple[int, Any]:
    answer = api.call("POST", f"composite/{resource}", json=body)
    return answer.status_code, answer.get_json()


def references(api: Any) -> list[str]:
    return [row["Reference__c"] for row in api.query(f"SELECT Reference__c FROM {REQUEST} ORDER BY Reference__c")]


# Batch: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm


def batch(api: Any, *requests: dict[str, Any], **options: Any) -> dict[str, Any]:
    status, body = post(api, "batch", {"batchRequests": list(requests), **options})
    assert status == 200, body
    found: dict[str, Any] = body
    return found


def test_a_batch_answers_each_request_in_its_order(api: Any, order_id: str) -> None:
    body = batch(
        api,
        {"method": "PATCH", "url": f"v67.0/sobjects/Order/{order_id}", "richInput": {"Description": "new"}},
        {"method": "GET", "url": f"v67.0/sobjects/Order/{order_id}?fields=Description"},
        {"method": "GET", "url": f"{DATA}/query?q=SELECT+COUNT()+FROM+Order"},
    )
    assert body["hasErrors"] is False
    assert body["results"][0] == {"statusCode": 204, "result": None}
    assert body["results"][1]["result"]["Description"] == "new"
    assert body["results"][2]["result"]["totalSize"] == 9


def failing(order_id: str) -> list[dict[str, Any]]:
    return [
        {"method": "POST", "url": f"v67.0/sobjects/{REQUEST}", "richInput": {"Reference__c": "first"}},
        {"method": "GET", "url": "v67.0/sobjects/Nope__c"},
        {"method": "POST", "url": f"v67.0/sobjects/{REQUEST}", "richInput": {"Reference__c": "last"}},
    ]


def test_a_failure_in_a_batch_is_its_own(api: Any, order_id: str) -> None:
    body = batch(api, *failing(order_id))
    assert [one["statusCode"] for one in body["results"]] == [201, 404, 201]
    assert (body["hasErrors"], body["results"][1]["result"][0]["errorCode"]) == (True, "NOT_FOUND")
    assert references(api) == ["first", "last"]


def test_halt_on_error_halts_what_follows_and_keeps_what_was_done(api: Any, order_id: str) -> None:
    body = batch(api, *failing(order_id), haltOnError=True)
    assert [one["statusCode"] for one in body["results"]] == [201, 404, 412]
    assert body["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert references(api) == ["first"]


def test_each_request_of_a_batch_counts_against_the_limit(api: Any) -> None:
    def used() -> int:
        daily = api.call("GET", "limits").get_json()["DailyApiRequests"]
        return int(daily["Max"] - daily["Remaining"])

    before = used()
    batch(api, *[{"method": "GET", "url": "v67.0/limits"}] * 5)
    assert used() - before == 5 + 1


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        ([], "JSON_PARSER_ERROR"),
        ([{"method": "GET", "url": "v67.0/limits"}] * 26, "LIMIT_EXCEEDED"),
        ([{"method": "TRACE", "url": "v67.0/limits"}], "INVALID_INPUT"),
        ([{"method": "GET", "url": "/services/oauth2/userinfo"}], "INVALID_INPUT"),
        ([{"method": "POST", "url": "v67.0/composite", "richInput": {}}], "INVALID_INPUT"),
        (["limits"], "JSON_PARSER_ERROR"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(api: Any, requests: Any, code: str) -> None:
    status, body = post(api, "batch", {"batchRequests": requests})
    assert (status, body[0]["errorCode"]) == (400, code)


# Tree: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_composite_sobject_tree_create.htm


def node(kind: str, name: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": name}, **values}


def test_a_tree_is_created_with_its_children(api: Any) -> None:
    contacts = {"records": [node("Contact", "ref2", LastName="Smith"), node("Contact", "ref3", LastName="Evans")]}
    trees = [node("Account", "ref1", Name="SampleAccount", Contacts=contacts), node("Account", "ref4", Name="Other")]
    status, body = post(api, "tree/Account", {"records": trees})
    assert (status, body["hasErrors"]) == (201, False)
    ids = {one["referenceId"]: one["id"] for one in body["results"]}
    assert list(ids) == ["ref1", "ref4", "ref2", "ref3"]
    found = api.query(f"SELECT LastName FROM Contact WHERE AccountId = '{ids['ref1']}' ORDER BY LastName")
    assert [row["LastName"] for row in found] == ["Evans", "Smith"]


def test_a_tree_with_a_bad_record_creates_nothing(api: Any) -> None:
    contacts = {"records": [node("Contact", "ref2", LastName="Smith", Nope__c=1)]}
    status, body = post(api, "tree/Account", {"records": [node("Account", "ref1", Name="Gone", Contacts=contacts)]})
    assert (status, body["hasErrors"]) == (400, True)
    assert [(one["referenceId"], one["errors"][0]["statusCode"]) for one in body["results"]] == [
        ("ref2", "INVALID_FIELD")
    ]
    assert api.query("SELECT Id FROM Account WHERE Name = 'Gone'") == []


def test_a_repeated_reference_is_named_once_for_each_record(api: Any) -> None:
    records = [node("Account", "ref1", Name="Gone"), node("Account", "ref1", Name="Gone")]
    status, body = post(api, "tree/Account", {"records": records})
    assert (status, body["hasErrors"], len(body["results"])) == (400, True, 2)
    assert {(one["referenceId"], one["errors"][0]["statusCode"]) for one in body["results"]} == {
        ("ref1", "INVALID_INPUT")
    }
    assert api.query("SELECT Id FROM Account WHERE Name = 'Gone'") == []


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([], "JSON_PARSER_ERROR"),
        ([{"Name": "x"}], "INVALID_TYPE"),
        ([node("Contact", "a")], "INVALID_TYPE"),
        ([{"attributes": {"type": "Account"}, "Name": "x"}], "INVALID_INPUT"),
        ([node("Account", "a", Name="x", Nopes={"records": [node("Contact", "b")]})], "INVALID_TYPE"),
        ([node("Account", f"r{place}", Name="x") for place in range(201)], "EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_malformed_tree_is_refused(api: Any, records: Any, code: str) -> None:
    status, body = post(api, "tree/Account", {"records": records})
    assert (status, body[0]["errorCode"]) == (400, code)


# Graph: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm


def create(name: str, **values: Any) -> dict[str, Any]:
    return {"method": "POST", "url": f"{DATA}/sobjects/{REQUEST}", "referenceId": name, "body": values}


def graph(name: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    return {"graphId": name, "compositeRequest": list(nodes)}


def test_a_graph_fails_as_a_whole_and_leaves_the_others_alone(api: Any) -> None:
    good = graph("1", create("a", Reference__c="good"))
    bad = graph("2", create("a", Reference__c="gone"), create("b", Reference__c="bad", Nope__c=1))
    status, body = post(api, "graph", {"graphs": [good, bad]})
    assert status == 200
    assert [(one["graphId"], one["isSuccessful"]) for one in body["graphs"]] == [("1", True), ("2", False)]
    first, second = body["graphs"][1]["graphResponse"]["compositeResponse"]
    assert (first["httpStatusCode"], first["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert (second["httpStatusCode"], second["body"][0]["errorCode"]) == (400, "INVALID_FIELD")
    assert references(api) == ["good"]


def test_a_node_may_refer_to_another(api: Any, order_id: str) -> None:
    read = {"method": "GET", "url": f"{DATA}/sobjects/{REQUEST}/@{{made.id}}", "referenceId": "read"}
    status, body = post(api, "graph", {"graphs": [graph("1", create("made", Reference__c="c2p_1"), read)]})
    assert (status, body["graphs"][0]["isSuccessful"]) == (200, True)
    assert body["graphs"][0]["graphResponse"]["compositeResponse"][1]["body"]["Reference__c"] == "c2p_1"


def chain(length: int) -> list[dict[str, Any]]:
    nodes = [create("n0", Reference__c="r0")]
    return nodes + [
        create(f"n{place}", Reference__c=f"r{place}", Replaces__c=f"@{{n{place - 1}.id}}") for place in range(1, length)
    ]


@pytest.mark.parametrize(
    ("graphs", "code"),
    [
        ([], "JSON_PARSER_ERROR"),
        ([graph("1", create("a")), graph("1", create("a"))], "INVALID_INPUT"),
        ([graph("1", create("a"), create("a"))], "INVALID_INPUT"),
        ([graph("1", {"method": "GET", "url": f"{DATA}/limits", "referenceId": "a"})], "INVALID_INPUT"),
        ([graph(str(place), create("a")) for place in range(76)], "LIMIT_EXCEEDED"),
        ([graph(name, *[create(f"n{place}") for place in range(251)]) for name in "ab"], "LIMIT_EXCEEDED"),
        ([graph("1", *chain(16))], "LIMIT_EXCEEDED"),
    ],
)
def test_a_graph_beyond_its_limits_is_refused(api: Any, graphs: Any, code: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm"""
    status, body = post(api, "graph", {"graphs": graphs})
    assert (status, body[0]["errorCode"]) == (400, code)
    assert references(api) == []
