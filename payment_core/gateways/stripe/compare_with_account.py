"""Examine an account of test mode: what Stripe really answers beside what our facts say. It moves no money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from payment_core.domain.attempt import Attempt
from payment_core.gateways.gateway import GatewayError, GatewayRefused, PagePlan
from payment_core.gateways.stripe.bodies import asked_of, page_body
from payment_core.gateways.stripe.calls import VERSION, CardRefused, MissingRight
from payment_core.gateways.stripe.events import TYPES
from payment_core.gateways.stripe.gateway import StripeGateway

# What the key must be able to read, and what to write. Writing is tried with an object that does not exist.
_READ = (
    "payment_intents",
    "charges",
    "refunds",
    "reviews",
    "disputes",
    "events",
    "payment_methods",
    "customers",
    "balance_transactions",
)
_NOBODY = "none_of_this_id"
_WRITTEN = {
    "PaymentIntents": f"payment_intents/{_NOBODY}/cancel",
    "Refunds": "refunds",
    "PaymentMethods": f"payment_methods/{_NOBODY}/detach",
}


@dataclass(frozen=True)
class Observation:
    """One thing that was tried: ``agrees`` is None where it could not be seen."""

    what: str
    agrees: bool | None
    detail: str = ""


def examine(gateway: StripeGateway, plan: PagePlan, attempt: Attempt, *, hook_url: str) -> Iterator[Observation]:
    """Yield what agrees with our facts, and what does not. The key is one of test mode: its caller has seen to that.

    Raises:
        GatewayError: Stripe cannot be asked, which says nothing of the account.
    """
    session = _opened(gateway, attempt)
    if isinstance(session, Observation):
        yield session
        return
    yield from _page(gateway, plan, attempt, session)
    yield from _closing(gateway, str(session["id"]))
    yield from _rights(gateway)
    yield from _endpoint(gateway, hook_url)


def _opened(gateway: StripeGateway, attempt: Attempt) -> dict[str, Any] | Observation:
    try:
        return gateway.calls.post("/v1/checkout/sessions", attempt.body, key=attempt.key)
    except (GatewayRefused, CardRefused) as error:
        return Observation("a page opens", agrees=False, detail=_reason(error))


def _page(gateway: StripeGateway, plan: PagePlan, attempt: Attempt, session: dict[str, Any]) -> Iterator[Observation]:
    asked = asked_of(attempt.body)
    got = session.get("amount_total"), str(session.get("currency")).upper()
    yield Observation("a page opens", agrees=session.get("status") == "open", detail=str(session.get("status")))
    yield Observation(
        "its amount and currency are what was asked", agrees=got == (asked.units, asked.currency), detail=str(got)
    )
    yield Observation("it is of test mode", agrees=session.get("livemode") is False)
    yield Observation("it has an address", agrees=bool(session.get("url")))
    yield Observation(
        "it carries our references", agrees=(session.get("metadata") or {}).get("attempt") == attempt.attempt_id
    )
    again = gateway.calls.post("/v1/checkout/sessions", attempt.body, key=attempt.key)
    yield Observation("the same key and body give the same page", agrees=again.get("id") == session["id"])
    other = page_body(plan, gateway.merchant, now=plan.attempt.created_at + timedelta(minutes=1))
    yield _refused(
        "the same key with another body is refused",
        lambda: gateway.calls.post("/v1/checkout/sessions", other, key=attempt.key), "idempotency_error",
    )  # fmt: skip
    listed = next(gateway.calls.each("/v1/checkout/sessions", {}), {})
    yield Observation("the newest page is listed first", agrees=listed.get("id") == session["id"])


def _closing(gateway: StripeGateway, page_id: str) -> Iterator[Observation]:
    path = f"/v1/checkout/sessions/{page_id}"
    closed = gateway.calls.post(f"{path}/expire", b"")
    yield Observation("the page is closed", agrees=closed.get("status") == "expired", detail=str(closed.get("status")))
    read = gateway.calls.get(path)
    yield Observation("a closed page has no address any more", agrees=not read.get("url"))
    yield _refused("closing it twice is refused", lambda: gateway.calls.post(f"{path}/expire", b""), "")


def _rights(gateway: StripeGateway) -> Iterator[Observation]:
    for resource in _READ:
        path = f"/v1/{resource}"
        yield _right(f"the key may read {resource}", partial(gateway.calls.get, path, query={"limit": "1"}))
    for name, path in _WRITTEN.items():
        body = f"payment_intent={_NOBODY}".encode() if path == "refunds" else b""
        yield _right(f"the key may write {name}", partial(gateway.calls.post, f"/v1/{path}", body))


def _right(what: str, do: Callable[[], object]) -> Observation:
    try:
        do()
    except MissingRight as refused:
        return Observation(what, agrees=False, detail=_reason(refused))
    except GatewayRefused as refused:
        # No such object, or a filter that is missing: the right itself is there.
        return Observation(what, agrees=True, detail=_reason(refused))
    except GatewayError as error:
        return Observation(what, agrees=None, detail=_reason(error))
    return Observation(what, agrees=True)


def _refused(what: str, do: Callable[[], object], reason: str) -> Observation:
    try:
        do()
    except GatewayRefused as refused:
        return Observation(what, agrees=not reason or refused.reason == reason, detail=_reason(refused))
    except GatewayError as error:
        return Observation(what, agrees=None, detail=_reason(error))
    return Observation(what, agrees=False, detail="it was done")


def _endpoint(gateway: StripeGateway, hook_url: str) -> Iterator[Observation]:
    try:
        mine = next(
            (one for one in gateway.calls.each("/v1/webhook_endpoints", {}) if one.get("url") == hook_url), None
        )
    except GatewayError as error:
        detail = f"this key may not see it ({_reason(error)}): look into the dashboard for {hook_url}"
        yield Observation("the webhook address is registered", agrees=None, detail=detail)
        return
    yield Observation("the webhook address is registered", agrees=mine is not None, detail=hook_url)
    if mine is None:
        return
    yield Observation("it is enabled", agrees=mine.get("status") == "enabled", detail=str(mine.get("status")))
    yield Observation(
        "its version is ours", agrees=mine.get("api_version") == VERSION, detail=str(mine.get("api_version"))
    )
    named = mine.get("enabled_events") or []
    lacking = [] if "*" in named else [one for one in TYPES if one not in named]
    yield Observation("it reports all that we read", agrees=not lacking, detail=", ".join(lacking))


def _reason(error: Exception) -> str:
    return str(error.reason) if isinstance(error, GatewayRefused) else str(error)
