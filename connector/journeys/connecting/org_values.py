"""Decides whether the values that connect an org can be right, each by itself and together; asks nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

import manifests
from connector.domain.money import is_currency
from connector.domain.tenant import Flow, RightsFrom, is_salesforce_id
from connector.errors import Invalid
from connector.salesforce.certificate import key_fault

_LOOPBACK = ("localhost", "127.0.0.1")
_CORE_HOSTS: list[str] = manifests.load("core/operations.json")["allowed_hosts"]
_USERNAME = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ENVIRONMENTS = ("SANDBOX", "PRODUCTION")
PROOFS = ("basic", "hmac")
Check = Callable[[str], None]


def host_url(text: str) -> str:
    """Return the My Domain address out of what people copy: with or without https://, or from a Lightning page."""
    parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
    host = (parts.hostname or "").replace(".lightning.force.com", ".my.salesforce.com")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"


def check_host(text: str, *, allow_loopback: bool) -> None:
    """Accept an https My Domain address."""
    parts = urlsplit(text)
    if allow_loopback and parts.hostname in _LOOPBACK:
        return
    if parts.scheme != "https" or not (parts.hostname or "").endswith(".my.salesforce.com") or parts.path.strip("/"):
        raise ValidationError("Give the My Domain address, https://….my.salesforce.com (Setup, My Domain).")


def check_core(text: str, *, allow_loopback: bool) -> None:
    """Accept the payment core's own hosts."""
    parts = urlsplit(text)
    if allow_loopback and parts.hostname in _LOOPBACK:
        return
    if parts.scheme != "https" or parts.hostname not in _CORE_HOSTS:
        raise ValidationError(f"Give the payment core's address, https://{_CORE_HOSTS[0]}.")


def check_org_id(text: str) -> None:
    """Accept an organization id, 15 or 18 characters."""
    if not is_salesforce_id(text) or not text.startswith("00D"):
        raise ValidationError(
            "Give the organization id, 15 or 18 characters that begin with 00D (Setup, Company Information)."
        )


def check_username(text: str) -> None:
    """Accept what has the form of a Salesforce username."""
    if not _USERNAME.fullmatch(text):
        raise ValidationError("Give the integration user's username; it has the form of an e-mail address.")


def check_private_key(text: str) -> None:
    """Accept an RSA private key."""
    fault = key_fault(text)
    if fault is not None:
        raise ValidationError(fault)


def check_filled(text: str) -> None:
    """Accept anything but nothing, of a size that no mistake of copying has."""
    if not 0 < len(text.strip()) <= 4000:
        raise ValidationError("Give a value.")


def check_canvas_secret(text: str) -> None:
    """Accept what can be a consumer secret."""
    if not 8 <= len(text.strip()) <= 200:
        raise ValidationError("Give the canvas app's consumer secret.")


def check_region(text: str) -> None:
    """Accept an ISO 3166 code, or nothing."""
    if text and not re.fullmatch(r"[A-Z]{2}", text):
        raise ValidationError("Give a country's two letters, such as ZA, or nothing.")


def check_currency(text: str) -> None:
    """Accept an ISO 4217 code."""
    if not is_currency(text):
        raise ValidationError("Give a currency's three letters, such as ZAR.")


_CREDENTIALS: Mapping[str, Check] = {"client_secret": check_filled}
_JWT: Mapping[str, Check] = {"username": check_username, "private_key": check_private_key}


_REQUIRED: Any = {"required": "Give a value."}


