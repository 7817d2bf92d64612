"""Writes a true event in forms that no document promises: what a careless sender, a proxy or a new version makes of it."""

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


def malformed_body(body: Body, *, dice: random.Random) -> bytes:
    """Return one of many odd ways to write a true event; each still names its link or our reference."""
    named = {**body, "traceId": f"{dice.getrandbits(64):016x}"}
    return dice.choice(_WAYS)(named)


def _json(body: Any) -> bytes:
    return json.dumps(body, default=_number).encode()


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _changed(**changes: Callable[[Any], Any]) -> Callable[[Body], bytes]:
    return lambda body: _json(
        {name: changes[name](value) if name in changes and value is not None else value for name, value in body.items()}
    )


def _statuses(change: Callable[[str], Any]) -> Callable[[Body], bytes]:
    return _changed(**dict.fromkeys(_STATUSES, change))


def _every_optional(value: Any) -> Callable[[Body], bytes]:
    return lambda body: _json({name: value if name in _OPTIONAL else one for name, one in body.items()})


def _text(change: Callable[[str], str]) -> Callable[[Body], bytes]:
    return lambda body: change(_json(body).decode()).encode()


def _cut_off(text: str) -> str:
    """Cut behind the link, wherever it stands."""
    return text[: text.index("paymentLinkRef") + 70]


_WAYS: tuple[Callable[[Body], bytes], ...] = (
    _changed(orderNumber=int),
    _statuses(str.lower),
    _statuses(lambda word: f"  {word}\n"),
    _statuses(lambda word: word.replace("_", " ").title()),
    _statuses(lambda word: {"name": word}),
    _statuses(lambda _: "SOMETHING_NEW"),
    _changed(currency=str.lower, environment=str.title, paymentLinkRef=str.upper),
    _changed(totalAmount=lambda amount: f"ZAR {amount}"),
    _changed(totalAmount=lambda amount: str(amount).replace(".", ",")),
    _changed(totalAmount=lambda _: float("nan")),
    _changed(additionalData=json.dumps),
    _every_optional(""),
    _every_optional(None),
    _every_optional([True]),
    _every_optional({"value": {"deep": []}}),
    _text(lambda text: f"[{text}]"),
    _text(lambda text: f'{text[:-1]}, "serial": {"9" * 5000}}}'),
    _text(lambda text: f'{text[:-1]}, "currency": "XXX"}}'),
    _text(lambda text: text[:-1] + ",}"),
    _text(lambda text: text.replace('"', "'")),
    _text(_cut_off),
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
