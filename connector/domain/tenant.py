"""Knows what a tenant is: one customer, exactly one Salesforce org and its payment core; refuses to know how it is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.mapping import Mapping
from connector.domain.payment import Channel
from connector.domain.phone import Phone
from connector.settings import Secret

_ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
# https://help.salesforce.com/s/articleView?id=000385203&type=1: the first three characters name the object.
KEY_PREFIXES = {"Order": "801", "OrderSummary": "1Os"}
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SIGNING_PREFIX = "whsec_"
_STANDARD_ALPHABET = str.maketrans("-_", "+/")


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


class Flow(StrEnum):
    """How the connector proves to Salesforce who it is."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "jwt_bearer"


@dataclass(frozen=True)
class SalesforceAccess:
    """How the connector gets into the org: a client secret, or a key with the username and audience it signs for."""

    host_url: str
    client_id: str
    canvas_secrets: tuple[Secret, ...] = field(repr=False)
    frame_origins: tuple[str, ...] = ()
    flow: Flow = Flow.CLIENT_CREDENTIALS
    client_secret: Secret | None = field(repr=False, default=None)
    username: str | None = None
    private_key: Secret | None = field(repr=False, default=None)
    audience: str | None = None


@dataclass(frozen=True)
class BasicProof:
    """HTTP Basic credentials that callback notifications must carry."""

    user: str
    password: Secret = field(repr=False)


@dataclass(frozen=True)
class HmacProof:
    """The key that callback notifications are signed with, as Standard Webhooks has it (``whsec_`` and base64)."""

    key: Secret = field(repr=False)


Proof = BasicProof | HmacProof


def signing_key(secret: str) -> bytes:
    """Return the bytes that a signing secret stands for: ``whsec_`` and base64 in either alphabet, padded or not.

    Raises:
        ValueError: it is no base64.
    """
    text = secret.strip().removeprefix(SIGNING_PREFIX).rstrip("=").translate(_STANDARD_ALPHABET)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


@dataclass(frozen=True)
class CoreAccess:
    """How the connector reaches the payment core, and how it knows the core's callbacks."""

    base_url: str
    api_key: Secret = field(repr=False)
    application: str
    environment: str
    callback_key: str = field(repr=False)
    proofs: tuple[Proof, ...] = field(repr=False, default=())
    confirm: bool = True


@dataclass(frozen=True)
class CoreConfiguration:
    """What the tenant's core offers, as it last said."""

    channels: tuple[Channel, ...]
    currencies: tuple[str, ...]
    merchant_name: str | None
    delivery_reports: tuple[Channel, ...] = ()


class RightsFrom(StrEnum):
    """Where an agent's rights come from: custom permissions, or being able to see the order."""

    CUSTOM_PERMISSIONS = "custom_permissions"
    ORDER_ACCESS = "order_access"


@dataclass(frozen=True)
class Policy:
    """What the admin allows, and how much of it before it looks like misuse."""

    rights_from: RightsFrom = RightsFrom.CUSTOM_PERMISSIONS
    only_own_requests: bool = False
    flow_may_give_phone: bool = False
    sends_per_order_hour: int = 10
    sends_per_number_hour: int = 6
    sends_per_tenant_minute: int = 120


DEFAULT_POLICY = Policy()


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
    number_key: Secret = field(repr=False)
    parts_allowed: bool = False
    disabled: bool = False
    policy: Policy = DEFAULT_POLICY

    def digest_of(self, phone: Phone) -> bytes:
        """Return the keyed digest that a number is counted and found by; without the key it tells nothing."""
        return hmac.new(self.number_key.value.encode(), phone.digits.encode(), hashlib.sha256).digest()
