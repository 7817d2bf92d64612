"""API keys of merchants: made, found and revoked by their digests; the text of a key is shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.merchant import Merchant
from payment_core.store import merchants
from payment_core.store.phone_key import HasDigestKeys
from payment_core.store.schema.tables import api_keys

# Scanners for leaked secrets find a key by a fixed beginning.
_PREFIX = "core_"
_SHOWN = tuple(api_keys.c[name] for name in ("key_id", "merchant_id", "name", "created_at", "revoked_at"))


@dataclass(frozen=True)
class ApiKey:
    """One key without its text."""

    key_id: str
    merchant_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None = None


class KeyExists(Exception):
    """A key of this text was made before; ``key`` is that one."""

    def __init__(self, key: ApiKey, text: Secret) -> None:
        super().__init__(key.key_id)
        self.key, self.text = key, text


def text_of_form(core: HasDigestKeys, merchant_id: str, form: str) -> Secret:
    """Return the text of the key that a form makes: the same each time that it arrives, and known to nobody else.

    ``form``: the random text that only this one page of the portal was given.
    """
    digest = hmac.digest(core.digest_keys[0].value.encode(), f"api-key\0{merchant_id}\0{form}".encode(), "sha256")
    return Secret(_PREFIX + urlsafe_b64encode(digest).decode().rstrip("="))


def add(
    work: UnitOfWork, merchant_id: str, name: str, *, now: datetime, text: Secret | None = None
) -> tuple[ApiKey, Secret]:
    """Make a new key and return it with its text, which is random where none is given.

    Raises:
        KeyExists: by a unique index.
    """
    text = text or Secret(_PREFIX + secrets.token_urlsafe(32))
    digest = digest_of(text.value)
    key = ApiKey(f"key_{secrets.token_hex(6)}", merchant_id, name, now)
    row = {"key_id": key.key_id, "merchant_id": merchant_id, "name": name, "created_at": now}
    try:
        with work.savepoint():
            work.connection.execute(insert(api_keys).values(key_digest=digest, **row))
    except IntegrityError as error:
        known = work.connection.execute(select(*_SHOWN).where(api_keys.c.key_digest == digest)).one()
        raise KeyExists(ApiKey(*known), text) from error
    return key, text


def merchant_of(work: UnitOfWork, text: str) -> Merchant | None:
    """Return the merchant whose key this is; None for one that is unknown or revoked."""
    # Found by its digest, so that how long a comparison takes shows nothing of the key.
    mine = (api_keys.c.key_digest == digest_of(text)) & api_keys.c.revoked_at.is_(None)
    merchant_id = work.connection.execute(select(api_keys.c.merchant_id).where(mine)).scalar_one_or_none()
    return merchants.find(work, merchant_id) if merchant_id else None


def listed(work: UnitOfWork, merchant_id: str) -> list[ApiKey]:
    """Return a merchant's keys, the oldest first, revoked ones included."""
    # Revoked ones stay: the record of changes names them.
    query = select(*_SHOWN).where(api_keys.c.merchant_id == merchant_id)
    return [ApiKey(*row) for row in work.connection.execute(query.order_by(api_keys.c.created_at, api_keys.c.key_id))]


def revoke(work: UnitOfWork, merchant_id: str, key_id: str, *, now: datetime) -> bool:
    """Refuse a key from now on; return whether there was one that was accepted."""
    mine = (api_keys.c.merchant_id == merchant_id) & (api_keys.c.key_id == key_id) & api_keys.c.revoked_at.is_(None)
    work.changed.add(merchant_id)
    return bool(work.connection.execute(update(api_keys).where(mine).values(revoked_at=now)).rowcount)


def digest_of(text: str) -> bytes:
    """Return the digest by which a key is found."""
    # Without salt or stretching: a key has 256 random bits, which nobody can guess from its digest.
    return hashlib.sha256(text.encode()).digest()
