"""Everything at rest moves to a new encryption key while links are made and paid; then the old one may go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary

from foundation.database.schema.reencrypt import name_of
from foundation.database.unit_of_work import Transactions
from foundation.encryption.vault import Vault
from foundation.errors import SecretUnreadable
from foundation.secret import Secret
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.schema.encrypted_columns import SEALED, encrypted_columns
from payment_core.store.schema.tables import metadata

NOT_SEALED = {"write_checks.payload"}  # zeros that try the disk


@pytest.fixture
def new() -> Secret:
    """A key made now."""
    return Secret(Fernet.generate_key().decode())


def with_keys(core: Core, *keys: Secret) -> Core:
    """Return the core of a process that was started with other keys, on the same database."""
    vault = Vault(keys, setting="PAYMENT_CORE_ENCRYPTION_KEYS", remedy="make one")
    return replace(core, transactions=Transactions(core.transactions.database, vault))


def number_of(core: Core, link: Link) -> str:
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
        assert found is not None
        return found.phone.digits


def test_every_column_that_holds_bytes_is_a_digest_or_is_known_to_be_sealed() -> None:
    kept = {
        name_of(column)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.name.endswith(("digest", "phone_key", "code_key"))
    }
    assert kept - NOT_SEALED == {name_of(column) for column in SEALED}


def test_with_a_new_key_in_front_everything_is_sealed_anew_and_the_old_one_may_go(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], new: Secret
) -> None:
    link = make_link()
    number = number_of(core, link)
    (old,) = core.settings.encryption_keys
    both = with_keys(core, new, old)
    at_rest = encrypted_columns(both.transactions)
    looked = at_rest.reencrypt(check_only=True)
    assert (looked.resealed, set(looked.by_key), looked.removable(2)) == (0, {1}, [])
    done = at_rest.reencrypt()
    assert (done.resealed, done.by_key, done.removable(2)) == (looked.by_key[1], {0: looked.by_key[1]}, [1])
    assert number_of(with_keys(core, new), link) == number
    with pytest.raises(SecretUnreadable):
        number_of(core, link)


def test_what_no_key_opens_is_counted_and_no_key_may_go(
    core: Core, make_link: Callable[..., Link], new: Secret
) -> None:
    make_link()
    found = encrypted_columns(with_keys(core, new).transactions).reencrypt()
    assert found.resealed == 0
    assert found.lost == sum(encrypted_columns(core.transactions).count().values())
