"""The customer who wrote, and how an answer reaches them."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.compose import compose_answer
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.queue_message import Addressee
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.messages.messages import Message


@dataclass(frozen=True)
class Customer:
    """Who wrote, to which merchant, on which channel; ``message`` is what was written, as it is stored."""

    merchant: Merchant
    phone: Phone
    channel: Channel
    key: bytes
    message: Message


def answer(core: Core, customer: Customer, purpose: Purpose, **values: str) -> None:
    """Answer what a customer wrote, once for each message of theirs."""
    with core.transactions.write() as work:
        message_id = queued_answer(work, core, customer, purpose, **values)
    send(core, message_id)


def queued_answer(work: UnitOfWork, core: Core, customer: Customer, purpose: Purpose, **values: str) -> str | None:
    """Queue an answer in the language of the customer's newest link, else in the merchant's."""
    merchant = customer.merchant
    language = links.last_language(work, merchant.merchant_id, customer.key) or merchant.locale
    content = compose_answer(merchant, purpose, language, customer.channel, **values)
    to = Addressee(customer.phone, customer.channel)
    return queue_message.answer(
        work, core, merchant, purpose, content, to=to, cause=customer.message.message_id
    )  # fmt: skip


def send(core: Core, message_id: str | None) -> None:
    """Hand a queued answer over."""
    core.wake.deliveries.set()
    if message_id is not None:
        send_message.send_now(core, message_id)
