"""Where providers report: an address of its own for each merchant, answered 200 only once the news is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, request

from foundation.log import STORED
from foundation.wsgi.empty_answer import EmptyAnswer
from foundation.wsgi.raw_body import raw_body
from payment_core.errors import TryLater
from payment_core.journeys.webhooks.read_webhooks import read_event
from payment_core.journeys.webhooks.receive_webhook import WebhookRequest, receive_webhook
from payment_core.services import current_core

blueprint = Blueprint("webhooks", __name__)
RULE = "/hooks/<provider>/<hook>"
# The demo's phones show the answer to a reply at once; real providers must not wait for what a reply does.
READ_AT_ONCE = frozenset({"sandbox"})
# A worker reads it only where this process died meanwhile: else it would be quicker, and the answer come later.
_OURS_FOR = timedelta(seconds=30)


@blueprint.post(RULE)
def receive(provider: str, hook: str) -> Response:
    """Store a provider's news."""
    core = current_core()
    # Built from the configuration: a proxy's headers would make the signed address guesswork.
    url = f"{core.public_url}{request.full_path.rstrip('?')}"
    arrival = WebhookRequest(raw_body(request), cast(Mapping[str, str], request.headers), url)
    at_once = provider in READ_AT_ONCE
    try:
        added = receive_webhook(core, provider, hook, arrival, read_after=_OURS_FOR if at_once else timedelta(0))
    except TryLater:
        # Readiness must not go on trusting its last good check of the database.
        core.write_check.doubt()
        raise
    request.environ[STORED] = {"kind": provider, "count": len(added)}
    for event_id in added if at_once else ():
        read_event(core, hook, provider, event_id)
    return EmptyAnswer(status=200)
