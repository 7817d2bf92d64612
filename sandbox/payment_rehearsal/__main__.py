"""The command `python -m sandbox.payment_rehearsal`: its options and what it prints."""

from __future__ import annotations

import json
import secrets
import sys

import click

from sandbox.payment_rehearsal.outcome import VIOLATIONS, Outcome
from sandbox.payment_rehearsal.plan import FAULTS, Plan
from sandbox.payment_rehearsal.runner import rehearse
from sandbox.rehearsal.command import chosen_faults, run_in_folder, say_differences
from sandbox.rehearsal.progress import Progress, open_progress


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--payments", type=click.IntRange(10, 1_000_000), default=400, show_default=True, help="How many.")
@click.option("--faults", default="all", show_default=True, help=f"all, none, or some of: {', '.join(FAULTS)}.")
@click.option("--seed", type=int, default=None, help="Repeats the same choices.")
@click.option("--database-url", default=None, help="postgresql://… instead of a temporary SQLite file; must be empty.")
@click.option(
    "--kill-every",
    type=click.FloatRange(1, 600),
    default=15,
    show_default=True,
    help="Seconds between two kills, about.",
)
@click.option(
    "--keep",
    is_flag=True,
    help="Keep the temporary folder with logs and database; one that proves nothing is kept anyway.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON at the end.")
def main(
    payments: int,
    faults: str,
    *,
    seed: int | None,
    database_url: str | None,
    kill_every: float,
    keep: bool,
    as_json: bool,
) -> None:
    """Rehearse a bad day with stand-ins for Stripe and Twilio, and prove that no money and no news was lost."""
    chosen = chosen_faults(faults, FAULTS)
    seed = secrets.randbelow(10**6) if seed is None else seed
    plan = Plan(payments, seed, chosen, kill_after_s=(kill_every / 2, kill_every * 1.5))
    progress = open_progress()
    so_far = Outcome(seed)
    outcome = run_in_folder(
        lambda folder: rehearse(plan, folder, database_url=database_url, progress=progress, outcome=so_far),
        beginning=f"rehearsal of {payments} payments, seed {seed}",
        prefix="payment-rehearsal-", keep=keep, progress=progress,
        interrupted=lambda: _print(so_far, progress, as_json=as_json, ended_early=True),
    )  # fmt: skip
    _print(outcome, progress, as_json=as_json)
    sys.exit(0 if outcome.is_proven else 1)


def _print(outcome: Outcome, progress: Progress, *, as_json: bool, ended_early: bool = False) -> None:
    say_differences(outcome, progress)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), indent=2))
        return
    for name in VIOLATIONS:
        click.echo(f"{name.replace('_', ' '):22}{outcome.violations.get(name, 0)}")
    click.echo(
        f"{outcome.payments} payments asked for, {outcome.charged} charged, {outcome.messages} messages "
        f"({outcome.unknown_messages} named as not known, of which {outcome.unknown_and_sent} had left), "
        f"{outcome.news} notifications, {outcome.webhooks} webhooks, "
        f"{outcome.paid_twice_returned} second payments given back, {outcome.kills} kills, {outcome.outages} outages of a "
        f"day, {outcome.virtual_days:.0f} days in {outcome.seconds:.0f} s, seed {outcome.seed}"
    )
    verdict = "proven" if outcome.is_proven else "NOT proven"
    click.echo(f"ended early; of the payments of whole waves: {verdict}" if ended_early else verdict)


if __name__ == "__main__":
    main(prog_name="chat2pay-core rehearse")
