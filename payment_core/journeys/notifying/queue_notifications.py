"""Queue callback notifications inside the transaction of the change that they report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundation.database.unit_of_work import UnitOfWork
from foundation.exact_json import write_json
from payment_core.api_manifest import api_time
from payment_core.domain.application import Application
from payment_core.domain.enums import Channel, MessageStatus, NotificationKind
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying import notification_bodies as bodies
from payment_core.services import Core
from payment_core.store import applications, phone_key
from payment_core.store.deliveries import deliveries
from payment_core.store.links import attempts

_ATTENTION, _CHARGING = "PAYMENT_ATTENTION", "PAYMENT_CHARGING"


def link_changed(work: UnitOfWork, core: Core, merchant: Merchant, link: Link) -> None:
    """Report a link's new status to the application that made it."""
    _to_creator(work, core, merchant, link, link.status.value, {})


def payment_changed(work: UnitOfWork, core: Core, merchant: Merchant, link: Link) -> None:
    """Report a payment's new status: an event to the creator, and the payment status to every application."""
    if link.payment_status is None:
        return
    status = link.payment_status.value
    _to_creator(work, core, merchant, link, status, {})
    body = bodies.payment_body(merchant, link, status, core.api.status_ids[status])
    for application in applications.enabled(work, merchant.merchant_id):
        _queue(work, core, application, _News(NotificationKind.PAYMENT_STATUS, status, body, link.reference))


def attention_changed(work: UnitOfWork, core: Core, merchant: Merchant, link: Link) -> None:
    """Report that a person must look at a payment, or need not any more, to the application that made its link."""
    more = {"attention": link.attention, "attentionTimestamp": api_time(link.attention_at)}
    _to_creator(work, core, merchant, link, _ATTENTION, more)


def charge_changed(work: UnitOfWork, core: Core, merchant: Merchant, link: Link) -> None:
    """Report that a saved card begins or ceases to be charged to the link's creator, if that asks for our own news."""
    application = applications.find(work, merchant.merchant_id, link.application)
    if application is None or not application.is_enabled or not application.wants_messages:
        return
    charge = attempts.charge_of(work, link.reference)
    body = bodies.transaction_body(merchant, link, _CHARGING, core.api.status_ids[_CHARGING], now=core.now())
    more = {**body, "charging": charge.is_under_way, "chargingTimestamp": api_time(charge.changed_at)}
    # A lane of its own, as news of messages have: what the charge came to is reported by news of money, which wait for nothing.
    lane = f"{application.application_id}:{link.reference}:charging"
    _queue(work, core, application, _News(NotificationKind.TRANSACTION_STATUS, _CHARGING, more, link.reference, lane))


def message_changed(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, status: MessageStatus, reason: str | None
) -> None:
    """Report the status of a link's message to its creator, if that asks for such news."""
    application = core.merchants.application(merchant.merchant_id, link.application, inside=work)
    if application is None or not application.is_enabled or not application.wants_messages:
        return
    word = f"MESSAGE_{status.value}"
    body = bodies.transaction_body(merchant, link, word, core.api.status_ids[word], now=core.now())
    # A lane of its own: news of money never waits for news of messages.
    lane = f"{application.application_id}:{link.reference}:message"
    more = {**body, "messageFailureReason": core.api.failure(reason), "messageFailureCode": reason}
    _queue(work, core, application, _News(NotificationKind.TRANSACTION_STATUS, word, more, link.reference, lane))


def customer_opted(
    work: UnitOfWork, core: Core, merchant: Merchant, phone: str, channel: Channel, *, stopped: bool
) -> None:
    """Report to every application that a customer takes no more messages on a channel, or takes them again."""
    word = core.api.opted_out if stopped else core.api.opted_in
    body = bodies.customer_body(merchant, phone, channel, word, core.api.status_ids[word], now=core.now())
    for application in applications.enabled(work, merchant.merchant_id):
        lane = f"{application.application_id}:{channel.value}:opted"
        key = phone_key.of(core, merchant.merchant_id, phone)
        _queue(
            work, core, application, _News(NotificationKind.TRANSACTION_STATUS, word, body, lane=lane, phone_key=key)
        )


def settings_changed(work: UnitOfWork, core: Core, merchant: Merchant, event: str, value: str | None) -> None:
    """Report to every application that a key, a currency or a channel came or went."""
    body = bodies.settings_body(merchant, event, value, now=core.now())
    for application in applications.enabled(work, merchant.merchant_id):
        _queue(work, core, application, _News(NotificationKind.SETTINGS, event, body))


def _to_creator(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, status: str, more: dict[str, Any]
) -> None:
    application = core.merchants.application(merchant.merchant_id, link.application, inside=work)
    if application is None or not application.is_enabled:
        return
    body = bodies.transaction_body(merchant, link, status, core.api.status_ids[status], now=core.now())
    news = _News(NotificationKind.TRANSACTION_STATUS, status, {**body, **more}, link.reference)
    _queue(work, core, application, news)


@dataclass(frozen=True)
class _News:
    """One notification. Those of one lane keep their order; ``reference`` is the link's, None for other news."""

    kind: NotificationKind
    event: str
    body: dict[str, Any]
    reference: str | None = None
    lane: str = ""
    # Of the number that the news is about, where it is about no link.
    phone_key: bytes | None = None


def _queue(work: UnitOfWork, core: Core, application: Application, news: _News) -> None:
    """Insert one delivery."""
    if not application.url_for(news.kind):
        return
    deliveries.add(
        work,
        deliveries.NewDelivery(
            merchant_id=application.merchant_id,
            application_id=application.application_id,
            lane=news.lane or f"{application.application_id}:{news.reference or 'settings'}",
            reference=news.reference,
            kind=news.kind,
            event=news.event,
            phone_key=news.phone_key,
            body=write_json(core.api.notification(news.body)),
        ),
        now=core.now(),
    )
