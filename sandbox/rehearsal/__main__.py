"""The command `python -m sandbox.rehearsal`: its options and what it prints."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import dataclass
from typing import Any

import click

from sandbox.rehearsal.command import chosen_faults, run_in_folder, say_differences
from sandbox.rehearsal.environment import Databases
from sandbox.rehearsal.outcome import Outcome
from sandbox.rehearsal.plan import FAULTS, Plan, time_limit
from sandbox.rehearsal.progress import Progress, open_progress
from sandbox.rehearsal.runner import rehearse

_COLUMNS = ("sent", "applied", "duplicates", "stale", "lost", "wrong")


@dataclass(frozen=True)
class _Options:
    """The options of the command line, by the names that click gives them."""

    callbacks: int
    faults: str
    seed: int | None
    database_url: str | None
    core_database_url: str | None
    settle: int
    keep: bool
    as_json: bool

    def plan(self) -> Plan:
        """Return the plan that was asked for, its seed chosen here where none was given."""
        seed = secrets.randbelow(2**31) if self.seed is None else self.seed
        chosen = chosen_faults(self.faults, FAULTS)
        return Plan(self.callbacks, seed, chosen, settle_s=self.settle, limit_s=time_limit(self.callbacks))


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
def main(**given: Any) -> None:
    """Rehearse a bad day against the sandboxes and prove that nothing was lost and nothing is wrong."""
    options = _Options(**given)
    plan, progress = options.plan(), open_progress()
    databases = Databases(options.database_url, options.core_database_url)
    outcome = run_in_folder(
        lambda folder: rehearse(plan, folder, databases=databases, progress=progress),
        beginning=f"rehearsal of {plan.callbacks} callbacks, seed {plan.seed}",
        prefix="chat2pay-rehearsal-", keep=options.keep, progress=progress,
    )  # fmt: skip
    _print(outcome, progress, as_json=options.as_json)
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
    main(prog_name="chat2pay rehearse")
