"""Knows how tenants are kept and found, secrets sealed; refuses to know what they may do."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, insert, select, update

from connector.domain.payment import Channel
from connector.domain.tenant import (
    BasicProof,
    CoreAccess,
    CoreConfiguration,
    Flow,
    HmacProof,
    Policy,
    Proof,
    RightsFrom,
    SalesforceAccess,
    Tenant,
)
from connector.settings import Secret
from connector.store.database import Database
from connector.store.mappings import build_mapping, own_mapping
from connector.store.tables import tenants
from connector.store.vault import Vault

_CACHE_SECONDS = 5.0


class TenantDirectory:
    """Finds tenants; a row is remembered for at most five seconds."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._known: dict[tuple[str, str | bytes], tuple[float, Tenant | None]] = {}
        self._lock = threading.Lock()

    def by_id(self, tenant_id: str) -> Tenant | None:
        """Find a tenant by its id."""
        return self._find(tenants.c.tenant_id, tenant_id)

    def by_org(self, org_id: str) -> Tenant | None:
        """Find a tenant by its 18-character organization id."""
        return self._find(tenants.c.org_id, org_id)

    def by_callback_key(self, callback_key: str) -> Tenant | None:
        """Find a tenant by the key in its callback URLs. The key finds, it proves nothing."""
        return self._find(tenants.c.callback_key_digest, callback_key_digest(callback_key))

    def every(self) -> list[Tenant]:
        """Return all tenants, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(tenants).order_by(tenants.c.name)).all()
        return [self._open(row) for row in rows]

    def add(self, tenant: Tenant, *, now: datetime) -> None:
        """Keep a new tenant, or replace the one of the same org."""
        with self._database.write() as connection:
            if _exists(connection, tenant.org_id):
                connection.execute(
                    update(tenants).where(tenants.c.org_id == tenant.org_id).values(self._row(tenant, now))
                )
            else:
                connection.execute(insert(tenants).values(self._row(tenant, now) | {"created_at": now}))
        self.forget()

    def set_disabled(self, tenant_id: str, *, disabled: bool, now: datetime) -> None:
        """Stop or allow launches and sends; news of money is never stopped."""
        with self._database.write() as connection:
            change = {"disabled": disabled, "changed_at": now}
            connection.execute(update(tenants).where(tenants.c.tenant_id == tenant_id).values(change))
        self.forget()

    def set_configuration(self, tenant: Tenant, configuration: CoreConfiguration, *, now: datetime) -> None:
        """Keep what the core now offers."""
        self.add(replace(tenant, configuration=configuration), now=now)

    def forget(self) -> None:
        """Drop what is remembered, so that the next look reads the rows."""
        with self._lock:
            self._known.clear()

    def _find(self, column: Column[Any], value: str | bytes) -> Tenant | None:
        key = (column.key, value)
        known = self._known.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        with self._database.read() as connection:
            row = connection.execute(select(tenants).where(column == value)).first()
        tenant = self._open(row) if row else None
        with self._lock:
            if len(self._known) > 10_000:  # unknown keys from outside must not fill the memory
                self._known.clear()
            self._known[key] = (time.monotonic() + _CACHE_SECONDS, tenant)
        return tenant

    def _row(self, tenant: Tenant, now: datetime) -> dict[str, Any]:
        config, secrets = _split(tenant)
        return {
            "tenant_id": tenant.tenant_id,
            "name": tenant.name,
            "org_id": tenant.org_id,
            "disabled": tenant.disabled,
            "callback_key_digest": callback_key_digest(tenant.core.callback_key),
            "config": json.dumps(config),
            "secrets": self._vault.seal(tenant.tenant_id, json.dumps(secrets).encode()),
            "changed_at": now,
        }

    def _open(self, row: Row[Any]) -> Tenant:
        secrets = json.loads(self._vault.open(row.tenant_id, row.secrets))
        identity = {"tenant_id": row.tenant_id, "name": row.name, "org_id": row.org_id, "disabled": row.disabled}
        return build_tenant({**json.loads(row.config), **identity}, secrets)


def callback_key_digest(callback_key: str) -> bytes:
    """Return what the tenants table is searched by."""
    return hashlib.sha256(callback_key.encode()).digest()


def build_tenant(config: dict[str, Any], secrets: dict[str, Any]) -> Tenant:
    """Make a tenant of its plain settings and its secrets; missing mapping entries come from the manifest."""
    core = config["core"]
    return Tenant(
        tenant_id=config["tenant_id"],
        name=config["name"],
        org_id=config["org_id"],
        salesforce=_salesforce(config["salesforce"], secrets),
        core=CoreAccess(
            base_url=core["base_url"],
            api_key=Secret(secrets["api_key"]),
            application=core["application"],
            environment=core["environment"],
            callback_key=secrets["callback_key"],
            proofs=tuple(map(_proof, secrets["proofs"])),
            confirm=core["confirm"],
        ),
        configuration=_configuration(config["configuration"]),
        mapping=build_mapping(config["mapping"]),
        default_currency=config["default_currency"],
        phone_region=config["phone_region"],
        language=config["language"],
        admin_contact=config["admin_contact"],
        number_key=Secret(secrets["number_key"]),
        parts_allowed=config["parts_allowed"],
        disabled=config["disabled"],
        policy=_policy(config.get("policy", {})),
    )


def _salesforce(given: dict[str, Any], secrets: dict[str, Any]) -> SalesforceAccess:
    return SalesforceAccess(
        host_url=given["host_url"],
        client_id=given["client_id"],
        canvas_secrets=tuple(map(Secret, secrets["canvas_secrets"])),
        frame_origins=tuple(given["frame_origins"]),
        flow=Flow(given.get("flow", Flow.CLIENT_CREDENTIALS)),
        client_secret=_secret(secrets.get("client_secret")),
        username=given.get("username"),
        private_key=_secret(secrets.get("private_key")),
        audience=given.get("audience"),
    )


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None


def _proof(kept: dict[str, str]) -> Proof:
    return HmacProof(Secret(kept["key"])) if "key" in kept else BasicProof(kept["user"], Secret(kept["password"]))


def _kept_proof(proof: Proof) -> dict[str, str]:
    match proof:
        case HmacProof(key):
            return {"key": key.value}
        case BasicProof(user, password):
            return {"user": user, "password": password.value}


def _policy(given: dict[str, Any]) -> Policy:
    named = {"rights_from": RightsFrom(given["rights_from"])} if "rights_from" in given else {}
    return Policy(**{**given, **named})


def _configuration(config: dict[str, Any]) -> CoreConfiguration:
    return CoreConfiguration(
        channels=tuple(map(Channel, config["channels"])),
        currencies=tuple(config["currencies"]),
        merchant_name=config["merchant_name"],
        delivery_reports=tuple(map(Channel, config["delivery_reports"])),
    )


def _split(tenant: Tenant) -> tuple[dict[str, Any], dict[str, Any]]:
    secrets = {
        "client_secret": _value(tenant.salesforce.client_secret),
        "private_key": _value(tenant.salesforce.private_key),
        "canvas_secrets": [secret.value for secret in tenant.salesforce.canvas_secrets],
        "api_key": tenant.core.api_key.value,
        "callback_key": tenant.core.callback_key,
        "proofs": [_kept_proof(proof) for proof in tenant.core.proofs],
        "number_key": tenant.number_key.value,
    }
    config = {
        "salesforce": {
            **{name: getattr(tenant.salesforce, name) for name in ("host_url", "client_id", "username", "audience")},
            "frame_origins": list(tenant.salesforce.frame_origins),
            "flow": tenant.salesforce.flow.value,
        },
        "core": {name: getattr(tenant.core, name) for name in ("base_url", "application", "environment", "confirm")},
        "configuration": asdict(tenant.configuration),
        "mapping": own_mapping(tenant.mapping),
        "default_currency": tenant.default_currency,
        "phone_region": tenant.phone_region,
        "language": tenant.language,
        "admin_contact": tenant.admin_contact,
        "parts_allowed": tenant.parts_allowed,
        "policy": asdict(tenant.policy),
    }
    return config, secrets


def _value(secret: Secret | None) -> str | None:
    return secret.value if secret else None


def _exists(connection: Connection, org_id: str) -> bool:
    return connection.execute(select(tenants.c.org_id).where(tenants.c.org_id == org_id)).first() is not None
