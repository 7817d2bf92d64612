"""The command `forget`, which erases a customer and keeps the account of money."""

from __future__ import annotations

import sys
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, format_value, print_json
from connector.domain.tenants.tenant import Tenant
from connector.journeys.forgetting.forget_person import Forgotten, PersonToForget, forget_person
from connector.services import Services
from foundation.console.progress import progress
from foundation.phones.core_number import read_core_number
from foundation.phones.phone import Phone, PhoneError

_KEPT = (
    "Kept: amounts, states, times, references and who of the staff acted, because they are the account of money; a STOP, as a "
    "keyed digest without the number, because forgetting it would let messages reach somebody who refused them; digests of "
    "launches and callbacks, so that none is taken twice."
)
_ELSEWHERE = (
    "Not reached from here: the order, account and contact in Salesforce, the payment core, back-ups and archives of the "
    "connector, bodies under encryption keys that were removed, and what the database's own log holds until it is overwritten."
)


@click.command("forget")
@click.option("--number", metavar="NUMBER", help="The customer's phone number; - reads it from standard input.")
@click.option("--order", metavar="ORDER", help="An order's id or its number.")
@click.option("--tenant", "tenant_id", help="The tenant; needed where there are several.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json_option
def forget(
    *, number: str | None, order: str | None, tenant_id: str | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Erase a customer: numbers, message texts, callback bodies, and the four digits in Salesforce's request records.

    While a link can still be paid nothing is erased, and it says until when. It may be run again at any time; a running server
    writes the request records. Exits with 1 where nothing was erased because something is not over yet.
    """
    # With both, two different people could be meant.
    if (number is None) == (order is None):
        raise click.UsageError("Give either --number or --order.")
    services = open_shared()
    tenant = _tenant(services, tenant_id)
    wanted = (
        PersonToForget(order=order.strip()) if order is not None else PersonToForget(phone=_phone(number or "", tenant))
    )
    # Counted first, so that the question says what is erased; the second run checks again, since a link may be sent meanwhile.
    found = _forget(services, tenant, wanted, dry_run=True)
    if not (dry_run or found.is_refused):
        if not yes:
            click.confirm(f"{_sentence(found, 'Would erase')} Go on?", abort=True, err=True)
        found = _forget(services, tenant, wanted, dry_run=False)
        # The running server writes the blanked digits to Salesforce; this process pushes nothing.
        services.work.outbox_changed()
    _print(found, dry_run=dry_run, as_json=as_json)
    # A script that works off a list of people must see who is left.
    if found.is_refused:
        sys.exit(1)


def _forget(services: Services, tenant: Tenant, wanted: PersonToForget, *, dry_run: bool) -> Forgotten:
    with progress("Reading callbacks") as steps:
        return forget_person(services.for_tenant(tenant), wanted, dry_run=dry_run, on_step=steps.advance)


def _tenant(services: Services, tenant_id: str | None) -> Tenant:
    every = {one.tenant_id: one for one in services.store.tenants.every()}
    # With several a number could belong to customers of two companies.
    if tenant_id is None and len(every) == 1:
        return next(iter(every.values()))
    if tenant_id not in every:
        raise click.UsageError("Give --tenant: `chat2pay tenant list` names them.")
    return every[tenant_id]


def _phone(given: str, tenant: Tenant) -> Phone:
    # A number on the command line stays in the shell's history, so it may come from standard input.
    text = sys.stdin.readline() if given == "-" else given
    try:
        return read_core_number(text.strip(), region=tenant.phone_region)
    except PhoneError as error:
        raise click.UsageError("This is no phone number; write it with its country code.") from error


def _print(found: Forgotten, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {"erased": not (dry_run or found.is_refused), **vars(found)}
        print_json(facts)
        return
    if found.until is not None:
        click.echo(f"Nothing was erased: a link can still be paid until {format_value(found.until)} at the latest.")
    elif found.unread:
        click.echo(f"Nothing was erased: {found.unread} callbacks still wait to be applied. Try again in a minute.")
    else:
        click.echo(_sentence(found, "Would erase" if dry_run else "Erased"))
        click.echo(_KEPT)
        click.echo(_ELSEWHERE)


def _sentence(found: Forgotten, verb: str) -> str:
    return f"{verb} the person from {found.requests} payment requests, {found.orders} orders and {found.callbacks} callbacks."
