"""jsforce speaks to the org: a client of somebody else, so the sandbox cannot agree with itself only."""

import json
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Play = Callable[..., Any]


@pytest.fixture
def play(jsforce: Path, address: str) -> Play:
    """Play a scene of play.mjs as the integration user, and return what it printed."""

    def played(scene: str, **more: str) -> Any:
        known = requests.get(f"{address}/sandbox/credentials", timeout=60).json()
        user = next(one for one in known["users"] if one["kind"] == "integration")
        facts = {"address": address, "access_token": user["access_token"], "user_id": user["id"]}
        told = {**{name: known[name] for name in ("client_id", "client_secret")}, **facts, **more}
        done = subprocess.run(
            ["node", "play.mjs", scene],
            cwd=jsforce,
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return played


@pytest.fixture
def new_order(address: str) -> str:
    return str(requests.post(f"{address}/sandbox/orders", json={}, timeout=60).json()["id"])


@pytest.fixture
def reference() -> str:
    return f"c2p_{secrets.token_hex(6)}"


def test_jsforce_logs_in_with_client_credentials(play: Play, address: str) -> None:
    said = play("clientCredentials")
    assert (said["instance"], said["found"]) == (address, 1)
    assert said["user"]["id"] == said["identity"]["user_id"]
    assert said["identity"]["display_name"] == "Chat2Pay Integration"


def test_jsforce_logs_in_with_a_signed_assertion(play: Play, address: str) -> None:
    shape = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = KEY.public_key().public_bytes(*shape).decode()
    assert requests.put(f"{address}/sandbox/certificate", json={"certificate": pem}, timeout=60).status_code == 204
    known = requests.get(f"{address}/sandbox/credentials", timeout=60).json()
    user = next(one for one in known["users"] if one["kind"] == "integration")
    claims = {"iss": known["client_id"], "sub": user["username"], "aud": address, "exp": int(time.time()) + 120}
    said = play("jwt", assertion=jwt.encode(claims, KEY, algorithm="RS256"))
    assert (said["found"], said["user"]["id"]) == (1, user["id"])


def test_jsforce_queries_follows_pages_and_counts_groups(play: Play, address: str) -> None:
    made = requests.post(f"{address}/sandbox/orders", json={"count": 2100}, timeout=60)
    assert made.status_code == 201
    said = play("query")
    assert said["first"]["OrderNumber"] == "00000102"
    assert said["first"]["Account"]["Name"] == "Karoo Outfitters"
    assert said["all"] == said["fetched"] > 2100
    assert {group["StatusCode"] for group in said["groups"]} == {"Draft", "Activated"}
    assert sum(group["orders"] for group in said["groups"]) == said["all"]
    assert said["found"] == 3


def test_jsforce_creates_updates_upserts_and_deletes(play: Play, new_order: str, reference: str) -> None:
    said = play("records", order_id=new_order, reference=reference)
    assert [said[one]["success"] for one in ("created", "updated", "deleted")] == [True] * 3
    assert (said["again"]["id"], said["again"]["created"]) == (said["created"]["id"], False)
    assert [one["created"] for one in said["several"]] == [False, True]
    assert (said["read"]["Status__c"], said["read"]["Amount__c"]) == ("paid", 115)


def test_jsforce_reads_and_writes_in_one_composite(play: Play, new_order: str, reference: str) -> None:
    may, wrote = play("composite", order_id=new_order, reference=reference)["compositeResponse"]
    assert may["body"]["records"][0]["HasEditAccess"] is True
    assert [one["success"] for one in wrote["body"]] == [True, False]


def test_jsforce_reads_fields_limits_and_usage(play: Play) -> None:
    said = play("describe")
    assert {"OrderNumber", "Chat2Pay_Payment_State__c"} <= set(said["fields"])
    assert "CurrencyIsoCode" not in said["fields"]
    assert said["limits"]["DailyApiRequests"]["Max"] == said["seen"]["apiUsage"]["limit"] == 100_000


def test_jsforce_understands_every_refusal(play: Play) -> None:
    assert play("refusals") == ["INVALID_FIELD", "INVALID_FIELD", "NOT_FOUND", "INVALID_SESSION_ID"]
