"""The commands `outbox list` and `outbox show`: orders that wait for Salesforce or were refused, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_fields, print_json, print_table
from connector.commands.console.tenant_arg import chosen_tenants
from connector.domain.health.push_refusal import RefusedPart
from connector.salesforce.errors.remedies import remedy_of
from connector.services import Services
from connector.store.outbox import blocked_orders, probes
from connector.store.outbox.blocked_orders import BlockedOrder
from connector.store.outbox.outbox import OutboxState
from foundation.console.cut_lists import say_what_is_left

# `push --all` holds what it chose in memory while it waits.
MOST = 100_000
_SHORT = 100  # characters of a sentence in a table; `show` and JSON have all of it
_RECORDS = {
    RefusedPart.ORDER: "order",
    RefusedPart.STATUS: "order's Status",
    RefusedPart.REQUEST: "payment request",
    RefusedPart.COLLECTION: "its whole batch",
    RefusedPart.CALL: "the whole call",
}
_STATES = [one.value for one in OutboxState]


@click.group()
def outbox() -> None:
    """Orders on their way to Salesforce: what waits, what was refused and why."""


@outbox.command("list")
@click.option("--tenant", "tenant_id", help="Only this tenant.")
@click.option("--state", type=click.Choice(_STATES), help="Only this state.")
@click.option("--cause", help="Only what this blocks; doctor and the column “cause” name it.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="At most so many.")
@as_json_option
def outbox_list(*, tenant_id: str | None, state: str | None, cause: str | None, limit: int, as_json: bool) -> None:
    """List orders that wait or were refused, the longest first.

    \b
    waiting  Salesforce is told soon, or when something there works again
    refused  the payment requests are in Salesforce, the order's own fields were refused
    buried   a payment request's record was refused
    written  all is there but the order's mapped Status, which was refused

    What was refused is tried again every few minutes; nothing needs to be done here after the org was fixed.
    """
    services = open_shared()
    chosen_tenants(services, tenant_id)
    wanted: dict[str, Any] = {"tenant_id": tenant_id, "state": OutboxState(state) if state else None, "cause": cause}
    with services.store.read() as work:
        found = blocked_orders.list_orders(work, **wanted, most=limit)
    probed = next_probes(services, found)
    if as_json:
        print_json([facts(one, probed) for one in found])
    else:
        print_table([_row(one, probed) for one in found], when_empty="No order waits.")
    say_what_is_left(len(found), limit=limit, count=lambda: _count(services, wanted))


def _count(services: Services, wanted: dict[str, Any]) -> int:
    with services.store.read() as work:
        return blocked_orders.count_orders(work, **wanted)


@outbox.command("show")
@click.argument("order")
@click.option("--tenant", "tenant_id", help="Whose order it is, where several tenants have that number.")
@as_json_option
def outbox_show(order: str, *, tenant_id: str | None, as_json: bool) -> None:
    """Show how far one order is; ORDER is its number or its Salesforce id.

    Salesforce's own sentence may name people of the customer's org. Numbers of cards and phones are taken out.
    """
    services = open_shared()
    chosen_tenants(services, tenant_id)
    found = find_order(services, order, tenant_id)
    shown = facts(found, next_probes(services, [found]))
    if as_json:
        print_json(shown)
        return
    print_fields(
        {name: ", ".join(value) or None if isinstance(value, list) else value for name, value in shown.items()}
    )


def find_order(services: Services, name: str, tenant_id: str | None) -> BlockedOrder:
    """Return one order by its number or id.

    Raises:
        UsageError: none or several match.
    """
    with services.store.read() as work:
        found = blocked_orders.find_by_number(work, name, tenant_id=tenant_id)
    if not found:
        raise click.UsageError(f"Salesforce was never to be told of an order {name}: give its number or its id.")
    if len(found) > 1:
        names = ", ".join(f"{one.order_id} of {one.tenant_id}" for one in found)
        raise click.UsageError(f"Several orders are called {name}: {names}. Give the id, or --tenant.")
    return found[0]


def next_probes(services: Services, found: Iterable[BlockedOrder]) -> dict[str, datetime]:
    """Return the time of the next probe of each tenant's blocked orders."""
    now = services.now()
    with services.store.read() as work:
        tenants = {one.tenant_id for one in found if one.cause}
        return {one: max(now, probes.next_probe(work, one) or now) for one in sorted(tenants)}


def facts(one: BlockedOrder, probed: dict[str, datetime]) -> dict[str, Any]:
    """Return the JSON output for an order."""
    remedy = remedy_of(one.code) if one.cause else None
    return {
        "tenant": one.tenant_id,
        "order": one.number,
        "order_id": one.order_id,
        "state": one.state.value,
        "record": _RECORDS[one.refusal.part] if one.refusal else None,
        "code": one.code,
        "fields": list(one.refusal.fields) if one.refusal else [],
        "sentence": _printable(one.refusal.message) or None if one.refusal else None,
        "because": remedy.problem if remedy else None,
        "mend": remedy.remedy if remedy else None,
        "cause": one.cause,
        "since": one.since,
        "last_try": one.tried_at,
        "next_try": one.due_at or _next_try(one, probed),
        "written_at": one.pushed_at,
        "version": one.version,
        "written_version": one.pushed_version,
    }


def _next_try(one: BlockedOrder, probed: dict[str, datetime]) -> datetime | None:
    """Return the time of an order's next try."""
    # An order that was tried rests for a while before a probe takes it again.
    probe = probed.get(one.tenant_id) if one.cause else None
    return max(probe, one.tried_at + probes.RESTS_FOR) if probe and one.tried_at else probe


def _row(one: BlockedOrder, probed: dict[str, datetime]) -> dict[str, Any]:
    shown = facts(one, probed)
    sentence = shown["sentence"] or shown["because"]
    short = f"{sentence[: _SHORT - 1]}…" if sentence and len(sentence) > _SHORT else sentence
    columns = ("tenant", "order", "state", "record", "code")
    return {
        **{name: shown[name] for name in columns},
        "fields": ", ".join(shown["fields"]) or None,
        **{name: shown[name] for name in ("since", "next_try", "cause")},
        "sentence": short,
    }


def _printable(text: str) -> str:
    """Return a text with control characters replaced, which could control the terminal."""
    return "".join(one if one.isprintable() else "�" for one in text)
