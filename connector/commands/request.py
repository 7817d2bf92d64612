"""The commands `request release` and `request correct`: an operator's decision about one payment request."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, format_value, print_fields, print_json
from connector.commands.console.tenant_arg import chosen_tenants
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.tenant import Tenant
from connector.journeys.amending.correct_payment_request import (
    Corrected,
    CorrectOutcome,
    correct_payment_request,
)
from connector.journeys.amending.release_payment_request import ReleaseOutcome, release_payment_request
from connector.services import Services
from connector.store.requests import request_rows
from foundation.cards import has_card_number
from foundation.money import to_text

_LONGEST_REASON, _LONGEST_NAME = 200, 120
_SHOWN = ("status", "live", "link_reference", "core_status")
_AMOUNTS = ("authorized", "captured", "reversed")
_RELEASE_SENTENCES = {
    ReleaseOutcome.RELEASED: "Released: another link can be sent for this order. If both are paid, both payments count.",
    ReleaseOutcome.ALREADY_ENDED: "This request has ended, so nothing had to be released.",
    ReleaseOutcome.STILL_LIVE: "The payment core says that it may still be paid, so it was not released: cancel it instead.",
    ReleaseOutcome.TOO_EARLY: "Its link may still be in use. It can be released at {at}.",
}
_CORRECT_SENTENCES = {
    CorrectOutcome.CORRECTED: "Corrected. The running server writes it to Salesforce.",
    CorrectOutcome.NOTHING_TO_CORRECT: "The payment core's record says the same; nothing was changed.",
    CorrectOutcome.ANOTHER_LIVE: "By the payment core's record this link can still be paid, and another link of the order is "
    "live. Cancel that one first; nothing was changed.",
    CorrectOutcome.NO_RECORD: "The payment core has no record of this request; nothing was changed.",
    CorrectOutcome.MISFIT: "The payment core's record is of another payment than the one we asked for, and it finds no other by "
    "our reference; nothing was changed. Ask the core's support.",
    CorrectOutcome.CORE_UNREACHABLE: "The payment core could not be asked; nothing was changed.",
}


@click.group()
def request() -> None:
    """Single payment requests: what a person decides about them."""


def _given_text(most: int) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(_context: click.Context, parameter: click.Parameter, given: str) -> str:
        text = given.strip()
        if not text or len(text) > most or not text.isprintable():
            raise click.BadParameter(f"Use 1 to {most} characters, in one line.", param=parameter)
        # The history is shown to agents and kept in back-ups: a card number would bring both into the scope of PCI DSS.
        if has_card_number(text):
            raise click.BadParameter("This looks like a card number. Never type card numbers here.", param=parameter)
        return text

    return check


def _decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments that every decision has: the request, the reason, and who decided."""
    options = (
        click.argument("reference"),
        click.option(
            "--reason", required=True, callback=_given_text(_LONGEST_REASON), help="Why; it stays in the history."
        ),
        click.option(
            "--by",
            default="Operator",
            show_default=True,
            callback=_given_text(_LONGEST_NAME),
            metavar="NAME",
            help="Who decided; agents see it in the history.",
        ),
        click.option("--tenant", "tenant_id", help="Only this tenant."),
        as_json_option,
    )
    # Options apply from the last to the first, and help shows them in this order.
    for option in reversed(options):
        command = option(command)
    return command


@request.command("release")
@_decision_options
def request_release(*, reference: str, reason: str, by: str, tenant_id: str | None, as_json: bool) -> None:
    """Let another link be sent for an order although nobody can say what became of this one.

    REFERENCE is ours (c2p_…). The payment core is asked once more first, and its record takes precedence. This raises an
    alarm, and money that is seen later counts all the same. Exits with 1 where nothing was released.
    """
    services = open_shared()
    tenant, found = _find(services, reference, tenant_id)
    released = release_payment_request(
        services.for_tenant(tenant), request=found, reason=reason, by=Person("operator", by)
    )
    # Whatever the outcome: the core was asked first, and its answer may have changed the order by itself.
    services.work.outbox_changed()
    sentence = _RELEASE_SENTENCES[released.outcome].format(at=format_value(released.not_before))
    if as_json:
        print_json({"reference": reference, "outcome": released.outcome.value, "not_before": released.not_before})
    else:
        click.echo(sentence)
    if released.outcome not in (ReleaseOutcome.RELEASED, ReleaseOutcome.ALREADY_ENDED):
        sys.exit(1)


@request.command("correct")
@_decision_options
def request_correct(*, reference: str, reason: str, by: str, tenant_id: str | None, as_json: bool) -> None:
    """Take a payment request back to what the payment core's record says, money included.

    For what `chat2pay reconcile` cannot explain: an end or a payment that we have and the core has not. REFERENCE is ours
    (c2p_…). This raises an alarm. Exits with 1 where the record could not be taken.
    """
    services = open_shared()
    tenant, found = _find(services, reference, tenant_id)
    corrected = correct_payment_request(
        services.for_tenant(tenant), request=found, reason=reason, by=Person("operator", by)
    )
    services.work.outbox_changed()
    changes = _changes(corrected)
    if as_json:
        print_json({"reference": reference, "outcome": corrected.outcome.value, "changes": changes})
    else:
        click.echo(_CORRECT_SENTENCES[corrected.outcome])
        print_fields({name: f"{before} → {after}" for name, (before, after) in changes.items()})
    if corrected.outcome not in (CorrectOutcome.CORRECTED, CorrectOutcome.NOTHING_TO_CORRECT):
        sys.exit(1)


def _find(services: Services, reference: str, tenant_id: str | None) -> tuple[Tenant, PaymentRequest]:
    # References are unique across tenants, so the first that has it is the right one.
    for tenant in chosen_tenants(services, tenant_id):
        with services.store.read() as work:
            found = request_rows.find(work, tenant.tenant_id, reference)
        if found is not None:
            return tenant, found
    raise click.UsageError(
        "There is no payment request of this reference; `chat2pay reconcile` names those to look at."
    )


def _changes(corrected: Corrected) -> dict[str, tuple[str, str]]:
    before, after = _facts(corrected.before), _facts(corrected.after)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _facts(one: PaymentRequest) -> dict[str, str]:
    amounts = {name: to_text(getattr(one, name), one.currency) for name in _AMOUNTS}
    return {name: format_value(getattr(one, name)) for name in _SHOWN} | amounts
