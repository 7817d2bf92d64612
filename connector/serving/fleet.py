"""Run the web processes of a PostgreSQL deployment."""

from __future__ import annotations

from connector import metrics
from connector.app import LARGEST_BODY, create_app
from connector.services import Services, build_services
from connector.settings import read_settings
from connector.store.schema.migrate import require_schema
from foundation import log
from foundation.serving.embedded import Address
from foundation.serving.fleet import serve_fleet, share_counts
from foundation.serving.gathering import GatheredBodies
from foundation.serving.memory import trim_memory
from foundation.serving.parent import end_with_parent
from manifests.configuration import read_with_overlay


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    require_schema(services.store.database)
    services.store.database.close()  # a forked process must not share connections with its parent
    settings = services.settings
    serve_fleet(
        "connector.serving.fleet:web_process",
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
    # Before the first count, which would else be in the memory of this process alone.
    share_counts(metrics.registry)
    app = create_app(build_services(settings))
    trim_memory()
    return GatheredBodies(app, threads=settings.threads, largest=LARGEST_BODY)
