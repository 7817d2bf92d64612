"""The commands `delivery list`, `show` and `replay`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from foundation.console.cut_lists import say_what_is_left
from foundation.console.time_args import read_moment
from foundation.exact_json import write_json
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import known_merchant, operator_name
from payment_core.journeys.notifying.replay_notifications import replay_notifications
from payment_core.services import Core
from payment_core.store.deliveries import delivery_list, replays
from payment_core.store.deliveries.delivery_list import STATES, DeliveryFilter

_SINCE = "Made since: a time (UTC unless it says otherwise), or 24h, 7d."


@click.group()
def delivery() -> None:
    """Notifications to applications: every one with its attempts, and sending again."""


@delivery.command("list")
@click.argument("merchant_id")
@click.option("--state", type=click.Choice(STATES), help="Only those.")
@click.option("--link", "reference", help="Only those of a link (paymentLinkRef).")
@click.option("--application", "application_id", help="Only those to an application.")
@click.option("--since", callback=read_moment, metavar="TIME", help=_SINCE)
@click.option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with bodies and attempts.")
def listed(merchant_id: str, *, limit: int, as_json: bool, **which: Any) -> None:
    """List a merchant's notifications, the oldest first."""
    core = open_shared()
    known_merchant(core, merchant_id)
    wanted = DeliveryFilter(merchant_id, **which)
    with core.transactions.read() as work:
        found = delivery_list.find(work, wanted, most=limit)
        counts = delivery_list.counted(work, merchant_id=merchant_id)
    if as_json:
        click.echo(write_json({"counts": counts, "deliveries": found}).decode())
    else:
        _print(found, counts)
    say_what_is_left(len(found), limit=limit, count=lambda: _count(core, wanted))


def _count(core: Core, wanted: DeliveryFilter) -> int:
    with core.transactions.read() as work:
        return delivery_list.count(work, wanted)


def _print(found: list[dict[str, Any]], counts: dict[str, int]) -> None:
    for one in found:
        last = one["attempts"][-1] if one["attempts"] else None
        answer = f"{last['status'] or last['error']} after {last['number']}" if last else "no attempt yet"
        link = one["link_reference"] or "-"
        click.echo(f"{one['id']}  {one['created_at']}  {one['state']}  {one['kind']}  {one['event']}  {link}  {answer}")
    click.echo(", ".join(f"{number} {state}" for state, number in counts.items()))


@delivery.command("show")
@click.argument("merchant_id")
@click.argument("delivery_id", type=int)
def show(merchant_id: str, delivery_id: int) -> None:
    """Show one with its body and every attempt that is kept; the body holds a phone number."""
    core = open_shared()
    known_merchant(core, merchant_id)
    with core.transactions.read() as work:
        found = delivery_list.find(work, DeliveryFilter(merchant_id, first=delivery_id, last=delivery_id), most=1)
    if not found:
        raise click.ClickException("This merchant has no such notification: `delivery list` shows all.")
    click.echo(json.dumps(json.loads(write_json(found[0])), indent=2, ensure_ascii=False))


@delivery.command("replay")
@click.argument("merchant_id")
@click.argument("delivery_ids", metavar="[ID | FIRST-LAST]", required=False)
@click.option("--state", type=click.Choice(("delivered", "parked", "abandoned")), help="Only those.")
@click.option("--link", "reference", help="Only those of a link (paymentLinkRef).")
@click.option("--application", "application_id", help="Only those to an application.")
@click.option("--since", callback=read_moment, metavar="TIME", help=_SINCE)
@click.option("--dry-run", is_flag=True, help="Say how many it would be, and do nothing.")
def replay(merchant_id: str, delivery_ids: str | None, *, dry_run: bool, since: datetime | None, **which: Any) -> None:
    """Send notifications again that ended: one, a range, or all since a time. They keep their ids and their order."""
    # No selection would mean everything that was ever sent.
    if delivery_ids is None and since is None and not any(which.values()):
        raise click.UsageError("Say which: an id, a range FIRST-LAST, --since, --state, --link or --application.")
    core = open_shared()
    merchant = known_merchant(core, merchant_id)
    first, last = _range(delivery_ids)
    wanted = DeliveryFilter(merchant_id, first=first, last=last, since=since, **which)
    if dry_run:
        with core.transactions.read() as work:
            click.echo(f"{replays.count_replayable(work, wanted)} would be sent again.")
        return
    number = replay_notifications(core, merchant, wanted, by=operator_name())
    then = (
        "; the running server sends them within seconds." if number else ": none of these has ended, or there are none."
    )
    click.echo(f"{number} are queued{then}")


def _range(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    first, dash, last = text.partition("-")
    try:
        ends = int(first), int(last) if dash else int(first)
    except ValueError as error:
        raise click.BadParameter("must be an id, or FIRST-LAST", param_hint="ID") from error
    if ends[0] > ends[1]:
        raise click.BadParameter("begins behind its end", param_hint="FIRST-LAST")
    return ends
