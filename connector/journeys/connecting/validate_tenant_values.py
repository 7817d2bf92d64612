"""Validate the values that connect an org, each by itself and together, without calling a peer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from connector.core.allowed_hosts import check_core_address
from connector.domain.tenants.mapping import is_language
from connector.domain.tenants.tenant import Flow, ProofKind, RightsFrom, read_id, signing_key
from connector.errors import Invalid
from connector.salesforce.auth.certificate import key_problem
from connector.salesforce.my_domain import check_my_domain, to_my_domain
from foundation.database.unwritable_text import unwritable_texts
from foundation.money import is_currency
from foundation.phones.phone import is_region
from foundation.texts.readable_line import one_line
from manifests.core_hosts import vendor_hosts

_USERNAME = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_NAME, _SHORTEST_KEY = 120, 16
ENVIRONMENTS, PROOFS = ("SANDBOX", "PRODUCTION"), tuple(kind.value for kind in ProofKind)
Validator = Callable[[str], None]


def check_host(text: str, *, allow_loopback: bool) -> None:
    """Accept an https My Domain address."""
    try:
        check_my_domain(text, allow_loopback=allow_loopback)
    except ValueError as error:
        sentence = "Give the My Domain address, https://….my.salesforce.com (Setup, My Domain)."
        raise ValidationError(sentence) from error


def check_core(text: str, *, allow_loopback: bool, own_hosts: Sequence[str] = ()) -> None:
    """Accept the vendor's hosts, and those of the operator's own payment cores."""
    try:
        check_core_address(text, allow_loopback=allow_loopback, own_hosts=own_hosts)
    except ValueError as error:
        usual = " or ".join(f"https://{host}" for host in (vendor_hosts()[0], *own_hosts))
        sentence = f"Give the payment core's address: {usual}. A core of your own must be named in CHAT2PAY_CORE_HOSTS."
        raise ValidationError(sentence) from error


def check_org_id(text: str) -> None:
    """Accept an organization id, 15 or 18 characters."""
    if read_id(text, prefix="00D") is None:
        raise ValidationError(
            "Give the organization id, 15 or 18 characters that begin with 00D (Setup, Company Information)."
        )


def check_username(text: str) -> None:
    """Accept a text in the form of a Salesforce username."""
    if not _USERNAME.fullmatch(text):
        raise ValidationError("Give the integration user's username; it has the form of an e-mail address.")


def check_private_key(text: str) -> None:
    """Accept an RSA private key."""
    error = key_problem(text)
    if error is not None:
        raise ValidationError(error)


def check_filled(text: str) -> None:
    """Accept any text that is not blank, unless it is too long to be a credential."""
    if not 0 < len(text.strip()) <= 4000:
        raise ValidationError("Give a value.")


def check_canvas_secret(text: str) -> None:
    """Accept a text of the length of a consumer secret."""
    if not 8 <= len(text.strip()) <= 200:
        raise ValidationError("Give the canvas app's consumer secret.")


def check_signing_secret(text: str) -> None:
    """Accept a secret for signed callbacks as the core shows it: ``whsec_`` and base64."""
    try:
        key = signing_key(text)
    except ValueError as error:
        raise ValidationError("Give the signing secret as the core shows it: whsec_ and base64.") from error
    if len(key) < _SHORTEST_KEY:
        raise ValidationError(f"This signing secret is too short: {_SHORTEST_KEY} bytes are the least.")


def check_name(text: str) -> None:
    """Accept a name of at most 120 characters, which fits on a page and reads as it looks."""
    one_line(_LONGEST_NAME)(text)


def check_region(text: str) -> None:
    """Accept the ISO 3166 code of a country with a numbering plan, or nothing."""
    if text and not is_region(text):
        raise ValidationError("Give a country's two letters, such as ZA, or nothing.")


def check_language(text: str) -> None:
    """Accept a language's short name."""
    if not is_language(text):
        raise ValidationError("Give a language's short name, such as en, af or pt_BR.")


def check_currency(text: str) -> None:
    """Accept an ISO 4217 code."""
    if not is_currency(text):
        raise ValidationError("Give a currency's three letters, such as ZAR.")


_CREDENTIALS: Mapping[str, Validator] = {"client_secret": check_filled}
_JWT: Mapping[str, Validator] = {"username": check_username, "private_key": check_private_key}


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
        """Require the values that the chosen OAuth flow needs."""
        checks = _JWT if data["flow"] == Flow.JWT_BEARER.value else _CREDENTIALS
        for name, check in checks.items():
            if not data.get(name):
                raise ValidationError(f"The flow {data['flow']} needs this.", name)
            try:
                check(data[name])
            except ValidationError as error:
                raise ValidationError(error.messages, name) from error


