"""The command `inbox archive`, which moves old finished entries into a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_json
from connector.journeys.notifications.archive_inbox import archive_inbox
from foundation.console.progress import progress


@click.command("archive")
@click.option(
    "--before",
    "--keep-days",
    "days",
    type=click.IntRange(min=0, max=36500),
    metavar="DAYS",
    help="Put away what was finished more than DAYS days ago (CHAT2PAY_RETENTION_DAYS unless given).",
)
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The new file, gzip of JSON lines; it must not exist yet.",
)
@as_json_option
def inbox_archive(*, days: int | None, file: Path, as_json: bool) -> None:
    """Write old finished entries to a file, read the file again, then delete them from the inbox."""
    services = open_shared()
    kept_days = services.settings.retention_days if days is None else days
    # Checked again when it is opened; here only so that nothing is read in vain.
    if file.exists():
        raise click.UsageError(f"{file} exists already: an archive is never written over.")
    finished_before = services.now() - timedelta(days=kept_days)
    with progress("Archiving") as steps:
        archived = archive_inbox(store=services.store, finished_before=finished_before, to=file, on_step=steps.advance)
    if as_json:
        print_json({"file": str(file), "kept_days": kept_days, **vars(archived)})
        return
    # An archive of bodies that no key opens would be of no use once the key is found again.
    if archived.unopened:
        click.echo(
            f"{archived.unopened} entries open with none of the keys in CHAT2PAY_ENCRYPTION_KEYS: they stay, in no file. "
            "Put the missing key back at the end of the list and run this again.",
            err=True,
        )
    if not archived.written:
        old = "that opens " if archived.unopened else ""
        click.echo(f"Nothing {old}was finished more than {kept_days} days ago; no file was written.")
        return
    click.echo(f"{archived.written} entries written to {file}, {archived.deleted} deleted from the inbox.")
