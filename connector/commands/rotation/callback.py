"""The command `rotate-key callback`, which changes the proof, or the addresses, of the payment core's callbacks."""

from __future__ import annotations

from typing import Any

import click

from connector.commands.console.printing import as_json_option, print_json
from connector.commands.rotation.steps import confirm_drop, open_tenant, print_ended, step_of, steps, wrong_use
from connector.commands.tenants.tenant_output import print_proof
from connector.domain.tenants.tenant import NoProof, ProofKind, Tenant
from connector.journeys.connecting.connect_org import callback_addresses, proof_lines
from connector.journeys.connecting.plan_org import kind_of_proof
from connector.journeys.connecting.rotate_callback_address import keys_of, rotate_callback_address
from connector.journeys.connecting.rotate_callback_proof import rotate_callback_proof
from connector.journeys.connecting.secrets_after_step import RotationStep, check_step
from connector.journeys.connecting.validate_tenant_values import PROOFS
from connector.services import Services
from foundation.console.file_args import TEXT_FILE, read_text

_PORTAL = "In the payment core's portal, application {application}, give the callbacks:"


@click.command("callback")
@click.argument("tenant_id")
@click.option("--proof", type=click.Choice(PROOFS), help="What the new proof is; by default as now.")
@click.option(
    "--secret-file", type=TEXT_FILE, help="With hmac: the signing secret that the core made; - reads standard input."
)
@click.option("--address", is_flag=True, help="Change the callback addresses, not the proof.")
@steps
@as_json_option
def rotate_callback(
    tenant_id: str, *, proof: str | None, secret_file: Any, address: bool, as_json: bool, **step: bool
) -> None:
    """Give the payment core's callbacks a new proof or new addresses; both count until --finish.

    Without a proof (none) the addresses are the secret: then it is they that are changed, unless --proof says otherwise.
    """
    kind = ProofKind(proof) if proof else None
    # If callbacks fail after a change, it must be clear which of the two the portal lacks.
    if address and (kind or secret_file):
        raise click.UsageError("Give --address, or a proof: one change at a time.")
    services, tenant = open_tenant(tenant_id)
    yes, taken = step.pop("yes"), step_of(**step)
    if _is_about_addresses(tenant, taken, address=address, kind=kind):
        _change_addresses(services, tenant, taken, yes=yes, as_json=as_json)
        return
    # With HMAC the core makes the secret, so it has to come in here; with Basic we make it.
    secret = read_text(secret_file) if secret_file else None
    _change_proof(services, tenant, taken, kind=kind or kind_of_proof(tenant), secret=secret, yes=yes, as_json=as_json)


def _is_about_addresses(tenant: Tenant, step: RotationStep, *, address: bool, kind: ProofKind | None) -> bool:
    """Return whether the addresses are to be changed, and not the proof."""
    if step is RotationStep.BEGIN:
        return address or (kind is None and tenant.core.takes_unproven)
    # To finish or undo, the change that was begun decides: two proofs mean that it was one of the proof.
    return address or (tenant.core.former_callback_key is not None and len(tenant.core.proofs) < 2)


def _change_addresses(services: Services, tenant: Tenant, step: RotationStep, *, yes: bool, as_json: bool) -> None:
    with wrong_use():
        check_step(keys_of(tenant.core), step)  # before anybody is asked
    if step is RotationStep.FINISH:
        confirm_drop(
            yes=yes, question="Callbacks to the old addresses will be refused. Does the portal have the new ones?"
        )
    with wrong_use():
        made = rotate_callback_address(tenant_id=tenant.tenant_id, step=step, store=services.store, now=services.now())
    lines = callback_addresses(made, services.settings.public_url) if made else {}
    if as_json:
        print_json({"tenant": tenant.tenant_id, "step": step.value, **lines})
    elif made is None:
        print_ended(step, what="addresses")
    else:
        click.echo(_PORTAL.format(application=tenant.core.application))
        print_proof(lines)
        click.echo("The old addresses are good as well.")
        click.echo(
            f"When the portal has the new ones: `chat2pay rotate-key callback {tenant.tenant_id} --address --finish`."
        )


def _change_proof(
    services: Services,
    tenant: Tenant,
    step: RotationStep,
    *,
    kind: ProofKind,
    secret: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    with wrong_use():
        check_step(tenant.core.proofs, step)  # before anybody is asked
    if step is RotationStep.FINISH:
        confirm_drop(
            yes=yes, question="Callbacks with the old proof will be refused. Does the portal send the new one?"
        )
    with wrong_use():
        made = rotate_callback_proof(
            tenant_id=tenant.tenant_id, step=step, kind=kind, secret=secret, store=services.store, now=services.now()
        )
    if as_json:
        print_json({"tenant": tenant.tenant_id, "step": step.value, **(proof_lines(made) if made else {})})
    elif made is None:
        print_ended(step, what="proof")
    elif isinstance(made, NoProof):
        click.echo(
            "Callbacks need no proof now, within five seconds: take user, password or signing secret out of the portal."
        )
        click.echo(
            "What they say is then only a reason to ask the payment core, and their addresses are the only secret."
        )
        click.echo(f"When the portal sends none: `chat2pay rotate-key callback {tenant.tenant_id} --finish`.")
    else:
        click.echo(_PORTAL.format(application=tenant.core.application))
        print_proof(proof_lines(made))
        old = "Callbacks without a proof" if tenant.core.takes_unproven else "The old proof"
        click.echo(f"It is shown this once. {old} count{'s' if old.startswith('The') else ''} as well.")
        click.echo(f"When the portal has it: `chat2pay rotate-key callback {tenant.tenant_id} --finish`.")
