"""Check the outgoing proxy and the additional certificate authorities of this deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

import manifests
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.journeys.examining.deployment.examine_setup import certificate_findings
from connector.journeys.examining.reach_address import reach_address
from connector.settings import Settings
from foundation.http.session import PeerSession

_HOW = (
    "Put the right address, user and password into CHAT2PAY_PROXY (http://user:password@host:port), let the proxy pass this "
    "machine on to the hosts of Salesforce and the payment core, and restart every process."
)


def examine_egress(*, settings: Settings, outside: PeerSession, now: Callable[[], datetime]) -> list[Check]:
    """Return the checks of the way out to the peers."""
    # Both exist without their settings too: a check that has run is what closes the finding of an earlier one.
    return [
        Check("proxy", lambda: _proxy(outside, now) if settings.proxy else []),
        Check("ca_file", lambda: _authorities(settings.ca_file, now()) if settings.ca_file else []),
    ]


def _proxy(outside: PeerSession, now: Callable[[], datetime]) -> list[Finding]:
    """Find out whether the proxy serves us at all, by the payment core's usual host; tenants' hosts have their own checks."""
    url = manifests.load("core/operations.json")["base_urls"]["PRODUCTION"]
    reached = reach_address(url=url, session=outside, now=now, operation="check_proxy")
    if reached.proxy_fault not in ("proxy_away", "proxy_silent", "proxy_refused_407"):
        return []
    return [
        Finding(
            check="proxy",
            level=Level.WRONG,
            subject="CHAT2PAY_PROXY",
            problem=f"No call gets out: {reached.why}.",
            remedy=_HOW,
            impact="Nothing is sent, no payment is confirmed, and Salesforce is told nothing.",
        )
    ]


def _authorities(file: Path, now: datetime) -> list[Finding]:
    ends = [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(file.read_bytes())]
    found = certificate_findings(
        min(ends),
        now,
        subject="CHAT2PAY_CA_FILE",
        whose=f"A certificate in {file}",
        remedy="Ask whoever runs the proxy for the new one, put it into the file beside the old one, and restart every process.",
    )
    return [replace(one, check="ca_file") for one in found]
