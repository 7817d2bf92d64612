"""Convert tenants to and from the plain settings and secrets of their rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from connector.domain.payments.payment import Channel
from connector.domain.tenants.tenant import (
    BasicProof,
    CoreAccess,
    CoreConfiguration,
    Flow,
    HmacProof,
    NoProof,
    Policy,
    Proof,
    RightsFrom,
    SalesforceAccess,
    Tenant,
)
from connector.store.tenants.mappings import build_mapping, own_mapping
from foundation.secret import Secret


def build_tenant(config: dict[str, Any], secrets: dict[str, Any]) -> Tenant:
    """Build a tenant from its plain settings and its secrets; missing mapping entries come from the manifest."""
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
            proofs=tuple(map(build_proof, secrets["proofs"])),
            confirm=core["confirm"],
            former_callback_key=secrets.get("former_callback_key"),
        ),
        configuration=_configuration(config["configuration"]),
        mapping=build_mapping(config["mapping"]),
        default_currency=config["default_currency"],
        phone_region=config["phone_region"],
        language=config["language"],
        admin_contact=config["admin_contact"],
        phone_key=Secret(secrets["number_key"]),
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


def build_proof(stored: dict[str, str]) -> Proof:
    """Build a callback proof from its stored form; ``none`` is stored as an empty one."""
    if not stored:
        return NoProof()
    return (
        HmacProof(Secret(stored["key"])) if "key" in stored else BasicProof(stored["user"], Secret(stored["password"]))
    )


def _stored_proof(proof: Proof) -> dict[str, str]:
    match proof:
        case HmacProof(key):
            return {"key": key.value}
        case BasicProof(user, password):
            return {"user": user, "password": password.value}
        case NoProof():
            return {}


def _policy(given: dict[str, Any]) -> Policy:
    named = {"rights_from": RightsFrom(given["rights_from"])} if "rights_from" in given else {}
    return Policy(**{**given, **named})


def _configuration(config: dict[str, Any]) -> CoreConfiguration:
    return CoreConfiguration(
        channels=tuple(map(Channel, config["channels"])),
        currencies=tuple(config["currencies"]),
        merchant_name=config["merchant_name"],
        delivery_reports=tuple(map(Channel, config["delivery_reports"])),
        currency_digits=config.get("currency_digits", {}),
        minimum_amounts=config.get("minimum_amounts", {}),
        maximum_amounts=config.get("maximum_amounts", {}),
        amount_steps=config.get("amount_steps", {}),
    )


def split_tenant(tenant: Tenant) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (plain settings, secrets), from which ``build_tenant`` builds the same tenant again."""
    secrets = {
        "client_secret": _value(tenant.salesforce.client_secret),
        "private_key": _value(tenant.salesforce.private_key),
        "canvas_secrets": [secret.value for secret in tenant.salesforce.canvas_secrets],
        "api_key": tenant.core.api_key.value,
        "callback_key": tenant.core.callback_key,
        "former_callback_key": tenant.core.former_callback_key,
        "proofs": [_stored_proof(proof) for proof in tenant.core.proofs],
        "number_key": tenant.phone_key.value,
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
