"""What Salesforce's errors mean: every error of a record, the codes inside messages, and codes nobody listed."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
import responses

from connector.domain.health.push_refusal import RefusedPart
from connector.errors import OrgBusy, OrgLimitReached, OrgSessionExpired, SalesforceRefused, SalesforceUnavailable
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.calls import answer_error
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import record_result
from connector.salesforce.news.bells_and_events import PublishResult, Ring, ring
from tests.contracts.salesforce.test_salesforce_client import TENANT, VERSION, logins, org, wire
from tests.factories import HOST

__all__ = ["logins", "org", "wire"]

RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
TRIGGER = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
LOCK = "unable to obtain exclusive access to this record"
# How one trigger's failure looks when it set off another one: https://github.com/SFDO-Community/declarative-lookup-rollup-summaries/issues/847
NESTED = (
    "SMSTrigger: execution of AfterInsert\n\ncaused by: System.DmlException: Update failed. First exception on row 0 with id "
    f"a0N0J00000OPSAVUA5; first error: {TRIGGER}, dlrs_SMSTrigger: execution of AfterUpdate\n\ncaused by: System.DmlException: "
    "Upsert failed. First exception on row 2; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this "
    "record or 4 records: a2E0J000000i8bpUAA,a2Eb0000000gONHEA2: []\n\nClass.dlrs.RollupService: line 1023, column 1"
)


def error(code: str | None, message: str = "", *fields: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message, "fields": list(fields)}


RECORDS: list[tuple[Any, RecordOutcome]] = [
    ([error("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "Updates can't be made.")], RecordOutcome.PASSING),
    ([error(TRIGGER, f"OrderTrigger: BeforeUpdate; first error: UNABLE_TO_LOCK_ROW, {LOCK}: []")], RecordOutcome.LOCKED),
    ([error(TRIGGER, NESTED)], RecordOutcome.LOCKED),
    ([error(TRIGGER, "OrderTrigger: AfterUpdate caused by: System.NullPointerException: a null object")], RecordOutcome.SLOW),
    ([error(TRIGGER, "T: AfterUpdate caused by: System.LimitException: Apex CPU time limit exceeded")], RecordOutcome.SLOW),
    ([error(TRIGGER, "first error: FIELD_CUSTOM_VALIDATION_EXCEPTION, Invoices need a date: []")], RecordOutcome.REFUSED),
    ([error("CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record because the flow failed.")], RecordOutcome.SLOW),
    ([error("CANNOT_EXECUTE_FLOW_TRIGGER", f"This error occurred: {LOCK}. You can look up codes")], RecordOutcome.LOCKED),
    ([error("CANNOT_EXECUTE_FLOW_TRIGGER", "System.QueryException: Record Currently Unavailable: it")], RecordOutcome.LOCKED),
    ([error("CANNOT_EXECUTE_FLOW_TRIGGER", "UNKNOWN_EXCEPTION: QUERY_TIMEOUT, running too long")], RecordOutcome.PASSING),
    ([error("QUERY_TIMEOUT", "Your query request was running for too long.")], RecordOutcome.PASSING),
    ([error("REQUEST_RUNNING_TOO_LONG", "Your request was running for too long.")], RecordOutcome.PASSING),
    ([error("TXN_SECURITY_METERING_ERROR", "A transaction security policy could not be evaluated.")], RecordOutcome.SLOW),
    ([error("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")], RecordOutcome.SLOW),
    ([error("A_CODE_OF_NEXT_YEAR", "?")], RecordOutcome.SLOW),
    ([error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")], RecordOutcome.LIMIT),
    ([error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")], RecordOutcome.BUSY),
    ([error(RULE, "A newer version of the price agreement exists: renew the order first.")], RecordOutcome.REFUSED),
    ([error(RULE, "Needs chat2pay:newer-version")], RecordOutcome.REFUSED),
    ([error(RULE, "[chat2pay:newer-version-2]")], RecordOutcome.REFUSED),
    ([error(RULE, "Diese Bestellung ist hier schon neuer. [chat2pay:newer-version]")], RecordOutcome.NEWER),
    ([error(RULE, "This record already holds a newer version of its payment fields; the older change was not saved.")],
     RecordOutcome.NEWER),
    ([error(RULE, " This record already holds a newer version of its payment fields; the older change was not saved.\n")],
     RecordOutcome.NEWER),
    ([error("REQUIRED_FIELD_MISSING", "x", "Reason__c"), error(RULE, "[chat2pay:newer-version]")], RecordOutcome.NEWER),
    # Several errors: the one that is still there when the others are over decides.
    ([error("UNABLE_TO_LOCK_ROW", LOCK), error(RULE, "Say why.")], RecordOutcome.REFUSED),
    ([error(RULE, "Say why."), error("UNABLE_TO_LOCK_ROW", LOCK)], RecordOutcome.REFUSED),
    ([error("UNABLE_TO_LOCK_ROW", LOCK), error("A_CODE_OF_NEXT_YEAR", "")], RecordOutcome.SLOW),
    ([error("UNABLE_TO_LOCK_ROW", LOCK), error("SERVER_UNAVAILABLE", "")], RecordOutcome.LOCKED),
    ([{"errorCode": "INVALID_FIELD", "message": "no such column"}], RecordOutcome.REFUSED),
    (error("INVALID_FIELD", "one object, no list"), RecordOutcome.REFUSED),
    ([], RecordOutcome.SLOW),
    ({}, RecordOutcome.SLOW),
    (None, RecordOutcome.SLOW),
    ("<html>Down for maintenance</html>", RecordOutcome.SLOW),
    ([None, 7, "text", [error("UNABLE_TO_LOCK_ROW")]], RecordOutcome.SLOW),
    ([error(None, "no code at all")], RecordOutcome.SLOW),
    ([{"statusCode": 7, "message": 7, "fields": 7}], RecordOutcome.SLOW),
    ([{"statusCode": "not a code", "message": None, "fields": [None, 7]}], RecordOutcome.SLOW),
]  # fmt: skip


@pytest.mark.parametrize(("errors", "outcome"), RECORDS, ids=[str(row[0])[:70] for row in RECORDS])
def test_all_errors_of_a_record_are_read_and_the_codes_inside_their_messages(
    errors: Any, outcome: RecordOutcome
) -> None:
    assert record_result(errors, RefusedPart.ORDER).outcome is outcome


def test_a_refusal_keeps_what_a_person_needs_of_all_errors() -> None:
    errors = [
        error("REQUIRED_FIELD_MISSING", "Reason is missing", "Reason__c"),
        error(RULE, "Say\nwhy.", "Reason__c", "Why__c"),
    ]
    result = record_result(errors, RefusedPart.ORDER)
    assert result.refusal is not None
    assert (result.code, result.refusal.fields) == ("REQUIRED_FIELD_MISSING", ("Reason__c", "Why__c"))
    assert result.refusal.message == "Reason is missing · Say why."


CALLS: list[tuple[int, Any, type[Exception]]] = [
    (400, [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": LOCK}], SalesforceUnavailable),
    (400, [{"errorCode": "QUERY_TIMEOUT", "message": "running too long"}], SalesforceUnavailable),
    (403, [{"errorCode": "SERVER_UNAVAILABLE", "message": ""}], SalesforceUnavailable),
    (400, [{"errorCode": "TXN_SECURITY_METERING_ERROR", "message": ""}], SalesforceRefused),
    (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}], SalesforceUnavailable),
    (500, [{"errorCode": "A_CODE_OF_NEXT_YEAR", "message": ""}], SalesforceUnavailable),
    (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}],
     OrgBusy),
    (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}], OrgBusy),
    (503, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], OrgLimitReached),
    (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], OrgLimitReached),
    (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is disabled for this User"}], SalesforceRefused),
    (403, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}], OrgSessionExpired),
    (405, [{"errorCode": "METHOD_NOT_ALLOWED", "message": ""}], SalesforceRefused),
    (429, "Too many", SalesforceUnavailable),
    (403, "<html>Forbidden</html>", SalesforceRefused),
    (400, "", SalesforceRefused),
    (502, "<html>Bad gateway</html>", SalesforceUnavailable),
    (503, "", SalesforceUnavailable),
    (400, {"errorCode": "QUERY_TIMEOUT"}, SalesforceUnavailable),
    (400, [None], SalesforceRefused),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), CALLS, ids=[f"{row[0]} {str(row[1])[:60]}" for row in CALLS])
def test_the_codes_of_a_call_decide_before_its_status(status: int, body: Any, kind: type[Exception]) -> None:
    told = answer_error(status, body, "push")
    assert type(told) is kind


@pytest.mark.parametrize(
    ("said", "code"),
    [("A_CODE_OF_NEXT_YEAR", "A_CODE_OF_NEXT_YEAR"), ("083 123 4567 is taken", None), ("A" * 81, None), (7, None)],
)
def test_a_code_that_is_none_is_not_repeated_in_logs_and_findings(said: Any, code: str | None) -> None:
    assert answer_error(400, [{"errorCode": said, "message": ""}], "push").reason == code
    assert record_result([error(said)], RefusedPart.ORDER).code == (code or "UNREADABLE_ANSWER")


DONE = {"isSuccess": True, "actionName": "customNotificationAction"}
FAILED = {"isSuccess": False, "errors": [{"statusCode": "INVALID_TYPE"}]}
ACTION, COMMERCE = "actions/standard/customNotificationAction", "commerce/order-management/order-payment-summaries"


@pytest.mark.parametrize(
    ("path", "status", "body", "results"),
    [
        (ACTION, 200, [DONE, DONE], [DONE, DONE]),
        # One that fails for one of its inputs answers so, with the result of each.
        (ACTION, 400, [DONE, FAILED], [DONE, FAILED]),
        (ACTION, 400, [DONE, {"errorCode": "INVALID_FIELD"}], SalesforceRefused),
        (ACTION, 400, [DONE, "isSuccess"], SalesforceRefused),
        (ACTION, 400, [], SalesforceRefused),
        (ACTION, 400, DONE, SalesforceRefused),
        (ACTION, 503, "busy", SalesforceUnavailable),
        (ACTION, 200, DONE, []),
        (ACTION, 200, "text", []),
        # A Connect resource answers with one object.
        (COMMERCE, 201, {"success": True}, [{"success": True}]),
        (COMMERCE, 201, [{"success": True}], [{"success": True}]),
        (COMMERCE, 201, "text", []),
    ],
)
def test_what_answers_with_a_list_has_a_result_for_each_or_none(
    org: SalesforceClient, logins: responses.RequestsMock, path: str, status: int, body: Any, results: Any
) -> None:
    logins.post(f"{HOST}/services/data/v{VERSION}/{path}", status=status, body=json.dumps(body))
    if isinstance(results, list):
        assert org.post(TENANT, path, {"inputs": [1, 2]}, operation="ring_bells") == results
    else:
        with pytest.raises((SalesforceRefused, SalesforceUnavailable)) as raised:
            org.post(TENANT, path, {"inputs": [1, 2]}, operation="ring_bells")
        assert type(raised.value) is results
    assert json.loads(logins.calls[-1].request.body or "") == {"inputs": [1, 2]}


@pytest.mark.parametrize(
    ("results", "taken"),
    [
        ([DONE, FAILED], [PublishResult(is_taken=True), PublishResult(is_taken=False, code="INVALID_TYPE")]),
        ([DONE, {"isSuccess": "true"}], [PublishResult(is_taken=True), PublishResult(False, "UNREADABLE_ANSWER")]),
        ([DONE, "x"], [PublishResult(is_taken=True), PublishResult(is_taken=False)]),
        # Of another number nobody knows which is whose.
        ([DONE], [PublishResult(is_taken=False)] * 2),
        ([DONE] * 3, [PublishResult(is_taken=False)] * 2),
        ([], [PublishResult(is_taken=False)] * 2),
    ],
)
def test_a_bell_has_rung_where_the_org_says_so_of_that_bell(results: list[Any], taken: list[PublishResult]) -> None:
    org = Mock(spec=SalesforceClient)
    org.post.return_value = results
    rings = [Ring("005xx000001X8UzAAK", "t" * 300, "b" * 800, f"a0C{place}") for place in range(2)]
    assert ring(org, TENANT, "0ML1", rings) == taken
    sent = org.post.call_args.args[2]["inputs"]
    assert [(len(one["title"]), len(one["body"]), one["targetId"]) for one in sent] == [
        (250, 750, "a0C0"),
        (250, 750, "a0C1"),
    ]
