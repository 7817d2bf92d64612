"""The command `rehearse`, which runs the fault rehearsal of the source tree; the package does not contain it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

import connector

_SOURCE = Path(connector.__file__).resolve().parents[1]
_NOT_HERE = (
    "The rehearsal plays a bad day against a sandbox Salesforce org and a sandbox payment core. They are no part of the "
    "installed package: take the source tree of this version, run `make demo ARGS=--scripted` in it once (that installs "
    "everything into .venv), and then `.venv/bin/chat2pay rehearse`."
)


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def rehearse(options: tuple[str, ...]) -> None:
    """Rehearse a bad day against the sandboxes and prove that nothing is lost and nothing wrong (source tree only)."""
    if not (_SOURCE / "sandbox" / "rehearsal").is_dir():
        raise click.ClickException(_NOT_HERE)
    command = [sys.executable, "-m", "sandbox.rehearsal", *options]
    places = [str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run(command, check=False, env=environment)  # noqa: S603  our own program, no shell
    # A negative code means that a signal ended it, which no shell could show as it is.
    sys.exit(done.returncode if done.returncode >= 0 else 1)
