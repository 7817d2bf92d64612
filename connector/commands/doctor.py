"""The command `doctor`, which examines a deployment and prints its problems."""

from __future__ import annotations

import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from connector.commands.console.bootstrap import open_unchecked
from connector.commands.console.findings import finding_json
from connector.commands.console.printing import as_json_option, print_json
from connector.commands.console.tenant_arg import chosen_tenants
from connector.domain.health.examination import Check, ExaminationResult
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant, is_salesforce_id, long_id
from connector.journeys.examining.examine import examine
from connector.journeys.examining.peers.examine_people import examine_person
from connector.journeys.examining.peers.probe_one_order import probe_one_order
from connector.salesforce.permissions.org_facts import is_username
from connector.services import Services
from connector.workers.nightly import make_examiner
from foundation.console.screens import has_colour, is_terminal, printable, screen

# Longer lines are hard to read, and findings are pasted into tickets.
_WIDTH, _NARROWEST = 100, 40
_WORDS = {Level.WRONG: "WRONG", Level.SOON: "SOON", Level.FINE: "fine"}
_COLOURS = {Level.WRONG: "red", Level.SOON: "yellow", Level.FINE: "green"}


@click.command()
@click.option("--tenant", "tenant_id", help="Only this tenant, beside what all tenants share.")
@click.option(
    "--write-probe",
    "order_id",
    metavar="ORDER",
    help="Also write one of our own fields of this order (its Salesforce id) back with the value it has.",
)
@click.option(
    "--as",
    "username",
    metavar="USERNAME",
    help="Also look with this user's eyes: what our permission sets give, what the user lacks of it, the last refused launch.",
)
@click.option(
    "--all", "names_all", is_flag=True, help="Name all where a finding says “and 7 more”; --json always does."
)
@as_json_option
def doctor(
    *, tenant_id: str | None, order_id: str | None, username: str | None, names_all: bool, as_json: bool
) -> None:
    """Look at everything that must be right, and say what is wrong, how to fix it and what happens otherwise.

    Exit 0: nothing is wrong. Exit 1: something is, or could not be looked at.
    """
    if order_id is not None and not is_salesforce_id(order_id):
        raise click.UsageError("Give the order's Salesforce id, 15 or 18 characters; it is in the address of its page.")
    if username is not None and not is_username(username):
        raise click.UsageError("Give the user's username in Salesforce, which looks like an email address.")
    # The schema is one of the things to examine, so it must not stop the command.
    services = open_unchecked(quiet=True)
    selected = _Selection(tenant_id, order_id, username)
    results = list(_examined(services, selected, on_check=_silent if as_json else _progress))
    if as_json:
        print_json({"well": all(one.is_well for one in results), "examined": [_as_json(one) for one in results]})
    else:
        _print(results, names_all=names_all)
    if not all(one.is_well for one in results):
        sys.exit(1)


@dataclass(frozen=True)
class _Selection:
    """The tenant, order and user that the command's options name; None where not given."""

    tenant_id: str | None
    order_id: str | None
    username: str | None


def _examined(
    services: Services, selected: _Selection, *, on_check: Callable[[str], None]
) -> Iterator[ExaminationResult]:
    def extra_checks(tenant: Tenant) -> list[Check]:
        return _asked_for(services, tenant, selected)

    return examine(
        examiner=make_examiner(services),
        choose=lambda: _chosen(services, selected),
        on_check=on_check,
        extra_checks=extra_checks,
    )


def _asked_for(services: Services, tenant: Tenant, selected: _Selection) -> list[Check]:
    checks = []
    if selected.order_id:
        order_id = long_id(selected.order_id)
        checks.append(probe_one_order(tenant=tenant, order_id=order_id, salesforce=services.salesforce))
    if selected.username:
        checks.append(
            examine_person(
                tenant=tenant, username=selected.username, salesforce=services.salesforce, store=services.store
            )
        )
    return checks


def _chosen(services: Services, selected: _Selection) -> list[Tenant]:
    chosen = chosen_tenants(services, selected.tenant_id)
    # An order's id says nothing of its org: tried at another tenant it would look like a missing right.
    if selected.order_id is not None and len(chosen) != 1:
        raise click.UsageError("Say whose order it is: --tenant.")
    if selected.username is not None and len(chosen) != 1:
        raise click.UsageError("Say whose user it is: --tenant.")
    return chosen


def _print(results: Sequence[ExaminationResult], *, names_all: bool) -> None:
    shared, *tenants = results
    for one in (shared, *sorted(tenants, key=lambda tenant: tenant.is_well)):  # those with problems first
        click.echo(printable(f"{one.name} ({one.tenant_id})") if one.tenant_id else "This deployment")
        for finding in one.found:
            _print_finding(finding, names_all=names_all)
        _print_unexamined(one)
        if one.is_well and not one.found:
            click.echo("  Everything is in order.")
        click.echo()
    if len(results) == 1 and shared.is_well:
        click.echo("There is no tenant yet: chat2pay tenant add …\n")
    click.echo(_summary(results))


def _print_finding(finding: Finding, *, names_all: bool) -> None:
    problem = finding.full_problem if names_all and finding.full_problem else finding.problem
    _paragraph(f"  {_WORDS[finding.level]:<6} ", problem, colour=_COLOURS[finding.level])
    if finding.full_problem and not names_all:
        _paragraph("         All of them: ", "the same command with --all, or with --json.")
    if finding.remedy:
        _paragraph("         Fix it: ", finding.remedy)
    if finding.impact:
        _paragraph("         If nothing is done: ", finding.impact)


def _print_unexamined(one: ExaminationResult) -> None:
    """Print which checks could not run, one paragraph for each reason."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for unseen in one.unseen:
        by_reason[unseen.why].append(_plain(unseen.check))
    for reason, names in by_reason.items():
        _paragraph("  DARK   ", colour="magenta", text=f"Not looked at: {', '.join(names)}. Why: {reason}")


def _paragraph(lead: str, text: str, *, colour: str | None = None) -> None:
    """Print a text after its lead, wrapped to the terminal's width; ``colour`` is the lead's."""
    width = max(_NARROWEST, min(_WIDTH, screen("stdout").width)) if is_terminal("stdout") else _WIDTH
    filled = textwrap.fill(
        printable(text), width=width, initial_indent=lead, subsequent_indent=" " * 11, break_on_hyphens=False
    )
    # Coloured after wrapping: textwrap would count the escape codes as text.
    if colour and has_colour("stdout"):
        filled = click.style(lead, fg=colour, bold=True) + filled.removeprefix(lead)
    click.echo(filled)


def _summary(results: Sequence[ExaminationResult]) -> str:
    levels = [finding.level for one in results for finding in one.found]
    dark, seen = sum(len(one.unseen) for one in results), sum(len(one.seen) for one in results)
    return (
        f"{levels.count(Level.WRONG)} wrong, {levels.count(Level.SOON)} soon; "
        f"{seen} things were looked at, {dark} could not be looked at."
    )


def _as_json(one: ExaminationResult) -> dict[str, Any]:
    return {
        "tenant": one.tenant_id or None,
        "name": one.name,
        "well": one.is_well,
        "findings": [finding_json(finding) for finding in one.found],
        "not_looked_at": [vars(unseen) for unseen in one.unseen],
        "looked_at": list(one.seen),
    }


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _progress(text: str) -> None:
    """Print on standard error what is being examined: scripts read standard output."""
    # One line a check, and no bar: each may wait for a peer's time limit, and a person wants to see which one.
    click.echo(f"… {printable(text)}", err=True)


def _silent(_text: str) -> None:
    return
