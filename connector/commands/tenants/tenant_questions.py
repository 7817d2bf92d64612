"""Ask an admin for the values of an org, each with help and a default; secrets are not echoed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from marshmallow import ValidationError

import manifests
from connector.domain.tenants.tenant import Flow
from connector.journeys.connecting import validate_tenant_values
from connector.journeys.connecting.plan_org import known_org, values_of
from connector.salesforce.auth.certificate import make_key_pair
from connector.salesforce.my_domain import to_my_domain
from connector.settings import Settings
from connector.store.store import Store
from foundation.database.unwritable_text import fault_of_text
from manifests.core_hosts import is_vendors_core

_CORE_URLS: Mapping[str, str] = manifests.load("core/operations.json")["base_urls"]
_WHICH, _VENDORS, _OWN = "core.which", "vendor", "own"
# Asked for a new tenant only: later `rotate-key callback` changes it, with both proofs valid for a while.
_ONLY_NEW = frozenset({"core.callback_proof"})
Values = dict[str, Any]


def _always(_: Values) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """One question: the value's path, its text, the check of an answer, and the condition for asking it."""

    place: str
    ask: str
    text: str
    check: Callable[[str], None] = validate_tenant_values.check_filled
    default: str | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    when: Callable[[Values], bool] = _always
    tidy: Callable[[str], str] = str


def ask_values(
    present: Values, *, about: frozenset[str] = frozenset(), store: Store, settings: Settings, now: datetime
) -> Values:
    """Ask for the values in the groups of ``about``, or for all values where it is empty.

    The defaults are what is ``present``, or the values of the org that is connected already.
    """
    click.echo("Enter keeps what stands in brackets. Secrets are not shown while you type or paste them.\n")
    values = {name: dict(value) if isinstance(value, dict) else value for name, value in present.items()}
    # The org's id comes first: it finds the tenant whose values become the defaults of the other questions.
    if _is_about(_ORG_ID.place, about):
        _put(values, _ORG_ID.place, _asked(_ORG_ID, values))
    known = known_org(values, store)
    if known is not None and not present:
        click.echo(f"This org is connected as {known.tenant_id}: your answers change it.\n")
        values = values_of(known)
    if present_core := _at(values, "core.base_url"):
        _put(values, _WHICH, _VENDORS if is_vendors_core(present_core) else _OWN)
    for question in _questions(is_demo=settings.is_demo, own_hosts=settings.core_hosts):
        if (
            question.when(values)
            and (known is None or question.place not in _ONLY_NEW)
            and _is_about(question.place, about)
        ):
            _put(values, question.place, _asked(question, values))
    if _signs(values) and _is_about("salesforce.private_key", about):
        _put(values, "salesforce.private_key", _asked_key(values, now=now))
    return _with_core(values)


def _with_core(values: Values) -> Values:
    """Return the answers with the address of the core that was chosen."""
    core = values.get("core", {})
    # What is the vendor's stays: an admin's own entries in the manifest may name several addresses.
    if core.pop(_WHICH.rpartition(".")[2], None) == _VENDORS and not is_vendors_core(core.get("base_url") or ""):
        core["base_url"] = _CORE_URLS[core["environment"]]
    return values


def ask_one(place: str, *, text: str | None = None) -> str:
    """Ask for one value alone, with the question of ``tenant add`` or with ``text``, and return the answer."""
    question = next(one for one in _questions(is_demo=False) if one.place == place)
    answer = _asked(replace(question, text=text or question.text), {})
    return str(answer[0] if isinstance(answer, list) else answer)


def group_of(place: str) -> str:
    """Return the group of a value: those of one login are corrected together, others alone."""
    return place.partition(".")[0]


def words_of(place: str) -> str:
    """Return the name of a value in the questions."""
    return next((one.ask for one in (_ORG_ID, *_questions(is_demo=False)) if one.place == place), place.capitalize())


