"""Composite and collections of the org."""

from typing import Any

import pytest

DATA = "/services/data/v67.0"
REQUEST = "Chat2Pay_Payment_Request__c"


def sub(name: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    request = {"referenceId": name, "method": method, "url": f"{DATA}/{path}"}
    return request if body is None else request | {"body": body}


def upserts(name: str, *records: dict[str, Any], **options: Any) -> dict[str, Any]:
    listed = [{"attributes": {"type": REQUEST}, **record} for record in records]
    path = f"composite/sobjects/{REQUEST}/Reference__c"
    return sub(name, "PATCH", path, {"allOrNone": False, "records": listed, **options})


def updates(name: str, *records: dict[str, Any], **options: Any) -> dict[str, Any]:
    listed = [{"attributes": {"type": "Order"}, **record} for record in records]
    return sub(name, "PATCH", "composite/sobjects", {"allOrNone": False, "records": listed, **options})


def codes(answer: dict[str, Any]) -> list[str]:
    return [result["errors"][0]["statusCode"] if result["errors"] else "ok" for result in answer["body"]]


def refusal(api: Any, *subrequests: dict[str, Any]) -> str:
    answer = api.call("POST", "composite", json={"compositeRequest": list(subrequests)})
    assert answer.status_code == 400
    return str(answer.get_json()[0]["errorCode"])


def test_each_record_has_its_own_result_in_request_order(api: Any, order_id: str) -> None:
    requests, orders = api.composite(
        upserts("r", {"Reference__c": "c2p_1", "Order__c": order_id}, {"Reference__c": "c2p_2", "Nope__c": 1}),
        updates("o", {"Id": order_id, "Nope__c": 1}, {"Id": order_id[:15], "Chat2Pay_Version__c": 1}),
    )
    assert (requests["httpStatusCode"], codes(requests), requests["body"][0]["created"]) == (
        200,
        ["ok", "INVALID_FIELD"],
        True,
    )
    assert set(requests["body"][0]) == {"id", "success", "errors", "created"}
    assert (codes(orders), orders["body"][1]["id"]) == (["INVALID_FIELD", "ok"], order_id)


def test_twenty_five_subrequests_fit_and_not_one_more(api: Any, order_id: str) -> None:
    reads = [sub(f"r{place}", "GET", f"sobjects/Order/{order_id}") for place in range(26)]
    assert len(api.composite(*reads[:25])) == 25
    assert refusal(api, *reads) == "LIMIT_EXCEEDED"


def test_five_queries_or_collections_fit_and_not_one_more(api: Any, order_id: str) -> None:
    lists = [updates(f"u{place}", {"Id": order_id}) for place in range(4)]
    lists += [sub(f"q{place}", "GET", "query?q=SELECT+Id+FROM+Order+LIMIT+1") for place in range(2)]
    assert len(api.composite(*lists[:5])) == 5
    assert refusal(api, *lists) == "LIMIT_EXCEEDED"


def test_two_hundred_records_fit_and_not_one_more(api: Any) -> None:
    records = [{"Reference__c": f"c2p_{place}"} for place in range(201)]
    assert codes(api.composite(upserts("r", *records[:200]))[0]) == ["ok"] * 200
    answer = api.composite(upserts("r", *records))[0]
    assert (answer["httpStatusCode"], answer["body"][0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


@pytest.mark.parametrize(
    "wrong",
    [
        {"referenceId": "a b", "method": "GET", "url": f"{DATA}/limits"},
        {"referenceId": "a", "method": "TRACE", "url": f"{DATA}/limits"},
        {"referenceId": "a", "method": "GET", "url": "/services/oauth2/token"},
    ],
)
def test_a_malformed_subrequest_refuses_the_call(api: Any, wrong: dict[str, Any]) -> None:
    assert refusal(api, wrong) == "INVALID_INPUT"


def test_inner_all_or_none_rolls_its_own_list_back(api: Any, order_id: str) -> None:
    first, second = api.composite(
        upserts("a", {"Reference__c": "kept"}),
        upserts("b", {"Reference__c": "gone"}, {"Reference__c": "bad", "Nope__c": 1}, allOrNone=True),
    )
    assert codes(first) == ["ok"]
    assert codes(second) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert [row["Reference__c"] for row in api.query(f"SELECT Reference__c FROM {REQUEST}")] == ["kept"]


def test_outer_all_or_none_overrides_and_halts_everything(api: Any) -> None:
    first, second = api.composite(
        upserts("a", {"Reference__c": "gone"}),
        upserts("b", {"Reference__c": "bad", "Nope__c": 1}),
        allOrNone=True,
    )
    assert (first["httpStatusCode"], first["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert codes(second) == ["INVALID_FIELD"]
    assert api.query(f"SELECT Id FROM {REQUEST}") == []


def test_a_subrequest_may_use_an_earlier_answer(api: Any, order_id: str) -> None:
    created, read, halted = api.composite(
        sub("made", "POST", f"sobjects/{REQUEST}", {"Reference__c": "c2p_1", "Order__c": order_id}),
        sub("read", "GET", f"sobjects/{REQUEST}/@{{made.id}}?fields=Reference__c"),
        sub("lost", "GET", f"sobjects/{REQUEST}/@{{nothing.id}}"),
    )
    assert created["httpStatusCode"] == 201
    assert created["httpHeaders"]["Location"].endswith(created["body"]["id"])
    assert read["body"]["Reference__c"] == "c2p_1"
    assert (halted["httpStatusCode"], halted["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")


def test_records_of_two_types_are_refused_in_an_upsert(api: Any) -> None:
    answer = api.composite(upserts("r", {"Reference__c": "a"}, {"Reference__c": "b", "attributes": {"type": "Order"}}))[
        0
    ]
    assert answer["httpStatusCode"] == 400


def test_the_same_record_twice_is_refused_once(api: Any, order_id: str) -> None:
    upserted, updated = api.composite(
        upserts("r", {"Reference__c": "a"}, {"Reference__c": "a"}),
        updates("o", {"Id": order_id}, {"Id": order_id}),
    )
    assert codes(upserted) == codes(updated) == ["ok", "DUPLICATE_VALUE"]


def test_collections_read_and_delete(api: Any, order_id: str) -> None:
    api.composite(upserts("r", {"Reference__c": "a", "Order__c": order_id}))
    request_id = api.query(f"SELECT Id FROM {REQUEST}")[0]["Id"]
    asked = {"ids": f"{request_id},{order_id}", "fields": "Id,Reference__c"}
    found = api.call("GET", f"composite/sobjects/{REQUEST}", query_string=asked).get_json()
    assert (found[0]["Reference__c"], found[1]) == ("a", None)
    gone = api.call("DELETE", "composite/sobjects", query_string={"ids": request_id}).get_json()
    assert gone == [{"id": request_id, "success": True, "errors": []}]


def test_one_composite_counts_as_one_call(client: Any, api: Any, order_id: str) -> None:
    client.delete("/sandbox/calls")
    api.composite(upserts("r", {"Reference__c": "a"}), updates("o", {"Id": order_id}))
    counts = client.get("/sandbox/calls").get_json()
    assert (counts["api_calls"], counts["records_written"], counts["peak_in_flight"]) == (1, 2, 1)
