"""The vault: sealed for one tenant, opened for that tenant only, with any key that still counts."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from connector.errors import Misconfigured, TenantProblem
from connector.store.encryption.vault import TenantVault
from foundation.secret import Secret

NEW, OLD = (Secret(Fernet.generate_key().decode()) for _ in range(2))
PLAIN = b"client-secret \x00 with anything in it"


def test_what_was_sealed_for_a_tenant_opens_for_that_tenant() -> None:
    vault = TenantVault([NEW])
    assert vault.open("acme", vault.seal("acme", PLAIN)) == PLAIN


def test_the_plain_text_is_not_to_be_seen_in_what_is_kept() -> None:
    assert b"client-secret" not in TenantVault([NEW]).seal("acme", PLAIN)


@pytest.mark.parametrize("other", ["globex", "acm", "acme2", "ACME", ""])
def test_another_tenant_is_refused(other: str) -> None:
    vault = TenantVault([NEW])
    with pytest.raises(TenantProblem, match="another tenant"):
        vault.open(other, vault.seal("acme", PLAIN))


def test_during_a_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    before, during, later = TenantVault([OLD]), TenantVault([NEW, OLD]), TenantVault([NEW])
    assert during.open("acme", before.seal("acme", PLAIN)) == PLAIN
    assert later.open("acme", during.seal("acme", PLAIN)) == PLAIN
    with pytest.raises(TenantProblem, match="present encryption keys"):
        later.open("acme", before.seal("acme", PLAIN))


@pytest.mark.parametrize("place", [0, 20, -1])
def test_one_changed_byte_is_noticed(place: int) -> None:
    sealed = bytearray(TenantVault([NEW]).seal("acme", PLAIN))
    sealed[place] ^= 4
    with pytest.raises(TenantProblem):
        TenantVault([NEW]).open("acme", bytes(sealed))


@pytest.mark.parametrize("key", ["", "x" * 44, "not base64 at all, but long enough for it ..."])
def test_a_key_that_is_none_is_found_at_start_and_not_printed(key: str) -> None:
    with pytest.raises(Misconfigured) as error:
        TenantVault([Secret(key)])
    assert "CHAT2PAY_ENCRYPTION_KEYS" in str(error.value)
    assert not key or key not in str(error.value)


def test_a_sealed_phone_opens_when_somebody_looks() -> None:
    vault = TenantVault([NEW])
    phone = vault.phone("acme", vault.seal("acme", b"27831234567"))
    assert phone.digits == "27831234567"
    with pytest.raises(TenantProblem):
        _ = vault.phone("globex", vault.seal("acme", b"27831234567")).digits


def test_a_secret_is_sealed_again_with_the_newest_key_and_stays_its_tenants() -> None:
    rotating = TenantVault([NEW, OLD])
    before = TenantVault([OLD]).seal("acme", PLAIN)
    after = rotating.reseal(before)
    assert (rotating.keys, rotating.key_of(before), rotating.key_of(after)) == (2, 1, 0)
    assert TenantVault([NEW]).open("acme", after) == PLAIN
    assert TenantVault([NEW]).key_of(before) is None
    with pytest.raises(TenantProblem, match="present encryption keys"):
        TenantVault([NEW]).reseal(before)


def test_the_same_text_never_looks_the_same_twice() -> None:
    vault = TenantVault([NEW])
    assert vault.seal("acme", PLAIN) != vault.seal("acme", PLAIN)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01\x04acme", b"\x01\xff" + b"x" * 20, b"gAAAAABm" + b"x" * 90])
def test_bytes_that_were_never_sealed_are_refused(sealed: bytes) -> None:
    with pytest.raises(TenantProblem):
        TenantVault([NEW]).open("acme", sealed)


def test_a_body_is_its_tenants_too_and_follows_a_rotation() -> None:
    before, rotating = TenantVault([OLD]).seal_body("acme", PLAIN), TenantVault([NEW, OLD])
    assert PLAIN not in before
    assert rotating.open("acme", before) == PLAIN
    after = rotating.reseal(before)
    assert (rotating.key_of(before), rotating.key_of(after)) == (1, 0)
    assert TenantVault([NEW]).open("acme", after) == PLAIN
    with pytest.raises(TenantProblem, match="another tenant"):
        rotating.open("globex", after)


@pytest.mark.parametrize("place", range(6 + 12 + 1))
def test_one_changed_byte_of_a_body_is_noticed(place: int) -> None:
    sealed = bytearray(TenantVault([NEW]).seal_body("acme", PLAIN))
    sealed[place] ^= 4
    with pytest.raises(TenantProblem):
        TenantVault([NEW]).open("acme", bytes(sealed))
