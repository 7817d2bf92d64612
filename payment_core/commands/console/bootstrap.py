"""Start a command: read settings, configure logging, build the core, check the schema."""

from __future__ import annotations

from foundation import log
from foundation.database.database import ProcessLock
from foundation.database.schema.check_schema import require_schema
from manifests.configuration import read_with_overlay
from payment_core.errors import Misconfigured
from payment_core.services import Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.serving.owner import new_owner
from payment_core.settings import Settings, read_settings
from payment_core.store.schema.migrate import SCHEMA


def open_exclusive(*, may_be_new: bool = False) -> Core:
    """Build the core for a server or a migration, of which SQLite allows one at a time. Only one that ``may_be_new`` is made.

    Raises:
        Misconfigured: the settings are not valid, another server holds the database, or it is missing.
    """
    settings = _configured()
    if not may_be_new:
        _require_file(settings)
    if not settings.is_fleet:
        ProcessLock(settings.sqlite_path).take()
    return _built(settings)


def open_shared(*, quiet: bool = True) -> Core:
    """Build the core for a command that may run beside the server; ``quiet`` writes no log lines.

    Raises:
        Misconfigured: the settings are not valid, or the database is missing or of another version.
    """
    settings = _configured(quiet=quiet)
    _require_file(settings)
    core = _built(settings)
    require_schema(SCHEMA, core.transactions.database)
    return core


def open_unchecked(*, quiet: bool = False) -> Core:
    """Build the core whatever the schema is, for a command that examines it."""
    return _built(_configured(quiet=quiet))


def _built(settings: Settings) -> Core:
    owner = new_owner("worker") if settings.is_fleet else "embedded"
    return build_core(settings, production_adapters(), owner=owner)


def _require_file(settings: Settings) -> None:
    """Refuse a missing file first: SQLite would create it, and then report an empty schema."""
    if not settings.is_fleet and not settings.sqlite_path.exists():
        # With its folder: a relative one is another database in every folder that a command is called from.
        file = settings.sqlite_path.absolute()
        raise Misconfigured([f"{file} does not exist: run `{SCHEMA.upgrade}`, or correct its name"])


def _configured(*, quiet: bool = False) -> Settings:
    settings = read_with_overlay(read_settings)
    # A command's answer is for a person or a pipe: log lines between would spoil it.
    log.configure("critical" if quiet else settings.log_level)
    return settings
