"""Merchants: insert, find, change, and their sealed secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.store.merchant_config import read_config, write_config
from payment_core.store.schema.tables import merchants

_COLUMNS = (
    merchants.c.merchant_id,
    merchants.c.name,
    merchants.c.mode,
    merchants.c.hook,
    merchants.c.config,
    merchants.c.version,
)


def add(work: UnitOfWork, merchant: Merchant, secrets: MerchantSecrets, *, now: datetime) -> None:
    """Insert a merchant with its secrets."""
    row = {"merchant_id": merchant.merchant_id, "hook": merchant.hook, "created_at": now, "version": merchant.version}
    row |= {"secrets": _sealed(work, merchant.merchant_id, secrets)}
    work.connection.execute(insert(merchants).values(**row, **_values(merchant, now)))
    work.changed.add(merchant.merchant_id)


def find(work: UnitOfWork, merchant_id: str) -> Merchant | None:
    """Return a merchant as it is now."""
    return _one(work, merchants.c.merchant_id == merchant_id)


def get(work: UnitOfWork, merchant_id: str) -> Merchant:
    """Return the merchant of a stored row, which exists because merchants are never deleted.

    Raises:
        LookupError: there is none.
    """
    merchant = find(work, merchant_id)
    if merchant is None:
        raise LookupError(f"no merchant {merchant_id}")
    return merchant


def by_hook(work: UnitOfWork, hook: str) -> Merchant | None:
    """Return the merchant whose webhooks arrive at this address."""
    return _one(work, merchants.c.hook == hook)


def listed(work: UnitOfWork) -> list[Merchant]:
    """Return all merchants by their ids."""
    query = select(*_COLUMNS).order_by(merchants.c.merchant_id)
    return [_merchant(row) for row in work.connection.execute(query)]


def count(work: UnitOfWork) -> int:
    """Return how many merchants there are."""
    return work.connection.execute(select(func.count()).select_from(merchants)).scalar_one()


def lock(work: UnitOfWork, merchant_id: str) -> Merchant:
    """Return a merchant, its row locked until this transaction ends; merchants are never deleted."""
    query = select(*_COLUMNS).where(merchants.c.merchant_id == merchant_id).with_for_update()
    return _merchant(work.connection.execute(query).one())


def save(work: UnitOfWork, merchant: Merchant, *, now: datetime) -> Merchant:
    """Write a changed merchant and return it with its next version. The caller has locked it."""
    # Processes build accounts at providers anew by this number; see `Accounts`.
    changed = replace(merchant, version=merchant.version + 1)
    values = _values(changed, now) | {"version": changed.version}
    work.connection.execute(update(merchants).where(merchants.c.merchant_id == merchant.merchant_id).values(values))
    work.changed.add(merchant.merchant_id)
    return changed


def secrets_of(work: UnitOfWork, merchant_id: str) -> MerchantSecrets:
    """Return a merchant's decrypted secrets.

    Raises:
        SecretUnreadable: none of the encryption keys fits.
    """
    query = select(merchants.c.secrets).where(merchants.c.merchant_id == merchant_id)
    stored = json.loads(work.vault.open(merchant_id, bytes(work.connection.execute(query).scalar_one())))
    return MerchantSecrets({name: tuple(map(Secret, values)) for name, values in stored.items()})


def save_secrets(work: UnitOfWork, merchant: Merchant, secrets: MerchantSecrets, *, now: datetime) -> Merchant:
    """Write a merchant's secrets; its version rises, so that accounts at providers are built anew."""
    sealed = _sealed(work, merchant.merchant_id, secrets)
    mine = merchants.c.merchant_id == merchant.merchant_id
    work.connection.execute(update(merchants).where(mine).values(secrets=sealed))
    return save(work, merchant, now=now)


def _one(work: UnitOfWork, condition: Any) -> Merchant | None:
    row = work.connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
    return _merchant(row) if row else None


def _merchant(row: Any) -> Merchant:
    return read_config(
        row.config, merchant_id=row.merchant_id, name=row.name, mode=row.mode, hook=row.hook, version=row.version
    )


def _values(merchant: Merchant, now: datetime) -> dict[str, Any]:
    return {
        "name": merchant.name,
        "mode": merchant.mode.value,
        "config": write_config(merchant),
        "changed_at": now,
    }


def _sealed(work: UnitOfWork, merchant_id: str, secrets: MerchantSecrets) -> bytes:
    plain = {name: [one.value for one in values] for name, values in secrets.values.items() if values}
    return work.vault.seal(merchant_id, json.dumps(plain).encode())
