"""The command `salesforce export`: write the Salesforce project, filled in for one org, and say what comes next."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path, PurePosixPath

import click

from connector.commands.salesforce import oauth_files
from connector.commands.salesforce.project import BASE, package_directories, project_files, test_classes
from connector.commands.salesforce.values import (
    OrgValues,
    complete_values,
    read_connector_url,
    read_org_id,
    read_username,
)

_IGNORED = (f"{oauth_files.FOLDER}/", ".sf/", ".sfdx/")
_PLACEHOLDERS = {
    "connector_url": ("the connector's address", "--connector-url"),
    "org_id": ("the organization id", "--org-id"),
    "run_as": ("the integration user", "--run-as"),
    "contact": ("the contact address of the apps", "--contact"),
}
_CLICKS = {
    BASE: (
        "Setup → External Client App Manager: OAuth settings of the apps PaymentConnectorServer and PaymentConnectorCanvas, "
        "unless oauth/ was deployed; their keys.",
        "Setup → Users: assign Chat2Pay_Integration to the integration user, who needs the permission set licence Salesforce API "
        "Integration first; Chat2Pay_Agent to agents, Chat2Pay_Supervisor to supervisors.",
        "Setup → Public Groups: add the supervisors to Chat 2 Pay Supervisors; without members nobody is told what needs a "
        "person.",
        "Setup → Trusted URLs: the connector's address, directive frame-src.",
        "An order → gear → Edit Page: a tab with the component Chat 2 Pay (Canvas); then activate the page for your users.",
    ),
    "panel": (
        "Setup → Named Credentials → External Credentials → Chat2Pay_Panel → Principals → Agents: the parameter Key, with a "
        "key of the scope apex.",
        "Setup → Users: assign the permission set Chat2Pay_Agent_Panel to agents and supervisors.",
        "Setup → External Client App Manager → PaymentConnectorCanvas → Settings → Canvas: lifecycle class "
        "PaymentCanvasLifecycle.",
        "An order → gear → Edit Page: the components Chat 2 Pay Panel and Chat 2 Pay Follower; the quick action Send payment "
        "link onto the page layout where you want it.",
    ),
    "automation": (
        "Setup → Named Credentials → External Credentials → Chat2Pay_Flow → Principals → Flows: the parameter Key, with a key "
        "of the scope flow.",
        "Setup → Users: assign Chat2Pay_Flow to whom flows run as, and Chat2Pay_Integration_Events to the integration user.",
        "Setup → Flows: activate Chat2Pay_Blank_Cloned_Order, and copies of the examples that you want; all arrive inactive.",
    ),
    "reports": (
        "Dashboards → Chat 2 Pay Payments → Edit → Properties: view the dashboard as a supervisor, not as whoever deployed it.",
    ),
    "oms": (
        "Setup → Users: assign Chat2Pay_Order_Management to the integration user, which needs the licence of Order Management.",
    ),
    "agentforce": (
        "Without the part automation: Setup → Named Credentials → External Credentials → Chat2Pay_Flow → Principals → Flows: "
        "the parameter Key, with a key of the scope flow. Flows and AI agents share it.",
        "Setup → Users: assign Chat2Pay_Agentforce to the user as whom the agent runs.",
        "Agent Builder: add the topic Chat 2 Pay Payments; give its action the verified contact and the messaging session as "
        "variables, and a filter that needs the contact.",
    ),
}


@click.group()
def salesforce() -> None:
    """The Salesforce project: what an admin deploys into the org."""


@salesforce.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--directories", help="Only these package directories, with commas between; base is always one of them.")
@click.option("--tenant", "tenant_id", help="Take address, organization and user from this tenant.")
@click.option("--connector-url", callback=read_connector_url, help="Where Salesforce reaches the connector.")
@click.option("--org-id", callback=read_org_id, help="The organization id, of Setup → Company Information.")
@click.option("--run-as", callback=read_username, help="Username of the integration user.")
@click.option("--contact", callback=read_username, help="E-mail address that the External Client Apps name.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty; other files in it stay.")
def export(folder: Path, *, directories: str | None, tenant_id: str | None, force: bool, **given: str | None) -> None:
    """Write the Salesforce project into FOLDER, filled in for one org."""
    chosen = _chosen(directories)
    if folder.exists() and any(folder.iterdir()) and not force:
        raise click.UsageError(f"{folder} is not empty: name another folder, or add --force.")
    values = complete_values(OrgValues(**given), tenant_id)
    whole = project_files(chosen, values)
    _write(folder, {**whole, **oauth_files.oauth_files(values)})
    _ignore(folder / ".gitignore")
    _say(folder, chosen, whole, values)


def _chosen(directories: str | None) -> list[str]:
    known = package_directories()
    wanted = {one.strip() for one in directories.split(",")} if directories else set(known)
    unknown = sorted(wanted - set(known))
    if unknown:
        raise click.UsageError(f"There is no {', '.join(unknown)}: choose from {', '.join(known)}.")
    # In the project's own order, in which the parts deploy; all others need the base.
    return [one for one in known if one in wanted | {BASE}]


def _write(folder: Path, whole: dict[PurePosixPath, str]) -> None:
    for path, text in whole.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # The files name UTF-8 themselves; a machine's own encoding would break names with accents.
        target.write_text(text, "utf-8")


def _ignore(path: Path) -> None:
    """Keep the OAuth files out of source control, also where a .gitignore was there before."""
    # With --force the folder may be a repository already: its own lines stay.
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.write_text("\n".join([*lines, *(one for one in _IGNORED if one not in lines)]) + "\n", "utf-8")


def _say(folder: Path, chosen: list[str], whole: dict[PurePosixPath, str], values: OrgValues) -> None:
    counted = Counter(path.parts[0] for path in whole)
    click.echo(f"Written into {folder}: " + ", ".join(f"{one} ({counted[one]} files)" for one in chosen) + ".")
    click.echo("OAuth settings of the apps are in oauth/, which .gitignore names: never commit them.")
    for name, (what, flag) in _PLACEHOLDERS.items():
        value = getattr(values, name)
        click.echo(f"  {what}: {value}" if value else f"  {what}: NOT FILLED IN, say {flag}")
    click.echo("\nNext, with ORG as sf names it (a sandbox first):")
    for line in (f"cd {shlex.quote(str(folder))}", *_commands(chosen, whole)):
        click.echo(f"  {line}")
    click.echo("\nThen by hand:")
    for number, click_path in enumerate((one for name in chosen for one in _CLICKS.get(name, ())), start=1):
        click.echo(f"  {number}. {click_path}")


def _commands(chosen: list[str], whole: dict[PurePosixPath, str]) -> list[str]:
    """Return the deploy commands in the order in which they work."""
    lines = []
    for one in chosen:
        line = f"sf project deploy start --source-dir {one} -o ORG"
        # Named, because production orgs want their tests run, and running all would run the customer's own.
        tests = test_classes(whole, one)
        if tests:
            line += " --test-level RunSpecifiedTests" + "".join(f" --tests {name}" for name in tests)
        lines.append(line)
        if one == BASE:
            # Right after the base, which creates the apps that these settings belong to.
            lines.append("sf project deploy start --metadata-dir oauth -o ORG   # or by hand; see step 1")
    return lines
