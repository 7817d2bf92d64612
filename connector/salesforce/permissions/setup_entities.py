"""What else permission sets open, as the org names it: custom metadata types, principals of external credentials, and tabs.

https://developer.salesforce.com/docs/atlas.en-us.256.0.object_reference.meta/object_reference/sforce_api_objects_setupentityaccess.htm
https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_permissionsettabsetting.htm
https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_named_credentials_external_credential.htm
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused
from connector.salesforce.calls.soql import listed, select
from connector.salesforce.client import SalesforceClient
from connector.salesforce.permissions.held_rights import OPERATION, NamedEntities, short_id
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind

_SHOWN = "DefaultOn"
# What the ids of custom objects and types begin with; any other durable id is a name.
_CUSTOM_ENTITY = "01I"


def read_setup_entities(
    salesforce: SalesforceClient, tenant: Tenant, known: Mapping[str, Grant], *, wanted: Collection[Grant]
) -> NamedEntities:
    """Return ``known`` entities by their ids with those of ``wanted`` that the org shows: a call, and one a credential.

    What it refuses to show is left out, so that nobody is said to lack it.
    """
    names = {kind: sorted({one.name for one in wanted if one.kind is kind}) for kind in GrantKind}
    found = dict(_principals(salesforce, tenant, names[GrantKind.PRINCIPAL]))
    asked = {
        f"type{number}": select(["QualifiedApiName", "DurableId"], "EntityDefinition", f"QualifiedApiName = '{name}'")
        for number, name in enumerate(names[GrantKind.METADATA])
    }
    if names[GrantKind.TAB]:
        named = f"Name IN {listed(names[GrantKind.TAB])}"
        asked["tabs"] = select(["Name", "ParentId"], "PermissionSetTabSetting", named, f"Visibility = '{_SHOWN}'")
    rows = _asked(salesforce, tenant, asked)
    tabs = rows.pop("tabs", None)
    for row in (row for several in rows.values() for row in several):
        if str(row.get("DurableId")).startswith(_CUSTOM_ENTITY):
            found[short_id(row["DurableId"])] = Grant(GrantKind.METADATA, str(row["QualifiedApiName"]))
    entities = {short_id(one): grant for one, grant in known.items()} | found
    return NamedEntities(entities, None if tabs is None else _by_set(tabs))


def _asked(salesforce: SalesforceClient, tenant: Tenant, asked: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    try:
        return dict(salesforce.queries(tenant, asked, operation=OPERATION)) if asked else {}
    except SalesforceRefused:
        return {}


def _by_set(rows: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        shown[short_id(row["ParentId"])].add(str(row["Name"]))
    return {one: frozenset(names) for one, names in shown.items()}


def _principals(salesforce: SalesforceClient, tenant: Tenant, names: list[str]) -> Iterator[tuple[str, Grant]]:
    """Yield principals by their ids; a set names one as `Credential-Principal`."""
    for credential in sorted({name.partition("-")[0] for name in names}):
        try:
            shown = salesforce.read(tenant, f"named-credentials/external-credentials/{credential}", operation=OPERATION)
        except SalesforceRefused:
            continue
        for one in shown.get("principals") or ():
            name = f"{credential}-{one.get('principalName')}"
            if name in names and one.get("id"):
                yield short_id(one["id"]), Grant(GrantKind.PRINCIPAL, name)
