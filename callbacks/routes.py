"""Knows the doors for the core's news: verify, record, acknowledge; refuses to read what it stores."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

import manifests
from callbacks.verify import verify
from connector.domain.tenant import Tenant
from connector.errors import TryLater, UntrustedMessage
from connector.log import get_logger
from connector.services import current_services
from connector.store import inbox
from connector.store.inbox import Arrival

log = get_logger()
blueprint = Blueprint("callbacks", __name__)
_LARGEST = manifests.load("connector.json")["callback"]["largest_bytes"]


@blueprint.post("/callbacks/<callback_key>/<any('transaction-status','payment-status','settings'):kind>")
def receive(callback_key: str, kind: str) -> Response:
    """Answer 200 once the notification is stored, and never before."""
    services = current_services()
    request.max_content_length = _LARGEST
    body = request.get_data(cache=False)
    now = services.now()
    tenant = _trusted_tenant(services.store.tenants.by_callback_key(callback_key), body, now)
    arrival = Arrival(tenant_id=tenant.tenant_id, kind=kind, body=body, received_at=now)
    try:
        with services.store.database.write() as connection:
            recorded = inbox.record(connection, [arrival], vault=services.store.vault)[0]
    except SQLAlchemyError as fault:
        raise TryLater("This notification could not be stored. Send it again.") from fault
    services.work.inbox_changed()
    log.info("callback_recorded", tenant=tenant.tenant_id, kind=kind, outcome=recorded, inbox=arrival.digest.hex()[:12])
    return Response(status=200)


def _trusted_tenant(tenant: Tenant | None, body: bytes, now: datetime) -> Tenant:
    """An unknown key and a wrong proof look alike from outside."""
    if tenant is None:
        raise UntrustedMessage("unknown_key")
    verify(body=body, authorization=request.headers.get("Authorization", ""), proofs=tenant.core.proofs, now=now)
    return tenant
