"""The ``chat2pay-core`` command: the table of its commands, and its exit codes."""

from __future__ import annotations

from typing import NoReturn

import click

from foundation.console.on_demand import ListedCommand, OnDemand, run_command_line, version_option
from payment_core.errors import SecretUnreadable

# Commands are imported when they are called: a server carries none of the others in memory, and ``--help`` is quick.
COMMANDS = {
    "serve": ListedCommand("Serve the API, the customers' pages and the providers' webhooks.", "serve:serve"),
    "worker": ListedCommand("Do the background work of a PostgreSQL fleet; start as many as you need.", "serve:worker"),
    "keys": ListedCommand(
        "Make new secrets for PAYMENT_CORE_ENCRYPTION_KEYS and PAYMENT_CORE_DIGEST_KEYS and print them.", "serve:keys"
    ),
    "db": ListedCommand("The database's schema, and the digests in it.", "data.db:db"),
    "secrets": ListedCommand("What is encrypted at rest.", "data.encryption:secrets"),
    "merchant": ListedCommand(
        "Merchants: their accounts at gateway and messenger, and how they sell.", "merchant:merchant"
    ),
    "application": ListedCommand(
        "Applications of a merchant: who asks for links, and where its notifications go.", "application:application"
    ),
    "delivery": ListedCommand("Notifications: every one with its attempts, and sending again.", "delivery:delivery"),
    "reconcile": ListedCommand(
        "Hold gateway, links and notifications against each other, and heal what differs.", "reconcile:reconcile"
    ),
    "forget": ListedCommand("Forget a person; the account of money stays.", "data.forget:forget"),
    "doctor": ListedCommand(
        "Look at everything that must be right, and say what is wrong, what to do and what happens otherwise.",
        "doctor:doctor",
    ),
    "portal": ListedCommand("The portal: make a link that signs somebody in.", "portal:portal"),
    "examine": ListedCommand("Try a merchant's account at Stripe in test mode.", "examine:examine"),
    "rehearse": ListedCommand(
        "Rehearse a bad day with stand-ins for Stripe and Twilio (source tree only).", "rehearse:rehearse"
    ),
    "demo": ListedCommand("Run a demo: test cards, test phones, a clock that can be moved.", "demo:demo"),
}


class _Commands(OnDemand):
    commands_table = COMMANDS
    package = "payment_core.commands"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@version_option("chat2pay-core")
def main() -> None:
    """Payment core of Chat 2 Pay."""


def run() -> NoReturn:
    """Run the command; errors are sentences on standard error, and the exit code says of which kind."""
    run_command_line(main, faulty=(SecretUnreadable,), ask="`chat2pay-core db check` and `chat2pay-core doctor`")


if __name__ == "__main__":
    run()
