"""How a remedy says to deploy, for everybody alike: from the exported project, which holds the tenant's own addresses."""

from __future__ import annotations


def deploy(tenant_id: str, directory: str) -> str:
    """Return the words that a remedy begins with, up to the command that brings one package directory into an org."""
    return _within_export(tenant_id, f"--source-dir {directory}")


def deploy_set(tenant_id: str, permission_set: str) -> str:
    """Return the same for one permission set, as it ships."""
    return _within_export(tenant_id, f"--metadata PermissionSet:{permission_set}")


def _within_export(tenant_id: str, what: str) -> str:
    # Never from the source tree: its placeholders would overwrite the addresses of the org.
    export = f"`chat2pay salesforce export c2p-project --tenant {tenant_id} --contact MAIL`"
    return f"In the folder that {export} writes: `sf project deploy start {what} -o ORG`"
