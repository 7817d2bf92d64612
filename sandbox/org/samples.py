"""What the org holds at its first start: knows the demo's people and orders, and refuses to know anything later."""

from datetime import UTC, datetime
from typing import Any

from sandbox.org.errors import RefusesToStart
from sandbox.org.metadata import Metadata
from sandbox.org.permission_metadata import PermissionMetadata
from sandbox.org.permissions import Permissions
from sandbox.org.records import Records, Row
from sandbox.org.rows import plant

_DOMAIN = "karoo-trading.example"
# What the org is filled with; an org that was filled with something else cannot be used any more.
_EDITION = 3
_AGENT = {"_agent": True, "_edits_orders": True, "sets": ["Chat2Pay_Agent"]}
_PROFILE_PERMISSIONS = {"Service Supervisor": ["ApiEnabled", "ViewSetup"]}
_USERS: list[dict[str, Any]] = [
    {"FirstName": "Thandi", "LastName": "Nkosi", "profile": "Service Agent", **_AGENT, "_sees_all_orders": True},
    {
        "FirstName": "Pieter",
        "LastName": "Botha",
        "profile": "Service Agent",
        **_AGENT,
        "LanguageLocaleKey": "af",
        "LocaleSidKey": "af_ZA",
    },
    {
        "FirstName": "Naledi",
        "LastName": "Khumalo",
        "profile": "Service Supervisor",
        "sets": ["Chat2Pay_Supervisor", "Order_Desk_Leads"],
        "_edits_orders": True,
        "_sees_all_orders": True,
        "_supervisor": True,
    },
    {
        "FirstName": "Chat2Pay",
        "LastName": "Integration",
        "profile": "Chat 2 Pay Integration",
        "sets": ["Chat2Pay_Integration"],
        "_edits_orders": True,
        "_sees_all_orders": True,
        "_sees_everything": True,
        "_runs_integration": True,
    },
    {
        "FirstName": "Sipho",
        "LastName": "Dlamini",
        "profile": "Minimum Access",
        "_no_access": True,
        "TimeZoneSidKey": "Europe/London",
        "LocaleSidKey": "en_GB",
    },
    {
        "FirstName": "Nomsa",
        "LastName": "Look",
        "profile": "Order Desk",
        "_edits_orders": True,
        "_sees_all_orders": True,
    },
]
_COUNTRY = "South Africa"
_STATUSES = {"Draft": "Draft", "Awaiting Payment": "Draft", "Activated": "Activated", "Ready To Ship": "Activated"}
_CUSTOMERS: list[dict[str, Any]] = [
    {
        "account": "Karoo Outfitters",
        "Phone": "(021) 555-0134",
        "contact": ("Lerato", "Mokoena"),
        "MobilePhone": "+27 83 123 4567",
    },
    {"account": "Fynbos Florists", "contact": ("Johan", "van Wyk"), "MobilePhone": "083 123 4568"},
    {"account": "Baobab Books", "contact": ("Ayanda", "Zulu")},
    {
        "account": "Drakensberg Gear",
        "Phone": "+27 11 555 0167",
        "contact": ("Priya", "Naidoo"),
        "MobilePhone": "0027831234569",
    },
    {"account": "Table Bay Traders", "contact": ("Grace", "Molefe"), "contact_phone": "083-123-4570"},
    {
        "account": "Sakura Imports",
        "country": "Japan",
        "Phone": "+81 3 5550 0142",
        "contact": ("Haruto", "Sato"),
        "MobilePhone": "+27 83 123 4571",
    },
    {"account": "Gulf Lanterns", "country": "Kuwait", "contact": ("Noor", "Al Sabah"), "MobilePhone": "+27831234572"},
    {
        "account": "Protea Holdings",
        "Phone": "27831234573",
        "contact": ("Anele", "Jacobs"),
        "MobilePhone": "27 83 123 4574",
    },
    {"person": ("Zanele", "Mbeki"), "MobilePhone": "+27 83 123 4575"},
]


def _custom(total: str, *, tax: str, sub_total: str, currency: str = "ZAR") -> dict[str, str]:
    """An order's standard amount is what its products add up to, before tax."""
    amounts = {"Grand_Total__c": total, "Tax__c": tax, "Sub_Total__c": sub_total, "TotalAmount": sub_total}
    return {**amounts, "Currency__c": currency}


_ORDERS: list[dict[str, Any]] = [
    {
        "owner": "Thandi",
        **_custom("115.00", tax="15.00", sub_total="100.00"),
        "Description": "The plain case: total, tax and sub-total agree.",
    },
    {"owner": "Pieter", "TotalAmount": "2499.00", "Description": "Only the standard total; no tax field."},
    {
        "owner": "Thandi",
        **_custom("460.00", tax="60.00", sub_total="400.00"),
        "Description": "Nobody on this order has a phone number.",
    },
    {
        "owner": "Pieter",
        **_custom("230.00", tax="30.00", sub_total="190.00"),
        "Description": "The amounts do not add up.",
    },
    {
        "owner": "Thandi",
        **_custom("899.00", tax="117.26", sub_total="781.74"),
        "Status": "Activated",
        "Description": "Already activated.",
    },
    {
        "owner": "Thandi",
        **_custom("5500", tax="500", sub_total="5000", currency="JPY"),
        "Description": "A currency without decimals.",
    },
    {
        "owner": "Thandi",
        **_custom("12.345", tax="0.588", sub_total="11.757", currency="KWD"),
        "Description": "A currency with three decimals.",
    },
    {
        "owner": "Naledi",
        **_custom("18400.00", tax="2400.00", sub_total="16000.00"),
        "only": "Naledi",
        "Description": "Only some may see this order.",
    },
    {
        "owner": "Thandi",
        **_custom("345.00", tax="45.00", sub_total="300.00"),
        "Description": "The customer is a person, not a company.",
    },
]


