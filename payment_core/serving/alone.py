"""Run the one process of a SQLite deployment."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from foundation.database.schema.check_schema import require_schema
from foundation.serving.embedded import Address, serve_embedded
from payment_core.app import create_app
from payment_core.services import Core
from payment_core.store.schema.migrate import SCHEMA
from payment_core.web.responses.problems import server_answer
from payment_core.workers.loops import Loops
from payment_core.workers.steps import Step, steps


def serve(core: Core, *more: Blueprint, work: Sequence[Step] | None = None) -> None:
    """Serve and work until SIGTERM or Ctrl-C, with ``more`` blueprints; ``work`` takes the place of the usual steps.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    # Refused at the start: a later version's rows, read by this one, would be wrong in silence.
    require_schema(SCHEMA, core.transactions.database)
    settings = core.settings
    serve_embedded(
        create_app(core, *more),
        Address(settings.host, settings.port, settings.public_url),
        threads=settings.threads,
        answer=server_answer,
        background=Loops(core, steps(core) if work is None else work),
        database=core.transactions.database,
    )
