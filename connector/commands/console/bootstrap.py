"""Start a command: read settings, configure logging, build services, check the schema."""

from __future__ import annotations

from connector.errors import Misconfigured
from connector.services import Services, build_services
from connector.settings import Settings, read_settings
from connector.store.schema.migrate import require_schema
from foundation import log
from foundation.database.database import ProcessLock
from manifests.configuration import read_with_overlay


def open_exclusive(*, may_be_new: bool = False) -> Services:
    """Build the services for a server or a migration, of which SQLite allows one at a time. Only one that ``may_be_new`` is made.

    Raises:
        Misconfigured: the settings are not valid, another server holds the database, or it is missing.
    """
    settings = _configured()
    if not may_be_new:
        _require_file(settings)
    # On PostgreSQL several servers share the work through leases in the database.
    if not settings.is_fleet:
        ProcessLock(settings.sqlite_path).take()
    return build_services(settings)


def open_shared(*, quiet: bool = False) -> Services:
    """Build the services for a command that may run beside the server; ``quiet`` writes no log lines.

    Raises:
        Misconfigured: the settings are not valid, or the database is missing or of another version.
    """
    settings = _configured(quiet=quiet)
    _require_file(settings)
    services = build_services(settings)
    require_schema(services.store.database)
    return services


def open_unchecked(*, quiet: bool = False) -> Services:
    """Build the services whatever the schema is, for a command that examines it."""
    return build_services(_configured(quiet=quiet))


def _require_file(settings: Settings) -> None:
    """Refuse a missing file first: SQLite would create it, and then report an empty schema."""
    if not settings.is_fleet and not settings.sqlite_path.exists():
        # With its folder: a relative one is another database in every folder that a command is called from.
        file = settings.sqlite_path.absolute()
        raise Misconfigured([f"{file} does not exist: run `chat2pay db upgrade`, or correct its name"])


def _configured(*, quiet: bool = False) -> Settings:
    settings = read_with_overlay(read_settings)
    # Such a command says itself what it asks and finds: log lines would stand in between.
    log.configure("critical" if quiet else settings.log_level)
    return settings
