"""The settings of a deployment: one table of environment variables, read once, with all errors reported together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow.validate import OneOf, Range

from connector.errors import Misconfigured
from foundation.secret import Secret
from foundation.settings.deployment import Deployment
from foundation.settings.environment import Environment
from foundation.settings.setting_checks import (
    SettingRow,
    check_address,
    check_authorities,
    check_database_url,
    check_hosts,
    check_listen_address,
    check_proxy,
    keys_of,
    names_of,
    nothing_or,
    optional_path,
    optional_secret,
    secrets_of,
)


@dataclass(frozen=True)
class Settings(Deployment):
    """The frozen settings of one process. Times are in seconds."""

    environment: str
    database_url: str = field(repr=False)
    public_url: str
    host: str
    port: int
    threads: int
    encryption_keys: tuple[Secret, ...] = field(repr=False)
    launch_keys: tuple[Secret, ...] = field(repr=False)
    trusted_proxies: int = 0
    salesforce_timeout: float = 15.0
    core_timeout: float = 15.0
    sweep_interval: float = 5.0
    log_level: str = "info"
    web_workers: int = 2
    worker_jobs: int = 8
    database_connections: int = 16
    retention_days: int = 400
    metrics_token: Secret | None = field(default=None, repr=False)
    worker_metrics_port: int = 0
    proxy: Secret | None = field(default=None, repr=False)
    ca_file: Path | None = None
    core_hosts: tuple[str, ...] = ()
    # The files that secrets were read from, by the names of their settings.
    secret_files: Mapping[str, Path] = field(default_factory=dict)


TABLE = (
    SettingRow(
        "CHAT2PAY_ENVIRONMENT", "production", "`production`, or `demo`, which allows peers on loopback over plain http"
    ),
    SettingRow(
        "CHAT2PAY_DATABASE_URL",
        "sqlite:///chat2pay.db",
        "Where the database is: `sqlite:///path` for one process, `postgresql://user:password@host/database` for a fleet",
        secret=True,
    ),
    SettingRow(
        "CHAT2PAY_PUBLIC_URL",
        "http://127.0.0.1:8000",
        "How Salesforce and the payment core reach this connector; https in production",
    ),
    SettingRow("CHAT2PAY_HOST", "127.0.0.1", "The address to listen on"),
    SettingRow("CHAT2PAY_PORT", 8000, "The port to listen on"),
    SettingRow("CHAT2PAY_THREADS", 16, "Web threads of one process"),
    SettingRow(
        "CHAT2PAY_ENCRYPTION_KEYS",
        "(required)",
        "Fernet keys, comma separated: the first encrypts secrets and callback bodies at rest, all of them open",
        secret=True,
    ),
    SettingRow(
        "CHAT2PAY_LAUNCH_KEYS",
        "(required)",
        "Keys of at least 32 characters, comma separated: the first signs launch tokens, all of them are accepted",
        secret=True,
    ),
    SettingRow("CHAT2PAY_TRUSTED_PROXIES", 0, "How many proxies in front of us set forwarded headers"),
    SettingRow("CHAT2PAY_SALESFORCE_TIMEOUT", 15, "Seconds for one whole call to Salesforce"),
    SettingRow("CHAT2PAY_CORE_TIMEOUT", 15, "Seconds for one whole call to the payment core"),
    SettingRow("CHAT2PAY_SWEEP_INTERVAL", 5, "Seconds between two looks at work that nobody announced; at most 5"),
    SettingRow("CHAT2PAY_WEB_WORKERS", 2, "PostgreSQL only: web processes of one `chat2pay serve`"),
    SettingRow("CHAT2PAY_WORKER_JOBS", 8, "PostgreSQL only: jobs that one `chat2pay worker` does at once"),
    SettingRow("CHAT2PAY_DATABASE_CONNECTIONS", 16, "PostgreSQL only: most connections of one process to the database"),
    SettingRow("CHAT2PAY_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`"),
    SettingRow(
        "CHAT2PAY_RETENTION_DAYS",
        400,
        "Days for which finished inbox entries stay before `chat2pay inbox archive` takes them, and ended calls and bells before "
        "a night deletes them",
    ),
    SettingRow(
        "CHAT2PAY_METRICS_TOKEN",
        "",
        "Bearer token (at least 32 characters) for `/metrics` from elsewhere; without it only this machine is answered",
        secret=True,
    ),
    SettingRow(
        "CHAT2PAY_WORKER_METRICS_PORT",
        0,
        "PostgreSQL only: the port on which a worker answers `/metrics` and `/health`; 0: none. Each worker of a machine "
        "needs its own",
    ),
    SettingRow(
        "CHAT2PAY_PROXY",
        "",
        "The HTTP proxy that every call goes out through, this machine excepted: `http://user:password@host:port`, or https",
        secret=True,
    ),
    SettingRow(
        "CHAT2PAY_CA_FILE",
        "",
        "PEM file of certificate authorities that are believed beside the public ones, such as that of a proxy that opens TLS",
    ),
    SettingRow(
        "CHAT2PAY_CORE_HOSTS",
        "",
        "Hosts of payment cores of your own, comma separated, each exact and over https, such as `pay.example.com`; without it a "
        "tenant's core can only be the vendor's",
    ),
    SettingRow(
        "CHAT2PAY_CORE_MANIFEST",  # read by manifests.overlay: some manifests are loaded before there are settings
        "",
        "Folder with your own entries over the shipped `manifests/core`, where the payment core says it otherwise",
    ),
)
# Names of before: whoever still sets one would otherwise run with the default and never learn of it.
RENAMED = {"CHAT2PAY_LEDGER_DAYS": "CHAT2PAY_RETENTION_DAYS"}
PREFIX = "CHAT2PAY_"
# What else has our prefix: read by the files of manifests/deploy, and by the tests of a checkout.
_DEPLOYING = ("COMMAND", "ETC", "FOLDER", "HOME", "IMAGE", "PULL", "USER", "WEB_PORTS")
_TESTING = ("BROWSER", "HEADLESS_SHELL", "TEST_SEED")
# What is renamed is refused at the start where it says something.
ELSEWHERE = frozenset((*(f"{PREFIX}{name}" for name in (*_DEPLOYING, *_TESTING)), *RENAMED))
_MAKES_KEYS = "chat2pay keys"
_DEFAULTS: dict[str, Any] = {row.name.removeprefix(PREFIX): row.default for row in TABLE}


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
        host=env.str("HOST", _DEFAULTS["HOST"], validate=check_listen_address),
        port=env.int("PORT", _DEFAULTS["PORT"], validate=Range(1, 65535)),
        threads=env.int("THREADS", _DEFAULTS["THREADS"], validate=Range(2, 256)),
        encryption_keys=secrets_of(env.list("ENCRYPTION_KEYS", validate=keys_of(44, made_by=_MAKES_KEYS))),
        launch_keys=secrets_of(env.list("LAUNCH_KEYS", validate=keys_of(32, made_by=_MAKES_KEYS))),
        trusted_proxies=env.int("TRUSTED_PROXIES", _DEFAULTS["TRUSTED_PROXIES"], validate=Range(0, 10)),
        salesforce_timeout=env.float("SALESFORCE_TIMEOUT", _DEFAULTS["SALESFORCE_TIMEOUT"], validate=Range(1, 60)),
        core_timeout=env.float("CORE_TIMEOUT", _DEFAULTS["CORE_TIMEOUT"], validate=Range(1, 60)),
        sweep_interval=env.float("SWEEP_INTERVAL", _DEFAULTS["SWEEP_INTERVAL"], validate=Range(0.1, 5)),
        log_level=env.str("LOG_LEVEL", _DEFAULTS["LOG_LEVEL"], validate=OneOf(["debug", "info", "warning", "error"])),
        web_workers=env.int("WEB_WORKERS", _DEFAULTS["WEB_WORKERS"], validate=Range(1, 64)),
        worker_jobs=env.int("WORKER_JOBS", _DEFAULTS["WORKER_JOBS"], validate=Range(2, 64)),
        database_connections=env.int("DATABASE_CONNECTIONS", _DEFAULTS["DATABASE_CONNECTIONS"], validate=Range(4, 256)),
        retention_days=env.int("RETENTION_DAYS", _DEFAULTS["RETENTION_DAYS"], validate=Range(1, 36500)),
        metrics_token=optional_secret(env.str("METRICS_TOKEN", _DEFAULTS["METRICS_TOKEN"], validate=nothing_or(32))),
        worker_metrics_port=env.int("WORKER_METRICS_PORT", _DEFAULTS["WORKER_METRICS_PORT"], validate=Range(0, 65535)),
        proxy=optional_secret(env.str("PROXY", _DEFAULTS["PROXY"], validate=check_proxy)),
        ca_file=optional_path(env.str("CA_FILE", _DEFAULTS["CA_FILE"], validate=check_authorities)),
        core_hosts=names_of(env.list("CORE_HOSTS", _DEFAULTS["CORE_HOSTS"], validate=check_hosts)),
        secret_files=env.files,
    )
    errors = env.errors()
    obsolete = [(old, new) for old, new in RENAMED.items() if os.environ.get(old)]
    errors += [f"{old}: this is named {new} now. Set that one instead." for old, new in obsolete]
    # One that cannot be used is refused already.
    is_plain = settings.public_url and not settings.public_url.startswith("https://")
    if settings.environment == "production" and is_plain:
        errors.append("CHAT2PAY_PUBLIC_URL must start with https:// in production")
    if errors:
        raise Misconfigured(errors)
    return settings
