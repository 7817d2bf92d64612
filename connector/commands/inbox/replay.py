"""The command `inbox replay`, which makes entries due again and waits until the running server has drained them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from callbacks.confirmation import confirmed, news_of
from callbacks.parsing import ParsedEntry, by_tenant, understood, with_requests
from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, format_value, print_json, print_table
from connector.commands.console.waiting import paced_polls, wait_option
from connector.commands.inbox.listing import filter_options, find_entries, read_filter
from connector.domain.payments.notification import SettingsChanged
from connector.journeys.notifications.apply_notification import ReceivedNotification
from connector.journeys.notifications.replay_notification import (
    MOST_FORESEEN,
    Readable,
    ReplayPreview,
    as_claimed,
    preview_replay,
    replay_notifications,
)
from connector.services import Services
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox import InboxState
from connector.store.inbox.inbox_admin import ListedEntry, OpenedEntry

_MAX_ENTRIES = 100_000
_NOBODY = "Nobody seems to be running: the entries wait, and chat2pay serve will drain them."
_UNREAD = "not read: a tenant that is not here, or a body that says nothing we understand"


@click.command("replay")
@click.argument("digests", nargs=-1, metavar="[DIGEST]...")
@filter_options
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing. Asks the payment core.")
@wait_option
@as_json_option
def inbox_replay(*, digests: tuple[str, ...], dry_run: bool, wait: float, as_json: bool, **filters: Any) -> None:
    """Bring entries back: those named by DIGEST, or all of a range (--since).

    The running server drains them. After a wait, exits with 1 when an entry did not end as applied or stale.
    """
    services = open_shared(quiet=dry_run)
    entries = _chosen(services, digests, filters)
    if dry_run:
        _print_dry_run(services, entries, as_json=as_json)
        return
    # The command applies nothing itself: on SQLite the server is the only one that drains.
    requeued = replay_notifications(entries=entries, store=services.store, now=services.now())
    services.work.inbox_changed()  # wakes the workers of a fleet; a single process polls within a second
    ended, anybody = wait_for_drained(services, requeued, seconds=wait)
    _print_ended(entries, ended, nobody=bool(requeued) and wait > 0 and not anybody, as_json=as_json)
    if wait > 0 and (len(ended) < len(entries) or any(entry.state is not InboxState.DONE for entry in ended)):
        sys.exit(1)


def _chosen(services: Services, digests: Sequence[str], filters: dict[str, Any]) -> list[ListedEntry]:
    since: datetime | None = filters["since"]
    if bool(digests) == (since is not None):
        raise click.UsageError("Name entries by DIGEST, or a range with --since; one of the two.")
    if digests:
        if any(filters.values()):
            raise click.UsageError("--tenant, --state, --verdict and --until go with --since.")
        return find_entries(services, digests)
    inbox_filter = read_filter(services, **filters)
    with services.store.read() as work:
        # Of a range that holds more than one call takes, the oldest come first; a later call takes the rest.
        return inbox_admin.list_entries(work, inbox_filter, most=_MAX_ENTRIES, oldest_first=True)


def wait_for_drained(
    services: Services, requeued: Sequence[ListedEntry], *, seconds: float
) -> tuple[list[ListedEntry], bool]:
    """Return the entries once all are drained or the time is up, and whether a server drained any."""
    drained: dict[bytes, ListedEntry] = {}
    waiting = {entry.digest: entry for entry in requeued}
    for _ in paced_polls(seconds):
        # Only those that still wait are queried: the server needs its database.
        with services.store.read() as work:
            seen = inbox_admin.find_by_digests(work, list(waiting))
        drained |= {digest: one for digest, one in seen.items() if one.attempts and one.lease_until is None}
        waiting = {digest: one for digest, one in seen.items() if digest not in drained}
        if not waiting:
            break
    latest = drained | waiting
    ended = [latest[entry.digest] for entry in requeued if entry.digest in latest]
    return ended, any(one.attempts for one in ended)  # a requeue sets attempts to zero


def _print_ended(entries: Sequence[ListedEntry], ended: Sequence[ListedEntry], *, nobody: bool, as_json: bool) -> None:
    rows = [
        {"digest": one.name, "state": one.state.value, "verdict": one.verdict, "reason": one.reason} for one in ended
    ]
    if as_json:
        print_json({"chosen": len(entries), "brought_back": len(ended), "nobody_running": nobody, "entries": rows})
    else:
        print_table(rows, when_empty="No such entry.")
    if len(ended) < len(entries):
        click.echo(f"{len(entries) - len(ended)} of them are being drained just now and were left alone.", err=True)
    if nobody:
        click.echo(_NOBODY, err=True)


def _print_dry_run(services: Services, entries: Sequence[ListedEntry], *, as_json: bool) -> None:
    # Each of them may ask the core, which limits its callers.
    if len(entries) > MOST_FORESEEN:
        raise click.UsageError(f"A dry run takes at most {MOST_FORESEEN} entries, this would be {len(entries)}.")
    with services.store.read() as work:
        opened = inbox_admin.find_with_body(work, [one.digest for one in entries])
    readable = with_answers(services, opened)
    previews = preview_replay(readable=readable, store=services.store, now=services.now())
    by_digest = {one.entry.digest: one for one in previews}
    # Said at the end, because a dry run that calls a peer is not quite dry.
    asked = len({name for one in readable for name in one.arrived.answers or ()})
    if as_json:
        rows = [_preview_row(entry, by_digest.get(entry.digest)) for entry in entries]
        print_json({"dry_run": True, "links_asked_about": asked, "entries": rows})
        return
    for entry in entries:
        _print_preview(entry, by_digest.get(entry.digest))
    click.echo(f"Nothing was changed. The payment core was asked for its record of {asked} payment link(s).")


def with_answers(services: Services, opened: Sequence[OpenedEntry]) -> list[Readable]:
    """Parse entries and ask the core as the drain does: once per request, and only where the core's record decides."""
    read = [one for one in (_read(services, each) for each in opened) if one is not None]
    answered = {
        one.entry.digest: (some[0].tenant, one) for some in by_tenant(read) for one in _answered(services, some)
    }
    return [Readable(one, *answered[one.entry.digest]) for one in opened if one.entry.digest in answered]


