"""The commands `inbox list` and `inbox show`; phone and card numbers in bodies are masked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from callbacks.names import names_in
from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_fields, print_json, print_table
from connector.commands.console.tenant_arg import known_tenant
from connector.core.redact_bodies import mask_body
from connector.services import Services
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox import InboxState, Verdict
from connector.store.inbox.inbox_admin import InboxFilter, ListedEntry
from foundation.console.cut_lists import say_what_is_left
from foundation.console.screens import printable
from foundation.console.time_args import read_moment

_START = re.compile(r"[0-9a-f]{8,64}")
# A list is held in memory before it is printed.
_LONGEST_LIST = 100_000


@click.group()
def inbox() -> None:
    """The callback notifications that were stored."""


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select entries."""
    options = (
        click.option("--tenant", "tenant_id", help="Only this tenant."),
        click.option("--state", type=click.Choice([one.value for one in InboxState]), help="Only this state."),
        click.option("--verdict", type=click.Choice([one.value for one in Verdict]), help="Only this verdict."),
        click.option(
            "--since",
            metavar="TIME",
            callback=read_moment,
            help="Received since: a time (UTC unless it says otherwise), or 24h, 7d.",
        ),
        click.option("--until", metavar="TIME", callback=read_moment, help="Received before."),
    )
    # Options apply from the last to the first, and help shows them in this order.
    for option in reversed(options):
        command = option(command)
    return command


def read_filter(
    services: Services,
    *,
    tenant_id: str | None,
    state: str | None,
    verdict: str | None,
    since: datetime | None,
    until: datetime | None,
) -> InboxFilter:
    """Return the filter for the options.

    Raises:
        UsageError: the options cannot select any entry.
    """
    if tenant_id:
        known_tenant(services, tenant_id)
    if since and until and since >= until:
        raise click.UsageError("--until is not later than --since: nothing can lie between them.")
    return InboxFilter(
        tenant_id=tenant_id,
        state=InboxState(state) if state else None,
        verdict=Verdict(verdict) if verdict else None,
        since=since,
        until=until,
    )


@inbox.command("list")
@filter_options
@click.option("--limit", type=click.IntRange(1, _LONGEST_LIST), default=50, show_default=True, help="At most so many.")
@as_json_option
def inbox_list(*, limit: int, as_json: bool, **filters: Any) -> None:
    """List entries, newest first."""
    services = open_shared()
    inbox_filter = read_filter(services, **filters)
    with services.store.read() as work:
        entries = inbox_admin.list_entries(work, inbox_filter, most=limit)
    if as_json:
        print_json([_row(entry) | {"digest": entry.digest.hex()} for entry in entries])
    else:
        print_table([_row(entry) for entry in entries], when_empty="No such entry.")
    say_what_is_left(len(entries), limit=limit, count=lambda: _count(services, inbox_filter))


def _count(services: Services, wanted: InboxFilter) -> int:
    with services.store.read() as work:
        return inbox_admin.count_entries(work, wanted)


@inbox.command("show")
@click.argument("digest")
@as_json_option
def inbox_show(digest: str, *, as_json: bool) -> None:
    """Show everything about one entry, and every name in it; DIGEST is its full digest or how it starts."""
    services = open_shared()
    # The list first, without bodies: only the one that is shown is decrypted.
    entry = find_entries(services, [digest])[0]
    with services.store.read() as work:
        opened = inbox_admin.find_with_body(work, [entry.digest])[0]
    fields = {**vars(opened.entry), "digest": entry.digest.hex()}
    body, names = mask_body(opened.body), asdict(names_in(opened.body))
    if as_json:
        print_json(fields | {"names": names, "body": body})
        return
    print_fields(fields | {f"names_{kind}": ", ".join(some) or None for kind, some in names.items()})
    text = body if isinstance(body, str) else json.dumps(body, indent=2, default=str, ensure_ascii=False)
    # The body is the core's text: control characters and lone surrogates in it must not reach the terminal.
    click.echo(printable(text))


def find_entries(services: Services, digests: Sequence[str]) -> list[ListedEntry]:
    """Return the entries whose digests begin so.

    Raises:
        UsageError: no entry, or several, begin with one of them.
    """
    found = []
    with services.store.read() as work:
        for start in digests:
            if not _START.fullmatch(start.lower()):
                raise click.UsageError(f"{start} is not a digest: give at least 8 of its hexadecimal digits.")
            entries = inbox_admin.find_by_prefix(work, start.lower())
            # As git does it with its hashes: a beginning is enough as long as one entry has it.
            if len(entries) != 1:
                raise click.UsageError(f"{'Several entries start' if entries else 'No entry starts'} with {start}.")
            found += entries
    return found


def _row(entry: ListedEntry) -> dict[str, Any]:
    return {
        "received": entry.received_at,
        "tenant": entry.tenant_id,
        "kind": entry.kind,
        "state": entry.state.value,
        "verdict": entry.verdict.value if entry.verdict else None,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "duplicates": entry.duplicates,
        "reference": entry.reference,
        "link_reference": entry.link_reference,
        "digest": entry.name,
    }
