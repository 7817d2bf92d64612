"""The start-up of a command: settings, logging, services and the check of the schema."""

from __future__ import annotations

from connector.configuration import read_configuration
from connector.errors import Misconfigured
from connector.services import Services, build_services
from connector.settings import Settings, sqlite_path
from connector.store.schema.migrate import require_schema
from foundation import log
from foundation.database.database import ProcessLock


def open_exclusive() -> Services:
    """Open the services for a server or a migration: on SQLite no second one may run.

    Raises:
        Misconfigured: the settings have faults, or another server holds the database.
    """
    settings = _configured()
    if not settings.is_fleet:
        ProcessLock(sqlite_path(settings)).take()
    return build_services(settings)


def open_shared(*, quiet: bool = False) -> Services:
    """Open the services for a command that may run beside the server; ``quiet`` writes no log lines.

    Raises:
        Misconfigured: the settings have faults, or the database is not there or not of this version.
    """
    settings = _configured(quiet=quiet)
    if not settings.is_fleet and not sqlite_path(settings).exists():
        raise Misconfigured([f"{sqlite_path(settings)} does not exist: run `chat2pay db upgrade`"])
    services = build_services(settings)
    require_schema(services.store.database)
    return services


def open_unchecked(*, quiet: bool = False) -> Services:
    """Open the services whatever the schema, for a command that examines it."""
    return build_services(_configured(quiet=quiet))


def _configured(*, quiet: bool = False) -> Settings:
    settings = read_configuration()
    log.configure("critical" if quiet else settings.log_level)
    return settings
