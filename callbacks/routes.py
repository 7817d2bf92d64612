"""The endpoints for the core's notifications: verify, record, acknowledge."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

import manifests
from callbacks.refuse_encoded import refuse_encoded
from callbacks.verify import UNSIGNED, Signed, verify, verify_headers
from connector import metrics
from connector.domain.tenants.own_probes import is_probe
from connector.domain.tenants.tenant import Tenant
from connector.errors import EncodingRefused, TooMany, TryLater, UntrustedMessage
from connector.journeys.incidents.report_callback_refused import report_callback_refused
from connector.services import Services, current_services
from connector.store.inbox.inbox import Arrival, seal
from connector.store.tenants.tenants import callback_key_digest
from foundation.log import PROBED, STORED
from foundation.wsgi.empty_answer import EmptyAnswer

blueprint = Blueprint("callbacks", __name__)
_RULES = manifests.load("connector.json")["callback"]
_LARGEST: int = _RULES["largest_bytes"]
_UNPROVEN: dict[str, int] = _RULES["unproven"]


@blueprint.post("/callbacks/<callback_key>/<any('transaction-status','payment-status','settings'):kind>")
def receive(callback_key: str, kind: str) -> Response:
    """Answer 200 once the notification is stored, and never before."""
    services = current_services()
    now = services.now()
    tenant = services.store.tenants.by_callback_key(callback_key)
    try:
        if tenant is None:  # before the body is read, which a stranger may send as slowly as he likes
            if is_probe(services.settings.launch_keys, callback_key):
                request.environ[PROBED] = True
            raise UntrustedMessage("unknown_key")
        _refuse_large()
        (authorization, signed), proofs = _credentials(), tenant.core.proofs
        proven = verify_headers(authorization=authorization, signed=signed, proofs=proofs, now=now)
        with services.body_slots.reading("callback"):
            body = _body()
        proven = proven or verify(body=body, authorization=authorization, signed=signed, proofs=proofs, now=now)
        refuse_encoded(request.environ, body)
        if not proven:
            _hold_to_rate(tenant, callback_key, body, services, now)
        arrival = Arrival(tenant_id=tenant.tenant_id, kind=kind, body=body, received_at=now, proven=proven)
        sealed = seal(arrival, vault=services.store.vault)
        recorded = services.arrivals.put(sealed)
    except (UntrustedMessage, EncodingRefused, RequestEntityTooLarge, TooMany, TryLater) as refusal:
        _note_refused(refusal, tenant, kind, services)
        if isinstance(refusal, TryLater):
            services.write_check.doubt()
        raise
    services.work.inbox_changed()
    metrics.registry.count(metrics.CALLBACKS, kind, recorded.value)
    facts = {"tenant": tenant.tenant_id, "kind": kind, "outcome": recorded, "inbox": sealed.digest.hex()[:12]}
    request.environ[STORED] = facts
    return EmptyAnswer(status=200)


def _note_refused(refusal: Exception, tenant: Tenant | None, kind: str, services: Services) -> None:
    """Count and report a refused callback."""
    if PROBED in request.environ:
        return
    match refusal:
        # Untrusted and encoded ones are final outcomes, so they count as callbacks too; others may be stored when repeated.
        case UntrustedMessage(reason=reason):
            metrics.registry.count(metrics.CALLBACKS, kind, "untrusted")
            if request.environ.get("HTTP_CONTENT_ENCODING"):
                reason = "encoded"  # the sender's signature may cover the body before or after encoding
        case EncodingRefused():
            metrics.registry.count(metrics.CALLBACKS, kind, reason := "encoded")
        case RequestEntityTooLarge():
            reason = "too_large"
        case TooMany():
            reason = "too_many"
        case _:
            reason = "not_stored"
    metrics.registry.count(metrics.CALLBACKS_REFUSED, tenant.tenant_id if tenant else "unknown", reason)
    if tenant is not None:
        report_callback_refused(tenant=tenant, kind=kind, reason=reason, store=services.store)


def _declared_length() -> int | None:
    length = request.environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() else None


def _refuse_large() -> None:
    """Refuse a body whose declared length is too large."""
    if (_declared_length() or 0) > _LARGEST:
        raise RequestEntityTooLarge


def _body() -> bytes:
    """Read the raw body; directly from the server where its length is known, which is cheaper than Flask's streams."""
    length = _declared_length()
    if length is not None:
        body: bytes = request.environ["wsgi.input"].read(length)
        if len(body) == length:
            return body
        raise ClientDisconnected
    # One more than may come: of a longer body werkzeug would return the beginning, as if that were all of it.
    request.max_content_length = _LARGEST + 1
    body = request.get_data(cache=False)
    if len(body) > _LARGEST:
        raise RequestEntityTooLarge
    return body


def _hold_to_rate(tenant: Tenant, callback_key: str, body: bytes, services: Services, now: datetime) -> None:
    """Limit unproven callbacks per minute and callback key; a large one counts as several.

    Raises:
        TooMany: there is no room in this minute; the core repeats.
    """
    most = max(_UNPROVEN["least_per_minute"], _UNPROVEN["per_send"] * tenant.policy.sends_per_tenant_minute)
    units = 1 + len(body) // _UNPROVEN["unit_bytes"]
    name = callback_key_digest(callback_key).hex()
    seconds = services.unproven_rate.seconds_to_wait(name, most=most, now=now, units=units)
    if seconds is not None:
        raise TooMany("Too many notifications without a proof.", retry_after_s=seconds, facts={"reason": "too_many"})


def _credentials() -> tuple[str, Signed]:
    """Return the headers that may prove the message, raw: Flask's parsed view of them costs more than verifying it."""
    environ = request.environ
    signatures = environ.get("HTTP_WEBHOOK_SIGNATURE")
    signed = (
        Signed(environ.get("HTTP_WEBHOOK_ID", ""), environ.get("HTTP_WEBHOOK_TIMESTAMP", ""), signatures)
        if signatures
        else UNSIGNED
    )
    return environ.get("HTTP_AUTHORIZATION", ""), signed
