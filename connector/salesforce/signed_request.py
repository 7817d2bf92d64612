"""Verify Canvas signed requests.

Format: base64(HMAC-SHA256(consumer secret, part 2)) + "." + part 2, part 2 = base64(JSON).
https://developer.salesforce.com/docs/atlas.en-us.platform_connect.meta/platform_connect/canvas_app_unsigning_code_example.htm
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connector.domain.people.person_name import readable_name
from connector.domain.tenants.tenant import Tenant, read_id
from connector.errors import UntrustedLaunch
from foundation.secret import Secret

ALGORITHM = "HMACSHA256"
# A session id goes into a header unchanged: printable ASCII only, so that it cannot begin another header.
_SESSION = re.compile(r"[!-~]{1,4096}")
_LANGUAGE = re.compile(r"[a-z]{2}(_|$)")


@dataclass(frozen=True)
class SignedLaunch:
    """The user of a verified launch, and the record that the browser names, which is not verified. Ids have 18 characters.

    ``launched_at`` is the browser's too, unless the org's lifecycle class replaces it. ``locale`` is that of numbers and
    dates, empty where none is named.
    """

    org_id: str
    user_id: str
    user_name: str
    language: str
    locale: str
    time_zone: str
    agent_token: Secret = field(repr=False)
    order_id: str | None
    launched_at: datetime | None
    digest: bytes


def verify(
    signed_request: str, *, find_tenant: Callable[[str], Tenant | None], largest_bytes: int
) -> tuple[Tenant, SignedLaunch]:
    """Verify a signed request with the secrets of the tenant whose org it names.

    Raises:
        UntrustedLaunch: reason ``too_large``, ``malformed``, ``unknown_org``, ``wrong_signature``, ``wrong_algorithm``
            or ``incomplete``.
    """
    if len(signed_request) > largest_bytes:
        raise UntrustedLaunch("too_large")
    signature, _, encoded = signed_request.partition(".")
    envelope = _decoded(encoded)
    org_id = _org_id(envelope)
    tenant = find_tenant(org_id)
    if tenant is None:
        raise UntrustedLaunch("unknown_org", org_id=org_id)
    if not _signed_by(tenant.salesforce.canvas_secrets, signature, encoded):
        raise UntrustedLaunch("wrong_signature", org_id=org_id)
    # `issuedAt` is not checked, for it proves no freshness: each request is accepted once instead (docs/adr/0002).
    if envelope.get("algorithm") != ALGORITHM:
        raise UntrustedLaunch("wrong_algorithm", org_id=org_id)
    return tenant, _launch(envelope, org_id, encoded)


def signed_by(tenant: Tenant, signed_request: str) -> bool:
    """Return whether a request is signed with one of this tenant's canvas secrets, whatever org it names."""
    signature, _, encoded = signed_request.partition(".")
    return _signed_by(tenant.salesforce.canvas_secrets, signature, encoded)


def _decoded(encoded: str) -> dict[str, Any]:
    try:
        envelope = json.loads(base64.b64decode(encoded.encode("ascii"), validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise UntrustedLaunch("malformed") from error
    if not isinstance(envelope, dict):
        raise UntrustedLaunch("malformed")
    return envelope


def _signed_by(secrets: tuple[Secret, ...], signature: str, encoded: str) -> bool:
    """Return whether one of the secrets signed the request: HMAC over the part as it was sent, still encoded."""
    given = signature.encode("utf-8", "replace")
    # All secrets are tried, so that the time does not reveal which one matched.
    matches = [
        hmac.compare_digest(
            base64.b64encode(hmac.new(secret.value.encode(), encoded.encode(), hashlib.sha256).digest()), given
        )
        for secret in secrets
        if secret
    ]
    return any(matches)


def _launch(envelope: dict[str, Any], org_id: str, encoded: str) -> SignedLaunch:
    context = _part(envelope, "context")
    user, client = _part(context, "user"), _part(envelope, "client")
    user_id, token = read_id(user.get("userId"), prefix="005"), client.get("oauthToken")
    if user_id is None or not isinstance(token, str) or not _SESSION.fullmatch(token):
        raise UntrustedLaunch("incomplete", org_id=org_id)
    parameters = _parameters(_part(context, "environment").get("parameters"))
    return SignedLaunch(
        org_id=org_id,
        user_id=user_id,
        user_name=readable_name(user.get("fullName")) or readable_name(user.get("userName")) or "Agent",
        language=_language(user.get("language")),
        locale=_language(user.get("locale"), default=""),
        time_zone=readable_name(user.get("timeZone")) or "UTC",
        agent_token=Secret(token),
        order_id=str(parameters["orderId"]) if parameters.get("orderId") else None,
        launched_at=_launched_at(parameters.get("launchedAt")),
        digest=hashlib.sha256(encoded.encode()).digest(),
    )


def _parameters(given: Any) -> dict[str, Any]:
    """Return the parameters that the browser or the lifecycle class adds; empty where they cannot be read."""
    # Canvas passes them on as an object, as JSON text, or empty.
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return {}
    return given if isinstance(given, dict) else {}


def _launched_at(given: Any) -> datetime | None:
    """Return when the page was asked for; None where that is missing, no time, or names no time zone."""
    try:
        moment = datetime.fromisoformat(given)
        # The first and last hours of the calendar overflow in another zone.
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def _org_id(envelope: dict[str, Any]) -> str:
    org_id = read_id(_part(_part(envelope, "context"), "organization").get("organizationId"))
    if org_id is None:
        raise UntrustedLaunch("malformed")
    return org_id


def _part(parent: dict[str, Any], name: str) -> dict[str, Any]:
    part = parent.get(name)
    return part if isinstance(part, dict) else {}


def _language(given: Any, *, default: str = "en") -> str:
    return given[:10] if isinstance(given, str) and _LANGUAGE.match(given) else default
