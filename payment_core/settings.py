"""The settings of a payment core: one table of environment variables, read once, with all errors reported together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow.validate import OneOf, Range

from foundation.secret import Secret
from foundation.settings.deployment import Deployment
from foundation.settings.environment import Environment
from foundation.settings.setting_checks import (
    SettingRow,
    check_address,
    check_authorities,
    check_database_url,
    check_listen_address,
    check_proxy,
    keys_of,
    nothing_or,
    optional_path,
    optional_secret,
    secrets_of,
)
from payment_core.errors import Misconfigured


@dataclass(frozen=True)
class Settings(Deployment):
    """The frozen settings of one process. Times are in seconds."""

    environment: str
    database_url: str = field(repr=False)
    public_url: str
    encryption_keys: tuple[Secret, ...] = field(repr=False)
    digest_keys: tuple[Secret, ...] = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8020
    threads: int = 16
    trusted_proxies: int = 0
    # A bank's authentication may take its time; a customer looks at a spinner no longer than this.
    gateway_timeout: float = 20.0
    messenger_timeout: float = 10.0
    sweep_interval: float = 5.0
    log_level: str = "info"
    web_workers: int = 2
    worker_jobs: int = 8
    database_connections: int = 16
    # A year and a month: disputes may come that late.
    retention_days: int = 400
    # Where the providers are; anything else than their own addresses is a stand-in.
    stripe_url: str = "https://api.stripe.com"
    twilio_url: str = "https://api.twilio.com"
    metrics_token: Secret | None = field(default=None, repr=False)
    worker_metrics_port: int = 0
    proxy: Secret | None = field(default=None, repr=False)
    ca_file: Path | None = None
    # The files that secrets were read from, by the names of their settings.
    secret_files: Mapping[str, Path] = field(default_factory=dict)


PREFIX = "PAYMENT_CORE_"
_MAKES_KEYS = "chat2pay-core keys"
TABLE = (
    SettingRow(
        "PAYMENT_CORE_ENVIRONMENT",
        "production",
        "`production`, or `demo`, which allows sandbox adapters and plain http",
    ),
    SettingRow(
        "PAYMENT_CORE_DATABASE_URL",
        "sqlite:///payment_core.db",
        "A database of its own: `sqlite:///path` for one process (a relative one counts from the folder of each command), "
        "`postgresql://user:password@host/database` for a fleet",
        secret=True,
    ),
    SettingRow(
        "PAYMENT_CORE_PUBLIC_URL",
        "http://127.0.0.1:8020",
        "How customers, providers and the connector reach this core; https in production. It is part of every link",
    ),
    SettingRow("PAYMENT_CORE_HOST", "127.0.0.1", "The address to listen on"),
    SettingRow("PAYMENT_CORE_PORT", 8020, "The port to listen on"),
    SettingRow("PAYMENT_CORE_THREADS", 16, "Web threads of one process"),
    SettingRow(
        "PAYMENT_CORE_ENCRYPTION_KEYS",
        "(required)",
        "Fernet keys, comma separated: the first encrypts secrets, numbers and bodies at rest, all of them open",
        secret=True,
    ),
    SettingRow(
        "PAYMENT_CORE_DIGEST_KEYS",
        "(required)",
        "Keys of at least 32 characters, comma separated: the first makes the digests that find numbers, and all find them",
        secret=True,
    ),
    SettingRow("PAYMENT_CORE_TRUSTED_PROXIES", 0, "How many proxies in front of us set forwarded headers"),
    SettingRow("PAYMENT_CORE_GATEWAY_TIMEOUT", 20, "Seconds for one whole call to the payment gateway"),
    SettingRow("PAYMENT_CORE_MESSENGER_TIMEOUT", 10, "Seconds for one whole call to the messenger"),
    SettingRow(
        "PAYMENT_CORE_STRIPE_URL", "https://api.stripe.com", "Where Stripe is; another address is a stand-in for tests"
    ),
    SettingRow(
        "PAYMENT_CORE_TWILIO_URL", "https://api.twilio.com", "Where Twilio is; another address is a stand-in for tests"
    ),
    SettingRow("PAYMENT_CORE_SWEEP_INTERVAL", 5, "Seconds between two looks at work that nobody announced; at most 5"),
    SettingRow("PAYMENT_CORE_WEB_WORKERS", 2, "PostgreSQL only: web processes of one `chat2pay-core serve`"),
    SettingRow("PAYMENT_CORE_WORKER_JOBS", 8, "PostgreSQL only: threads of one `chat2pay-core worker`"),
    SettingRow(
        "PAYMENT_CORE_DATABASE_CONNECTIONS", 16, "PostgreSQL only: most connections of a process; a worker has one more"
    ),
    SettingRow("PAYMENT_CORE_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`"),
    SettingRow(
        "PAYMENT_CORE_RETENTION_DAYS",
        400,
        "Days after which numbers and contents of ended messages and links are erased; amounts and states stay",
    ),
    SettingRow(
        "PAYMENT_CORE_METRICS_TOKEN",
        "",
        "Bearer token (at least 32 characters) for `/metrics` from elsewhere; without it only this machine is answered",
        secret=True,
    ),
    SettingRow(
        "PAYMENT_CORE_WORKER_METRICS_PORT",
        0,
        "PostgreSQL only: the port on which a worker answers `/metrics` and `/health`; 0: none. Each worker of a machine "
        "needs its own",
    ),
    SettingRow(
        "PAYMENT_CORE_PROXY",
        "",
        "The HTTP proxy that every call goes out through, this machine excepted: `http://user:password@host:port`, or https",
        secret=True,
    ),
    SettingRow(
        "PAYMENT_CORE_CA_FILE",
        "",
        "PEM file of certificate authorities that are believed beside the public ones, such as that of a proxy that opens TLS",
    ),
)
_DEFAULTS: dict[str, Any] = {row.name.removeprefix(PREFIX): row.default for row in TABLE}


# Of the demo and of a rehearsal, which are no deployments.
ELSEWHERE = frozenset({f"{PREFIX}DEMO_KEY", f"{PREFIX}CLOCK_FILE"})


def read_settings() -> Settings:
    """Read the environment once.

    Raises:
        Misconfigured: with all errors, each with its variable and the remedy.
    """
    secrets = [row for row in TABLE if row.secret]
    required = [row.name for row in secrets if row.default == "(required)"]
    env = Environment(PREFIX, secrets=[row.name for row in secrets], required=required)
    settings = Settings(
        environment=env.str("ENVIRONMENT", _DEFAULTS["ENVIRONMENT"], validate=OneOf(["production", "demo"])),
        database_url=env.str("DATABASE_URL", _DEFAULTS["DATABASE_URL"], validate=check_database_url),
        public_url=(env.str("PUBLIC_URL", _DEFAULTS["PUBLIC_URL"], validate=check_address) or "").rstrip("/"),
        encryption_keys=secrets_of(env.list("ENCRYPTION_KEYS", validate=keys_of(44, made_by=_MAKES_KEYS))),
        digest_keys=secrets_of(env.list("DIGEST_KEYS", validate=keys_of(32, made_by=_MAKES_KEYS))),
        host=env.str("HOST", _DEFAULTS["HOST"], validate=check_listen_address),
        stripe_url=(env.str("STRIPE_URL", _DEFAULTS["STRIPE_URL"], validate=check_address) or "").rstrip("/"),
        twilio_url=(env.str("TWILIO_URL", _DEFAULTS["TWILIO_URL"], validate=check_address) or "").rstrip("/"),
        log_level=env.str("LOG_LEVEL", _DEFAULTS["LOG_LEVEL"], validate=OneOf(["debug", "info", "warning", "error"])),
        metrics_token=optional_secret(env.str("METRICS_TOKEN", _DEFAULTS["METRICS_TOKEN"], validate=nothing_or(32))),
        proxy=optional_secret(env.str("PROXY", _DEFAULTS["PROXY"], validate=check_proxy)),
        ca_file=optional_path(env.str("CA_FILE", _DEFAULTS["CA_FILE"], validate=check_authorities)),
        secret_files=env.files,
        **_numbers(env),
    )
    # Everything is read before anything is refused, so that an operator corrects it all at once.
    errors = env.errors()
    if settings.environment == "production":
        addresses = {name: getattr(settings, name) for name in ("public_url", "stripe_url", "twilio_url")}
        # One that cannot be used is refused already.
        plain = [name for name, url in addresses.items() if url and not url.startswith("https://")]
        errors += [f"{PREFIX}{name.upper()} must start with https:// in production" for name in plain]
    if errors:
        raise Misconfigured(errors)
    return settings


def _numbers(env: Environment) -> dict[str, Any]:
    """Return the settings that are numbers, each within its range."""
    whole = {
        "PORT": (1, 65535),
        "THREADS": (2, 256),
        "TRUSTED_PROXIES": (0, 10),
        "WEB_WORKERS": (1, 64),
        # From two on: with one thread a slow gateway would hold up all messages.
        "WORKER_JOBS": (2, 64),
        "DATABASE_CONNECTIONS": (4, 256),
        "RETENTION_DAYS": (1, 36500),
        "WORKER_METRICS_PORT": (0, 65535),
    }
    seconds = {"GATEWAY_TIMEOUT": (1, 60), "MESSENGER_TIMEOUT": (1, 60), "SWEEP_INTERVAL": (0.1, 5)}
    return {name.lower(): env.int(name, _DEFAULTS[name], validate=Range(*ends)) for name, ends in whole.items()} | {
        name.lower(): env.float(name, _DEFAULTS[name], validate=Range(*ends)) for name, ends in seconds.items()
    }
