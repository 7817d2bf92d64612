"""Store what a provider sent, once, before it is answered 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from payment_core.errors import NotFound
from payment_core.journeys.webhooks import content
from payment_core.services import Core
from payment_core.store import merchants, webhooks


@dataclass(frozen=True)
class Arrival:
    """A request of a provider, as it came. ``url`` is our public address of it, which some providers sign."""

    raw: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str = field(repr=False)


def receive_webhook(
    core: Core, provider: str, hook: str, arrival: Arrival, *, read_after: timedelta = timedelta(0)
) -> list[int]:
    """Verify and store a notification; return the ids of what is new. Workers leave it alone for ``read_after``.

    Raises:
        NotFound: no merchant has this address, or uses this provider.
        UntrustedMessage: it is not proven.
    """
    with core.transactions.read() as work:
        merchant = merchants.by_hook(work, hook)
        secrets = merchants.secrets_of(work, merchant.merchant_id) if merchant else None
    if merchant is None or secrets is None or provider not in (merchant.gateway, merchant.messenger):
        raise NotFound
    known = secrets.every(f"{provider}.webhook")
    found: list[tuple[str, dict[str, object]]] = []
    if provider == merchant.messenger:
        messenger = core.messengers.of(merchant, provider)
        news = messenger.read_webhook(arrival.raw, arrival.headers, url=arrival.url, secrets=known)
        found += [(_event_id(one), one) for one in map(content.of_news, news)]
    else:
        gateway = core.gateways.of(merchant, provider)
        sightings = gateway.read_webhook(arrival.raw, arrival.headers, known)
        found += [(one.event_id, content.of_sighting(one)) for one in sightings]
    now = core.now()
    with core.transactions.write() as work:
        added = [
            webhooks.add(work, merchant.merchant_id, provider, event_id, one, now=now, due_at=now + read_after)
            for event_id, one in found
        ]
    core.wake.webhooks.set()
    return [one for one in added if one is not None]


def _event_id(news: Mapping[str, object]) -> str:
    """Return an id for news that has none of its own: the same news has the same."""
    return sha256(repr(sorted(news.items())).encode()).hexdigest()
