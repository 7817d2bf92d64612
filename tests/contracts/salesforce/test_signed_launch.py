"""A Canvas signed request: a valid one is accepted; whatever one thing is broken in it, it opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.tenants.tenant import Tenant
from connector.errors import UntrustedMessage
from connector.salesforce.signed_request import SignedLaunch, verify
from foundation.secret import Secret
from tests.factories import make_tenant

NEW, OLD, FOREIGN = "consumer-secret-new", "consumer-secret-old", "consumer-secret-of-globex"
ORG_SHORT, ORG = "00Dxx0000001gEh", "00Dxx0000001gEhEAI"
GLOBEX = "00Dyy0000002hFiEAI"
ORDER = "801xx0000001gEhAAI"
LARGEST = 65536


def tenant_of(org_id: str) -> Tenant | None:
    """Two orgs are known, each with secrets of its own."""
    tenant = make_tenant()
    if org_id == ORG:
        return replace(tenant, salesforce=replace(tenant.salesforce, canvas_secrets=(Secret(NEW), Secret(OLD))))
    if org_id == GLOBEX:
        return replace(
            tenant,
            tenant_id="globex",
            org_id=GLOBEX,
            salesforce=replace(tenant.salesforce, canvas_secrets=(Secret(FOREIGN),)),
        )
    return None


def content() -> dict[str, Any]:
    """What Salesforce puts into a signed request (Canvas Developer Guide, CanvasRequest object)."""
    return {
        "algorithm": "HMACSHA256",
        "issuedAt": 1294299664,
        "userId": "005xx000001X8Uz",
        "client": {
            "instanceId": "_:Chat2Pay:",
            "instanceUrl": "https://acme.my.salesforce.com",
            "oauthToken": "00D!session",
            "refreshToken": None,
        },
        "context": {
            "user": {
                "userId": "005xx000001X8Uz",
                "userName": "thandi@acme.example",
                "fullName": "Thandi M",
                "language": "en_US",
                "locale": "en_ZA",
                "timeZone": "Africa/Johannesburg",
            },
            "organization": {"organizationId": ORG, "name": "Acme"},
            "environment": {"parameters": {"orderId": ORDER, "launchedAt": 1}, "displayLocation": "Aura", "record": {}},
            "application": {"authType": "SIGNED_REQUEST"},
        },
    }


def encode(envelope: Any) -> str:
    return base64.b64encode(json.dumps(envelope).encode()).decode()


def signature(encoded: str, secret: str = NEW) -> str:
    return base64.b64encode(hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()).decode()


def sign(envelope: Any, secret: str = NEW) -> str:
    encoded = encode(envelope)
    return f"{signature(encoded, secret)}.{encoded}"


def changed(**paths: Any) -> dict[str, Any]:
    """A valid content with one place replaced: ``context__user__userId=…``; ``...`` takes the place away."""
    envelope = content()
    for path, value in paths.items():
        *steps, last = path.split("__")
        place = envelope
        for step in steps:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return envelope


def verified(signed_request: str) -> tuple[Tenant, SignedLaunch]:
    return verify(signed_request, find_tenant=tenant_of, largest_bytes=LARGEST)


def test_a_valid_signed_request_says_who_clicked_on_what() -> None:
    tenant, launch = verified(sign(content()))
    assert tenant.tenant_id == "acme"
    assert launch == SignedLaunch(
        org_id=ORG,
        user_id="005xx000001X8UzAAK",
        user_name="Thandi M",
        language="en_US",
        locale="en_ZA",
        time_zone="Africa/Johannesburg",
        agent_token=Secret("00D!session"),
        order_id=ORDER,
        launched_at=None,
        digest=hashlib.sha256(encode(content()).encode()).digest(),
    )
    assert "session" not in repr(launch)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_during_a_rotation_both_secrets_are_accepted(secret: str) -> None:
    assert verified(sign(content(), secret))[1].order_id == ORDER


@pytest.mark.parametrize("org_id", [ORG, ORG_SHORT])
def test_an_org_is_found_by_either_form_of_its_id(org_id: str) -> None:
    assert verified(sign(changed(context__organization__organizationId=org_id)))[1].org_id == ORG


@pytest.mark.parametrize("user_id", ["005xx000001X8Uz", "005xx000001X8UzAAK"])
def test_a_user_is_the_same_by_either_form_of_the_id(user_id: str) -> None:
    assert verified(sign(changed(context__user__userId=user_id)))[1].user_id == "005xx000001X8UzAAK"


@pytest.mark.parametrize(
    ("parameters", "order_id"),
    [
        ({"orderId": ORDER}, ORDER),
        ({"orderId": ORDER, "more": [1]}, ORDER),
        (json.dumps({"orderId": ORDER}), ORDER),
        ({}, None),
        ("{}", None),
        ("", None),
        ("not json", None),
        ("[]", None),
        ("7", None),
        ([], None),
        (None, None),
        ({"orderId": ""}, None),
        ({"orderId": None}, None),
        ({"recordId": ORDER}, None),
    ],
    ids=repr,
)
def test_parameters_come_as_an_object_as_json_text_or_empty(parameters: object, order_id: str | None) -> None:
    assert verified(sign(changed(context__environment__parameters=parameters)))[1].order_id == order_id


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("context__user__fullName", "thandi@acme.example"),
        ("context__user__language", "en"),
        ("context__user__timeZone", "UTC"),
        ("context__environment", None),
    ],
)
@pytest.mark.parametrize("value", [..., None, 7])
def test_what_is_only_shown_may_be_missing(path: str, shown: str | None, value: object) -> None:
    launch = verified(sign(changed(**{path: value})))[1]
    told = {
        "fullName": launch.user_name,
        "language": launch.language,
        "timeZone": launch.time_zone,
        "environment": launch.order_id,
    }
    assert told[path.split("__")[-1]] == shown


def test_who_has_no_name_at_all_is_called_an_agent() -> None:
    nameless = changed(context__user__fullName=..., context__user__userName=...)
    assert verified(sign(nameless))[1].user_name == "Agent"


def flipped(text: str, place: int) -> str:
    other = "A" if text[place] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


def _repacked(change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    """A content changed after it was signed."""
    return f"{signature(encode(content()))}.{encode(change(content()))}"


VALID = sign(content())
DOT = VALID.index(".")
BROKEN = {
    "the first character of the signature": (flipped(VALID, 0), "wrong_signature"),
    "the last character of the signature": (flipped(VALID, DOT - 2), "wrong_signature"),
    "the signature is missing": (VALID[DOT:], "wrong_signature"),
    "the signature is cut": (VALID[4:], "wrong_signature"),
    "the signature is no ASCII": ("é" + VALID[1:], "wrong_signature"),
    "the signature is hexadecimal": (
        hmac.new(NEW.encode(), encode(content()).encode(), hashlib.sha256).hexdigest() + VALID[DOT:],
        "wrong_signature",
    ),
    "the signature covers the decoded content": (
        base64.b64encode(hmac.new(NEW.encode(), base64.b64decode(encode(content())), hashlib.sha256).digest()).decode()
        + VALID[DOT:],
        "wrong_signature",
    ),
    "another order, signed for the first": (
        _repacked(lambda _: changed(context__environment__parameters={"orderId": "801xx0000009zZzAAK"})),
        "wrong_signature",
    ),
    "another user, signed for the first": (
        _repacked(lambda _: changed(context__user__userId="005xx000001X8Vb")),
        "wrong_signature",
    ),
    "another org's secret": (sign(content(), FOREIGN), "wrong_signature"),
    "another org's content, our secret": (
        sign(changed(context__organization__organizationId=GLOBEX)),
        "wrong_signature",
    ),
    "no secret at all": (sign(content(), ""), "wrong_signature"),
    "an unknown org": (sign(changed(context__organization__organizationId="00Dzz0000003iGjEAI")), "unknown_org"),
    "no org": (sign(changed(context__organization=...)), "malformed"),
    "an org id that is none": (
        sign(changed(context__organization__organizationId="https://evil.example")),
        "malformed",
    ),
    "another algorithm": (sign(changed(algorithm="HMACSHA1")), "wrong_algorithm"),
    "the algorithm none": (sign(changed(algorithm="none")), "wrong_algorithm"),
    "the algorithm in small letters": (sign(changed(algorithm="hmacsha256")), "wrong_algorithm"),
    "no algorithm": (sign(changed(algorithm=...)), "wrong_algorithm"),
    "no user": (sign(changed(context__user=...)), "incomplete"),
    "no user id": (sign(changed(context__user__userId=...)), "incomplete"),
    "a user id that is none": (sign(changed(context__user__userId="thandi")), "incomplete"),
    "the id of an order for a user": (sign(changed(context__user__userId=ORDER)), "incomplete"),
    "no client": (sign(changed(client=...)), "incomplete"),
    "no token": (sign(changed(client__oauthToken=...)), "incomplete"),
    "an empty token": (sign(changed(client__oauthToken="")), "incomplete"),
    "a token that is no text": (sign(changed(client__oauthToken=["x"])), "incomplete"),
    "a token that would begin another header": (sign(changed(client__oauthToken="00D!x\r\nX-Admin: 1")), "incomplete"),
    "a token with a line break behind it": (sign(changed(client__oauthToken="00D!x\n")), "incomplete"),
    "a token that is no ASCII": (sign(changed(client__oauthToken="00D!é")), "incomplete"),
    "a token without end": (sign(changed(client__oauthToken="x" * 4097)), "incomplete"),
    "no context": (sign(changed(context=...)), "malformed"),
    "a context that is a list": (sign(changed(context=[])), "malformed"),
    "no dot": (VALID.replace(".", ""), "malformed"),
    "nothing behind the dot": (VALID[: DOT + 1], "malformed"),
    "nothing at all": ("", "malformed"),
    "a dot": (".", "malformed"),
    "a third part": (f"{VALID}.{VALID}", "malformed"),
    "no base64": (f"{signature('%%%')}.%%%", "malformed"),
    "base64 with a line break": (VALID[:-8] + "\n" + VALID[-8:], "malformed"),
    "no ASCII in the content": (f"{signature('é')}.é", "malformed"),
    "no JSON": (f"{signature('bm8ganNvbg==')}.bm8ganNvbg==", "malformed"),
    "no UTF-8": (f"{signature('//79')}.//79", "malformed"),
    "a list": (sign([]), "malformed"),
    "a text": (sign("text"), "malformed"),
    "null": (sign(None), "malformed"),
    "nested without end": (f"x.{base64.b64encode(b'[' * 40_000).decode()}", "malformed"),
    "too large": (sign(changed(issuedAt="x" * LARGEST)), "too_large"),
}


@pytest.mark.parametrize(("signed_request", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_one_broken_thing_opens_nothing(signed_request: str, reason: str) -> None:
    with pytest.raises(UntrustedMessage) as refusal:
        verified(signed_request)
    assert refusal.value.reason == reason
    assert str(refusal.value) == "This message could not be verified."


def test_every_byte_of_the_signature_and_of_the_content_counts() -> None:
    for place in range(0, len(VALID), 7):
        if place == DOT or VALID[place] == "=":
            continue
        with pytest.raises(UntrustedMessage):
            verified(flipped(VALID, place))


def test_the_size_is_looked_at_before_anything_is_decoded() -> None:
    assert verify(VALID, find_tenant=tenant_of, largest_bytes=len(VALID))
    with pytest.raises(UntrustedMessage, match="verified") as refusal:
        verify(VALID, find_tenant=tenant_of, largest_bytes=len(VALID) - 1)
    assert refusal.value.reason == "too_large"


def test_a_tenant_without_a_canvas_secret_opens_for_nobody() -> None:
    def without_secret(org_id: str) -> Tenant | None:
        tenant = tenant_of(org_id)
        return replace(tenant, salesforce=replace(tenant.salesforce, canvas_secrets=(Secret(""),))) if tenant else None

    for secret in ("", NEW):
        with pytest.raises(UntrustedMessage):
            verify(sign(content(), secret), find_tenant=without_secret, largest_bytes=LARGEST)


def test_the_same_content_has_the_same_digest_whatever_stands_around_it() -> None:
    assert verified(sign(content(), NEW))[1].digest == verified(sign(content(), OLD))[1].digest
