"""Run the stand-in as a process of its own, on the loopback only."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from sandbox.stripe.app import build, server_of

_DELIVERS_EVERY_SECONDS = 1.0


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8040, show_default=True)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder that keeps everything."
)
def main(port: int, *, state: Path) -> None:
    """Run a stand-in for Stripe until it is stopped; PAYMENT_CORE_STRIPE_URL leads a core to it."""
    state.mkdir(parents=True, exist_ok=True)
    made = build(f"http://localhost:{port}", path=state / "stripe.db")
    server = server_of(made.app, "127.0.0.1", port)
    stopping = threading.Event()

    def deliver() -> None:
        while not stopping.wait(_DELIVERS_EVERY_SECONDS):
            made.deliveries.deliver()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    click.echo(f"stripe ready on http://localhost:{port}")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        stopping.set()
        made.account.close()


if __name__ == "__main__":
    main()
