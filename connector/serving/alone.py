"""Run the one process of a SQLite deployment."""

from __future__ import annotations

from connector.app import create_app
from connector.services import Services
from connector.store.schema.migrate import require_schema
from connector.web.responses.http_status_errors import server_answer
from connector.workers.embedded_workers import EmbeddedWorkers
from foundation.serving.embedded import Address, serve_embedded


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    # Refused at the start: a later version's rows, read by this one, would be wrong in silence.
    require_schema(services.store.database)
    settings = services.settings
    serve_embedded(
        create_app(services),
        Address(settings.host, settings.port, settings.public_url),
        threads=settings.threads,
        answer=server_answer,
        background=EmbeddedWorkers(services),
        database=services.store.database,
    )
