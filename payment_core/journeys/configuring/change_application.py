"""Add or change an application, after checking every field of it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from foundation.secret import Secret
from foundation.texts.readable_line import REMEDY, readable_line
from payment_core.couriers.proof_headers import key_problem
from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationKind, ApplicationStatus
from payment_core.domain.merchant import Merchant
from payment_core.errors import invalid_field
from payment_core.services import Core
from payment_core.store import applications, changes, merchants

URLS = ("payment_status_url", "transaction_status_url", "settings_url")
_KNOWN = {"uuid", "name", "type", "status", "wants_messages", *URLS, "basic", "hmac"}
_LONGEST_URL = 2000
_LONGEST_NAME = 80


def change_application(
    core: Core,
    merchant: Merchant,
    application_id: str,
    fields: Mapping[str, Any],
    *,
    by: str,
    may_lack_urls: bool = False,
) -> Application:
    """Create an application, or change the named fields of one; what is not named stays as it is.

    ``may_lack_urls`` is for testers: an enabled application may then be without the URLs that its kind must have.

    Raises:
        Refusal: 422, naming the field.
    """
    checked = _checked_id(application_id)
    with core.transactions.write() as work:
        # One form that is sent twice at the same moment adds one application.
        merchants.lock(work, merchant.merchant_id)
        known = applications.find(work, merchant.merchant_id, checked)
        if known is None and applications.is_anothers(work, merchant.merchant_id, checked):
            # Its notifications would go where this merchant says.
            raise invalid_field("uuid", "is taken: add the application under a new one")
        before = known or Application(checked, merchant.merchant_id, name="")
        changed = _changed(before, fields)
        _check(changed, plain_http=core.settings.is_demo)
        if not may_lack_urls:
            require_urls(changed)
        if changed == known:
            return known
        applications.save(work, changed, now=core.now())
        what = "application changed" if known else "application added"
        changes.record_change(work, merchant.merchant_id, by=by, what=what, detail=changed.name, now=core.now())
    return changed


def set_status(
    core: Core,
    merchant: Merchant,
    application_id: str,
    status: ApplicationStatus,
    *,
    by: str,
    may_lack_urls: bool = False,
) -> Application | None:
    """Enable, disable or delete an application; None where there is none.

    Raises:
        Refusal: 422, it cannot be enabled without the URLs that its kind must have.
    """
    with core.transactions.write() as work:
        # Else a form that is saved at this moment would enable again what is disabled here.
        merchants.lock(work, merchant.merchant_id)
        found = applications.find(work, merchant.merchant_id, application_id)
        if found is None:
            return None
        if found.status is status:
            return found  # pressed twice: there is nothing to do, nor to record
        changed = replace(found, status=status)
        if not may_lack_urls:
            require_urls(changed)
        applications.set_status(work, merchant.merchant_id, application_id, status)
        what = f"application {status.value.lower()}"
        changes.record_change(work, merchant.merchant_id, by=by, what=what, detail=found.name, now=core.now())
    return changed


def require_urls(application: Application) -> None:
    """Check that an enabled application has the URLs that its kind must have.

    Raises:
        Refusal: 422, naming the first that is missing.
    """
    missing = application.missing_urls
    if application.is_enabled and missing:
        problem = f"an enabled application of the kind {application.kind.value} must have it"
        raise invalid_field(missing[0], problem)


def shown(application: Application) -> dict[str, Any]:
    """Return an application with what proves its notifications; for its own merchant's eyes only."""
    proof = application.proof
    basic = {"user": proof.basic_user, "password": proof.basic_password.value} if proof.basic_user else None
    return {
        "uuid": application.application_id,
        "name": application.name,
        "type": application.kind.value,
        "status": application.status.value,
        **{name: getattr(application, name) for name in URLS},
        "wants_messages": application.wants_messages,
        "basic": basic,
        "hmac": {"key": proof.hmac_key.value} if proof.hmac_key else None,
    }


def url_problem(url: str, *, plain_http: bool = False) -> str | None:
    """Return what is wrong with a callback URL; an empty one is fine and takes none."""
    if not url:
        return None
    if len(url) > _LONGEST_URL or re.search(r"[\s<>\"\x00-\x1f]", url):
        return f"must not contain spaces or quotes, and at most {_LONGEST_URL} characters"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a complete address; check host and port"
    if parts.scheme not in ("http", "https") or (parts.scheme == "http" and not plain_http):
        return "must start with https://"
    if not parts.hostname:
        return "names no host; it should look like https://connector.example/callbacks/…"
    # An address is shown in the portal and stored with every delivery: no place for a password.
    if parts.username is not None:
        return "must not contain a user or password; they have their own fields"
    return "must not end with a #fragment" if parts.fragment else None


def _changed(before: Application, fields: Mapping[str, Any]) -> Application:
    for name in fields:
        if name not in _KNOWN:
            raise invalid_field(str(name), "is not a field of an application")
    values: dict[str, Any] = {name: _text(fields, name) for name in ("name", *URLS) if name in fields}
    if "type" in fields:
        values["kind"] = _word(ApplicationKind, "type", fields["type"])
    if "status" in fields:
        values["status"] = _word(ApplicationStatus, "status", fields["status"])
    if "wants_messages" in fields:
        values["wants_messages"] = bool(fields["wants_messages"])
    proof = before.proof
    if "basic" in fields:
        proof = replace(proof, **_basic(fields["basic"]))
    if "hmac" in fields:
        proof = replace(proof, hmac_key=_hmac(fields["hmac"]))
    return replace(before, **values, proof=proof)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields[name] or ""
    if not isinstance(value, str):
        raise invalid_field(name, "must be a text")
    return value.strip()


def _word(words: Any, name: str, value: object) -> Any:
    if value not in list(words):
        raise invalid_field(name, "must be one of " + ", ".join(words))
    return words(value)


def _basic(raw: object) -> dict[str, Any]:
    if raw is None:
        return {"basic_user": "", "basic_password": Secret("")}
    if not isinstance(raw, Mapping) or set(raw) != {"user", "password"}:
        raise invalid_field("basic", "must be null or an object with user and password")
    user, password = str(raw["user"] or ""), str(raw["password"] or "")
    # https://www.rfc-editor.org/rfc/rfc7617#section-2: the first colon ends the user.
    if ":" in user:
        raise invalid_field("basic", "the user must not contain a colon")
    return {"basic_user": user, "basic_password": Secret(password)}


def _hmac(raw: object) -> Secret:
    if raw is None:
        return Secret("")
    if not isinstance(raw, Mapping) or set(raw) != {"key"}:
        raise invalid_field("hmac", "must be null or an object with key")
    key = str(raw["key"] or "")
    if problem := key_problem(key):
        raise invalid_field("hmac_key", problem)
    return Secret(key)


def _check(application: Application, *, plain_http: bool) -> None:
    if readable_line(application.name, longest=_LONGEST_NAME) is None:
        raise invalid_field("name", f"must have 1 to {_LONGEST_NAME} characters, {REMEDY}")
    for name in URLS:
        if problem := url_problem(getattr(application, name), plain_http=plain_http):
            raise invalid_field(name, problem)


def _checked_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise invalid_field("uuid", "must be a UUID") from None
