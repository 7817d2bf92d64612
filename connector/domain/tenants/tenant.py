"""A tenant: one customer, exactly one Salesforce org and its payment core."""

from __future__ import annotations

import base64
import collections.abc as abc
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from connector.domain.payments.payment import Channel
from connector.domain.tenants.mapping import Mapping
from foundation.money import iso_digits
from foundation.phones.phone import Phone
from foundation.phones.spellings import canonical, spellings
from foundation.secret import Secret

_ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
# https://help.salesforce.com/s/articleView?id=000385203&type=1: the first three characters name the object.
KEY_PREFIXES = {"Order": "801", "OrderSummary": "1Os"}
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SIGNING_PREFIX = "whsec_"
_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def read_id(text: object, *, prefix: str = "") -> str | None:
    """Return the 18-character form of a record id, so that all forms find the same row; None for what is not an id.

    The last three of 18 characters encode which of the 15 before them are capitals, so an id whose case was lost is restored,
    and one whose case they contradict is refused.
    https://help.salesforce.com/s/articleView?id=000385008&type=1
    """
    if not isinstance(text, str) or not _ID.fullmatch(text):
        return None
    head, suffix = text[:15], text[15:].upper()
    whole = _with_suffix(head)
    if suffix and whole[15:] != suffix:
        restored = _with_restored_case(head, suffix) if text in (text.upper(), text.lower()) else None
        if restored is None or not restored.endswith(suffix):
            return None
        whole = restored
    return whole if whole.startswith(prefix) else None


def _with_suffix(head: str) -> str:
    groups = (head[start : start + 5] for start in (0, 5, 10))
    return head + "".join(_SUFFIX[sum(1 << place for place, c in enumerate(group) if c.isupper())] for group in groups)


