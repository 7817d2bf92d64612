"""Look up a mapping's entries in an org's descriptions of its objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

import manifests
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.mapping import Mapping
from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused
from connector.salesforce.client import SalesforceClient
from connector.salesforce.metadata.describe import FieldDescription, ObjectDescription

CHECK = "mapping"
VERSION_RULE: str = manifests.load("salesforce/order_fields.json")["version_rule_name"]


@dataclass
class MappingInspector:
    """The state of one check of a mapping, which describes every object once."""

    tenant: Tenant
    salesforce: SalesforceClient
    looked_at: int = 0
    known: dict[str, ObjectDescription | None] = field(default_factory=dict)

    @property
    def mapping(self) -> Mapping:
        """The mapping that is checked."""
        return self.tenant.mapping

    def described(self, name: str) -> ObjectDescription | None:
        """Return an object's current description; None where our user sees no such object."""
        # Past the cache: the admin may have changed the object a minute ago, and runs the check for that.
        if name not in self.known:
            self.known[name] = self.salesforce.describe(self.tenant, name, anew=True)
        return self.known[name]

    def no_object(self, name: str, entry: str) -> Finding:
        """Return the finding that an object is missing."""
        remedy = "Deploy the Salesforce project and give the integration user its permission set."
        if name == "OrderSummary":
            remedy = "Order Management must be switched on and the integration user must see it; otherwise map Order."
        return wrong_finding(
            entry, f"The org shows our user no object {name}.", remedy, "Nothing of any order can be read or written."
        )

    def follow(self, entry: str, path: str, impact: str, *, start: str = "") -> FieldDescription | Finding:
        """Find the field at the end of a path from the order, or from another object, or the finding where it breaks off."""
        self.looked_at += 1
        kind = self.described(start or self.mapping.order_object)
        *steps, last = path.split(".")
        for step in steps:
            through = kind.relationships.get(step.lower()) if kind else None
            if through is None:
                return self._broken(entry, path, kind, step, impact)
            # SOQL ignores case, but answers come in the org's spelling, by which the values are looked up.
            if through.relationship != step:
                return misspelt_finding(entry, path, step, str(through.relationship), impact)
            # A lookup can refer to several objects, as Owner does: the first one that our user sees decides.
            kind = next(filter(None, map(self.described, through.refers_to)), None)
        found = kind.field(last) if kind else None
        if found is None:
            return self._broken(entry, path, kind, last, impact)
        return found if found.name == last else misspelt_finding(entry, path, last, found.name, impact)

    @cached_property
    def active_rules(self) -> dict[str, str] | None:
        """The message of our active validation rule, by object; None where our user may not read the set-up.

        https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_validationrule.htm
        """
        soql = "SELECT Active, ErrorMessage, EntityDefinition.QualifiedApiName FROM ValidationRule"
        path = "tooling/query?q=" + quote(f"{soql} WHERE ValidationName = '{VERSION_RULE}'")
        try:
            rows = self.salesforce.read(self.tenant, path, operation="check_mapping").get("records", [])
        except SalesforceRefused:
            return None
        return {
            str((row.get("EntityDefinition") or {}).get("QualifiedApiName")): str(row.get("ErrorMessage") or "")
            for row in rows
            if row.get("Active")
        }

    def _broken(self, entry: str, path: str, kind: ObjectDescription | None, name: str, impact: str) -> Finding:
        holder = kind.name if kind else "The object before it"
        problem = f"{path} cannot be read: {holder} shows our user no {name}."
        remedy = f"Correct {entry} in the mapping, or let the integration user and the agents read the field."
        if holder == "Account" and name.startswith("Person"):
            problem = f"{path} cannot be read: this org has no person accounts."
            remedy = f"Take {path} out of {entry}."
        if name == "CurrencyIsoCode":
            problem = f"{path} cannot be read: this org has one currency only."
            remedy = f"Set {entry} to null; the tenant's default currency serves then."
        return wrong_finding(entry, problem, remedy, impact)


def misspelt_finding(entry: str, path: str, given: str, real: str, impact: str) -> Finding:
    """Return the finding that a name works in a query, but is spelt differently in its answer."""
    problem = f"{path} names {given}, and the org calls it {real}: its answers would not be understood."
    return wrong_finding(entry, problem, f"Write {real} in {entry}.", impact)


def wrong_finding(entry: str, problem: str, remedy: str, impact: str) -> Finding:
    """Return a finding about something that fails now."""
    return Finding(CHECK, Level.WRONG, problem, remedy, impact, entry)


def soon_finding(entry: str, problem: str, remedy: str, impact: str) -> Finding:
    """Return a finding about something that will fail later."""
    return Finding(CHECK, Level.SOON, problem, remedy, impact, entry)
