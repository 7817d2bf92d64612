"""Check that the public address leads to this connector, by requests that go out and come back in."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.own_probes import probe_key, recognises
from connector.errors import ErrorCode
from connector.journeys.examining.deployment.examine_setup import certificate_findings
from connector.journeys.examining.reach_address import Reachability, reach_address
from connector.settings import Settings
from foundation.http.session import PeerSession

CertificateEnds = Callable[[str, int], datetime | None]
_UNREACHABLE = {200: "somebody else answers there, or a connector with other CHAT2PAY_LAUNCH_KEYS"}
_BLOCKED = dict.fromkeys((403, 406), "something on the way, perhaps a web application firewall, answers {}")


def examine_public_url(
    *, settings: Settings, outside: PeerSession, certificate_ends: CertificateEnds, now: Callable[[], datetime]
) -> list[Check]:
    """Return the checks of the public address: what answers there, the callback route, the certificate."""
    return [
        Check("public_url_answers", lambda: _answers(settings, outside, now), needs="proxy", every_minute=True),
        Check(
            "callback_door",
            lambda: _callback_route(settings, outside, now),
            needs="public_url_answers",
            every_minute=True,
        ),
        Check("certificate", lambda: _certificate(settings, certificate_ends, now), needs="public_url_answers"),
    ]


def _answers(settings: Settings, outside: PeerSession, now: Callable[[], datetime]) -> list[Finding]:
    """Send a nonce to the public address; only a process with our launch keys can answer it."""
    # Fresh each time: a cache on the way, or another deployment behind the address, could repeat an old answer.
    nonce = secrets.token_hex(16)
    url = f"{settings.public_url}/health/live?nonce={nonce}"
    reached = reach_address(url=url, session=outside, now=now, operation="check_public_url")
    if reached.status == 200 and recognises(settings.launch_keys, nonce, str(_json(reached).get("recognition", ""))):
        return []
    why = _reason(reached, _UNREACHABLE, otherwise="it answers {}")
    return [
        Finding(
            check="public_url_answers",
            level=Level.WRONG,
            subject="CHAT2PAY_PUBLIC_URL",
            problem=f"The public address {settings.public_url} does not lead to this connector: {why}.",
            remedy="Look at DNS, at the proxy in front of the connector and at its TLS certificate. If only this "
            "machine cannot reach its own public address, run `chat2pay doctor` from another network.",
            impact="Agents see an empty frame in Salesforce, and the payment core's callbacks do not arrive.",
        )
    ]


def _callback_route(settings: Settings, outside: PeerSession, now: Callable[[], datetime]) -> list[Finding]:
    """Send a callback without proof, which must be refused by this connector itself and by nothing on the way."""
    key = probe_key(
        settings.launch_keys[0], secrets.token_hex(16)
    )  # recognised by the route, so that it is not counted as an attack
    url = f"{settings.public_url}/callbacks/{key}/transaction-status"
    reached = reach_address(
        url=url, session=outside, now=now, operation="check_callback_door", method="POST", body=b'{"doctor": "asks"}'
    )
    error = _json(reached).get("error")
    if reached.status == 401 and isinstance(error, dict) and error.get("code") == ErrorCode.UNTRUSTED:
        return []
    why = _reason(reached, _BLOCKED, otherwise="it is answered {} instead of our own 401")
    return [
        Finding(
            check="callback_door",
            level=Level.WRONG,
            subject="/callbacks",
            problem=f"A POST to the callback address does not get through to the connector: {why}.",
            remedy="Let POST requests to /callbacks/ pass the proxy and its firewall unchanged, with any path and "
            "a body of up to 64 KiB; no login page, no redirect.",
            impact="The payment core cannot tell us that a customer paid; we notice minutes later, when we ask.",
        )
    ]


def _reason(reached: Reachability, by_status: Mapping[int, str], *, otherwise: str) -> str:
    return reached.why if reached.status is None else by_status.get(reached.status, otherwise).format(reached.status)


def _certificate(settings: Settings, certificate_ends: CertificateEnds, now: Callable[[], datetime]) -> list[Finding]:
    parts = urlsplit(settings.public_url)
    try:
        ends = certificate_ends(parts.hostname or "", parts.port or 443) if parts.scheme == "https" else None
    except ssl.SSLCertVerificationError:
        return (
            [] if settings.proxy else [_ONLY_OURS]
        )  # a proxy that opens TLS presents its own certificate in place of ours
    if ends is None:
        return []
    return certificate_findings(
        ends,
        now(),
        subject="public address",
        whose="The public address's TLS certificate",
        remedy="Renew it at the proxy in front of the connector.",
    )


_ONLY_OURS = Finding(
    check="certificate",
    level=Level.WRONG,
    subject="public address",
    problem="The public address's TLS certificate is believed here only because CHAT2PAY_CA_FILE vouches for it.",
    remedy="Give the proxy in front of the connector a certificate of a public authority.",
    impact="Browsers show agents an empty frame, and the payment core's callbacks do not arrive.",
)


def _json(reached: Reachability) -> dict[str, Any]:
    try:
        body = json.loads(reached.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
