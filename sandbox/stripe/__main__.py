"""Run the stand-in as a process of its own, on the loopback only."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.stand_in_server import serve_until_stopped
from sandbox.stripe.app import build


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8040, show_default=True)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder that keeps everything."
)
def main(port: int, *, state: Path) -> None:
    """Run a stand-in for Stripe until it is stopped; PAYMENT_CORE_STRIPE_URL leads a core to it."""
    state.mkdir(parents=True, exist_ok=True)
    made = build(f"http://localhost:{port}", path=state / "stripe.db")
    try:
        serve_until_stopped(made.app, port, name="stripe", deliver=made.deliveries.deliver)
    finally:
        made.account.close()


if __name__ == "__main__":
    main()
