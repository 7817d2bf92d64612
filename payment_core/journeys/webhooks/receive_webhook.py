"""Store what a provider sent, once, before it is answered 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from payment_core.errors import NotFound
from payment_core.journeys.webhooks import news_content
from payment_core.merchant_directory import Known
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.incoming import webhooks


@dataclass(frozen=True)
class WebhookRequest:
    """A request of a provider, as it came. ``url`` is our public address of it, which some providers sign."""

    raw: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str = field(repr=False)


def receive_webhook(
    core: Core, provider: str, hook: str, arrival: WebhookRequest, *, read_after: timedelta = timedelta(0)
) -> list[str]:
    """Verify and store a notification; return the ids of the events that are new. Workers leave it alone for ``read_after``.

    Raises:
        NotFound: no merchant has this address, or uses this provider.
        UntrustedMessage: it is not proven.
    """
    known = core.merchants.by_hook(hook)
    if known is None or provider not in (known.merchant.gateway, known.merchant.messenger):
        raise NotFound
    now, merchant_id = core.now(), known.merchant.merchant_id
    added = []
    for event_id, news in _proven(core, provider, known, arrival):
        body = webhooks.seal(core.transactions.vault, merchant_id, news)
        stored = webhooks.StoredWebhook(
            merchant_id, provider, event_id, body, received_at=now, due_at=now + read_after,
            phone_key=_key_of(core, merchant_id, news),
        )  # fmt: skip
        if core.arrivals.put(stored):
            added.append(event_id)
    core.wake.webhooks.set()
    return added


def _proven(core: Core, provider: str, known: Known, arrival: WebhookRequest) -> list[tuple[str, dict[str, object]]]:
    """Return the events of a notification by their ids, in our own words."""
    merchant, secrets = known.merchant, known.secrets.every(f"{provider}.webhook")
    if provider == merchant.messenger:
        messenger = core.messengers.of(merchant, provider)
        news = messenger.read_webhook(arrival.raw, arrival.headers, url=arrival.url, secrets=secrets)
        return [(_event_id(one), one) for one in map(news_content.of_news, news)]
    gateway = core.gateways.of(merchant, provider)
    return [
        (one.event_id, news_content.of_sighting(one))
        for one in gateway.read_webhook(arrival.raw, arrival.headers, secrets)
    ]


def _key_of(core: Core, merchant_id: str, news: Mapping[str, object]) -> bytes | None:
    """Return the digest of the sender's number, by which their words can be erased; None where no person wrote."""
    sender = news.get("sender")
    return bytes(phone_key.of(core, merchant_id, str(sender))) if sender else None


def _event_id(news: Mapping[str, object]) -> str:
    """Return an id for news that has none of its own: the same news has the same."""
    return sha256(repr(sorted(news.items())).encode()).hexdigest()