class _SalesforceValues(Schema):
    class Meta:
        unknown = RAISE

    host_url = fields.String(required=True, error_messages=_REQUIRED)
    org_id = fields.String(required=True, error_messages=_REQUIRED, validate=check_org_id)
    flow = fields.String(
        load_default=Flow.CLIENT_CREDENTIALS.value, validate=validate.OneOf([one.value for one in Flow])
    )
    client_id = fields.String(required=True, error_messages=_REQUIRED, validate=check_filled)
    client_secret = fields.String(load_default=None, allow_none=True)
    username = fields.String(load_default=None, allow_none=True)
    private_key = fields.String(load_default=None, allow_none=True)
    audience = fields.URL(load_default=None, allow_none=True, schemes={"https"})
    canvas_secrets = fields.List(
        fields.String(validate=check_canvas_secret),
        required=True,
        error_messages=_REQUIRED,
        validate=validate.Length(1, 2),
    )
    frame_origins = fields.List(fields.URL(schemes={"https", "http"}, require_tld=False), load_default=list)

    @validates_schema
    def fits_the_flow(self, data: Mapping[str, Any], **_: Any) -> None:
        """Each flow needs its own values."""
        checks = _JWT if data["flow"] == Flow.JWT_BEARER.value else _CREDENTIALS
        for name, check in checks.items():
            if not data.get(name):
                raise ValidationError(f"The flow {data['flow']} needs this.", name)
            try:
                check(data[name])
            except ValidationError as fault:
                raise ValidationError(fault.messages, name) from fault


class _CoreValues(Schema):
    class Meta:
        unknown = RAISE

    base_url = fields.String(load_default=f"https://{_CORE_HOSTS[0]}")
    api_key = fields.String(required=True, error_messages=_REQUIRED, validate=check_filled)
    application = fields.String(required=True, error_messages=_REQUIRED, validate=check_filled)
    environment = fields.String(required=True, error_messages=_REQUIRED, validate=validate.OneOf(ENVIRONMENTS))
    confirm = fields.Boolean(load_default=True)
    callback_proof = fields.String(load_default="basic", validate=validate.OneOf(PROOFS))


class _PolicyValues(Schema):
    class Meta:
        unknown = RAISE

    rights_from = fields.String(validate=validate.OneOf([one.value for one in RightsFrom]))
    only_own_requests = fields.Boolean()
    flow_may_give_phone = fields.Boolean()
    sends_per_order_hour = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    sends_per_number_hour = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    sends_per_tenant_minute = fields.Integer(strict=True, validate=validate.Range(1, 100_000))


class _TenantValues(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(required=True, error_messages=_REQUIRED, validate=validate.Length(1, 120))
    salesforce = fields.Nested(_SalesforceValues, required=True)
    core = fields.Nested(_CoreValues, required=True)
    mapping = fields.Dict(load_default=dict)
    policy = fields.Nested(_PolicyValues, load_default=dict)
    default_currency = fields.String(required=True, error_messages=_REQUIRED, validate=check_currency)
    phone_region = fields.String(load_default=None, allow_none=True, validate=check_region)
    language = fields.String(load_default="en", validate=validate.Length(2, 16))
    admin_contact = fields.String(load_default="your Salesforce administrator", validate=validate.Length(1, 120))
    parts_allowed = fields.Boolean(load_default=False)


_VALUES = _TenantValues()


def org_values(given: Mapping[str, Any], *, allow_loopback: bool) -> dict[str, Any]:
    """Return the values that connect an org, checked and completed.

    Raises:
        Invalid: by field, all faults at once.
    """
    faults: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    try:
        values = _VALUES.load(given)
    except ValidationError as fault:
        faults = dict(_flat(fault.messages_dict))
    for name, check in (("salesforce.host_url", check_host), ("core.base_url", check_core)):
        text = _at(values or given, name)
        try:
            if isinstance(text, str):
                check(text, allow_loopback=allow_loopback)
        except ValidationError as fault:
            faults.setdefault(name, []).extend(map(str, fault.messages))
    if faults:
        raise Invalid(faults)
    return values


def _at(values: Mapping[str, Any], name: str) -> Any:
    group, _, field = name.partition(".")
    inner = values.get(group)
    return inner.get(field) if isinstance(inner, Mapping) else None


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for name, told in messages.items():
        path = prefix.removesuffix(".") if name == "_schema" else f"{prefix}{name}"
        if isinstance(told, Mapping):
            yield from _flat(told, f"{path}.")
        else:
            yield path, [str(one) for one in told]
