"""The standard invocable action that rings bells.

https://developer.salesforce.com/docs/atlas.en-us.api_action.meta/api_action/actions_obj_custom_notification.htm
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.notifications.bulletin import Notification, active_users
from sandbox.org.wire.errors import ApiError
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import format_time

ACTION = "customNotificationAction"
SENDS = "_sends_custom_notifications"
# Both are limits of the page above.
_MOST_RECIPIENTS, _LONGEST = 500, {"title": 250, "body": 750}


@routes.add("GET", "actions/standard")
def list_actions(call: ApiCall) -> ApiResponse:
    """Answer the standard actions that can be invoked."""
    url = f"/services/data/v{call.version}/actions/standard/{ACTION}"
    return ApiResponse(200, {"actions": [{"name": ACTION, "label": "Send Custom Notification", "url": url}]})


@routes.add("POST", f"actions/standard/{ACTION}")
def send_notifications(call: ApiCall) -> ApiResponse:
    """Return one result per input, in order; 400 where one of them failed."""
    inputs = call.json_object().get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, dict) for one in inputs):
        raise ApiError("MISSING_ARGUMENT", "inputs must be a list of objects")
    # Each by itself: those that were fine have rung although the whole answer is 400.
    results = [_sent(call, one) for one in inputs]
    is_whole = all(one["isSuccess"] for one in results)
    return ApiResponse(200 if is_whole else 400, results)


def _sent(call: ApiCall, given: dict[str, Any]) -> dict[str, Any]:
    try:
        _send(call, given)
    except ApiError as error:
        return {"actionName": ACTION, "errors": error.as_save_errors(), "isSuccess": False, "outputValues": None}
    said = {"SuccessMessage": "Your custom notification is processed successfully."}
    return {"actionName": ACTION, "errors": None, "isSuccess": True, "outputValues": said}


def _send(call: ApiCall, given: dict[str, Any]) -> None:
    if not call.user.get(SENDS):
        # [A] That the permission is needed is documented, the code is not.
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "Send Custom Notifications is needed")
    kind = call.org.records.get("CustomNotificationType", _id(given, "customNotifTypeId"))
    if kind is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "customNotifTypeId names no notification type")
    recipients = given.get("recipientIds")
    if not isinstance(recipients, list) or not 1 <= len(recipients) <= _MOST_RECIPIENTS:
        raise ApiError("MISSING_ARGUMENT", f"recipientIds must hold 1 to {_MOST_RECIPIENTS} ids")
    for name, longest in _LONGEST.items():
        if not given.get(name) or len(str(given[name])) > longest:
            raise ApiError(
                "STRING_TOO_LONG" if given.get(name) else "MISSING_ARGUMENT", f"{name}: 1 to {longest} characters"
            )
    target = _id(given, "targetId")
    for one in recipients:
        call.org.bulletin.add(
            Notification(
                type_name=str(kind["DeveloperName"]),
                recipient=str(one),
                users=active_users([str(one)], records=call.org.records),
                title=str(given["title"]),
                body=str(given["body"]),
                target=target,
                at=format_time(datetime.now(UTC)),
            )
        )


def _id(given: dict[str, Any], name: str) -> str:
    try:
        return canonical_id(given.get(name))
    except MalformedId as error:
        raise ApiError("MALFORMED_ID", f"{name} is no id") from error
