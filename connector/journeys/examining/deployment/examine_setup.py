"""Check a tenant's own configuration: proofs, secrets and their age, frame origins, assumed manifest entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import manifests
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.api_key import ApiKey
from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.rotate_callback_address import keys_of
from connector.salesforce.auth.certificate import certificate_ends_at
from connector.store.health import health_checks
from connector.store.store import Store
from foundation.secret import Secret

# Two people and a change window fit into two weeks; after that the second secret is merely forgotten.
ROTATION_DAYS = 14
# Time to get a certificate from a company's own authority.
WARN_BEFORE = timedelta(days=21)
_CORE_MANIFESTS = ("operations", "statuses", "notifications")
_FRAMES = (".lightning.force.com", ".my.salesforce.com", ".vf.force.com")


def examine_setup(*, tenant: Tenant, store: Store, now: Callable[[], datetime]) -> list[Check]:
    """Return the checks of what the admin has configured for a tenant."""
    return [
        Check("tenant_disabled", lambda: _disabled(tenant), every_minute=True),
        Check("callback_proof", lambda: _proof(tenant), every_minute=True),
        Check("confirm_off", lambda: _confirm(tenant), every_minute=True),
        Check("copy_links", lambda: _copied_links(tenant), every_minute=True),
        Check("rotation_open", lambda: _rotation(tenant, store, now()), every_minute=True),
        Check("frame_origins", lambda: _frames(tenant), every_minute=True),
        Check(
            "api_keys", lambda: _api_keys(tenant, store.api_keys.of_tenant(tenant.tenant_id), now()), every_minute=True
        ),
        Check("certificate", lambda: _certificate(tenant.salesforce.private_key, now())),
        Check("assumed", assumed_words),
    ]


def _disabled(tenant: Tenant) -> list[Finding]:
    if not tenant.disabled:
        return []
    return [
        Finding(
            check="tenant_disabled",
            level=Level.SOON,
            problem="This tenant is disabled.",
            remedy=f"If that is over: `chat2pay tenant enable {tenant.tenant_id}`.",
            impact="Agents cannot open or send payment requests. News of money is still taken and written.",
        )
    ]


def _proof(tenant: Tenant) -> list[Finding]:
    """Report a tenant without a callback proof."""
    if not tenant.core.takes_unproven:
        return []
    # Only a warning, because a core may be unable to send a proof: the finding names what protects instead (ADR 21).
    return [
        Finding(
            check="callback_proof",
            level=Level.SOON,
            problem="Callbacks are taken without any proof of who sent them (callback proof: none). What protects: nothing in "
            "them is believed, payments, ends and settings are read from the payment core's own record; they are held to a "
            "number a minute; a STOP or START counts only where a live link of ours went to that number.",
            remedy=f"If the core's portal can send a proof: `chat2pay rotate-key callback {tenant.tenant_id} --proof basic` (or "
            "hmac). If not, keep the callback addresses secret; whenever somebody may have seen them: `chat2pay rotate-key "
            f"callback {tenant.tenant_id} --address`.",
            impact="Whoever learns a callback address can make us ask the core needlessly, and fill the inbox up to that "
            "number.",
        )
    ]


def _copied_links(tenant: Tenant) -> list[Finding]:
    if not tenant.policy.copy_links:
        return []
    return [
        Finding(
            check="copy_links",
            level=Level.SOON,
            problem="Agents may copy payment links (copy_links is on).",
            remedy='If nobody needs it: set "copy_links": false in the policy of the tenant\'s file and give it again with '
            f"`chat2pay tenant add`; `chat2pay tenant show {tenant.tenant_id}` says what is set.",
            impact="A copied link can be given to anybody, and no report tells whether it arrived. The history of its "
            "request names who copied it.",
        )
    ]


def _confirm(tenant: Tenant) -> list[Finding]:
    if tenant.core.confirm:
        return []
    return [
        Finding(
            check="confirm_off",
            level=Level.SOON,
            problem="Payments are believed without asking the payment core (confirm is off).",
            remedy='Set "confirm": true in the tenant\'s file and give it again with `chat2pay tenant add`; '
            f"`chat2pay tenant show {tenant.tenant_id}` says what is set.",
            impact="A forged callback that carries the proof marks an order paid at once.",
        )
    ]


def _rotation(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    """Find rotations that were begun and never finished: two secrets in a row that was not changed for two weeks."""
    with store.read() as work:
        changed = health_checks.changed_at(work, tenant.tenant_id)
    if changed is None or now - changed < timedelta(days=ROTATION_DAYS):
        return []
    named = {
        "callback": tenant.core.proofs,
        "canvas": tenant.salesforce.canvas_secrets,
        "callback --address": keys_of(tenant.core),
    }
    return [
        Finding(
            check="rotation_open",
            level=Level.SOON,
            subject=kind,
            problem=f"{len(secrets)} {kind.replace('--', '')} secrets are valid, and have been for {(now - changed).days} days.",
            remedy=f"Finish the rotation: `chat2pay rotate-key {kind} {tenant.tenant_id} --finish`, once the new "
            "one is in use everywhere.",
            impact="The old secret goes on opening the door, and a leak is why one usually changes it.",
        )
        for kind, secrets in named.items()
        if len(secrets) > 1
    ]


def _frames(tenant: Tenant) -> list[Finding]:
    host, origins = tenant.salesforce.host_url, tenant.salesforce.frame_origins
    plain = [one for one in origins if not one.startswith("https://") and one != host]
    # Browsers show our page only in frames of these origins, and agents open it in Lightning.
    lightning = any((urlsplit(one).hostname or "").endswith(_FRAMES[0]) for one in origins) or host in origins
    if origins and not plain and lightning:
        return []
    return [
        Finding(
            check="frame_origins",
            level=Level.WRONG,
            subject=",".join(plain)[:160],
            problem="The addresses that may show our page in a frame do not fit this org."
            if not plain
            else f"A page without https may show ours in a frame: {', '.join(plain)}.",
            remedy="In Salesforce, Setup → My Domain shows the host names. Give the https addresses of Lightning, "
            "Visualforce and the org as frame_origins with `chat2pay tenant add`, or leave them out to have them "
            "made.",
            impact="Agents see an empty frame on the order's page, or another site can put our page into its own.",
        )
    ]


def _api_keys(tenant: Tenant, keys: list[ApiKey], now: datetime) -> list[Finding]:
    """Find API keys that expire soon, or have, without a successor of the same name."""
    lasting = {key.name for key in keys if key.expires_at is None or key.expires_at > now + WARN_BEFORE}
    ending = [key for key in keys if key.expires_at and key.expires_at <= now + WARN_BEFORE and key.name not in lasting]
    return [
        Finding(
            check="api_keys",
            level=Level.WRONG if not key.lasts(now) else Level.SOON,
            subject=key.name[:160],
            problem=f"The API key “{key.name}” {'has ended' if not key.lasts(now) else 'ends'} on "
            f"{key.expires_at:%Y-%m-%d}.",
            remedy=f"Make a new one with `chat2pay rotate-key api {tenant.tenant_id}` and paste it into its Named "
            "Credential in Salesforce (Setup → Named Credentials).",
            impact="What uses it (Flow, Apex, reports) is refused from that day on.",
        )
        for key in ending
    ]


def _certificate(private_key: Secret | None, now: datetime) -> list[Finding]:
    """Find a login certificate that expires soon; where the admin gave the key alone its end is unknown."""
    ends = certificate_ends_at(private_key.value) if private_key else None
    if ends is None:
        return []
    return certificate_findings(
        ends,
        now,
        subject="login",
        whose="The certificate of the connector's login to Salesforce",
        remedy="Make a new pair with `chat2pay tenant keypair`, upload the certificate (Setup → External Client "
        "App Manager "
        "→ the server app → Settings → JWT bearer flow), then `chat2pay tenant add --private-key-file …`.",
    )


def certificate_findings(ends: datetime, now: datetime, *, subject: str, whose: str, remedy: str) -> list[Finding]:
    """Return a finding about a certificate that has expired or expires soon, or none."""
    if ends > now + WARN_BEFORE:
        return []
    return [
        Finding(
            check="certificate",
            level=Level.WRONG if ends <= now else Level.SOON,
            subject=subject,
            problem=f"{whose} {'has expired' if ends <= now else 'expires'} on {ends:%Y-%m-%d}.",
            remedy=remedy,
            impact="From that day on this connection is refused.",
        )
    ]


def assumed_words() -> list[Finding]:
    """Return a finding that names the manifest entries that are assumptions, or none."""
    named = [f"{name}.json: {', '.join(_assumed_in(manifests.load(f'core/{name}.json')))}" for name in _CORE_MANIFESTS]
    used = [line for line in named if not line.endswith(": ")]
    if not used:
        return []
    return [
        Finding(
            check="assumed",
            level=Level.SOON,
            problem="Some of the payment core's words are assumptions, because its documentation does not publish "
            f"them. {'; '.join(used)}.",
            remedy='Hold these entries against the vendor\'s own reference. Write what differs, and "assumed": false for what '
            "you have checked, into files of the same names in a folder that CHAT2PAY_CORE_MANIFEST names, and restart every "
            "process. No release is needed: docs/admin.md has an example.",
            impact="Where an assumption is wrong, that call fails or that news stays unread; nothing is guessed.",
        )
    ]


def _assumed_in(entry: Any, name: str = "") -> Iterator[str]:
    if not isinstance(entry, Mapping):
        return
    if entry.get("assumed") is True:
        yield name
    for key, inner in entry.items():
        yield from _assumed_in(inner, key)
