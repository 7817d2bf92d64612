"""What lets us trust a callback notification: one of the tenant's own proofs, and nothing like it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from callbacks.verify import verify
from connector.domain.tenants.tenant import BasicProof, NoProof
from connector.errors import UntrustedMessage
from foundation.secret import Secret

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NEW, OLD = BasicProof("acme", Secret("new-password")), BasicProof("acme", Secret("old-password"))


def basic(credentials: str | bytes, scheme: str = "Basic") -> str:
    raw = credentials.encode() if isinstance(credentials, str) else credentials
    return f"{scheme} {base64.b64encode(raw).decode()}"


def check(authorization: str, *proofs: BasicProof) -> None:
    verify(body=b"{}", authorization=authorization, proofs=proofs or (NEW, OLD), now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        basic("acme:new-password"),
        basic("acme:old-password"),
        basic("acme:new-password", "basic"),
        basic("acme:new-password", "BASIC") + " ",
    ],
)
def test_the_right_credentials_are_accepted_both_during_a_rotation(header: str) -> None:
    check(header)


def test_after_the_rotation_the_old_ones_are_not() -> None:
    check(basic("acme:new-password"), NEW)
    with pytest.raises(UntrustedMessage):
        check(basic("acme:old-password"), NEW)


def test_a_password_may_hold_colons_and_letters_of_any_kind() -> None:
    check(basic("acme:a:b:ü"), BasicProof("acme", Secret("a:b:ü")))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("", "no_credentials", id="nothing"),
        pytest.param("Bearer new-password", "no_credentials", id="another scheme"),
        pytest.param(
            "Digest " + basic("acme:new-password")[6:], "no_credentials", id="another scheme, right credentials"
        ),
        pytest.param(basic("acme:new-password").replace(" ", ""), "no_credentials", id="no space"),
        pytest.param(basic("acme:new-password")[6:], "no_credentials", id="no scheme"),
        pytest.param("Basic", "wrong_credentials", id="the scheme alone"),
        pytest.param("Basic acme:new-password", "wrong_credentials", id="not encoded"),
        pytest.param("Basic %%%%", "wrong_credentials", id="no base64"),
        pytest.param(basic("acme:new-password").replace("Basic ", "Basic %"), "wrong_credentials", id="not all base64"),
        pytest.param("Basic ÿé", "wrong_credentials", id="no ASCII"),
        pytest.param("Basic \u20ac", "wrong_credentials", id="no Latin-1"),
        pytest.param(basic("acme:wrong"), "wrong_credentials", id="wrong password"),
        pytest.param(basic("other:new-password"), "wrong_credentials", id="wrong user"),
        pytest.param(basic("acme:new-passwor"), "wrong_credentials", id="one character less"),
        pytest.param(basic("acme:new-password\n"), "wrong_credentials", id="one character more"),
        pytest.param(basic("acme:NEW-PASSWORD"), "wrong_credentials", id="capitals"),
        pytest.param(basic("acme:"), "wrong_credentials", id="no password"),
        pytest.param(basic(":"), "wrong_credentials", id="a colon"),
        pytest.param(basic("acmenew-password"), "wrong_credentials", id="no colon"),
        pytest.param(basic(b"\xff\xfe"), "wrong_credentials", id="no UTF-8"),
    ],
)
def test_anything_else_is_not_trusted_and_its_sender_does_not_learn_why(header: str, reason: str) -> None:
    with pytest.raises(UntrustedMessage) as refusal:
        check(header)
    assert refusal.value.reason == reason
    assert str(refusal.value) == "This message could not be verified."


def test_where_none_is_needed_by_name_a_message_without_one_is_taken_and_not_trusted() -> None:
    for header in ("", "Bearer x", basic("any:thing")):
        assert verify(body=b"", authorization=header, proofs=(NoProof(),), now=NOW) is False


def test_a_right_proof_is_trusted_beside_none() -> None:
    assert verify(body=b"", authorization=basic("acme:new-password"), proofs=(NEW, NoProof()), now=NOW) is True


def test_a_tenant_that_names_no_proof_at_all_takes_nothing() -> None:
    with pytest.raises(UntrustedMessage):
        verify(body=b"", authorization="", proofs=(), now=NOW)
