"""The command `rehearse`, which runs the rehearsal of the source tree; the package does not contain it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click

import payment_core

_SOURCE = Path(payment_core.__file__).resolve().parents[1]
_NOT_HERE = (
    "The rehearsal plays a bad day against stand-ins for Stripe and Twilio. They are no part of the installed package: take "
    "the source tree of this version, run `make demo ARGS=--scripted` in it once (that installs everything into .venv), and "
    "then `.venv/bin/chat2pay-core rehearse`."
)


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def rehearse(options: tuple[str, ...]) -> None:
    """Rehearse a bad day with stand-ins for Stripe and Twilio, and prove that no money and no news is lost."""
    if not (_SOURCE / "sandbox" / "payment_rehearsal").is_dir():
        raise click.ClickException(_NOT_HERE)
    command = [sys.executable, "-m", "sandbox.payment_rehearsal", *options]
    places = [str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    with subprocess.Popen(command, env=environment) as running:  # noqa: S603  our own program, no shell
        # Ctrl-C reaches the rehearsal, too, which says what it has proved: it must not be killed for its slowness.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = running.wait()
    # A negative code means that a signal ended it, which no shell could show as it is.
    sys.exit(max(code, 1) if code else 0)
