"""A signed callback notification: a valid one is trusted; whatever one thing is broken in it, it is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

import pytest

from callbacks.verify import UNSIGNED, Signed, verify, verify_headers
from connector.domain.tenants.tenant import BasicProof, HmacProof, NoProof, Proof
from connector.errors import UntrustedMessage
from foundation.secret import Secret

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = b'{"paymentStatus": "PAYMENT_RECEIVED", "note": "\xc3\xbc"}'


def make_key() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


NEW, OLD, FOREIGN = make_key(), make_key(), make_key()
BASIC = BasicProof("acme", Secret(secrets.token_urlsafe(16)))
PROOFS: tuple[Proof, ...] = (HmacProof(Secret(NEW)), HmacProof(Secret(OLD)))


def signature(key: str = NEW, *, body: bytes = BODY, message_id: str = "msg_1", at: object = AT) -> str:
    """As the specification has it, written anew."""
    content = message_id.encode() + b"." + str(at).encode() + b"." + body
    digest = hmac.new(base64.b64decode(key[6:]), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def check(
    signatures: str,
    *,
    body: bytes = BODY,
    message_id: str = "msg_1",
    at: object = AT,
    proofs: tuple[Proof, ...] = PROOFS,
    authorization: str = "",
) -> None:
    signed = Signed(message_id, str(at), signatures)
    verify(body=body, authorization=authorization, proofs=proofs, now=NOW, signed=signed)


def test_the_example_of_the_specification_is_trusted() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the test vector that its libraries share."""
    at = 1614265330
    verify(
        body=b'{"test": 2432232314}',
        authorization="",
        proofs=(HmacProof(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),),
        now=datetime.fromtimestamp(at, UTC),
        signed=Signed("msg_p5jXN8AQM9LWM0D4loKWxJek", str(at), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    )


@pytest.mark.parametrize(
    "signatures",
    [
        signature(NEW),
        signature(OLD),
        f"{signature(FOREIGN)} {signature(NEW)}",
        " ".join([*[signature(FOREIGN)] * 7, signature(NEW)]),
        f"v1a,AAAA {signature(NEW)} v2,BBBB",
    ],
    ids=["new key", "old key", "one of two", "one of eight", "beside other versions"],
)
def test_a_signature_of_one_of_the_keys_is_trusted(signatures: str) -> None:
    check(signatures)


@pytest.mark.parametrize("apart", [-300, -1, 0, 1, 300])
def test_the_clocks_may_differ_by_five_minutes_both_ways(apart: int) -> None:
    check(signature(at=AT + apart), at=AT + apart)


def test_during_a_move_either_kind_of_proof_is_enough() -> None:
    both: tuple[Proof, ...] = (HmacProof(Secret(NEW)), BASIC)
    right = "Basic " + base64.b64encode(f"acme:{BASIC.password.value}".encode()).decode()
    check(signature(), proofs=both)
    check("", proofs=both, authorization=right)
    check(signature(FOREIGN), proofs=both, authorization=right)
    check(signature(), proofs=both, authorization="Basic d3Jvbmc6d3Jvbmc=")
    for proofs in ((BASIC,), (HmacProof(Secret(FOREIGN)),)):
        with pytest.raises(UntrustedMessage):
            check(signature(), proofs=proofs, authorization="Basic d3Jvbmc6d3Jvbmc=")


VALID = signature()
BROKEN = {
    "nothing": ({"signatures": ""}, "no_credentials"),
    "another key": ({"signatures": signature(FOREIGN)}, "wrong_signature"),
    "one byte of the signature": ({"signatures": VALID[:5] + ("A" if VALID[5] != "A" else "B") + VALID[6:]}, "wrong_signature"),
    "one character less": ({"signatures": VALID[:-1]}, "wrong_signature"),
    "no version": ({"signatures": VALID[3:]}, "wrong_signature"),
    "another version": ({"signatures": "v2," + VALID[3:]}, "wrong_signature"),
    "version 1a": ({"signatures": "v1a," + VALID[3:]}, "wrong_signature"),
    "hexadecimal": ({"signatures": "v1," + base64.b64decode(VALID[3:]).hex()}, "wrong_signature"),
    "no ASCII": ({"signatures": "v1,\u00e9\u20ac"}, "wrong_signature"),
    "one byte of the body": ({"signatures": VALID, "body": BODY.replace(b"RECEIVED", b"RECEIVEE")}, "wrong_signature"),
    "the body in other spaces": ({"signatures": VALID, "body": BODY.replace(b": ", b":")}, "wrong_signature"),
    "no body": ({"signatures": VALID, "body": b""}, "wrong_signature"),
    "another id": ({"signatures": VALID, "message_id": "msg_2"}, "wrong_signature"),
    "no id": ({"signatures": signature(message_id=""), "message_id": ""}, "wrong_signature"),
    "another time": ({"signatures": VALID, "at": AT + 1}, "wrong_signature"),
    "no time": ({"signatures": signature(at=""), "at": ""}, "wrong_signature"),
    "no number": ({"signatures": signature(at="now"), "at": "now"}, "wrong_signature"),
    "a fraction": ({"signatures": signature(at=f"{AT}.0"), "at": f"{AT}.0"}, "wrong_signature"),
    "digits of another script": ({"signatures": signature(), "at": "\u0661" * 10}, "wrong_signature"),
    "too old": ({"signatures": signature(at=AT - 301), "at": AT - 301}, "stale_signature"),
    "ahead of us": ({"signatures": signature(at=AT + 301), "at": AT + 301}, "stale_signature"),
    "milliseconds": ({"signatures": signature(at=AT * 1000), "at": AT * 1000}, "stale_signature"),
    "a time without end": ({"signatures": signature(at="9" * 5000), "at": "9" * 5000}, "stale_signature"),
    "right behind more than a sender has": ({"signatures": " ".join([signature(FOREIGN)] * 8 + [VALID])}, "wrong_signature"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_one_broken_thing_is_not_trusted_and_its_sender_does_not_learn_why(
    given: dict[str, object], reason: str
) -> None:
    with pytest.raises(UntrustedMessage) as refusal:
        check(**given)  # type: ignore[arg-type]
    assert refusal.value.reason == reason
    assert str(refusal.value) == "This message could not be verified."


RIGHT = "Basic " + base64.b64encode(f"acme:{BASIC.password.value}".encode()).decode()
SIGNED = Signed("msg_1", str(AT), signature())


@pytest.mark.parametrize(
    ("proofs", "authorization", "signed", "proven"),
    [
        ((BASIC,), RIGHT, UNSIGNED, True),
        (PROOFS, "", SIGNED, False),
        ((HmacProof(Secret(NEW)), BASIC), "Basic d3Jvbmc6d3Jvbmc=", SIGNED, False),
        ((NoProof(),), "", UNSIGNED, False),
        ((NoProof(),), "", SIGNED._replace(timestamp="0"), False),
    ],
    ids=["a password", "a signature", "a signature beside a wrong password", "none is asked for", "a stale one beside none"],
)  # fmt: skip
def test_a_body_is_read_where_it_may_prove_the_message(
    proofs: tuple[Proof, ...], authorization: str, signed: Signed, proven: bool
) -> None:
    assert verify_headers(authorization=authorization, proofs=proofs, now=NOW, signed=signed) is proven


@pytest.mark.parametrize(
    ("proofs", "signed", "reason"),
    [
        (PROOFS, UNSIGNED, "no_credentials"),
        ((BASIC,), SIGNED, "wrong_signature"),
        ((), SIGNED, "wrong_signature"),
        (PROOFS, SIGNED._replace(message_id=""), "wrong_signature"),
        (PROOFS, SIGNED._replace(timestamp="now"), "wrong_signature"),
        (PROOFS, SIGNED._replace(timestamp=str(AT - 301)), "stale_signature"),
        (PROOFS, SIGNED._replace(timestamp="9" * 5000), "stale_signature"),
    ],
    ids=["no signature", "of a core with a password", "of a core without a proof", "no id", "no time", "too old", "no end"],
)  # fmt: skip
def test_no_body_is_read_that_could_not_prove_the_message(
    proofs: tuple[Proof, ...], signed: Signed, reason: str
) -> None:
    with pytest.raises(UntrustedMessage) as refusal:
        verify_headers(authorization="", proofs=proofs, now=NOW, signed=signed)
    assert refusal.value.reason == reason


RAW = secrets.token_bytes(32)
PADDED, URL_SAFE = base64.b64encode(RAW).decode(), base64.urlsafe_b64encode(RAW).decode()


@pytest.mark.parametrize(
    "kept",
    [
        f"whsec_{PADDED}",
        f"whsec_{PADDED.rstrip('=')}",
        f"whsec_{URL_SAFE}",
        f"whsec_{URL_SAFE.rstrip('=')}",
        PADDED,
        PADDED.rstrip("="),
        f" whsec_{PADDED}\n",
    ],
    ids=["padded", "unpadded", "url-safe", "url-safe, unpadded", "no prefix", "no prefix, unpadded", "blanks around"],
)
def test_a_key_is_read_however_its_base64_is_written(kept: str) -> None:
    check(signature(f"whsec_{PADDED}"), proofs=(HmacProof(Secret(kept)),))


@pytest.mark.parametrize("kept", ["whsec_", "whsec_a", "whsec_not base64!", "whsec_ÿ", ""])
@pytest.mark.parametrize("given", ["v1,", "v1, v1,", signature()], ids=["empty", "twice empty", "another key's"])
def test_a_key_that_is_no_base64_signs_nothing(kept: str, given: str) -> None:
    with pytest.raises(UntrustedMessage):
        check(given, proofs=(HmacProof(Secret(kept)),))


def test_a_message_id_that_no_header_can_hold_is_refused_and_breaks_nothing() -> None:
    with pytest.raises(UntrustedMessage):
        check(signature(), message_id="msg_\u20ac")
