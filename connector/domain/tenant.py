"""Knows what a tenant is: one customer, exactly one Salesforce org and its payment core; refuses to know how it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connector.domain.payment import Channel
from connector.settings import Secret

_ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
# https://help.salesforce.com/s/articleView?id=000385203&type=1: the first three characters name the object.
KEY_PREFIXES = {"Order": "801", "OrderSummary": "1Os"}
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_salesforce_id(text: object) -> bool:
    """Say whether ``text`` has the form of a record id, 15 or 18 characters."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def long_id(record_id: str) -> str:
    """Return the 18-character form of a valid id, so that both forms meet the same row.

    The suffix encodes which of the 15 characters are capitals:
    https://help.salesforce.com/s/articleView?id=000385008&type=1
    """
    head = record_id[:15]
    groups = (head[start : start + 5] for start in (0, 5, 10))
    return head + "".join(_SUFFIX[sum(1 << place for place, c in enumerate(group) if c.isupper())] for group in groups)


@dataclass(frozen=True)
class Profile:
    """Where an order keeps its amounts; the first profile whose total is filled in serves."""

    name: str
    total: str
    tax: str | None
    sub_total: str | None
    currency: str | None


@dataclass(frozen=True)
class Mapping:
    """Which Salesforce fields are read and written."""

    order_object: str
    request_object: str
    request_external_id: str
    number: str
    account: str | None
    currency: str | None
    phones: tuple[str, ...]
    profiles: tuple[Profile, ...]
    write_order: dict[str, str]
    write_request: dict[str, str]
    api_version: str


@dataclass(frozen=True)
class SalesforceAccess:
    """How the connector gets into the org."""

    host_url: str
    client_id: str
    client_secret: Secret = field(repr=False)
    canvas_secrets: tuple[Secret, ...] = field(repr=False)
    frame_origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class BasicProof:
    """HTTP Basic credentials that callback notifications must carry."""

    user: str
    password: Secret = field(repr=False)


@dataclass(frozen=True)
class CoreAccess:
    """How the connector reaches the payment core, and how it knows the core's callbacks."""

    base_url: str
    api_key: Secret = field(repr=False)
    application: str
    environment: str
    callback_key: str = field(repr=False)
    proofs: tuple[BasicProof, ...] = field(repr=False, default=())
    confirm: bool = True


@dataclass(frozen=True)
class CoreConfiguration:
    """What the tenant's core offers, as it last said."""

    channels: tuple[Channel, ...]
    currencies: tuple[str, ...]
    merchant_name: str | None
    delivery_reports: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Tenant:
    """One row of the tenants table, opened. ``org_id`` has 18 characters."""

    tenant_id: str
    name: str
    org_id: str
    salesforce: SalesforceAccess
    core: CoreAccess
    configuration: CoreConfiguration
    mapping: Mapping
    default_currency: str
    phone_region: str | None
    language: str
    admin_contact: str
    parts_allowed: bool = False
    disabled: bool = False
