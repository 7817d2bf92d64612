"""Valid settings, tenants, signed requests and callback bodies, of which a test breaks one thing.

What is signed or encoded here is written anew, in few lines, so that a fault in the product cannot hide behind its twin.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from datetime import datetime, timedelta
from typing import Any

from connector.domain.tenants.tenant import Tenant
from connector.settings import Settings
from connector.store.tenants.tenants import build_tenant
from foundation.secret import Secret
from sandbox.mapping import with_own_totals

HOST = "https://acme.my.salesforce.com"
CORE = "https://chat2pay-service.clickatell.com"
ORIGINS = (HOST, "https://acme.lightning.force.com", "https://acme--c.vf.force.com")
CANVAS_SECRET, OLD_CANVAS_SECRET = "canvas-secret-new-0001", "canvas-secret-old-0000"
CORE_KEY, CALLBACK_KEY = "core-api-key-c0ffee", "callback-key-5eed"
CALLBACK_USER, CALLBACK_PASSWORD = "acme", "callback-password-77"
LAUNCH_KEY = "launch-key-of-thirty-two-characters-at-least"
PHONE, OTHER_PHONE = "27831234567", "27827654321"
_SERIAL = itertools.count(1)


def long_id(short: str) -> str:
    """Return the 18-character form of a 15-character Salesforce id."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    bits = ["".join("1" if c.isupper() else "0" for c in reversed(short[start : start + 5])) for start in (0, 5, 10)]
    return short + "".join(letters[int(group, 2)] for group in bits)


ORG_SHORT = "00Dxx0000001gEh"
ORG = long_id(ORG_SHORT)


class Agent:
    """A Salesforce user with a session of their own."""

    def __init__(self, name: str, short: str) -> None:
        self.name, self.user_id, self.token = name, long_id(short), f"session-of-{name.lower()}-f00d"


THANDI, SIPHO = Agent("Thandi", "005xx000001X8Uz"), Agent("Sipho", "005xx000001X8Vb")


def make_settings(database_url: str, **changes: Any) -> Settings:
    """Settings of a production deployment."""
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    given = {
        "environment": "production",
        "database_url": database_url,
        "public_url": "https://c2p.acme.example",
        "host": "127.0.0.1",
        "port": 8000,
        "threads": 4,
        "encryption_keys": (Secret(key),),
        "launch_keys": (Secret(LAUNCH_KEY),),
    }
    return Settings(**{**given, **changes})


def make_tenant(tenant_id: str = "acme", *, confirm: bool = True, proofs: bool = True, **changes: Any) -> Tenant:
    """A tenant with two canvas secrets, as during a rotation; ``changes`` replace top-level values."""
    config: dict[str, Any] = {
        "tenant_id": tenant_id,
        "name": tenant_id.title(),
        "org_id": ORG,
        "disabled": False,
        "salesforce": {"host_url": HOST, "client_id": "client", "frame_origins": list(ORIGINS)},
        "core": {"base_url": CORE, "application": "app-uuid", "environment": "SANDBOX", "confirm": confirm},
        "configuration": {
            "channels": ["sms", "whatsapp"],
            "currencies": ["ZAR", "JPY"],
            "merchant_name": "Acme Shop",
            "delivery_reports": ["whatsapp"],
        },
        "mapping": {},
        "default_currency": "ZAR",
        "phone_region": "ZA",
        "language": "en",
        "admin_contact": "Naledi in IT",
        "parts_allowed": False,
        "policy": {"rights_from": "order_access"},
    }
    secrets = {
        "client_secret": "client-secret-b0b0",
        "canvas_secrets": [CANVAS_SECRET, OLD_CANVAS_SECRET],
        "api_key": CORE_KEY,
        "callback_key": changes.pop("callback_key", CALLBACK_KEY),
        "number_key": f"number-key-of-{tenant_id}",
        "proofs": [{"user": CALLBACK_USER, "password": CALLBACK_PASSWORD}] if proofs else [{}],
    }
    config |= changes
    # The orders of the tests are those of the sandbox org.
    return build_tenant({**config, "mapping": with_own_totals(config["mapping"])}, secrets)


def envelope(order_id: str | None, agent: Agent = THANDI, **changes: Any) -> dict[str, Any]:
    """What Canvas signs; every call makes another one."""
    parameters = {"orderId": order_id, "launchedAt": next(_SERIAL)} if order_id else {"launchedAt": next(_SERIAL)}
    made = {
        "algorithm": "HMACSHA256",
        "issuedAt": next(_SERIAL),
        "userId": agent.user_id,
        "client": {"oauthToken": agent.token, "instanceUrl": HOST},
        "context": {
            "user": {
                "userId": agent.user_id,
                "userName": f"{agent.name}@acme.example",
                "fullName": agent.name,
                "language": "en_US",
                "timeZone": "Africa/Johannesburg",
            },
            "organization": {"organizationId": ORG, "name": "Acme"},
            "environment": {"parameters": parameters, "displayLocation": "Visualforce"},
        },
    }
    return {**made, **changes}


def sign(content: dict[str, Any], secret: str = CANVAS_SECRET) -> str:
    """Sign as Canvas does: the HMAC covers the still-encoded part."""
    encoded = base64.b64encode(json.dumps(content).encode())
    digest = hmac.new(secret.encode(), encoded, hashlib.sha256).digest()
    return f"{base64.b64encode(digest).decode()}.{encoded.decode()}"


def basic(user: str = CALLBACK_USER, password: str = CALLBACK_PASSWORD) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def moment(at: datetime) -> str:
    """A time as the core writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def notification(link: dict[str, Any], word: str, *, at: datetime, shape: str | None = None) -> dict[str, Any]:
    """The core's news about a link, in the shape ``transaction`` or ``payment`` (by default the word's own)."""
    shape = shape or ("transaction" if word.startswith("PAYMENT_LINK_") else "payment")
    common = {
        "orderNumber": link["orderNumber"],
        "paymentLinkRef": link["paymentLinkRef"],
        "totalAmount": link["totalAmount"],
        "taxAmount": link["taxAmount"],
        "subTotalAmount": link["subTotalAmount"],
        "currency": link["currency"],
        "channel": link["channel"],
        "additionalData": link["additionalData"],
        "environment": link["environment"],
    }
    if shape == "transaction":
        numbers = {"senderNumber": "27870000000", "endUserMobileNumber": link["endUserMobileNumber"]}
        return {**common, **numbers, "transactionStatus": word, "transactionStatusId": 12, "timestamp": moment(at)}
    return {
        **common,
        "paymentStatus": word,
        "paymentStatusId": 3,
        "paymentGatewayResponseTimestamp": moment(at),
        "receiptLinkRef": f"receipt-{link['paymentLinkRef']}",
        "transactionType": "SALE",
        "paymentReviewAutoReversal": False,
        "reviewFinalisedTimestamp": None,
        "reconciliationReference": f"TRN-{link['paymentLinkRef']}",
        "merchantName": "Acme Shop",
    }


def later(at: datetime, **span: float) -> datetime:
    """A moment after ``at``."""
    return at + timedelta(**span)