def _read(services: Services, opened: OpenedEntry) -> ParsedEntry | None:
    tenant = services.store.tenants.by_id(opened.entry.tenant_id)
    notification = understood(opened.entry.kind, opened.body)
    if tenant is None or isinstance(notification, SettingsChanged):
        return None
    return ParsedEntry(as_claimed(opened), tenant, notification)


def _answered(services: Services, some: Sequence[ParsedEntry]) -> list[ReceivedNotification]:
    tenant = some[0].tenant
    found = with_requests(services, tenant, some)
    arrived = news_of([one for one in found if not one.needs_the_core])
    arrived += confirmed(services, tenant, [one for one in found if one.needs_the_core])
    return [one for one in arrived if one.requests or one.notification.error is None]


def _preview_row(entry: ListedEntry, preview: ReplayPreview | None) -> dict[str, Any]:
    row: dict[str, Any] = {"digest": entry.name, "state": entry.state.value, "verdict": entry.verdict}
    if preview is None:
        return row | {"would_be": None, "reason": _why_unread(entry), "core_asked": False, "differences": []}
    return row | {
        "would_be": preview.disposition.verdict.value,
        "reason": preview.disposition.reason,
        "core_asked": preview.core_asked,
        "differences": [
            {"of": one.of, "field": one.field, "before": _plain(one.before), "after": _plain(one.after)}
            for one in preview.differences
        ],
    }


def _print_preview(entry: ListedEntry, preview: ReplayPreview | None) -> None:
    if preview is None:
        click.echo(f"{entry.name}  {_why_unread(entry)}")
        return
    reason = f" ({preview.disposition.reason})" if preview.disposition.reason else ""
    click.echo(f"{entry.name}  {entry.verdict or entry.state} → {preview.disposition.verdict}{reason}")
    for one in preview.differences:
        click.echo(f"    {one.of}: {one.field}: {format_value(one.before)} → {format_value(one.after)}")
    if not preview.differences:
        click.echo("    no field would change")


def _why_unread(entry: ListedEntry) -> str:
    return "the core's settings would be read again" if entry.kind == "settings" else _UNREAD


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else format_value(value)