def _is_about(place: str, about: frozenset[str]) -> bool:
    return not about or group_of(place) in about


_ORG_ID = Question(
    "salesforce.org_id", "Organization id", "Setup → Company Information → Salesforce.com Organization ID.",
    check=validate_tenant_values.check_org_id,
)  # fmt: skip


def _questions(*, is_demo: bool, own_hosts: Sequence[str] = ()) -> tuple[Question, ...]:
    name = Question(
        "name", "Name", "What you call this tenant, such as the shop's name.", check=validate_tenant_values.check_name
    )
    return (name, *_of_salesforce(is_demo=is_demo), *_of_core(own_hosts, is_demo=is_demo), *_of_messages())


def _of_salesforce(*, is_demo: bool) -> tuple[Question, ...]:
    return (
        Question(
            "salesforce.host_url", "My Domain", "Setup → My Domain → Current My Domain URL.",
            check=partial(validate_tenant_values.check_host, allow_loopback=is_demo), tidy=to_my_domain,
        ),
        Question(
            "salesforce.flow", "Login by",
            "client_credentials: a consumer secret. jwt_bearer: a private key that never leaves us; only its certificate does.",
            default=Flow.CLIENT_CREDENTIALS.value, choices=tuple(one.value for one in Flow),
        ),
        Question(
            "salesforce.client_id", "Server app's consumer key",
            "Setup → External Client App Manager → PaymentConnectorServer → Settings → Consumer Key and Secret.",
        ),
        Question(
            "salesforce.client_secret", "Server app's consumer secret", "It stands below the consumer key.",
            secret=True, when=lambda values: not _signs(values),
        ),
        Question(
            "salesforce.username", "Integration user", "The username of the user with the integration permission set.",
            check=validate_tenant_values.check_username, when=_signs,
        ),
        Question(
            "salesforce.canvas_secrets", "Canvas app's consumer secret",
            "The consumer secret of the other app, PaymentConnectorCanvas: it signs what agents open.",
            check=validate_tenant_values.check_canvas_secret, secret=True,
        ),
    )  # fmt: skip


def _of_core(own_hosts: Sequence[str], *, is_demo: bool) -> tuple[Question, ...]:
    return (
        Question(
            "core.environment", "Payment core environment", "SANDBOX takes test cards only.",
            default="SANDBOX", choices=validate_tenant_values.ENVIRONMENTS,
        ),
        Question(
            _WHICH, "Payment core", "vendor: the one of the service. own: one that your company runs; its host must be named in "
            "CHAT2PAY_CORE_HOSTS first.",
            default=_VENDORS, choices=(_VENDORS, _OWN),
        ),
        Question(
            "core.base_url", "Payment core address", "Of your own core: https and its host.",
            check=partial(validate_tenant_values.check_core, allow_loopback=is_demo, own_hosts=own_hosts),
            default=f"https://{own_hosts[0]}" if own_hosts else None,
            when=lambda values: bool(_at(values, _WHICH) == _OWN),
        ),
        Question("core.application", "Application", "In the payment core's portal: the Chat 2 Pay application's UUID."),
        Question("core.api_key", "API key", "In the payment core's portal: the application's API key.", secret=True),
        Question(
            "core.callback_proof", "Callbacks prove themselves by",
            "basic: user and password. hmac: a signature (Standard Webhooks). Choose what the portal offers. none, only where it "
            "offers neither: then nothing in a callback is believed, and its address is the only secret.",
            default="basic", choices=validate_tenant_values.PROOFS,
        ),
    )  # fmt: skip