class _CoreValues(Schema):
    class Meta:
        unknown = RAISE

    base_url = fields.String(load_default=lambda: f"https://{vendor_hosts()[0]}")
    api_key = fields.String(required=True, error_messages=_REQUIRED, validate=check_filled)
    application = fields.String(required=True, error_messages=_REQUIRED, validate=check_filled)
    environment = fields.String(required=True, error_messages=_REQUIRED, validate=validate.OneOf(ENVIRONMENTS))
    confirm = fields.Boolean(load_default=True)
    callback_proof = fields.String(load_default=ProofKind.BASIC.value, validate=validate.OneOf(PROOFS))
    callback_secret = fields.String(load_default=None, allow_none=True, validate=check_signing_secret)

    @validates_schema
    def fits_the_proof(self, data: Mapping[str, Any], **_: Any) -> None:
        """Require ``confirm`` where callbacks have no proof, and take a signing secret for ``hmac`` only."""
        if data["callback_proof"] == ProofKind.NONE and not data["confirm"]:
            # An unproven callback is only a reason to read the core's record (ADR 21); with confirm off nothing would be read.
            raise ValidationError("Without a proof payments must be confirmed: leave confirm on.", "confirm")
        if data["callback_secret"] and data["callback_proof"] != ProofKind.HMAC:
            raise ValidationError("Only callbacks proven by hmac have a signing secret.", "callback_secret")


class _PolicyValues(Schema):
    class Meta:
        unknown = RAISE

    rights_from = fields.String(validate=validate.OneOf([one.value for one in RightsFrom]))
    only_own_requests = fields.Boolean()
    flow_may_give_phone = fields.Boolean()
    flow_may_name_user = fields.Boolean()
    require_launched_at = fields.Boolean()
    copy_links = fields.Boolean()
    notifications = fields.Boolean()
    payment_events = fields.Boolean()
    order_payments = fields.Boolean()
    sends_per_order_hour = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    sends_per_number_hour = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    sends_per_tenant_minute = fields.Integer(strict=True, validate=validate.Range(1, 100_000))


class _TenantValues(Schema):
    class Meta:
        unknown = RAISE

    @pre_load
    def tidied(self, data: Any, **_: Any) -> Any:
        """Strip blanks that come along when values are pasted, and bring the host into its one form."""
        tidy = _stripped(data)
        access = tidy.get("salesforce") if isinstance(tidy, dict) else None
        if isinstance(access, dict) and isinstance(access.get("host_url"), str):
            access["host_url"] = to_my_domain(access["host_url"])
        return tidy

    name = fields.String(required=True, error_messages=_REQUIRED, validate=check_name)
    salesforce = fields.Nested(_SalesforceValues, required=True)
    core = fields.Nested(_CoreValues, required=True)
    mapping = fields.Dict(load_default=dict)
    policy = fields.Nested(_PolicyValues, load_default=dict)
    default_currency = fields.String(required=True, error_messages=_REQUIRED, validate=check_currency)
    phone_region = fields.String(load_default=None, allow_none=True, validate=check_region)
    language = fields.String(load_default="en", validate=check_language)
    admin_contact = fields.String(load_default="your Salesforce administrator", validate=check_name)
    parts_allowed = fields.Boolean(load_default=False)


_VALUES = _TenantValues()


def validate_tenant_values(
    given: Mapping[str, Any], *, allow_loopback: bool, own_hosts: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the values that connect an org, checked and completed.

    Raises:
        Invalid: by field, all errors at once.
    """
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    try:
        values = _VALUES.load(given)
    except ValidationError as error:
        errors = dict(_flat(error.messages_dict))
    for place, sentence in unwritable_texts(given):
        errors.setdefault(place, []).append(sentence)
    for name, check in (
        ("salesforce.host_url", check_host),
        ("core.base_url", partial(check_core, own_hosts=own_hosts)),
    ):
        # Hosts are checked here and not in the schema because loopback is allowed by the deployment, not by the value.
        text = _at(values or _stripped(given), name)
        try:
            if isinstance(text, str):
                check(text, allow_loopback=allow_loopback)
        except ValidationError as error:
            errors.setdefault(name, []).extend(map(str, error.messages))
    if errors:
        raise Invalid(errors)
    return values


def _stripped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: inner if name == "mapping" else _stripped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stripped(inner) for inner in value]
    return value.strip() if isinstance(value, str) else value


def _at(values: Mapping[str, Any], name: str) -> Any:
    group, _, field = name.partition(".")
    inner = values.get(group)
    return inner.get(field) if isinstance(inner, Mapping) else None


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for name, texts in messages.items():
        path = prefix.removesuffix(".") if name == "_schema" else f"{prefix}{name}"
        if isinstance(texts, Mapping):
            yield from _flat(texts, f"{path}.")
        else:
            yield path, [str(one) for one in texts]
