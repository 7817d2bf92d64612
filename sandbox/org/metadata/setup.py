"""What an admin can switch in Setup, and the metadata that results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sandbox.org.metadata.objects import Field, ObjectType

FEATURES = ("multi_currency", "person_accounts", "order_summaries", "country_picklists")


@dataclass(frozen=True)
class Setup:
    """Saved in the org's file: it survives a restart, as it does in Salesforce."""

    multi_currency: bool = False
    person_accounts: bool = True
    order_summaries: bool = False
    country_picklists: bool = False
    # Whose tokens login IP ranges refuse: "", "agents" or "everyone".
    ip_refused: str = ""
    client_secret_expired: bool = False
    session_s: int = 7200
    # {"Order.Chat2Pay_Status__c": {"restricted": true, "without": ["paid"]}}
    picklists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # {"Order.Chat2Pay_Status__c": {"readable": true, "editable": false}}, for the integration user
    field_permissions: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    # The same for everybody else.
    agent_field_permissions: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def has(self, feature: str) -> bool:
        """Return whether the feature is on; what belongs to no feature is always there."""
        return all(getattr(self, name) for name in feature.split())

    def as_json(self) -> dict[str, Any]:
        """Return the features and refusals by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def apply_setup(every: Mapping[str, ObjectType], *, setup: Setup) -> dict[str, ObjectType]:
    """Return the objects that exist with this setup, with the fields and values that exist with it."""
    return {name: _apply_to_object(kind, setup=setup) for name, kind in every.items() if setup.has(kind.feature)}


def _apply_to_object(kind: ObjectType, *, setup: Setup) -> ObjectType:
    present = {
        name: _apply_to_field(kind, one, setup=setup) for name, one in kind.fields.items() if setup.has(one.feature)
    }
    return kind if present == kind.fields else replace(kind, fields=present)


def _apply_to_field(kind: ObjectType, one: Field, *, setup: Setup) -> Field:
    changed = setup.picklists.get(f"{kind.name}.{one.name}")
    if changed is None:
        return one
    values = tuple(value for value in one.values if value not in changed.get("without", ()))
    return replace(one, values=values, restricted=changed.get("restricted", one.restricted))
