"""The values of one org that the project is filled in with, and how they are checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.tenant_arg import known_tenant
from connector.domain.tenants.tenant import long_id

PLACEHOLDER_URL = "https://connector.example.com"
PLACEHOLDER_EMAIL = "admin@example.com"
_USERNAME = re.compile(r"[^@\s<>&\"']+@[^@\s<>&\"']+\.[^@\s<>&\"']+")


@dataclass(frozen=True)
class OrgValues:
    """What is filled in; None leaves the placeholder of the sources."""

    connector_url: str | None = None
    org_id: str | None = None
    run_as: str | None = None
    contact: str | None = None


def read_connector_url(_context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """Return the connector's address without a slash at its end; Salesforce takes https only."""
    if given is None:
        return None
    url = given.strip().rstrip("/")
    # It is put into XML files as it is, so what XML reserves must not be in it.
    if not _is_address(url) or re.search(r"[\s<>&\"'\\]", url):
        raise click.BadParameter("Use an address such as https://c2p.acme.example.", param=parameter)
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_reachable = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False  # brackets that hold no address, or a port that is none
    return is_reachable and not (parts.query or parts.fragment or parts.username)


def read_org_id(_context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """Return the organization id in its long form."""
    if given is None:
        return None
    try:
        whole = long_id(given.strip())
    except ValueError as error:
        raise click.BadParameter("Use the organization id of Setup → Company Information.", param=parameter) from error
    if not whole.startswith("00D"):
        raise click.BadParameter("An organization id begins with 00D.", param=parameter)
    return whole


def read_username(_context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """Return a username or an e-mail address; Salesforce gives both the same form."""
    if given is None:
        return None
    if not _USERNAME.fullmatch(given.strip()):
        raise click.BadParameter("Use the form name@company.example.", param=parameter)
    return given.strip()


def complete_values(given: OrgValues, tenant_id: str | None) -> OrgValues:
    """Add the values from a tenant's record and the settings; values given by hand take precedence.

    Raises:
        UsageError: there is no such tenant.
        Misconfigured: the settings are not valid, or there is no database.
    """
    if tenant_id is None:
        return given
    services = open_shared(quiet=True)
    tenant = known_tenant(services, tenant_id)
    return OrgValues(
        connector_url=given.connector_url or services.settings.public_url.rstrip("/"),
        org_id=given.org_id or tenant.org_id,
        run_as=given.run_as or tenant.salesforce.username,
        contact=given.contact,
    )
