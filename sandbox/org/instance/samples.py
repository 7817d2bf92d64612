"""The loading of the sample data at the first start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.org.instance.deployed_rows import deploy_rows
from sandbox.org.instance.sample_data import (
    COUNTRY,
    CUSTOMERS,
    DOMAIN,
    ORDERS,
    PROFILE_PERMISSIONS,
    PROFILE_READS,
    STATUSES,
    USERS,
)
from sandbox.org.metadata.objects import Metadata
from sandbox.org.permissions.permission_sets import Permissions
from sandbox.org.permissions.source_format import read_sample_permissions
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.wire.errors import StartupError

# What the org is filled with; an org that was filled with something else cannot be used any more.
_EDITION = 5


def load_samples(
    records: RecordStore, *, metadata: Metadata, permissions: Permissions, folders: list[Path], org_id: str
) -> None:
    """Load everything once; a later start finds it and leaves it alone. Raises StartupError."""
    edition = records.setting("filled")
    if edition == _EDITION:
        return
    # There are no migrations of a sandbox: its data is made anew in a second.
    if edition is not None:
        raise StartupError("this folder holds an org of an earlier sandbox: start afresh, in an empty folder")
    with records.transaction():
        # Users first: every other row names one as its maker.
        users = _load_users(records, metadata)
        system = users["Chat2Pay"]["Id"]
        permissions.load(read_sample_permissions(), user_id=system)
        deploy_rows(folders, records=records, metadata=metadata, permissions=permissions, user_id=system)
        _load_permissions(permissions, users=users, records=records)
        _load_members(records, metadata, users=users)
        _load_settings(records, metadata, org_id=org_id, user_id=system)
        bills = _load_customers(records, metadata, user_id=system)
        for order, bill in zip(ORDERS, bills, strict=True):
            row = _load_order(records, metadata, order={**bill, **order}, users=users)
            _load_lines(records, metadata, lines=order["lines"], order=row)
    records.save_setting("filled", _EDITION)


def _load_users(records: RecordStore, metadata: Metadata) -> dict[str, Row]:
    users: dict[str, Row] = {}
    for user in USERS:
        values = {name: value for name, value in user.items() if name not in ("profile", "sets", "groups")}
        profile = _load_named(records, metadata, object_name="Profile", name=user["profile"])
        # A role for each profile: launches name it, and nothing here shares records by roles.
        role = _load_named(records, metadata, object_name="UserRole", name=user["profile"])
        first, last = user["FirstName"], user["LastName"]
        username = f"{first}.{last}@{DOMAIN}".lower()
        defaults = {
            "Name": f"{first} {last}",
            "Username": username,
            "Email": username,
            "Alias": f"{first[:1]}{last[:4]}".lower(),
            "IsActive": True,
            "UserType": "Standard",
            "ProfileId": profile,
            "UserRoleId": role,
            "TimeZoneSidKey": "Africa/Johannesburg",
            "LocaleSidKey": "en_GB",
            "LanguageLocaleKey": "en_US",
        }
        users[first] = load_row(records, metadata, object_name="User", values=defaults | values, user_id="")
    return users


def _load_permissions(permissions: Permissions, *, users: dict[str, Row], records: RecordStore) -> None:
    """Assign what there is: an org that has nothing of the product assigns nothing of it."""
    system = users["Chat2Pay"]["Id"]
    owned = {}
    for profile in records.rows("Profile"):
        granted = PROFILE_PERMISSIONS.get(profile["Name"], ["ApiEnabled"])
        owned[profile["Id"]] = permissions.load_profile_set(
            profile["Id"], name=profile["Name"], permissions=granted, reads=PROFILE_READS, user_id=system
        )
    for spec in USERS:
        user = users[spec["FirstName"]]
        permissions.assign(user, owned[user["ProfileId"]]["Id"])
        permissions.replace_sets(user, (one for name in spec.get("sets", ()) if (one := permissions.set_named(name))))
    # At the end: the marks follow from all sets of a user together.
    permissions.sync_user_marks()


def _load_members(records: RecordStore, metadata: Metadata, *, users: dict[str, Row]) -> None:
    for group in records.rows("Group"):
        for spec in USERS:
            if group["DeveloperName"] in spec.get("groups", ()):
                user_id = users[spec["FirstName"]]["Id"]
                member = {"GroupId": group["Id"], "UserOrGroupId": user_id}
                load_row(records, metadata, object_name="GroupMember", values=member, user_id=user_id)


def _load_named(records: RecordStore, metadata: Metadata, *, object_name: str, name: str) -> str:
    found = next((row for row in records.rows(object_name) if row["Name"] == name), None)
    row = found or load_row(records, metadata, object_name=object_name, values={"Name": name}, user_id="")
    return str(row["Id"])


def _load_settings(records: RecordStore, metadata: Metadata, *, org_id: str, user_id: str) -> None:
    organization = {
        "Name": "Karoo Trading",
        "IsSandbox": True,
        "InstanceName": "SBX1",
        "OrganizationType": "Enterprise Edition",
        "LanguageLocaleKey": "en_US",
        "DefaultLocaleSidKey": "en_ZA",
        "TimeZoneSidKey": "Africa/Johannesburg",
        "Country": "ZA",
    }
    load_row(records, metadata, object_name="Organization", values=organization, user_id=user_id, record_id=org_id)
    for place, (name, code) in enumerate(STATUSES.items(), start=1):
        status = {"ApiName": name, "MasterLabel": name, "StatusCode": code, "SortOrder": place, "IsDefault": place == 1}
        load_row(records, metadata, object_name="OrderStatus", values=status, user_id=user_id)


def _load_customers(records: RecordStore, metadata: Metadata, *, user_id: str) -> list[dict[str, str]]:
    bills: list[dict[str, str]] = []
    for customer in CUSTOMERS:
        if "person" in customer:
            bills.append(_load_person(records, metadata, customer=customer, user_id=user_id))
            continue
        country = customer.get("country", COUNTRY)
        account = {
            "Name": customer["account"],
            "Phone": customer.get("Phone"),
            "Type": "Customer",
            "BillingCountry": country,
        }
        account_id = load_row(records, metadata, object_name="Account", values=account, user_id=user_id)["Id"]
        first, last = customer["contact"]
        contact = {
            "FirstName": first,
            "LastName": last,
            "AccountId": account_id,
            "MobilePhone": customer.get("MobilePhone"),
            "Phone": customer.get("contact_phone"),
            "Email": f"{first}@customer.example".lower(),
            "MailingCountry": country,
        }
        contact_id = load_row(records, metadata, object_name="Contact", values=contact, user_id=user_id)["Id"]
        bills.append({"AccountId": account_id, "BillToContactId": contact_id, "BillingCountry": country})
    return bills


def _load_person(records: RecordStore, metadata: Metadata, *, customer: dict[str, Any], user_id: str) -> dict[str, str]:
    """Load an account that is a person, with the contact that Salesforce stores for it."""
    first, last = customer["person"]
    person = {"FirstName": first, "LastName": last, "IsPersonAccount": True}
    phone = customer["MobilePhone"]
    account = person | {
        "Name": f"{first} {last}",
        "Type": "Customer",
        "PersonMobilePhone": phone,
        "BillingCountry": COUNTRY,
    }
    account_id = load_row(records, metadata, object_name="Account", values=account, user_id=user_id)["Id"]
    contact = person | {"AccountId": account_id, "MobilePhone": phone}
    contact_id = load_row(records, metadata, object_name="Contact", values=contact, user_id=user_id)["Id"]
    saved = records.get("Account", account_id) or {}
    # Both records point at each other, and neither id is known before its row is.
    records.put("Account", saved | {"PersonContactId": contact_id})
    return {"AccountId": account_id, "BillingCountry": COUNTRY}


def _load_order(records: RecordStore, metadata: Metadata, *, order: dict[str, Any], users: dict[str, Row]) -> Row:
    values = {name: value for name, value in order.items() if name not in ("owner", "only", "lines")}
    values |= {
        "OwnerId": users[order["owner"]]["Id"],
        "EffectiveDate": datetime.now(UTC).date().isoformat(),
        "Type": "Phone",
    }
    values.setdefault("Status", "Draft")
    # Sharing of one record by hand, which an org does with rows of OrderShare; those are left out.
    if "only" in order:
        values["_visible_to"] = [users[order["only"]]["Id"]]
    return load_row(records, metadata, object_name="Order", values=values, user_id=values["OwnerId"])


def _load_lines(records: RecordStore, metadata: Metadata, *, lines: list[tuple[str, str, str]], order: Row) -> None:
    for name, quantity, price in lines:
        user_id = str(order["OwnerId"])
        product = {"Name": name, "IsActive": True}
        product_id = load_row(records, metadata, object_name="Product2", values=product, user_id=user_id)["Id"]
        values = {"OrderId": order["Id"], "Product2Id": product_id, "Quantity": quantity, "UnitPrice": price}
        load_row(records, metadata, object_name="OrderItem", values=values, user_id=user_id)
