"""Knows which commands ``chat2pay`` has and what an exit code means; refuses to know what a command does."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from connector.commands.archive import inbox_archive
from connector.commands.db import db
from connector.commands.doctor import doctor
from connector.commands.inbox import inbox
from connector.commands.reconcile import reconcile
from connector.commands.rehearse import rehearse
from connector.commands.replay import inbox_replay
from connector.commands.rotate import rotate_key
from connector.commands.rotate_api import rotate_api
from connector.commands.secrets import secrets
from connector.commands.serve import keys, serve, worker
from connector.commands.tenant import tenant
from connector.errors import ConnectorError, Misconfigured


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chat2pay-connector")
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


inbox.add_command(inbox_replay)
inbox.add_command(inbox_archive)
rotate_key.add_command(rotate_api)
for command in (serve, worker, keys, db, tenant, rotate_key, secrets, inbox, reconcile, doctor, rehearse):
    main.add_command(command)


def run() -> NoReturn:
    """Run the command; faults are sentences on standard error, and the exit code says which kind."""
    os.umask(0o077)  # the database, its log and archives are for the user that runs us, and for nobody else
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(2)
    except Misconfigured as fault:
        click.echo(fault.message, err=True)
        sys.exit(2)
    except ConnectorError as fault:
        click.echo(fault.message, err=True)
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    run()
