"""The queries for a user's custom permissions, and the right that each of them gives.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_setupentityaccess.htm
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import manifests
from connector.domain.tenants.rights import Rights, rights_of
from connector.domain.tenants.tenant import is_salesforce_id

Rows = Sequence[Mapping[str, Any]]
_RIGHTS: Mapping[str, str] = manifests.load("connector.json")["rights"]
_LABELS: Mapping[str, str] = manifests.load("connector.json")["permission_labels"]
_GRANTED, _NAMED = "granted", "named"


def permission_queries(user_id: str) -> dict[str, str]:
    """Return the two queries for a user's custom permissions.

    Raises:
        ValueError: ``user_id`` is not a Salesforce id; it goes into SOQL, so nothing else may.
    """
    if not is_salesforce_id(user_id):
        raise ValueError("not a Salesforce id")
    return {
        # A permission set group is assigned as one set that combines the others, so groups need no query of their own.
        _GRANTED: (
            "SELECT SetupEntityId FROM SetupEntityAccess WHERE SetupEntityType = 'CustomPermission' AND ParentId IN "
            f"(SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}')"
        ),
        _NAMED: "SELECT Id, DeveloperName FROM CustomPermission WHERE DeveloperName LIKE 'Chat2Pay_%'",
    }


def read_rights(rows: Mapping[str, Rows]) -> Rights:
    """Return the rights that the rows of ``permission_queries`` give."""
    granted = {row.get("SetupEntityId") for row in rows[_GRANTED]}
    names = [row.get("DeveloperName") for row in rows[_NAMED] if row.get("Id") in granted]
    return rights_of(_RIGHTS[name] for name in names if isinstance(name, str) and name in _RIGHTS)


def permission_for(right: str) -> str:
    """Return the developer name of the custom permission that gives a right."""
    return next(name for name, given in _RIGHTS.items() if given == right)


def permission_label(right: str) -> str:
    """Return the label of the custom permission that gives a right, as Setup shows it."""
    return _LABELS[permission_for(right)]


def user_query(user_id: str) -> str:
    """Return the SOQL query for the user who acts.

    Raises:
        ValueError: ``user_id`` is not a Salesforce id.
    """
    if not is_salesforce_id(user_id):
        raise ValueError("not a Salesforce id")
    return f"SELECT Id, Name, IsActive, TimeZoneSidKey, LanguageLocaleKey, LocaleSidKey FROM User WHERE Id = '{user_id}' LIMIT 1"
