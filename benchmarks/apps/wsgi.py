"""The apps under load, by the name in BENCH_APP.

product     the product's app
storeless   the same without the store
ungrouped   the same, committing per request
noop        a Flask view that returns 200
baseline    the usual code: a cached marshmallow schema, a Core insert, a commit per request
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

NAME = os.environ.get("BENCH_APP", "noop")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def build() -> tuple[Wsgi, Callable[[str], dict[str, Any]]]:
    """Return the app, and what answers for the state of its own database."""
    match NAME:
        case "noop":
            return _noop(), lambda _path: {}
        case "baseline":
            from benchmarks.apps.baseline import baseline_app

            return baseline_app(os.environ["BENCH_DATABASE"])
        case _:
            return _product()


def _noop() -> Wsgi:
    from flask import Flask, Response

    app = Flask("noop")

    @app.post("/callbacks/<key>/<kind>")
    def receive(key: str, kind: str) -> Response:
        return Response(status=200)

    @app.post("/launch")
    def launch() -> Response:
        return Response(status=200)

    return app


def _product() -> tuple[Wsgi, Callable[[str], dict[str, Any]]]:
    from benchmarks.apps.stands_in import stands_in_for
    from connector.app import create_app
    from connector.services import build_services
    from connector.settings import read_settings
    from connector.store.inbox import inbox
    from connector.workers.embedded_workers import EmbeddedWorkers
    from foundation import log
    from foundation.database.checkpoints import Checkpoints
    from foundation.database.group_commit import GroupCommit
    from foundation.serving.memory import trim_memory

    @stands_in_for(GroupCommit)
    class Storeless:
        def put(self, item: Any) -> inbox.Recorded:
            return inbox.Recorded.NEW

    @stands_in_for(GroupCommit)
    class Ungrouped:
        def put(self, item: Any) -> inbox.Recorded:
            with services.store.database.write() as connection:
                return inbox.record_sealed(connection, [item])[0]

    settings = read_settings()
    log.configure(settings.log_level)
    services = build_services(settings)
    database = services.store.database
    if NAME in ("storeless", "ungrouped"):
        services = replace(services, arrivals=Storeless() if NAME == "storeless" else Ungrouped())  # type: ignore[arg-type]
    if NAME != "storeless":
        Checkpoints(database).start()
    workers = EmbeddedWorkers(services)
    if os.environ.get("BENCH_WORKERS"):
        workers.start()

    def state(path: str) -> dict[str, Any]:
        if path == "/bench/start-workers":
            workers.start()
            return {}
        if database.engine.dialect.name != "sqlite":
            return {}
        with database.write() as connection:
            return {"synchronous": connection.exec_driver_sql("PRAGMA synchronous").scalar_one()}

    app = create_app(services)
    trim_memory()
    return _timed(app), state


def _timed(app: Wsgi) -> Wsgi:
    """Add to every launch's answer how long its peers took: that time is not ours."""
    from foundation.http.session import PeerSession

    spent = [0.0]
    # Its own: what it inherits would be patched as well, and no call would come that way.
    original = vars(PeerSession)["request"]

    def request(self: PeerSession, *args: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return original(self, *args, **options)
        finally:
            spent[0] += time.perf_counter() - begun

    def launched(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/launch":
            return app(environ, start)
        spent[0] = 0.0
        return app(environ, lambda status, headers, *rest: start(status, [*headers, ("X-Peers", str(spent[0]))], *rest))

    # Patched here and not measured by the product, which must run as it is delivered.
    PeerSession.request = request  # type: ignore[method-assign]
    return launched


def _with_state(app: Wsgi, state_of: Callable[[str], dict[str, Any]]) -> Wsgi:
    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/bench/"):
            return app(environ, start)
        state = {"pid": os.getpid(), **state_of(path)}
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(state).encode()]

    return answer


app = _with_state(*build())


def gathered() -> Any:
    """Return the app as the product serves it with granian."""
    from benchmarks.harness.servers import THREADS
    from connector.app import LARGEST_BODY
    from foundation.serving.gathering import GatheredBodies

    return GatheredBodies(app, threads=THREADS, largest=LARGEST_BODY)


def main(arguments: Sequence[str]) -> None:
    """Serve with waitress, with the product's own flags."""
    from waitress.server import create_server

    from foundation.serving.channels import use_channels

    port, threads = map(int, arguments)
    sockets: dict[int, Any] = {}
    flags: dict[str, Any] = {"ident": None, "channel_timeout": 30, "backlog": 1024, "connection_limit": 1000}
    server = create_server(
        app, map=sockets, host="127.0.0.1", port=port, threads=threads, asyncore_use_poll=True, **flags
    )
    use_channels(sockets, lambda _status: ([], b""))
    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
