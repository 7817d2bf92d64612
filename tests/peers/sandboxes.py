"""Both sandboxes in this process, beside processes of the product: as commands they would be three more to start."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sandbox.org.app import create_app
from tests.peers.demo_core import demo_core, served
from tests.suite.filled_once import filled_folder


@contextmanager
def sandbox_org(folder: Path) -> Iterator[str]:
    """Serve an org with its samples; yield where it listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        address = f"http://localhost:{door.getsockname()[1]}"
        app = create_app(filled_folder(folder), instance_url=address)
        with closing(app.extensions["org"].records), served(app, door):
            yield address


@contextmanager
def sandboxes(folder: Path, empty_core: Path) -> Iterator[tuple[str, str]]:
    """Serve an org with its samples and a core that works by itself; yield where each of them listens."""
    with (
        demo_core(folder / "core", empty_core, works=True, public_url=None) as core,
        sandbox_org(folder / "org") as org,
    ):
        yield org, core.url