def _with_restored_case(head: str, suffix: str) -> str | None:
    """Return an id with the case that its suffix encodes; None for an invalid suffix."""
    if any(letter not in _SUFFIX for letter in suffix):
        return None
    capital = [_SUFFIX.index(suffix[place // 5]) >> place % 5 & 1 for place in range(15)]
    return _with_suffix("".join(c.upper() if up else c.lower() for c, up in zip(head, capital, strict=True)))


def is_salesforce_id(text: object) -> bool:
    """Return whether ``text`` is a record id, 15 or 18 characters."""
    return read_id(text) is not None


def long_id(record_id: str) -> str:
    """Return the 18-character form of a record id.

    Raises:
        ValueError: it is not a record id.
    """
    whole = read_id(record_id)
    if whole is None:
        raise ValueError("not a Salesforce id")
    return whole


class Flow(StrEnum):
    """The OAuth flow by which the connector logs in to Salesforce."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "jwt_bearer"


@dataclass(frozen=True)
class SalesforceAccess:
    """Access to the org: by a client secret, or by a private key with the username and audience that it signs for."""

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
    """The key that signs callback notifications, in the form of Standard Webhooks (``whsec_`` and base64)."""

    key: Secret = field(repr=False)


@dataclass(frozen=True)
class NoProof:
    """Explicitly no proof, for a core that can send none; its callbacks are only a reason to read its record (ADR 21)."""


Proof = BasicProof | HmacProof | NoProof


class ProofKind(StrEnum):
    """How callback notifications prove themselves, as commands and configuration files name it."""

    BASIC = "basic"
    HMAC = "hmac"
    NONE = "none"


def signing_key(secret: str) -> bytes:
    """Return the bytes of a signing secret: ``whsec_`` and base64 in either alphabet, padded or not.

    Raises:
        ValueError: it is not base64.
    """
    text = secret.strip().removeprefix(SIGNING_PREFIX).rstrip("=").translate(_STANDARD_ALPHABET)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


@dataclass(frozen=True)
class CoreAccess:
    """Access to the payment core, and the credentials of its callbacks."""

    base_url: str
    api_key: Secret = field(repr=False)
    application: str
    environment: str
    callback_key: str = field(repr=False)
    proofs: tuple[Proof, ...] = field(repr=False, default=())
    confirm: bool = True
    # During a rotation of the callback addresses, those with the former key are valid too.
    former_callback_key: str | None = field(repr=False, default=None)

    @property
    def takes_unproven(self) -> bool:
        """Return whether callbacks without any proof are accepted, so that the addresses themselves are the secret."""
        return any(isinstance(one, NoProof) for one in self.proofs)


@dataclass(frozen=True)
class CoreConfiguration:
    """What the tenant's core last offered; ``currency_digits`` has the currencies whose digits it states."""

    channels: tuple[Channel, ...]
    currencies: tuple[str, ...]
    merchant_name: str | None
    delivery_reports: tuple[Channel, ...] = ()
    currency_digits: abc.Mapping[str, int] = field(default_factory=dict)
    # Decimal texts by currency, where the core states them.
    minimum_amounts: abc.Mapping[str, str] = field(default_factory=dict)
    maximum_amounts: abc.Mapping[str, str] = field(default_factory=dict)
    amount_steps: abc.Mapping[str, str] = field(default_factory=dict)

    def digits_of(self, currency: str) -> int:
        """Return the decimal digits of amounts in ``currency`` at this core: as it states, else by ISO 4217."""
        return self.currency_digits.get(currency, iso_digits(currency))

    def minimum_of(self, currency: str) -> Decimal | None:
        """Return the least amount of a payment link at this core; None where it states none."""
        return _amount(self.minimum_amounts.get(currency))

    def maximum_of(self, currency: str) -> Decimal | None:
        """Return the greatest amount of a payment link at this core; None where it states none."""
        return _amount(self.maximum_amounts.get(currency))

    def step_of(self, currency: str) -> Decimal | None:
        """Return what every amount must be a multiple of at this core; None where it states nothing."""
        return _amount(self.amount_steps.get(currency)) or None


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class RightsFrom(StrEnum):
    """The source of agents' rights: custom permissions, or access to the order."""

    CUSTOM_PERMISSIONS = "custom_permissions"
    ORDER_ACCESS = "order_access"


@dataclass(frozen=True)
class Policy:
    """What the admin allows, and the limits on sends."""

    rights_from: RightsFrom = RightsFrom.CUSTOM_PERMISSIONS
    only_own_requests: bool = False
    flow_may_give_phone: bool = False
    flow_may_name_user: bool = False
    require_launched_at: bool = False
    # Whether agents may take a link out of its message, where no delivery report follows it.
    copy_links: bool = False
    # Bells in Salesforce to agents and supervisors, and the platform event that flows hang on.
    notifications: bool = True
    payment_events: bool = False
    # Captures as Payment records of Salesforce Order Management.
    order_payments: bool = False
    sends_per_order_hour: int = 10
    sends_per_number_hour: int = 6
    sends_per_tenant_minute: int = 120


DEFAULT_POLICY = Policy()


@dataclass(frozen=True)
class Tenant:
    """One row of the tenants table, decrypted. ``org_id`` has 18 characters."""

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
    phone_key: Secret = field(repr=False)
    parts_allowed: bool = False
    disabled: bool = False
    policy: Policy = DEFAULT_POLICY

    def customer_language(self, of_order: str | None) -> str:
        """Return the language in which a customer is written to: the order's, else the tenant's."""
        return of_order or self.language

    def digest_of(self, phone: Phone) -> bytes:
        """Return the keyed digest by which a number is stored and counted, whatever its spelling."""
        return _digest(self.phone_key, canonical(phone.digits))

    def digests_of(self, phone: Phone) -> tuple[bytes, ...]:
        """Return every digest under which a number may be stored, the present one first."""
        # Older versions stored the digest of the spelling that they received, and a digest cannot be recomputed without the
        # number.
        return _digests(self.phone_key, phone.digits)

    def digest_of_text(self, text: str) -> bytes:
        """Return the keyed digest by which a text that may hold a number is compared, without keeping it."""
        return _digest(self.phone_key, text)


# An open page asks about its order's number at each poll.
@lru_cache(maxsize=1024)
def _digests(key: Secret, digits: str) -> tuple[bytes, ...]:
    return tuple(_digest(key, one) for one in spellings(digits))


def _digest(key: Secret, text: str) -> bytes:
    return hmac.new(key.value.encode(), text.encode(), hashlib.sha256).digest()
