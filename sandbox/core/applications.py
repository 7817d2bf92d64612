"""Knows the linked applications and their callback URLs; refuses to know what is sent there."""

from __future__ import annotations

import re
import uuid as uuids
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from sandbox.core.clock import SandboxClock
from sandbox.core.errors import Refusal, invalid_control
from sandbox.core.signing import key_of
from sandbox.core.store import Row, Store

TYPES = ("OMS", "CUSTOMER")
STATUSES = ("ACTIVATED", "DEACTIVATED", "DELETED")
URLS = ("payment_status_url", "transaction_status_url", "settings_url")


@dataclass(frozen=True)
class Application:
    uuid: str
    name: str
    type: str = "OMS"
    status: str = "ACTIVATED"
    payment_status_url: str = ""
    transaction_status_url: str = ""
    settings_url: str = ""
    basic_user: str = ""
    basic_password: str = ""
    hmac_key: str = ""

    def shown(self) -> dict[str, Any]:
        """This function will give the application as the sandbox controls show it, with what proves its callbacks."""
        values = asdict(self)
        user, password, key = values.pop("basic_user"), values.pop("basic_password"), values.pop("hmac_key")
        basic = {"user": user, "password": password} if user else None
        return {**values, "basic": basic, "hmac": {"key": key} if key else None}


COLUMNS = tuple(field.name for field in fields(Application))


class Applications:
    """The register of applications; a first one called Salesforce exists from the start."""

    def __init__(self, store: Store, clock: SandboxClock) -> None:
        self._store = store
        self._clock = clock
        if store.row("SELECT uuid FROM applications LIMIT 1") is None:
            self._save(Application(uuid=str(uuids.uuid4()), name="Salesforce"))

    def listed(self) -> list[Application]:
        """This function will give every application that is not deleted, oldest first."""
        rows = self._store.rows("SELECT * FROM applications WHERE status != 'DELETED' ORDER BY created_at, uuid")
        return [_application(row) for row in rows]

    def enabled(self) -> list[Application]:
        return [application for application in self.listed() if application.status == "ACTIVATED"]

    def find(self, uuid: str) -> Application | None:
        row = self._store.row("SELECT * FROM applications WHERE uuid = ? AND status != 'DELETED'", uuid)
        return _application(row) if row else None

    def put(self, uuid: str, raw: object) -> Application:
        """This function will create or change an application; what is not named stays as it is.

        Raises: Refusal (422) that names the field.
        """
        if not isinstance(raw, dict):
            raise invalid_control("body", "must be a JSON object")
        uuid = _checked_uuid(uuid)
        with self._store.transaction():
            known = self.find(uuid) or Application(uuid=uuid, name="")
            application = Application(**{**asdict(known), **_given(raw)})
            check_application(application)
            self._save(application)
        return application

    def set_status(self, uuid: str, status: str) -> Application:
        """This function will enable, disable or delete an application.

        Raises: Refusal 404 for an unknown application.
        """
        with self._store.transaction():
            known = self.find(uuid)
            if known is None:
                raise Refusal(404, "APPLICATION_NOT_FOUND", message="No such application.")
            application = Application(**{**asdict(known), "status": status})
            self._save(application)
        return application

    def _save(self, application: Application) -> None:
        with self._store.transaction():
            if self._store.row("SELECT uuid FROM applications WHERE uuid = ?", application.uuid):
                self._store.change("applications", ("uuid", application.uuid), changes=asdict(application))
            else:
                self._store.insert("applications", {**asdict(application), "created_at": self._clock.now()})


def check_application(application: Application) -> None:
    """This function will refuse (422) an application with a wrong name, type, status or URL."""
    if not 1 <= len(application.name.strip()) <= 80:
        raise invalid_control("name", "must have 1 to 80 characters")
    if application.type not in TYPES:
        raise invalid_control("type", "must be one of " + ", ".join(TYPES))
    if application.status not in STATUSES:
        raise invalid_control("status", "must be one of " + ", ".join(STATUSES))
    for field in URLS:
        why = url_error(getattr(application, field))
        if why:
            raise invalid_control(field, why)
    if ":" in application.basic_user:
        raise invalid_control("basic", "the user must not contain a colon")
    if application.hmac_key:
        key_of(application.hmac_key)


def url_error(url: str) -> str | None:
    """This function will say in words what is wrong with a callback URL; an empty one is fine and means none."""
    if not url:
        return None
    if len(url) > 2000 or re.search(r"[\s<>\"\x00-\x1f]", url):
        return "must not contain spaces or quotes, and at most 2000 characters"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a complete address; check host and port"
    if parts.scheme not in ("http", "https"):
        return "must start with https:// (or http:// for a machine of your own)"
    if not parts.hostname:
        return "names no host; it should look like https://connector.example/callbacks/…"
    if parts.username is not None:
        return "must not contain a user or password; they have their own fields"
    return "must not end with a #fragment" if parts.fragment else None


def _given(raw: dict[str, Any]) -> dict[str, str]:
    known = {"uuid", "name", "type", "status", *URLS, "basic", "hmac"}
    for name in raw:
        if name not in known:
            raise invalid_control(str(name), "is not a field of an application")
    values = {name: raw[name] or "" for name in raw if name not in ("basic", "hmac", "uuid")}
    if "basic" in raw:
        values |= _basic(raw["basic"])
    if "hmac" in raw:
        values |= _hmac(raw["hmac"])
    for name, value in values.items():
        if not isinstance(value, str):
            raise invalid_control(name, "must be a text")
    return {name: value.strip() for name, value in values.items()}


def _basic(raw: object) -> dict[str, Any]:
    if raw is None:
        return {"basic_user": "", "basic_password": ""}
    if not isinstance(raw, dict) or set(raw) != {"user", "password"}:
        raise invalid_control("basic", "must be null or an object with user and password")
    return {"basic_user": raw["user"] or "", "basic_password": raw["password"] or ""}


def _hmac(raw: object) -> dict[str, Any]:
    if raw is None:
        return {"hmac_key": ""}
    if not isinstance(raw, dict) or set(raw) != {"key"}:
        raise invalid_control("hmac", "must be null or an object with key")
    return {"hmac_key": raw["key"] or ""}


def _checked_uuid(text: str) -> str:
    try:
        return str(uuids.UUID(text))
    except ValueError:
        raise invalid_control("uuid", "must be a UUID") from None


def _application(row: Row) -> Application:
    return Application(**{name: row[name] for name in COLUMNS})
