"""Knows that the fault rehearsal is a program of its own; refuses to know anything of the sandboxes it runs against."""

from __future__ import annotations

import subprocess
import sys

import click


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def rehearse(options: tuple[str, ...]) -> None:
    """Rehearse a bad day against the sandboxes and prove that nothing is lost and nothing wrong."""
    command = [sys.executable, "-m", "sandbox.rehearsal", *options]
    done = subprocess.run(command, check=False)  # noqa: S603  our own program, no shell
    sys.exit(done.returncode if done.returncode >= 0 else 1)
