"""Decides whether an org and its payment core can be connected: both must let us in before a row is kept."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from connector.core.client import CoreClient
from connector.domain.money import is_currency
from connector.domain.tenant import BasicProof, Tenant, is_salesforce_id, long_id
from connector.errors import Invalid
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store
from connector.store.tenants import build_tenant

_NO_CONFIGURATION: dict[str, Any] = {"channels": [], "currencies": [], "merchant_name": None, "delivery_reports": []}
_URL = validate.URL(schemes={"https", "http"}, require_tld=False)


class _SalesforceValues(Schema):
    class Meta:
        unknown = RAISE

    host_url = fields.String(required=True, validate=_URL)
    org_id = fields.String(required=True)
    client_id = fields.String(required=True)
    client_secret = fields.String(required=True)
    canvas_secrets = fields.List(fields.String(), required=True, validate=validate.Length(1, 2))
    frame_origins = fields.List(fields.String(validate=_URL), load_default=list)


class _CoreValues(Schema):
    class Meta:
        unknown = RAISE

    base_url = fields.String(required=True, validate=_URL)
    api_key = fields.String(required=True)
    application = fields.String(required=True)
    environment = fields.String(required=True, validate=validate.OneOf(["SANDBOX", "PRODUCTION"]))
    confirm = fields.Boolean(load_default=True)


class TenantValues(Schema):
    """What an admin gives to connect an org."""

    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=validate.Length(1, 120))
    salesforce = fields.Nested(_SalesforceValues, required=True)
    core = fields.Nested(_CoreValues, required=True)
    mapping = fields.Dict(load_default=dict)
    default_currency = fields.String(required=True, validate=is_currency)
    phone_region = fields.String(load_default=None, allow_none=True, validate=validate.Length(2, 2))
    language = fields.String(load_default="en")
    admin_contact = fields.String(load_default="your Salesforce administrator")
    parts_allowed = fields.Boolean(load_default=False)


@dataclass(frozen=True)
class ConnectedOrg:
    """A kept tenant, and what the admin has to paste into the core's portal."""

    tenant: Tenant

    def told(self, public_url: str) -> dict[str, str]:
        """Return the lines to paste; the callback password is shown here and never again."""
        base = f"{public_url}/callbacks/{self.tenant.core.callback_key}"
        proof = next(one for one in self.tenant.core.proofs if isinstance(one, BasicProof))
        return {
            "tenant": self.tenant.tenant_id,
            "launch_url": f"{public_url}/launch",
            "transaction_status_url": f"{base}/transaction-status",
            "payment_status_url": f"{base}/payment-status",
            "settings_url": f"{base}/settings",
            "callback_user": proof.user,
            "callback_password": proof.password.value,
        }


def connect_org(
    *,
    given: dict[str, Any],
    store: Store,
    salesforce: SalesforceClient,
    core: CoreClient,
    now: datetime,
    allow_loopback: bool,
) -> ConnectedOrg:
    """Check the values, log in to the org, read the core's configuration, and keep the tenant.

    Raises:
        Invalid: by field; SalesforceRefused, CoreRefused, …: a peer does not let us in.
    """
    values = _checked(given, allow_loopback=allow_loopback)
    org_id = long_id(values["salesforce"]["org_id"])
    tenant = _draft(values, org_id, known=store.tenants.by_org(org_id))
    salesforce.check_login(tenant)
    environment, configuration = core.get_configuration(tenant.core)
    if environment not in (None, tenant.core.environment):
        raise Invalid({"core.environment": [f"The payment core says {environment}."]})
    tenant = replace(tenant, configuration=configuration)
    store.tenants.add(tenant, now=now)
    return ConnectedOrg(tenant)


def _checked(given: dict[str, Any], *, allow_loopback: bool) -> dict[str, Any]:
    try:
        values: dict[str, Any] = TenantValues().load(given)
    except ValidationError as fault:
        raise Invalid(dict(_flat(fault.messages_dict))) from fault
    if not is_salesforce_id(values["salesforce"]["org_id"]):
        raise Invalid({"salesforce.org_id": ["Give the organization id, 15 or 18 characters."]})
    plain = [url for url in (values["salesforce"]["host_url"], values["core"]["base_url"]) if url.startswith("http://")]
    if plain and not (allow_loopback and all(urlsplit(url).hostname in ("localhost", "127.0.0.1") for url in plain)):
        raise Invalid({"salesforce.host_url": ["Use https; plain http is for the demo on this machine."]})
    return values


def _draft(values: dict[str, Any], org_id: str, *, known: Tenant | None) -> Tenant:
    """Keep the id, the callback key and the proof of an org that is connected already: its portal has them pasted."""
    tenant_id = known.tenant_id if known else f"{_slug(values['name'])}-{secrets.token_hex(3)}"
    kept = known.core.proofs if known else ()
    proofs = [{"user": one.user, "password": one.password.value} for one in kept if isinstance(one, BasicProof)]
    config = {
        **{name: values[name] for name in ("name", "default_currency", "phone_region", "language", "admin_contact")},
        "parts_allowed": values["parts_allowed"],
        "tenant_id": tenant_id,
        "org_id": org_id,
        "disabled": known.disabled if known else False,
        "salesforce": {
            **values["salesforce"],
            "frame_origins": values["salesforce"]["frame_origins"] or _frame_origins(values["salesforce"]["host_url"]),
        },
        "core": values["core"],
        "configuration": _NO_CONFIGURATION,
        "mapping": values["mapping"],
    }
    secret_values = {
        "client_secret": values["salesforce"]["client_secret"],
        # What numbers are counted by must outlive every other secret.
        "number_key": known.number_key.value if known else secrets.token_urlsafe(32),
        "canvas_secrets": values["salesforce"]["canvas_secrets"],
        "api_key": values["core"]["api_key"],
        "callback_key": known.core.callback_key if known else secrets.token_urlsafe(24),
        "proofs": proofs or [{"user": tenant_id, "password": secrets.token_urlsafe(24)}],
    }
    return build_tenant(config, secret_values)


def _frame_origins(host_url: str) -> list[str]:
    """Lightning, Visualforce and the org itself stand around our frame.

    https://developer.salesforce.com/docs/platform/pkg1-dev/guide/packaging-instanceless-url.md
    """
    host = urlsplit(host_url).hostname or ""
    if not host.endswith(".my.salesforce.com"):
        return [host_url]
    domain = host.removesuffix(".my.salesforce.com")
    plain = domain.removesuffix(".sandbox")
    sandbox = ".sandbox" if domain.endswith(".sandbox") else ""
    return [
        f"https://{host}",
        f"https://{domain}.lightning.force.com",
        f"https://{plain}--c{sandbox}.vf.force.com",
    ]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:24] or "tenant"


def _flat(messages: dict[str, Any], prefix: str = "") -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for name, told in messages.items():
        if isinstance(told, dict):
            found += _flat(told, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", [str(one) for one in told]))
    return found
