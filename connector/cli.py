"""The ``chat2pay`` command: the table of its commands, and its exit codes."""

from __future__ import annotations

from typing import NoReturn

import click

from connector.errors import TenantProblem
from foundation.console.on_demand import ListedCommand, OnDemand, run_command_line, version_option

# Commands are imported when they are called: a server carries none of the others in memory, and ``--help`` is quick.
COMMANDS = {
    "serve": ListedCommand(
        "Serve Salesforce, the open pages and the core's callbacks, and do the work in the background.", "serve:serve"
    ),
    "worker": ListedCommand("Do the background work of a PostgreSQL fleet; start as many as you need.", "serve:worker"),
    "keys": ListedCommand(
        "Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them.", "serve:keys"
    ),
    "db": ListedCommand("The database's schema.", "db:db"),
    "tenant": ListedCommand("Tenants: one Salesforce org and its payment core each.", "tenants.tenant:tenant"),
    "rotate-key": ListedCommand(
        "Change one secret of a tenant while both the old and the new one work, then finish.",
        "rotation.canvas_and_core:rotate_key",
        ("rotation.api:rotate_api",),
    ),
    "secrets": ListedCommand("What is encrypted at rest.", "encryption:secrets"),
    "inbox": ListedCommand(
        "The callback notifications that were stored.",
        "inbox.listing:inbox",
        (
            "inbox.replay:inbox_replay",
            "inbox.archive:inbox_archive",
        ),
    ),
    "outbox": ListedCommand(
        "Orders on their way to Salesforce: what waits, what was refused and why.",
        "outbox.listing:outbox",
        ("outbox.pushing:outbox_push",),
    ),
    "request": ListedCommand("Single payment requests: what a person decides about them.", "request:request"),
    "forget": ListedCommand(
        "Erase a customer: numbers, message texts, callback bodies, and the four digits in Salesforce's request records.",
        "forget:forget",
    ),
    "reconcile": ListedCommand(
        "Hold core, ledger and Salesforce against each other and heal what differs; exit 1 when something stays unexplained.",
        "reconcile:reconcile",
    ),
    "salesforce": ListedCommand(
        "The Salesforce project: what an admin deploys into the org.", "salesforce.export:salesforce"
    ),
    "doctor": ListedCommand(
        "Look at everything that must be right, and say what is wrong, how to fix it and what happens otherwise.",
        "doctor:doctor",
    ),
    "rehearse": ListedCommand(
        "Rehearse a bad day against the sandboxes and prove that nothing is lost and nothing wrong (source tree only).",
        "rehearse:rehearse",
    ),
}


class _Commands(OnDemand):
    commands_table = COMMANDS
    package = "connector.commands"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@version_option("chat2pay")
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


def run() -> NoReturn:
    """Run the command; errors are sentences on standard error, and the exit code says of which kind."""
    run_command_line(main, faulty=(TenantProblem,), ask="`chat2pay db check` and `chat2pay doctor`")


if __name__ == "__main__":
    run()
