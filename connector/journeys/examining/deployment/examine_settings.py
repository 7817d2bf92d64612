"""Check that the settings are safe to serve with; settings that prevent a start are refused at the start."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from urllib.parse import urlsplit

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.settings import ELSEWHERE, PREFIX, TABLE, Settings
from foundation.http.egress import is_local
from foundation.secret import Secret
from foundation.settings.unknown_names import unknown_name_texts, unknown_names
from manifests.overlay import VARIABLE, current_overlay

# What must be done before an old key may be removed.
_GO_WITHOUT = {"CHAT2PAY_ENCRYPTION_KEYS": "run `chat2pay secrets rotate`", "CHAT2PAY_LAUNCH_KEYS": "wait a day"}
# A random key of 32 characters has more distinct ones than this, for all practical purposes.
_FEWEST_DIFFERENT = 12


def examine_settings(*, settings: Settings) -> list[Check]:
    """Return the checks of the settings."""
    return [
        Check("public_url", lambda: _public_url(settings), every_minute=True),
        Check("demo_mode", lambda: _demo_mode(settings), every_minute=True),
        Check("keys", lambda: _keys(settings), every_minute=True),
        Check("metrics_token", lambda: _metrics_token(settings), every_minute=True),
        Check("secret_files", lambda: _secret_files(settings), every_minute=True),
        Check("settings", _unknown_names, every_minute=True),
        Check("core_manifest", _core_manifest),
    ]


def _public_url(settings: Settings) -> list[Finding]:
    parts = urlsplit(settings.public_url)
    if settings.is_demo:
        return []
    if parts.scheme != "https" or is_local(parts.hostname) or parts.path or parts.query:
        return [
            Finding(
                check="public_url",
                level=Level.WRONG,
                subject="CHAT2PAY_PUBLIC_URL",
                problem="The public address is not an https address that others can reach, with nothing behind the "
                "host name.",
                remedy="Set CHAT2PAY_PUBLIC_URL to the address that Salesforce and the payment core use, such as "
                "https://pay.example.com, and restart.",
                impact="The launch page stays empty in Salesforce, and the payment core's callbacks do not arrive.",
            )
        ]
    return []


def _demo_mode(settings: Settings) -> list[Finding]:
    if settings.is_demo and not (is_local(settings.host) and is_local(urlsplit(settings.public_url).hostname)):
        return [
            Finding(
                check="demo_mode",
                level=Level.WRONG,
                subject="CHAT2PAY_ENVIRONMENT",
                problem="Demo mode is on, and the connector listens on an address that other machines can reach.",
                remedy="Set CHAT2PAY_ENVIRONMENT=production, or CHAT2PAY_HOST=127.0.0.1 and a public address on "
                "this machine.",
                impact="Demo mode sends secrets over plain http and trusts peers on this machine: anybody "
                "near can read along.",
            )
        ]
    return []


def _keys(settings: Settings) -> list[Finding]:
    named = dict(zip(_GO_WITHOUT, (settings.encryption_keys, settings.launch_keys), strict=True))
    weak = [_weak(name) for name, keys in named.items() if any(map(_is_weak, keys))]
    # During a rotation there are two keys; a third means that an earlier rotation was never finished.
    return weak + [_many(name, keys) for name, keys in named.items() if len(keys) > 2]


def _is_weak(key: Secret) -> bool:
    return len(key.value) < 32 or len(set(key.value)) < _FEWEST_DIFFERENT


def _weak(name: str) -> Finding:
    return Finding(
        check="keys",
        level=Level.WRONG,
        subject=name,
        problem=f"A key in {name} is too easy to guess: it is short, or made of few different characters.",
        remedy=f"Run `chat2pay keys`, put the new key behind the present one in {name} and restart every process; then put it "
        f"in front and restart them again; then {_GO_WITHOUT[name]} and take the weak key out. SQLite is one process: put "
        "the new key in front at once.",
        impact="Whoever guesses the key can open any order's page, or read the secrets that the database keeps.",
    )


def _many(name: str, keys: Sequence[Secret]) -> Finding:
    return Finding(
        check="keys",
        level=Level.SOON,
        subject=f"{name} count",
        problem=f"{name} holds {len(keys)} keys; two are enough while one replaces the other.",
        remedy=f"Take the oldest keys off the end of {name} once nothing needs them: launch keys after a day, "
        "encryption keys after everything was sealed anew.",
        impact="Each old key stays valid, so one that leaked long ago still opens what it opened then.",
    )


def _metrics_token(settings: Settings) -> list[Finding]:
    if settings.metrics_token or settings.is_demo or is_local(settings.host):
        return []
    return [
        Finding(
            check="metrics_token",
            level=Level.SOON,
            subject="CHAT2PAY_METRICS_TOKEN",
            problem="The connector serves other machines, and /metrics answers this machine only.",
            remedy="Set CHAT2PAY_METRICS_TOKEN to at least 32 random characters and give it to your monitoring.",
            impact="Nobody is woken when callbacks wait, money arrives late or Salesforce refuses an order.",
        )
    ]


def _secret_files(settings: Settings) -> list[Finding]:
    """Find secret files that others may read or change."""
    # The group may read: some supervisors hand secrets to a service that way.
    too_open = stat.S_IWGRP | stat.S_IRWXO
    files = {name: path for name, path in settings.secret_files.items() if path.exists()}
    return [
        Finding(
            check="secret_files",
            level=Level.SOON,
            subject=f"{name}_FILE",
            problem=f"Other users of this machine may read or change {path}, which holds a secret.",
            remedy=f"Run `chmod u=r,g=,o= {path}`, and let it belong to the user that runs the connector.",
            impact="Whoever gets into this machine by another program has the secret, too.",
        )
        for name, path in files.items()
        if path.stat().st_mode & too_open
    ]


def _unknown_names() -> list[Finding]:
    return [
        Finding(check="settings", level=Level.SOON, subject=name, **unknown_name_texts(name, guide="README.md"))
        for name in unknown_names(PREFIX, TABLE, elsewhere=ELSEWHERE)
    ]


def _core_manifest() -> list[Finding]:
    """Report an operator's own manifest entries: no fault, but needed to understand what this deployment sends and reads."""
    overlay = current_overlay()
    if overlay.folder is None:
        return []
    changes = overlay.changes()
    said = "; ".join(changes) if changes else "nothing: every entry in it says what is shipped"
    return [
        Finding(
            check="core_manifest",
            level=Level.FINE,
            subject=VARIABLE,
            problem=f"Your own entries from {overlay.folder} count in place of the shipped ones: {said}.",
        )
    ]
