"""The payment core of a demo and the front before it, in this process: what ``python -m sandbox.core`` starts as two."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from foundation.database.database import Database
from foundation.database.schema.migrate import upgrade
from foundation.secret import Secret
from payment_core.app import create_app as create_core
from payment_core.demo.parts import Demo, build_demo, demo_settings
from payment_core.store.schema.migrate import SCHEMA
from payment_core.workers.loops import Loops
from sandbox.core.app import create_app as create_front
from tests.suite.kept_engines import share_statements

PUBLIC_URL = "http://localhost:8020"
_DELIVERIES = "deliveries"


@pytest.fixture(scope="session")
def migrated_core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of a core at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("core") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(SCHEMA, database)
    database.close()
    return path


class _Silent(WSGIRequestHandler):
    """Writes no access lines: paths hold phone numbers and tokens."""

    def log_request(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def served(app: Flask, door: socket.socket) -> Iterator[None]:
    """Serve an app on a bound socket until the block ends."""
    host, port = door.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, request_handler=_Silent, fd=door.fileno())
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class DemoCore:
    """A running pair. ``front`` is the app in front; ``url`` is where it listens, too."""

    def __init__(self, front: Flask, demo: Demo, *, url: str) -> None:
        self.front = front
        self.demo = demo
        self.url = url

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Return what the front answers."""
        data = None if body is None else json.dumps(body)
        return self.front.test_client().open(path, method=method, data=data, **options)

    def work(self) -> None:
        """Do what the core's background work has to do by now, apart from deliveries."""
        steps = [one for one in self.demo.steps if one.name != _DELIVERIES]
        # Each of them, and again for what one made for another.
        while sum([one.run(self.demo.core) for one in steps]):
            pass


@contextmanager
def demo_core(
    folder: Path,
    migrated: Path,
    *,
    works: bool = False,
    public_url: str | None = PUBLIC_URL,
    allow_other_hosts: bool = False,
) -> Iterator[DemoCore]:
    """Run a pair over a folder, which may be one of before; ``works`` runs the core's background work, too.

    Links in messages start with ``public_url``, or with where the front listens if that is None.
    """
    state, key = folder / "payment_core", secrets.token_urlsafe(32)
    with ExitStack() as stack:
        core_door, front_door = (stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in "12")
        origins = [f"http://127.0.0.1:{door.getsockname()[1]}" for door in (core_door, front_door)]
        port, public_url = core_door.getsockname()[1], public_url or origins[1]
        settings = demo_settings(state, database_url=None, public_url=public_url, host="127.0.0.1", port=port)
        if not settings.sqlite_path.exists():
            shutil.copyfile(migrated, settings.sqlite_path)
        demo = build_demo(settings, phones_url=f"{origins[1]}/network", key=Secret(key))
        stack.callback(demo.core.transactions.database.close)
        share_statements(demo.core.transactions.database.engine)
        if works:
            loops = Loops(demo.core, demo.steps)
            loops.start()
            stack.callback(lambda: loops.stop(within=60))
        stack.enter_context(served(create_core(demo.core, *demo.blueprints), core_door))
        front = create_front(
            folder, core_url=origins[0], key=key, public_url=public_url, allow_other_hosts=allow_other_hosts
        )
        stack.callback(front.extensions["store"].close)
        stack.enter_context(served(front, front_door))
        yield DemoCore(front, demo, url=origins[1])
