"""The sample users, customers and orders."""

from __future__ import annotations

from typing import Any

DOMAIN = "karoo-trading.example"
AGENT = {"_agent": True, "_edits_orders": True, "sets": ["Chat2Pay_Agent"]}
PROFILE_PERMISSIONS = {"Service Supervisor": ["ApiEnabled", "ViewSetup"]}
# What the org's own admin lets people read beside what the product's sets give: the sample customers are person accounts.
PROFILE_READS = ["Account.PersonMobilePhone"]
USERS: list[dict[str, Any]] = [
    {"FirstName": "Thandi", "LastName": "Nkosi", "profile": "Service Agent", **AGENT, "_sees_all_orders": True},
    {
        "FirstName": "Pieter",
        "LastName": "Botha",
        "profile": "Service Agent",
        **AGENT,
        "LanguageLocaleKey": "af",
        "LocaleSidKey": "af_ZA",
    },
    {
        "FirstName": "Naledi",
        "LastName": "Khumalo",
        "profile": "Service Supervisor",
        "sets": ["Chat2Pay_Supervisor", "Order_Desk_Leads"],
        "groups": ["Chat2Pay_Supervisors"],
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
COUNTRY = "South Africa"
# Two of each kind: a mapping of statuses must look at the code and not at the word.
STATUSES = {"Draft": "Draft", "Awaiting Payment": "Draft", "Activated": "Activated", "Ready To Ship": "Activated"}
# Numbers in the forms that people type, and an account without any; two in countries whose currencies have other decimals.
CUSTOMERS: list[dict[str, Any]] = [
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


# lines: (product, quantity, price of one).
ORDERS: list[dict[str, Any]] = [
    {
        "owner": "Thandi",
        **_custom("115.00", tax="15.00", sub_total="100.00"),
        "Description": "The plain case: total, tax and sub-total agree.",
        "lines": [("Canvas satchel", "1", "64.00"), ("Water bottle, 750 ml", "2", "18.00")],
    },
    {
        "owner": "Pieter",
        "TotalAmount": "2499.00",
        "Description": "Only the standard total; no tax field.",
        "lines": [("Flower arch, hire for a day", "1", "1999.00"), ("Rose, long stem", "25", "20.00")],
    },
    {
        "owner": "Thandi",
        **_custom("460.00", tax="60.00", sub_total="400.00"),
        "Description": "Nobody on this order has a phone number.",
        "lines": [("Field guide to the Kruger", "2", "150.00"), ("Bookmark, brass", "4", "25.00")],
    },
    {
        "owner": "Pieter",
        **_custom("230.00", tax="30.00", sub_total="190.00"),
        "Description": "The amounts do not add up.",
        "lines": [("Climbing rope, per metre", "9.5", "20.00")],
    },
    {
        "owner": "Thandi",
        **_custom("899.00", tax="117.26", sub_total="781.74"),
        "Status": "Activated",
        "Description": "Already activated.",
        "lines": [("Sailing jacket", "1", "699.00"), ("Mooring line, per metre", "6", "13.79")],
    },
    {
        "owner": "Thandi",
        **_custom("5500", tax="500", sub_total="5000", currency="JPY"),
        "Description": "A currency without decimals.",
        "lines": [("Sencha, 100 g", "2", "1750"), ("Tea bowl", "1", "1500")],
    },
    {
        "owner": "Thandi",
        **_custom("12.345", tax="0.588", sub_total="11.757", currency="KWD"),
        "Description": "A currency with three decimals.",
        "lines": [("Lantern, brass", "1", "9.507"), ("Candle", "3", "0.750")],
    },
    {
        "owner": "Naledi",
        **_custom("18400.00", tax="2400.00", sub_total="16000.00"),
        "only": "Naledi",
        "Description": "Only some may see this order.",
        "lines": [("Conference chair", "40", "425.00"), ("Chair that was given back", "-2", "500.00")],
    },
    {
        "owner": "Thandi",
        **_custom("345.00", tax="45.00", sub_total="300.00"),
        "Description": "The customer is a person, not a company.",
        "lines": [("Sun hat", "1", "300.00")],
    },
]