def _of_messages() -> tuple[Question, ...]:
    return (
        Question(
            "default_currency", "Currency", "For orders that name none: three letters, such as ZAR.",
            check=validate_tenant_values.check_currency, tidy=str.upper,
        ),
        Question(
            "phone_region", "Country of phone numbers",
            "Two letters, such as ZA, for numbers without a country code; nothing if all have one.",
            check=validate_tenant_values.check_region, default="", tidy=str.upper,
        ),
        Question(
            "language", "Language of messages", "Where nothing says another: a short name, such as en or af.",
            check=validate_tenant_values.check_language, default="en",
        ),
        Question(
            "admin_contact", "Whom agents ask", "A name that agents know; it stands in refusals.",
            check=validate_tenant_values.check_name, default="your Salesforce administrator",
        ),
    )  # fmt: skip


def _asked(question: Question, values: Values) -> Any:
    """Ask until the answer passes its check."""
    click.echo(f"  {question.text}")
    present = _at(values, question.place)
    shown = present if present is not None else question.default
    while True:
        text = question.tidy(_unwrapped(_typed(question, shown)))
        # A stored secret is never shown as a default.
        if not text and question.secret and present:
            click.echo()
            return present
        # At once and here: after twenty answers nobody wants to begin again.
        if problem := fault_of_text(text) or _problem_of(question, text):
            click.echo(f"  {problem}")
            continue
        click.echo()
        if question.place == "salesforce.canvas_secrets":
            return [text]
        return text or None


def _problem_of(question: Question, text: str) -> str | None:
    try:
        question.check(text)
    except ValidationError as error:
        return " ".join(map(str, error.messages))
    return None


def _unwrapped(text: str) -> str:
    """Return a pasted text without the spaces or quotes around it."""
    plain = text.strip()
    # Copied out of a JSON file or a shell, as the quotes show.
    return plain[1:-1].strip() if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'" else plain


def _typed(question: Question, shown: Any) -> str:
    if question.secret:
        hint = " [keep the present one]" if shown else ""
        return str(click.prompt(f"{question.ask}{hint}", default="", hide_input=True, show_default=False))
    kind = click.Choice(question.choices, case_sensitive=False) if question.choices else str
    return str(click.prompt(question.ask, default=shown or "", show_default=bool(shown), type=kind))


def _asked_key(values: Values, *, now: datetime) -> str:
    """Return a key from a file, the present key, or a new one whose certificate is shown."""
    present = _at(values, "salesforce.private_key")
    click.echo("  The private key that signs logins: the path of a PEM file, or Enter to " + (
        "keep the present one." if present else "have one made."))  # fmt: skip
    while True:
        text = str(click.prompt("Private key file", default="", show_default=False)).strip()
        if not text:
            return present or _made_key(values, now=now)
        try:
            pem = Path(text).expanduser().read_text("utf-8")
            validate_tenant_values.check_private_key(pem)
        except (OSError, UnicodeDecodeError):
            click.echo("  This file cannot be read.")
        except ValidationError as error:
            click.echo(f"  {' '.join(map(str, error.messages))}")
        else:
            return pem


def _made_key(values: Values, *, now: datetime) -> str:
    pair = make_key_pair(f"chat2pay {_at(values, 'salesforce.org_id')}", now=now)
    click.echo(f"\n{pair.certificate}")
    click.echo(
        "Save these lines as chat2pay.crt. Setup → External Client App Manager → PaymentConnectorServer → Settings →"
    )
    click.echo("OAuth Settings → Enable JWT Bearer Flow → upload chat2pay.crt. It is good for two years.")
    # The login is tried next, and fails for as long as Salesforce does not have the certificate.
    click.prompt("Press Enter when it is uploaded", default="", show_default=False)
    return pair.private_key.value


def _signs(values: Values) -> bool:
    return bool(_at(values, "salesforce.flow") == Flow.JWT_BEARER.value)


def _at(values: Values, place: str) -> Any:
    group, _, name = place.rpartition(".")
    return (values.get(group) or {}).get(name) if group else values.get(name)


def _put(values: Values, place: str, value: Any) -> None:
    group, _, name = place.rpartition(".")
    (values.setdefault(group, {}) if group else values)[name] = value
