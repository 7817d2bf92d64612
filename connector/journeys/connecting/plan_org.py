"""Plan a tenant from given values, and list what they change of one that is connected already; nothing is written."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from connector.domain.tenants.tenant import Flow, HmacProof, ProofKind, Tenant, long_id, read_id
from connector.journeys.connecting.make_callback_proof import make_callback_proof
from connector.journeys.connecting.rotate_callback_address import new_callback_key
from connector.journeys.connecting.validate_tenant_values import validate_tenant_values
from connector.journeys.mapping.validate_mapping import validate_mapping
from connector.store.store import Store
from connector.store.tenants.mappings import own_mapping
from connector.store.tenants.tenants import build_tenant
from foundation.secret import Secret

_NO_CONFIGURATION: dict[str, Any] = {"channels": [], "currencies": [], "merchant_name": None, "delivery_reports": []}
_NAMES = ("name", "default_currency", "phone_region", "language", "admin_contact", "parts_allowed", "policy")
_SECRETS = frozenset({"client_secret", "private_key", "canvas_secrets", "api_key"})
_KEY_BYTES = 32


@dataclass(frozen=True)
class PlannedChange:
    """One value that would change; of a secret only that it changes."""

    entry: str
    before: Any
    after: Any


@dataclass(frozen=True)
class PlannedOrg:
    """The planned tenant, the tenant that is connected now if there is one, and the differences."""

    tenant: Tenant
    known: Tenant | None
    differences: tuple[PlannedChange, ...]


def plan_org(
    *, given: Mapping[str, Any], store: Store, allow_loopback: bool, own_hosts: Sequence[str] = ()
) -> PlannedOrg:
    """Merge the given values into those of the org if it is connected already; values that are not given stay.

    Raises:
        Invalid: by field, all errors at once.
    """
    known = known_org(given, store)
    present = values_of(known) if known else {"salesforce": {}, "core": {}}
    merged = _merged(present, given)
    values = validate_tenant_values(merged, allow_loopback=allow_loopback, own_hosts=own_hosts)
    if known and _moved(present, values) and "frame_origins" not in given["salesforce"]:
        # These are of the old host; ``_draft`` derives new ones from the new host.
        values["salesforce"]["frame_origins"] = []
    if values["mapping"] != present.get("mapping"):
        values["mapping"] = validate_mapping(values["mapping"])
    tenant = _draft(values, known)
    differences = tuple(_differences(present, values_of(tenant))) if known else ()
    return PlannedOrg(tenant, known, differences)


def known_org(given: Mapping[str, Any], store: Store) -> Tenant | None:
    """Return the tenant that is connected with the given org id, if one is."""
    salesforce = given.get("salesforce")
    given_id = salesforce.get("org_id") if isinstance(salesforce, Mapping) else None
    org_id = read_id(given_id.strip()) if isinstance(given_id, str) else None
    return store.tenants.by_org(org_id) if org_id else None


def values_of(tenant: Tenant) -> dict[str, Any]:
    """Return a connected tenant's values in the form in which an operator gives them."""
    access, core = tenant.salesforce, tenant.core
    return {
        **{name: getattr(tenant, name) for name in _NAMES if name != "policy"},
        "policy": asdict(tenant.policy),
        "mapping": own_mapping(tenant.mapping),
        "salesforce": {
            **{name: getattr(access, name) for name in ("host_url", "client_id", "username", "audience")},
            "org_id": tenant.org_id,
            "flow": access.flow.value,
            "client_secret": _plain(access.client_secret),
            "private_key": _plain(access.private_key),
            "canvas_secrets": [one.value for one in access.canvas_secrets],
            "frame_origins": list(access.frame_origins),
        },
        "core": {
            **{name: getattr(core, name) for name in ("base_url", "application", "environment", "confirm")},
            "api_key": core.api_key.value,
            "callback_proof": kind_of_proof(tenant).value,
        },
    }


