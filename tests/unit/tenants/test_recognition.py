"""A deployment recognises itself by its own keys alone."""

from __future__ import annotations

import secrets

import pytest

from connector.domain.tenants.own_probes import is_probe, probe_key, recognises, recognition
from foundation.secret import Secret


def made() -> Secret:
    return Secret(secrets.token_hex(32))


def test_an_answer_is_recognised_by_each_key_of_a_rotation_and_no_other() -> None:
    ours, older, nonce = made(), made(), secrets.token_hex(16)
    for key in (ours, older):
        assert recognises([ours, older], nonce, recognition(key, nonce) or "")
    assert not recognises([ours, older], nonce, recognition(made(), nonce) or "")
    assert not recognises([ours], secrets.token_hex(16), recognition(ours, nonce) or "")
    assert recognition(ours, nonce.upper() + "G") is None


@pytest.mark.parametrize("answered", ["", "ü", "\ud800", "0" * 64])
def test_no_answer_is_recognised_to_what_is_no_nonce(answered: str) -> None:
    assert not recognises([made()], "no nonce", answered)
    assert not recognises([made()], secrets.token_hex(16), answered)


def test_a_probe_is_one_of_this_deployment_alone() -> None:
    ours = made()
    probe = probe_key(ours, secrets.token_hex(16))
    assert is_probe([made(), ours], probe)
    assert not is_probe([made()], probe)
    assert not is_probe([ours], probe[:-1])
