"""True events in forms that no document promises: what a careless sender, a proxy or a new version turns them into."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Body = Mapping[str, Any]
_OPTIONAL = (
    "orderNumber", "totalAmount", "taxAmount", "subTotalAmount", "currency", "channel", "environment", "receiptLinkRef",
    "transactionType", "paymentReviewAutoReversal", "reviewFinalisedTimestamp", "reconciliationReference", "merchantName",
)  # fmt: skip
_STATUSES = ("paymentStatus", "transactionStatus")


def malformed_body(body: Body, *, rng: random.Random) -> bytes:
    """Return one of many odd ways to write a true event; each still names its link or our reference."""
    named = {**body, "traceId": f"{rng.getrandbits(64):016x}"}
    return rng.choice(_VARIANTS)(named)


def _json(body: Any) -> bytes:
    return json.dumps(body, default=_number).encode()


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _with_values(**changes: Callable[[Any], Any]) -> Callable[[Body], bytes]:
    return lambda body: _json(
        {name: changes[name](value) if name in changes and value is not None else value for name, value in body.items()}
    )


def _with_status(change: Callable[[str], Any]) -> Callable[[Body], bytes]:
    return _with_values(**dict.fromkeys(_STATUSES, change))


def _with_optionals(value: Any) -> Callable[[Body], bytes]:
    return lambda body: _json({name: value if name in _OPTIONAL else one for name, one in body.items()})


def _with_text(change: Callable[[str], str]) -> Callable[[Body], bytes]:
    return lambda body: change(_json(body).decode()).encode()


def _truncated(text: str) -> str:
    """Cut the text off behind the link, wherever that is."""
    return text[: text.index("paymentLinkRef") + 70]


_VARIANTS: tuple[Callable[[Body], bytes], ...] = (
    _with_values(orderNumber=int),
    _with_status(str.lower),
    _with_status(lambda word: f"  {word}\n"),
    _with_status(lambda word: word.replace("_", " ").title()),
    _with_status(lambda word: {"name": word}),
    _with_status(lambda _: "SOMETHING_NEW"),
    _with_values(currency=str.lower, environment=str.title, paymentLinkRef=str.upper),
    _with_values(totalAmount=lambda amount: f"ZAR {amount}"),
    _with_values(totalAmount=lambda amount: str(amount).replace(".", ",")),
    _with_values(totalAmount=lambda _: float("nan")),
    _with_values(additionalData=json.dumps),
    _with_optionals(""),
    _with_optionals(None),
    _with_optionals([True]),
    _with_optionals({"value": {"deep": []}}),
    _with_text(lambda text: f"[{text}]"),
    _with_text(lambda text: f'{text[:-1]}, "serial": {"9" * 5000}}}'),
    _with_text(lambda text: f'{text[:-1]}, "currency": "XXX"}}'),
    _with_text(lambda text: text[:-1] + ",}"),
    _with_text(lambda text: text.replace('"', "'")),
    _with_text(_truncated),
    lambda body: b"\xef\xbb\xbf" + _json(body),
    lambda body: _json(body).decode().encode("utf-16"),
    lambda body: _json({**body, "merchantName": "~"}).replace(b"~", "é".encode("latin-1")),
    lambda body: _json({**body, "merchantName": "\ud800\0"}),
    lambda body: _json({"event": "payment", "data": {"object": body}}),
    lambda body: _json(_json(body).decode()),
    lambda body: f"paymentLinkRef={body['paymentLinkRef']}&trace={body['traceId']}".encode(),
    lambda body: f"<news trace='{body['traceId']}'><ref>{body['paymentLinkRef']}</ref></news>".encode(),
    lambda body: _json({"note": f"{body['traceId']} is about {body['additionalData']['reference']}"}),
)
