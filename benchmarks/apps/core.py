"""The payment core under load, or a no-op on the same server: ``python -m benchmarks.apps.core PORT``, by BENCH_APP.

core   the product's own server, settings, tables and adapters, whose peers answer at once
noop   a Flask app that returns 200, on that server

BENCH_WORKERS names the steps of background work that run: none, ``messages``, or ``all``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, Response

from benchmarks.apps.core_peers import answering_adapters
from foundation import log
from foundation.database.database import Database
from foundation.serving.embedded import Address, serve_embedded
from foundation.serving.fleet import serve_fleet
from foundation.serving.gathering import GatheredBodies
from foundation.serving.memory import trim_memory
from foundation.serving.parent import end_with_parent
from payment_core.app import LARGEST_BODY, create_app
from payment_core.services import Core, build_core
from payment_core.serving.alone import serve
from payment_core.settings import Settings, read_settings
from payment_core.web.responses.problems import server_answer
from payment_core.workers.steps import Step, steps

_IS_CORE = os.environ.get("BENCH_APP") == "core"
_STEPS = {"": (), "messages": ("messages",)}


class _Idle:
    """No background work."""

    def start(self) -> None:
        """Start nothing."""

    def begin_to_stop(self) -> None:
        """Stop nothing."""

    def stop(self, *, within: float) -> bool:
        """Return at once."""
        return True


def main(arguments: Sequence[str]) -> None:
    """Serve as the product does: embedded on SQLite, or the web processes of a fleet on PostgreSQL."""
    settings = read_settings()
    log.configure(settings.log_level)
    address = Address(settings.host, int(arguments[0]), settings.public_url)
    if settings.is_fleet:
        workers, threads = settings.web_workers, settings.threads
        serve_fleet("benchmarks.apps.core:web_process", address, workers=workers, threads=threads)
    elif _IS_CORE:
        core = build_core(settings, answering_adapters())
        serve(core, _state(core), work=_chosen(core))
    else:
        serve_embedded(
            _noop(),
            address,
            threads=settings.threads,
            answer=server_answer,
            background=_Idle(),
            database=Database(f"{settings.database_url}-of-noop"),
        )


def web_process() -> GatheredBodies:
    """Build the app of one web process; granian calls this in each."""
    end_with_parent()
    settings = read_settings()
    log.configure(settings.log_level)
    app = _core_app(settings) if _IS_CORE else _noop()
    trim_memory()
    return GatheredBodies(app, threads=settings.threads, largest=LARGEST_BODY)


def _core_app(settings: Settings) -> Flask:
    core = build_core(settings, answering_adapters(), owner=f"bench{os.getpid()}")
    return create_app(core, _state(core))


def _chosen(core: Core) -> tuple[Step, ...]:
    every, wanted = steps(core), os.environ.get("BENCH_WORKERS", "")
    return every if wanted == "all" else tuple(one for one in every if one.name in _STEPS[wanted])


def _noop() -> Flask:
    app = Flask("noop")

    @app.post("/api/v2/payment-links")
    @app.post("/pay/<token>")
    @app.post("/hooks/<provider>/<hook>")
    def receive(**_places: str) -> Response:
        return Response(status=200)

    @app.get("/bench/state")
    def state() -> dict[str, Any]:
        return {"pid": os.getpid()}

    return app


def _state(core: Core) -> Blueprint:
    blueprint = Blueprint("bench", __name__)

    @blueprint.get("/bench/state")
    def state() -> dict[str, Any]:
        found: dict[str, Any] = {"pid": os.getpid()}
        if not core.settings.is_fleet:
            with core.transactions.database.write() as connection:
                found["synchronous"] = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        return found

    return blueprint


if __name__ == "__main__":
    main(sys.argv[1:])
