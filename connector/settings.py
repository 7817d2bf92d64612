"""Knows everything that can be configured per deployment, in one table; refuses to run with a fault in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environs import Env, EnvValidationError
from marshmallow import ValidationError
from marshmallow.validate import OneOf, Range

from connector.errors import Misconfigured


@dataclass(frozen=True)
class Secret:
    """Text that never prints itself."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "•••"

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Settings:
    """The frozen settings of one process. Times are in seconds."""

    environment: str
    database_url: str
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

    @property
    def is_demo(self) -> bool:
        """In the demo, peers on loopback over plain http are allowed."""
        return self.environment == "demo"


@dataclass(frozen=True)
class SettingRow:
    """One row of the README's table: the documentation test compares the two."""

    name: str
    default: str | int
    meaning: str


TABLE = (
    SettingRow(
        "CHAT2PAY_ENVIRONMENT", "production", "`production`, or `demo`, which allows peers on loopback over plain http"
    ),
    SettingRow("CHAT2PAY_DATABASE_URL", "sqlite:///chat2pay.db", "Where the ledger lives: `sqlite:///path`"),
    SettingRow(
        "CHAT2PAY_PUBLIC_URL",
        "http://127.0.0.1:8000",
        "How Salesforce and the payment core reach this connector; https in production",
    ),
    SettingRow("CHAT2PAY_HOST", "127.0.0.1", "The address to listen on"),
    SettingRow("CHAT2PAY_PORT", 8000, "The port to listen on"),
    SettingRow("CHAT2PAY_THREADS", 16, "Web threads of the one process"),
    SettingRow(
        "CHAT2PAY_ENCRYPTION_KEYS",
        "(required)",
        "Fernet keys, comma separated, newest first: encrypt secrets and callback bodies at rest",
    ),
    SettingRow(
        "CHAT2PAY_LAUNCH_KEYS",
        "(required)",
        "Keys of at least 32 characters, comma separated, newest first: sign launch tokens",
    ),
    SettingRow("CHAT2PAY_TRUSTED_PROXIES", 0, "How many proxies in front of us set forwarded headers"),
    SettingRow("CHAT2PAY_SALESFORCE_TIMEOUT", 15, "Seconds for one whole call to Salesforce"),
    SettingRow("CHAT2PAY_CORE_TIMEOUT", 15, "Seconds for one whole call to the payment core"),
    SettingRow("CHAT2PAY_SWEEP_INTERVAL", 5, "Seconds between two looks at work that nobody announced; at most 5"),
    SettingRow("CHAT2PAY_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`"),
)
_DEFAULTS: dict[str, Any] = {row.name.removeprefix("CHAT2PAY_"): row.default for row in TABLE}


def read_settings() -> Settings:
    """Read the environment once.

    Raises:
        Misconfigured: with every fault, each naming its variable and the mend.
    """
    env = Env(eager=False, prefix="CHAT2PAY_")
    settings = Settings(
        environment=env.str("ENVIRONMENT", _DEFAULTS["ENVIRONMENT"], validate=OneOf(["production", "demo"])),
        database_url=env.str("DATABASE_URL", _DEFAULTS["DATABASE_URL"], validate=_database_url),
        public_url=env.str("PUBLIC_URL", _DEFAULTS["PUBLIC_URL"]).rstrip("/"),
        host=env.str("HOST", _DEFAULTS["HOST"]),
        port=env.int("PORT", _DEFAULTS["PORT"], validate=Range(1, 65535)),
        threads=env.int("THREADS", _DEFAULTS["THREADS"], validate=Range(2, 256)),
        encryption_keys=_secrets(env.list("ENCRYPTION_KEYS", validate=_keys_of(44))),
        launch_keys=_secrets(env.list("LAUNCH_KEYS", validate=_keys_of(32))),
        trusted_proxies=env.int("TRUSTED_PROXIES", _DEFAULTS["TRUSTED_PROXIES"], validate=Range(0, 10)),
        salesforce_timeout=env.float("SALESFORCE_TIMEOUT", _DEFAULTS["SALESFORCE_TIMEOUT"], validate=Range(1, 60)),
        core_timeout=env.float("CORE_TIMEOUT", _DEFAULTS["CORE_TIMEOUT"], validate=Range(1, 60)),
        sweep_interval=env.float("SWEEP_INTERVAL", _DEFAULTS["SWEEP_INTERVAL"], validate=Range(0.1, 5)),
        log_level=env.str("LOG_LEVEL", _DEFAULTS["LOG_LEVEL"], validate=OneOf(["debug", "info", "warning", "error"])),
    )
    faults = _sealed(env)
    if settings.environment == "production" and not settings.public_url.startswith("https://"):
        faults.append("CHAT2PAY_PUBLIC_URL must start with https:// in production")
    if faults:
        raise Misconfigured(faults)
    return settings


def _sealed(env: Env) -> list[str]:
    """Collect what environs found wrong, without the values: some of them are secrets."""
    try:
        env.seal()
    except EnvValidationError as found:
        told: Any = found.error_messages
        return [f"{name}: {' '.join(map(str, texts))}" for name, texts in told.items()]
    return []


def _secrets(keys: list[str] | None) -> tuple[Secret, ...]:
    return tuple(Secret(key) for key in keys or [])


def _keys_of(least: int) -> Callable[[list[str]], None]:
    def check(keys: list[str]) -> None:
        if not keys or any(len(key) < least for key in keys):
            raise ValidationError(f"Give one or more keys of at least {least} characters; `chat2pay keys` makes them.")

    return check


def _database_url(url: str) -> None:
    if not url.startswith("sqlite:///"):
        raise ValidationError("Use sqlite:///path.")


def sqlite_path(settings: Settings) -> Path:
    """Return the file of the SQLite database."""
    return Path(settings.database_url.removeprefix("sqlite:///"))
