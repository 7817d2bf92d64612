"""The command `rehearse`, which runs the fault rehearsal of the source tree; the package does not contain it."""

from __future__ import annotations

from pathlib import Path

import click

import connector
from foundation.console.source_programs import become

_SOURCE = Path(connector.__file__).resolve().parents[1]
_NOT_HERE = (
    "The rehearsal plays a bad day against a sandbox Salesforce org and a sandbox payment core. They are no part of the "
    "installed package: take the source tree of this version, run `make demo ARGS=--scripted` in it once (that installs "
    "everything into .venv), and then `.venv/bin/chat2pay rehearse`."
)


# The rehearsal reads its options itself, `--help` among them: they are its own, and not of this package.
@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def rehearse(options: tuple[str, ...]) -> None:
    """Rehearse a bad day against the sandboxes and prove that nothing is lost and nothing wrong (source tree only)."""
    if not (_SOURCE / "sandbox" / "rehearsal").is_dir():
        raise click.ClickException(_NOT_HERE)
    become("sandbox.rehearsal", options, source=_SOURCE)
