"""The stand-in as a process of its own: on the loopback, with its state kept, and in Stripe's own shapes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import requests
import stripe

from sandbox.processes.ports import free_port
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.events import API_VERSION
from sandbox.stripe.faults import Fault
from tests.payment_core.stripe.conftest import VISA

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def process(port: int, state: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "sandbox.stripe", "--port", str(port), "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            assert "stripe ready" in started.stdout.readline()
            yield
        finally:
            started.terminate()
            started.wait(30)


def client_of(url: str, key: str) -> stripe.StripeClient:
    """Return the vendor's own client, led to the stand-in."""
    return stripe.StripeClient(
        key, base_addresses={"api": url}, max_network_retries=0, http_client=stripe.RequestsClient()
    )


def page(**more: object) -> Any:
    """Return the parameters of a page; some of the words are wrong on purpose."""
    price = {"currency": "zar", "unit_amount": 500, "product_data": {"name": "Coffee"}}
    items = [{"quantity": 2, "price_data": price}]
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": items,
        "success_url": "https://pay.example/back",
        **more,
    }


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    port = free_port()
    client = client_of(f"http://127.0.0.1:{port}", f"sk_test_{token_hex(12)}")
    with process(port, tmp_path):
        made = client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
    with process(port, tmp_path):
        again = client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
        assert (again.id, again.amount_total) == (made.id, 1000)
        elsewhere = requests.get(f"http://127.0.0.1:{port}/v1/events", headers={"Host": "evil.example"}, timeout=20)
        assert elsewhere.status_code == 403


def test_the_vendors_own_client_reads_what_it_answers(stand_in: StripeStandIn) -> None:
    client = client_of(stand_in.url, f"sk_test_{token_hex(12)}")
    made = client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
    assert made.url is not None
    requests.post(made.url, data={"number": VISA}, allow_redirects=False, timeout=20)
    read = client.v1.checkout.sessions.retrieve(
        made.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    assert isinstance(read.payment_intent, stripe.PaymentIntent)
    assert isinstance(read.payment_intent.latest_charge, stripe.Charge)
    assert (read.status, read.payment_status, read.payment_intent.status) == ("complete", "paid", "succeeded")
    refund = client.v1.refunds.create({"payment_intent": read.payment_intent.id})
    assert refund.amount == 1000
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.refunds.create({"payment_intent": read.payment_intent.id})
    assert twice.value.code == "charge_already_refunded"


def test_its_refusals_are_the_vendors(stand_in: StripeStandIn) -> None:
    client = client_of(stand_in.url, f"sk_test_{token_hex(12)}")
    client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(page(locale="de"), {"idempotency_key": "one"})
    with pytest.raises(stripe.InvalidRequestError, match="payment_method_types"):
        client.v1.checkout.sessions.create(page(payment_method_types=["card"]))
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        client.v1.checkout.sessions.create(page(sucess_url="x"))
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        client.v1.checkout.sessions.create(page(expires_at=stand_in.account.seconds + 60))
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        client.v1.payment_intents.retrieve("pi_none")
    with pytest.raises(stripe.AuthenticationError):
        client_of(stand_in.url, f"sk_live_{token_hex(12)}").v1.events.list()
    stand_in.account.denied = {"refunds"}
    with pytest.raises(stripe.PermissionError):
        client.v1.refunds.list()


def test_a_servers_error_is_kept_for_its_key_and_too_many_are_not(stand_in: StripeStandIn) -> None:
    client = client_of(stand_in.url, f"sk_test_{token_hex(12)}")
    stand_in.faults.add("POST /v1/checkout/sessions", Fault.BUSY)
    stand_in.faults.add("POST /v1/checkout/sessions", Fault.ERROR_AFTER)
    with pytest.raises(stripe.RateLimitError):
        client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.checkout.sessions.create(page(), {"idempotency_key": "one"})
    assert len(client.v1.checkout.sessions.list().data) == 1
    stand_in.faults.add("GET /v1/events", Fault.LOST_BEFORE)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.events.list()
    assert stripe.api_version == API_VERSION