def fill(
    records: Records, *, metadata: Metadata, permissions: Permissions, known: PermissionMetadata, org_id: str
) -> None:
    """Plant everything once; a later start finds it and leaves it alone. Raises RefusesToStart."""
    edition = records.setting("filled")
    if edition == _EDITION:
        return
    if edition is not None:
        raise RefusesToStart("this folder holds an org of an earlier sandbox: start afresh, in an empty folder")
    with records.transaction():
        users = _plant_users(records, metadata)
        system = users["Chat2Pay"]["Id"]
        _plant_permissions(permissions, known, users=users, records=records)
        _plant_settings(records, metadata, org_id=org_id, user_id=system)
        bills = _plant_customers(records, metadata, user_id=system)
        for order, bill in zip(_ORDERS, bills, strict=True):
            _plant_order(records, metadata, order={**bill, **order}, users=users)
    records.keep_setting("filled", _EDITION)


def _plant_users(records: Records, metadata: Metadata) -> dict[str, Row]:
    planted: dict[str, Row] = {}
    for user in _USERS:
        values = {name: value for name, value in user.items() if name not in ("profile", "sets")}
        profile = _plant_named(records, metadata, object_name="Profile", name=user["profile"])
        role = _plant_named(records, metadata, object_name="UserRole", name=user["profile"])
        first, last = user["FirstName"], user["LastName"]
        username = f"{first}.{last}@{_DOMAIN}".lower()
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
            "LocaleSidKey": "en_ZA",
            "LanguageLocaleKey": "en_US",
        }
        planted[first] = plant(records, metadata, object_name="User", values=defaults | values, user_id="")
    return planted


def _plant_permissions(
    permissions: Permissions, known: PermissionMetadata, *, users: dict[str, Row], records: Records
) -> None:
    system = users["Chat2Pay"]["Id"]
    permissions.plant(known, user_id=system)
    owned = {}
    for profile in records.rows("Profile"):
        granted = _PROFILE_PERMISSIONS.get(profile["Name"], ["ApiEnabled"])
        owned[profile["Id"]] = permissions.plant_for_profile(
            profile["Id"], name=profile["Name"], permissions=granted, user_id=system
        )
    for spec in _USERS:
        user = users[spec["FirstName"]]
        permissions.assign(user, owned[user["ProfileId"]]["Id"])
        permissions.replace_sets(user, (one for name in spec.get("sets", ()) if (one := permissions.set_named(name))))
    permissions.settle()


def _plant_named(records: Records, metadata: Metadata, *, object_name: str, name: str) -> str:
    found = next((row for row in records.rows(object_name) if row["Name"] == name), None)
    row = found or plant(records, metadata, object_name=object_name, values={"Name": name}, user_id="")
    return str(row["Id"])


def _plant_settings(records: Records, metadata: Metadata, *, org_id: str, user_id: str) -> None:
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
    plant(records, metadata, object_name="Organization", values=organization, user_id=user_id, record_id=org_id)
    for place, (name, code) in enumerate(_STATUSES.items(), start=1):
        status = {"ApiName": name, "MasterLabel": name, "StatusCode": code, "SortOrder": place, "IsDefault": place == 1}
        plant(records, metadata, object_name="OrderStatus", values=status, user_id=user_id)


def _plant_customers(records: Records, metadata: Metadata, *, user_id: str) -> list[dict[str, str]]:
    bills: list[dict[str, str]] = []
    for customer in _CUSTOMERS:
        if "person" in customer:
            bills.append(_plant_person(records, metadata, customer=customer, user_id=user_id))
            continue
        country = customer.get("country", _COUNTRY)
        account = {
            "Name": customer["account"],
            "Phone": customer.get("Phone"),
            "Type": "Customer",
            "BillingCountry": country,
        }
        account_id = plant(records, metadata, object_name="Account", values=account, user_id=user_id)["Id"]
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
        contact_id = plant(records, metadata, object_name="Contact", values=contact, user_id=user_id)["Id"]
        bills.append({"AccountId": account_id, "BillToContactId": contact_id, "BillingCountry": country})
    return bills


def _plant_person(records: Records, metadata: Metadata, *, customer: dict[str, Any], user_id: str) -> dict[str, str]:
    """Keep an account that is a person, with the contact that Salesforce keeps behind it."""
    first, last = customer["person"]
    person = {"FirstName": first, "LastName": last, "IsPersonAccount": True}
    phone = customer["MobilePhone"]
    account = person | {
        "Name": f"{first} {last}",
        "Type": "Customer",
        "PersonMobilePhone": phone,
        "BillingCountry": _COUNTRY,
    }
    account_id = plant(records, metadata, object_name="Account", values=account, user_id=user_id)["Id"]
    contact = person | {"AccountId": account_id, "MobilePhone": phone}
    contact_id = plant(records, metadata, object_name="Contact", values=contact, user_id=user_id)["Id"]
    kept = records.get("Account", account_id) or {}
    records.put("Account", kept | {"PersonContactId": contact_id})
    return {"AccountId": account_id, "BillingCountry": _COUNTRY}


def _plant_order(records: Records, metadata: Metadata, *, order: dict[str, Any], users: dict[str, Row]) -> None:
    values = {name: value for name, value in order.items() if name not in ("owner", "only")}
    values |= {
        "OwnerId": users[order["owner"]]["Id"],
        "EffectiveDate": datetime.now(UTC).date().isoformat(),
        "Type": "Phone",
    }
    values.setdefault("Status", "Draft")
    if "only" in order:
        values["_visible_to"] = [users[order["only"]]["Id"]]
    plant(records, metadata, object_name="Order", values=values, user_id=values["OwnerId"])
