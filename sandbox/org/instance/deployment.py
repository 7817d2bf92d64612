"""The deployment of package directories into a running org, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.org.instance.deployed_rows import deploy_rows
from sandbox.org.instance.org import DEPLOYED, Org
from sandbox.org.metadata.objects import Metadata
from sandbox.org.metadata.project import package_directories, package_folder
from sandbox.org.metadata.source_format import read_metadata
from sandbox.org.permissions.source_format import PermissionSet, read_permissions
from sandbox.org.wire.errors import BadInput, StartupError


def deploy(org: Org, names: Iterable[str]) -> list[str]:
    """Bring the directories into the org and return all that it has now. Raises BadInput, and then nothing has changed."""
    wanted = [name for name in package_directories() if name in set(names)]
    before = list(org.records.setting(DEPLOYED) or ())
    after = before + [name for name in wanted if name not in before]
    try:
        # All of them anew, and not the new ones alone: a later directory adds fields to objects of an earlier one.
        metadata = read_metadata(*map(package_folder, after))
    except StartupError as error:
        raise BadInput(directories=str(error)) from error
    # Before anything changes: a deployment that fails leaves the org as it was.
    _check_references(org, metadata, wanted)
    org.metadata.replace_every(metadata.every)
    org.records.know_objects()
    with org.records.transaction():
        _fill_new_fields(org)
        admin = next(user["Id"] for user in org.users() if user.get("_runs_integration"))
        deploy_rows(
            map(package_folder, wanted),
            records=org.records,
            metadata=org.metadata,
            permissions=org.permissions,
            user_id=admin,
        )
    org.records.save_setting(DEPLOYED, after)
    # The objects are all there now; this takes those away again whose feature is off.
    org.change_setup()
    with org.records.transaction():
        org.apply_permissions()
    return after


def _check_references(org: Org, metadata: Metadata, wanted: Iterable[str]) -> None:
    """Refuse what Salesforce refuses: an object that needs a licence, a set that names what is not there."""
    problems: dict[str, str] = {}
    for name in wanted:
        for path in package_folder(name).glob("objects/*"):
            if not org.setup.has(metadata.every[path.name].feature):
                problems[path.name] = "is not an object of this org: switch its feature on first"
        for one in read_permissions(package_folder(name)).permission_sets.values():
            missing = list(_missing(metadata, one))
            if missing:
                problems[one.name] = f"names what this org does not have: {', '.join(missing)}"
    if problems:
        raise BadInput(**problems)


def _missing(metadata: Metadata, one: PermissionSet) -> Iterable[str]:
    for given in one.objects:
        if given.name not in metadata.every:
            yield given.name
    for access in one.fields:
        kind, _, name = access.field.partition(".")
        # The sandbox has few of the standard fields: only what the project brings can be missing.
        if name.endswith("__c") and (kind not in metadata.every or name not in metadata.every[kind].fields):
            yield access.field


def _fill_new_fields(org: Org) -> None:
    for name, kind in org.metadata.every.items():
        blank = {one.name: False if one.type == "boolean" else None for one in kind.fields.values()}
        # A new field is blank on the records that were there before it, and a new checkbox is unticked.
        for row in org.records.rows(name):
            if blank.keys() - row.keys():
                org.records.put(name, blank | row)
