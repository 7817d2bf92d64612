"""The command `outbox push`, which makes orders due at once and waits until the running server has tried them."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_json, print_table
from connector.commands.console.tenant_arg import chosen_tenants
from connector.commands.console.waiting import paced_polls, wait_option
from connector.commands.outbox.listing import MOST, facts, find_order, next_probes
from connector.services import Services
from connector.store.outbox import blocked_orders, probes
from connector.store.outbox.blocked_orders import BlockedOrder
from connector.store.outbox.outbox import OutboxState

_CHUNK = 500  # rows of one transaction: SQLite has one writer, and the server must get its turn
_NOBODY = (
    "Nobody seems to be running: the orders are due, and chat2pay serve (PostgreSQL: chat2pay worker) will push them."
)
Key = tuple[str, str]


@click.command("push")
@click.argument("orders", nargs=-1, metavar="[ORDER]...")
@click.option("--cause", help="All that this blocks; `chat2pay outbox list` and doctor name it.")
@click.option("--all", "everything", is_flag=True, help="All that Salesforce does not take.")
@click.option("--tenant", "tenant_id", help="Only this tenant.")
@wait_option
@as_json_option
def outbox_push(
    orders: tuple[str, ...],
    *,
    cause: str | None,
    everything: bool,
    tenant_id: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Try orders again at once: those named by ORDER (number or Salesforce id), those of a cause, or all.

    The running server pushes them. After a wait, exits with 1 when an order is not written.
    """
    if sum((bool(orders), cause is not None, everything)) != 1:
        raise click.UsageError("Name orders, a --cause, or --all; one of the three.")
    services = open_shared()
    chosen_tenants(services, tenant_id)
    chosen = _chosen(services, orders, cause, tenant_id)
    _make_due(services, chosen)
    ended, anybody = _wait_for(services, chosen, seconds=wait)
    _print_ended(services, ended, nobody=bool(chosen) and wait > 0 and not anybody, as_json=as_json)
    if wait > 0 and not all(map(_is_written, ended)):
        sys.exit(1)


def _chosen(services: Services, names: Sequence[str], cause: str | None, tenant_id: str | None) -> list[BlockedOrder]:
    """Return the orders to push: the named ones, or those that are blocked."""
    if names:
        found = {
            (one.tenant_id, one.order_id): one for one in (find_order(services, name, tenant_id) for name in names)
        }
        return list(found.values())
    with services.store.read() as work:
        every = blocked_orders.list_orders(work, tenant_id=tenant_id, state=None, cause=cause, most=MOST)
    # Those without a cause wait for their turn only, and go out by themselves.
    return [one for one in every if one.cause]


def _make_due(services: Services, chosen: Sequence[BlockedOrder]) -> None:
    """Make the orders due now."""
    # Only a server or a worker pushes: a command just makes rows due.
    for tenant_id, some in _by_tenant(chosen):
        with services.store.write() as work:
            probes.push_blocked(work, tenant_id, now=services.now(), order_ids=[one.order_id for one in some])
    services.work.outbox_changed()  # wakes the workers of a fleet; a single process polls within a second


def _wait_for(services: Services, chosen: Sequence[BlockedOrder], *, seconds: float) -> tuple[list[BlockedOrder], bool]:
    """Return the orders once all were tried or the time is up, and whether a server tried any."""
    before = {(one.tenant_id, one.order_id): one for one in chosen}
    latest, waiting = dict(before), dict(before)
    for _ in paced_polls(seconds):
        # Only those that still wait are queried: the server needs its database.
        latest |= _read(services, list(waiting.values()))
        waiting = {key: one for key, one in latest.items() if not _was_tried(one, before[key])}
        if not waiting:
            break
    return list(latest.values()), len(waiting) < len(before)


def _read(services: Services, some: Sequence[BlockedOrder]) -> dict[Key, BlockedOrder]:
    found: dict[Key, BlockedOrder] = {}
    for tenant_id, few in _by_tenant(some):
        with services.store.read() as work:
            ids = [one.order_id for one in few]
            rows = blocked_orders.find_by_ids(work, tenant_id, ids)
        found |= {(one.tenant_id, one.order_id): one for one in rows}
    return found


def _by_tenant(some: Sequence[BlockedOrder]) -> Iterator[tuple[str, list[BlockedOrder]]]:
    """Yield each tenant's orders in chunks for one short transaction."""
    by_tenant: defaultdict[str, list[BlockedOrder]] = defaultdict(list)
    for one in some:
        by_tenant[one.tenant_id].append(one)
    for tenant_id, every in by_tenant.items():
        for start in range(0, len(every), _CHUNK):
            yield tenant_id, every[start : start + _CHUNK]


def _was_tried(now: BlockedOrder, before: BlockedOrder) -> bool:
    return _is_written(now) or now.tried_at != before.tried_at


def _is_written(one: BlockedOrder) -> bool:
    return one.state is OutboxState.WRITTEN and one.due_at is None and one.cause is None


def _print_ended(services: Services, ended: Sequence[BlockedOrder], *, nobody: bool, as_json: bool) -> None:
    probed = next_probes(services, ended)
    rows = [facts(one, probed) for one in ended]
    if as_json:
        print_json(
            {"chosen": len(ended), "written": sum(map(_is_written, ended)), "nobody_running": nobody, "orders": rows}
        )
    else:
        names = ("tenant", "order", "state", "code", "next_try", "sentence")
        print_table([{name: row[name] for name in names} for row in rows], when_empty="Salesforce takes every order.")
    if nobody:
        click.echo(_NOBODY, err=True)
