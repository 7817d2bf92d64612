"""The command `python -m sandbox.rehearsal`: its options and what it prints."""

from __future__ import annotations

import json
import secrets
import sys

import click

from sandbox.rehearsal.command import UnknownFaults, parse_faults, run_in_folder, say_differences
from sandbox.rehearsal.environment import Databases
from sandbox.rehearsal.outcome import Outcome
from sandbox.rehearsal.plan import FAULTS, Plan, time_limit
from sandbox.rehearsal.progress import Progress, open_progress
from sandbox.rehearsal.runner import rehearse

_COLUMNS = ("sent", "applied", "duplicates", "stale", "lost", "wrong")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--callbacks", type=click.IntRange(50, 1_000_000), default=2000, show_default=True, help="At least so many."
)
@click.option("--faults", default="all", show_default=True, help=f"all, none, or some of: {', '.join(FAULTS)}.")
@click.option("--seed", type=int, default=None, help="Repeats the same choices.")
@click.option("--database-url", default=None, help="postgresql://… instead of a temporary SQLite file; must be empty.")
@click.option("--core-database-url", default=None, help="The same for the sandbox core's own database.")
@click.option(
    "--settle", type=click.IntRange(1, 3600), default=420, show_default=True, help="Seconds until all is healed."
)
@click.option(
    "--keep",
    is_flag=True,
    help="Keep the temporary folder with logs and databases; one that proves nothing is kept anyway.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON at the end.")
def main(
    callbacks: int, faults: str, *, seed: int | None, database_url: str | None, core_database_url: str | None,
    settle: int, keep: bool, as_json: bool,
) -> None:  # fmt: skip
    """Rehearse a bad day against the sandboxes and prove that nothing was lost and nothing is wrong."""
    try:
        chosen = parse_faults(faults, FAULTS)
    except UnknownFaults as error:
        raise click.UsageError(str(error)) from error
    seed = secrets.randbelow(2**31) if seed is None else seed
    plan = Plan(callbacks, seed, chosen, settle_s=settle, limit_s=time_limit(callbacks))
    progress = open_progress()
    progress.say(f"rehearsal of {callbacks} callbacks, seed {seed}")
    outcome = run_in_folder(
        lambda folder: rehearse(plan, folder, databases=Databases(database_url, core_database_url), progress=progress),
        prefix="chat2pay-rehearsal-", keep=keep, progress=progress,
    )  # fmt: skip
    _print(outcome, progress, as_json=as_json)
    sys.exit(0 if outcome.is_proven else 1)


def _print(outcome: Outcome, progress: Progress, *, as_json: bool) -> None:
    say_differences(outcome, progress)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), indent=2))
        return
    values = [str(getattr(outcome, name)) for name in _COLUMNS]
    widths = [max(len(name), len(value)) for name, value in zip(_COLUMNS, values, strict=True)]
    click.echo("  ".join(name.rjust(width) for name, width in zip(_COLUMNS, widths, strict=True)))
    click.echo("  ".join(value.rjust(width) for value, width in zip(values, widths, strict=True)))
    click.echo(
        f"{outcome.orders} orders, {outcome.requests} payment requests, {outcome.forged} forged, {outcome.refused} refused,"
        f" {outcome.kills} kills, {outcome.seconds:.0f} s (settled in {outcome.settled_s:.0f} s), seed {outcome.seed}"
    )
    click.echo("proven" if outcome.is_proven else "NOT proven")


if __name__ == "__main__":
    main()
