"""Ring bells by Salesforce's custom notification action, and publish our platform event.

https://developer.salesforce.com/docs/atlas.en-us.api_action.meta/api_action/actions_obj_custom_notification.htm
https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.tenants.tenant import Tenant
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import classify_errors, error_list
from connector.salesforce.news.group_members import MOST_IDS, OPERATION, has_active_member

TYPE_NAME, GROUP_NAME = "Chat2Pay_Payment_News", "Chat2Pay_Supervisors"
EVENT = "Chat2Pay_Payment_Event__e"
# One event, or one bell, is one element of a call; a call takes so many.
MOST_EVENTS, MOST_BELLS = 200, 100
# The documented codes of an org that takes no more events now.
# https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_error_status_codes.htm
EVENTS_EXHAUSTED = "LIMIT_EXCEEDED"
_ACTION = "actions/standard/customNotificationAction"
_TITLE, _BODY = 250, 750


@dataclass(frozen=True)
class BellSetup:
    """What an org has for bells: the notification type, the group of supervisors, and whether somebody active is in it."""

    type_id: str | None
    group_id: str | None
    has_members: bool


@dataclass(frozen=True)
class Ring:
    """One bell: whom it rings for, what they read, and the record that opens."""

    recipient: str
    title: str
    body: str
    target: str


@dataclass(frozen=True)
class PublishResult:
    """Whether Salesforce took a bell or an event, and its code where it did not."""

    is_taken: bool
    code: str | None = None


def read_bell_setup(salesforce: SalesforceClient, tenant: Tenant) -> BellSetup:
    """Read what an org has for bells, in one call, and whom the group reaches: see ``has_active_member``.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    rows = salesforce.queries(
        tenant,
        {
            "type": f"SELECT Id FROM CustomNotificationType WHERE DeveloperName = '{TYPE_NAME}'",
            "group": f"SELECT Id FROM Group WHERE DeveloperName = '{GROUP_NAME}' AND Type = 'Regular'",
            "members": f"SELECT UserOrGroupId FROM GroupMember WHERE Group.DeveloperName = '{GROUP_NAME}' LIMIT {MOST_IDS}",
        },
        operation=OPERATION,
    )
    members = [str(row["UserOrGroupId"]) for row in rows["members"]]
    return BellSetup(
        type_id=_first_id(rows["type"]),
        group_id=_first_id(rows["group"]),
        has_members=has_active_member(salesforce, tenant, members),
    )


def ring(salesforce: SalesforceClient, tenant: Tenant, type_id: str, rings: Sequence[Ring]) -> list[PublishResult]:
    """Ring at most ``MOST_BELLS`` bells in one call; return what became of each.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: of the whole call.
    """
    inputs = [
        {
            "customNotifTypeId": type_id,
            "recipientIds": [one.recipient],
            "title": one.title[:_TITLE],
            "body": one.body[:_BODY],
            "targetId": one.target,
        }
        for one in rings
    ]
    results = salesforce.post(tenant, _ACTION, {"inputs": inputs}, operation="ring_bells")
    return _deliveries(results, "isSuccess", len(rings))


def publish(salesforce: SalesforceClient, tenant: Tenant, events: Sequence[dict[str, Any]]) -> list[PublishResult]:
    """Publish at most ``MOST_EVENTS`` events in one call; return what became of each.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: of the whole call.
    """
    records = [{"attributes": {"type": EVENT}, **one} for one in events]
    # A published event carries OPERATION_ENQUEUED among its errors: only ``success`` says whether it was taken.
    body = {"allOrNone": False, "records": records}
    results = salesforce.post(tenant, "composite/sobjects", body, operation="publish_events")
    return _deliveries(results, "success", len(events))


def _deliveries(results: Sequence[Any], mark: str, number: int) -> list[PublishResult]:
    """Read results by their position; where their number is wrong, they cannot be assigned."""
    if len(results) != number:
        return [PublishResult(is_taken=False)] * number
    return [_delivery(one, mark) for one in results]


def _delivery(result: Any, mark: str) -> PublishResult:
    if not isinstance(result, dict):
        return PublishResult(is_taken=False)
    if result.get(mark) is True:
        return PublishResult(is_taken=True)
    return PublishResult(
        is_taken=False, code=classify_errors(error_list(result.get("errors")))[1] or "UNREADABLE_ANSWER"
    )


def _first_id(rows: Sequence[dict[str, Any]]) -> str | None:
    return str(rows[0]["Id"]) if rows else None
