"""What an admin has switched in Setup: knows the switches and their defaults, and refuses to act on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

FEATURES = ("multi_currency", "person_accounts", "order_summaries", "country_picklists")


@dataclass(frozen=True)
class Setup:
    """Kept in the org's file: it survives a restart, as it does in Salesforce."""

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
        return {one.name: getattr(self, one.name) for one in fields(self)}
