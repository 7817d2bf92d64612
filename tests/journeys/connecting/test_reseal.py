"""Everything at rest moves to a new encryption key beside the running work; then, and not before, the old one may go."""

from __future__ import annotations

import base64
from itertools import count
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary

from connector.errors import TenantProblem
from connector.store.schema.encrypted_columns import SEALED, encrypted_columns
from connector.store.schema.tables import metadata
from foundation.database.schema.reencrypt import EncryptedColumns, name_of
from foundation.secret import Secret
from tests.journeys.world import World

OLD = Secret(base64.urlsafe_b64encode(b"k" * 32).decode())  # what the world begins with
COLUMNS = {name_of(column) for column in SEALED}


def at_rest(world: World) -> EncryptedColumns:
    return encrypted_columns(world.services.store.transactions)


@pytest.fixture
def new() -> Secret:
    """A key made now."""
    return Secret(Fernet.generate_key().decode())


@pytest.fixture
def filled(world: World) -> World:
    """A world in which every sealed column holds something."""
    noted = {"MobilePhone": "083 123 4567 x2", "Phone": "083 123 4567"}
    for _ in range(3):
        page = world.open(world.order(BillToContact=noted))
        world.told(world.sent(page), "PAYMENT_LINK_CLICKED")
        world.client.post("/api/order-notes", json={"text": "Calls again.", "version": 0}, headers=page.headers)
    world.org.refuses[page.order_id] = "FIELD_INTEGRITY_EXCEPTION"
    world.settle()
    assert set(at_rest(world).count()) == COLUMNS
    assert all(at_rest(world).count().values())
    return world


def test_every_column_that_holds_bytes_is_a_digest_or_is_known_to_be_sealed() -> None:
    kept = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.name.endswith("digest")
    } - {"write_checks.payload"}  # zeros that try the disk
    assert kept == COLUMNS


@pytest.mark.both_databases
def test_with_a_new_key_in_front_everything_is_sealed_anew_and_the_old_one_may_go(filled: World, new: Secret) -> None:
    filled.restart(encryption_keys=(new, OLD))
    before = sum(at_rest(filled).count().values())
    looked = at_rest(filled).reencrypt(check_only=True)
    assert (looked.by_key, looked.resealed) == ({1: before}, 0)
    done = at_rest(filled).reencrypt(batch=1)
    assert (done.by_key, done.resealed, done.waiting()) == ({0: before}, before, {})
    filled.restart(encryption_keys=(new,))
    page = filled.open(filled.order())
    filled.told(filled.sent(page), "PAYMENT_RECEIVED")
    assert filled.look(page)["payment_state"] == "paid"
    assert at_rest(filled).reencrypt().resealed == 0


def test_it_may_be_stopped_at_any_moment_and_begun_again(filled: World, new: Secret) -> None:
    filled.restart(encryption_keys=(new, OLD))
    steps = count()

    def stop(_column: str, _seen: int) -> None:
        if next(steps) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_rest(filled).reencrypt(on_step=stop, batch=2)
    half = at_rest(filled).reencrypt(check_only=True).by_key
    assert set(half) == {0, 1}
    done = at_rest(filled).reencrypt()
    assert (set(done.by_key), done.resealed) == ({0}, half[1])


@pytest.mark.both_databases
def test_what_a_running_server_changes_meanwhile_stays_as_it_is(filled: World, new: Secret) -> None:
    filled.restart(encryption_keys=(new, OLD))
    store = filled.services.store

    def rotate(column: str, _seen: int) -> None:
        if column == "tenants.secrets":
            store.tokens.keep("acme", Secret("token-from-elsewhere"), now=filled.clock())

    assert encrypted_columns(store.transactions).reencrypt(on_step=rotate).waiting() == {}
    assert store.vault.open("acme", filled.row("tokens")["access_token"]) == b"token-from-elsewhere"


def test_what_a_running_server_changes_between_reading_and_sealing_is_not_written_over(
    filled: World, new: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.restart(encryption_keys=(new, OLD))
    store, before = filled.services.store, filled.row("tokens")["access_token"]
    key_of = store.vault.key_of

    def changed_meanwhile(sealed: bytes) -> int | None:
        if sealed == before:
            store.tokens.keep("acme", Secret("token-from-elsewhere"), now=filled.clock())
        return key_of(sealed)

    monkeypatch.setattr(store.vault, "key_of", changed_meanwhile)
    assert encrypted_columns(store.transactions).reencrypt().waiting() == {}
    assert store.vault.open("acme", filled.row("tokens")["access_token"]) == b"token-from-elsewhere"


def test_what_no_key_opens_is_counted_and_no_key_may_go(filled: World, new: Secret) -> None:
    filled.restart(encryption_keys=(new,))
    found = at_rest(filled).reencrypt()
    assert (found.resealed, found.lost) == (0, sum(at_rest(filled).count().values()))


def test_a_tenant_whose_secrets_cannot_be_opened_does_not_stop_the_others(
    filled: World, new: Secret, lines: list[dict[str, Any]]
) -> None:
    filled.restart(encryption_keys=(new,))
    with pytest.raises(TenantProblem):
        filled.services.store.tenants.by_id("acme")
    assert filled.services.store.tenants.every() == []
    assert [one["tenant"] for one in lines if one["event"] == "tenant_not_opened"] == ["acme"]