def kind_of_proof(tenant: Tenant) -> ProofKind:
    """Return how a tenant's callbacks are proven; of two proofs the newest's kind."""
    if tenant.core.takes_unproven:
        return ProofKind.NONE
    signed = tenant.core.proofs and isinstance(tenant.core.proofs[0], HmacProof)
    return ProofKind.HMAC if signed else ProofKind.BASIC


def _draft(values: dict[str, Any], known: Tenant | None) -> Tenant:
    """Build the tenant; ids and generated keys are those of the known tenant, if there is one."""
    # Readable in logs and commands; the ending keeps two shops of one name apart.
    tenant_id = known.tenant_id if known else f"{_slug(values['name'])}-{secrets.token_hex(3)}"
    access, core = values["salesforce"], values["core"]
    signs = access["flow"] == Flow.JWT_BEARER.value
    config = {
        **{name: values[name] for name in _NAMES},
        "tenant_id": tenant_id,
        "org_id": long_id(access["org_id"]),
        "disabled": known.disabled if known else False,
        "salesforce": {
            **access,
            "username": access["username"] if signs else None,
            "frame_origins": access["frame_origins"] or _frame_origins(access["host_url"]),
        },
        "core": core,
        "configuration": asdict(known.configuration) if known else _NO_CONFIGURATION,
        "mapping": values["mapping"],
    }
    stored = {
        "client_secret": None if signs else access["client_secret"],
        "private_key": access["private_key"] if signs else None,
        # Never replaced: opt-outs and send limits are stored under digests that this key makes.
        "number_key": known.phone_key.value if known else secrets.token_urlsafe(_KEY_BYTES),
        "canvas_secrets": access["canvas_secrets"],
        "api_key": core["api_key"],
        # The core's portal has this one already; ``chat2pay rotate-key callback --address`` changes it.
        "callback_key": known.core.callback_key if known else new_callback_key(),
        "proofs": [_first_proof(core, tenant_id)] if known is None else [],
    }
    return build_tenant(config, stored)


def _first_proof(core: Mapping[str, Any], tenant_id: str) -> dict[str, str]:
    return make_callback_proof(ProofKind(core["callback_proof"]), tenant_id=tenant_id, secret=core["callback_secret"])


def _merged(present: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Merge groups of values; the mapping and lists are replaced as a whole."""
    merged = dict(present)
    for name, value in given.items():
        inner = merged.get(name)
        # A mapping that was merged could keep an entry that its admin has just taken out.
        deeper = isinstance(value, Mapping) and isinstance(inner, Mapping) and name != "mapping"
        merged[name] = _merged(inner, value) if deeper else value  # type: ignore[arg-type]
    return merged


def _moved(present: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return bool(values["salesforce"]["host_url"] != present["salesforce"]["host_url"])


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Iterator[PlannedChange]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{prefix}{name}.")
        # The proof of a connected tenant is changed by `chat2pay rotate-key callback` alone.
        elif old != new and name != "callback_proof":
            hidden = name in _SECRETS
            yield PlannedChange(f"{prefix}{name}", _shown(old, hidden=hidden), _shown(new, hidden=hidden))


def _shown(value: Any, *, hidden: bool) -> Any:
    if not hidden:
        return value
    return "(a secret)" if value else None


def _plain(secret: Secret | None) -> str | None:
    return secret.value if secret else None


def _frame_origins(host_url: str) -> list[str]:
    """Return the origins of the pages that frame ours: the org's own, Lightning's and Visualforce's.

    https://developer.salesforce.com/docs/platform/pkg1-dev/guide/packaging-instanceless-url.md
    https://help.salesforce.com/s/articleView?id=xcloud.domain_name_partitioned_domains.htm
    """
    host = urlsplit(host_url).hostname or ""
    if not host.endswith(".my.salesforce.com"):
        return [host_url]
    domain = host.removesuffix(".my.salesforce.com")
    # Other orgs than production have a partition behind their name: sandbox, develop, scratch, trailblaze and more.
    name, dot, partition = domain.partition(".")
    return [
        f"https://{host}",
        f"https://{domain}.lightning.force.com",
        f"https://{name}--c{dot}{partition}.vf.force.com",
    ]


def _slug(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:24].rstrip("-") or "tenant"
