"""Run the web processes of a PostgreSQL deployment."""

from __future__ import annotations

from foundation import log
from foundation.database.schema.check_schema import require_schema
from foundation.serving.embedded import Address
from foundation.serving.fleet import serve_fleet, share_counts
from foundation.serving.gathering import GatheredBodies
from foundation.serving.memory import trim_memory
from foundation.serving.parent import end_with_parent
from manifests.configuration import read_with_overlay
from payment_core import metrics
from payment_core.app import LARGEST_BODY, create_app
from payment_core.services import Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.serving.owner import new_owner
from payment_core.settings import read_settings
from payment_core.store.schema.migrate import SCHEMA


def serve(core: Core) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    require_schema(SCHEMA, core.transactions.database)
    core.transactions.database.close()  # a forked process must not share connections with its parent
    settings = core.settings
    serve_fleet(
        "payment_core.serving.fleet:web_process",
        Address(settings.host, settings.port, settings.public_url),
        workers=settings.web_workers,
        threads=settings.threads,
    )


def web_process() -> GatheredBodies:
    """Build the app of one web process; granian calls this in each."""
    # Before anything else: a parent that was killed must not leave processes that hold its port.
    end_with_parent()
    settings = read_with_overlay(read_settings)
    log.configure(settings.log_level)
    share_counts(metrics.registry)
    app = create_app(build_core(settings, production_adapters(), owner=new_owner("web")))
    trim_memory()
    return GatheredBodies(app, threads=settings.threads, largest=LARGEST_BODY)
