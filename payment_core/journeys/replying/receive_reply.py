"""Do what a customer's reply means: stop, start, help, forget, or pay a link with a saved card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from secrets import token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.words import Channel, MessageStatus
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.compose import compose_answer
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.paying.save_card import forget_cards
from payment_core.journeys.replying import reply_words
from payment_core.journeys.replying.pay_by_reply import pay_by_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Content, Message

_CODE = re.compile(r"(?:pay\s+)?([2-9A-HJ-NP-Z]{4})", re.IGNORECASE)


@dataclass(frozen=True)
class Customer:
    """Who wrote, to which merchant, on which channel."""

    merchant: Merchant
    phone: Phone
    channel: Channel
    key: bytes


def receive_reply(core: Core, merchant: Merchant, reply: Reply) -> bool:
    """Take a reply, by the provider's own id for it, and do what it means; return whether it was done now.

    A reply whose meaning was not carried out to its end, because this process died, is carried out again.
    """
    phone = Phone(reply.sender)
    customer = Customer(merchant, phone, reply.channel, phone_key.of(core, merchant.merchant_id, phone))
    with core.transactions.write() as work:
        known = messages.by_provider(work, merchant.merchant_id, reply.provider_id)
        if known is not None and known.status is MessageStatus.READ:
            return False
        message_id = known.message_id if known else _store(work, core, customer, reply)
    _obey(core, customer, reply)
    with core.transactions.write() as work:
        messages.change(work, message_id, now=core.now(), status=MessageStatus.READ)
    return True


def _obey(core: Core, customer: Customer, reply: Reply) -> None:
    word = reply_words.meaning(reply.text, opt=reply.opt)
    if word is reply_words.Meaning.STOP:
        _stop(core, customer)
    elif word is reply_words.Meaning.START:
        _start(core, customer)
    elif word is reply_words.Meaning.HELP:
        _answer(core, customer, Purpose.HELP, support=customer.merchant.looks.support)
    elif word is reply_words.Meaning.FORGET:
        _forget(core, customer)
    else:
        _pay(core, customer, reply, says_yes=word is reply_words.Meaning.YES)


def _stop(core: Core, customer: Customer) -> None:
    """As carriers do: one confirmation, and silence for whoever repeats the word."""
    merchant = customer.merchant
    with core.transactions.write() as work:
        if not opt_outs.stop(work, merchant.merchant_id, customer.key, customer.channel, now=core.now()):
            return
        queue_notifications.customer_opted(work, core, merchant, customer.phone.digits, customer.channel, stopped=True)
        message_id = _queued(work, core, customer, Purpose.OPTED_OUT)
    _send(core, message_id)


def _start(core: Core, customer: Customer) -> None:
    merchant = customer.merchant
    with core.transactions.write() as work:
        if not opt_outs.start(work, merchant.merchant_id, customer.key, customer.channel):
            return
        queue_notifications.customer_opted(work, core, merchant, customer.phone.digits, customer.channel, stopped=False)
        message_id = _queued(work, core, customer, Purpose.OPTED_IN)
    _send(core, message_id)


def _forget(core: Core, customer: Customer) -> None:
    with core.transactions.read() as work:
        cards = saved_cards.of_number(work, customer.merchant.merchant_id, customer.key)
    forget_cards(core, customer.merchant, cards)
    _answer(core, customer, Purpose.FORGOTTEN)


def _pay(core: Core, customer: Customer, reply: Reply, *, says_yes: bool) -> None:
    """Pay the link that a reply names: a button by its payload, a text by its code, a yes only after one offer."""
    with core.transactions.read() as work:
        named = _named(work, core, customer, reply)
        open_links = links.payable_of(work, customer.merchant.merchant_id, customer.key)
        offered = [one for one in open_links if links.has_reply(work, one)]
    if named is not None:
        return _pay_link(core, customer, named)
    if reply.payload is not None:
        return _answer(core, customer, Purpose.DEAD_LINK)
    if says_yes and customer.channel is Channel.WHATSAPP and len(offered) == 1:
        return _pay_link(core, customer, offered[0])
    if not open_links:
        return (
            _answer(core, customer, Purpose.NOTHING_TO_PAY) if says_yes or _CODE.fullmatch(reply.text.strip()) else None
        )
    if offered and (says_yes or _CODE.fullmatch(reply.text.strip())):
        return _answer(core, customer, Purpose.WHICH_ONE, codes="")
    return None


def _named(work: UnitOfWork, core: Core, customer: Customer, reply: Reply) -> Link | None:
    if reply.payload is not None:
        link = links.by_reply(work, links.digest_of(reply.payload))
        # A button that was forwarded to somebody else pays nothing.
        mine = link is not None and phone_key.of(core, customer.merchant.merchant_id, link.phone) == customer.key
        return link if mine else None
    code = _CODE.fullmatch(reply.text.strip().rstrip(".!"))
    if code is None:
        return None
    key = phone_key.code_key(core, customer.merchant.merchant_id, code[1].upper())
    return links.by_code(work, customer.merchant.merchant_id, customer.key, key)


def _pay_link(core: Core, customer: Customer, link: Link) -> None:
    answer = pay_by_reply(core, customer.merchant, link)
    if answer is not None:
        with core.transactions.write() as work:
            message_id = queue_message.queue(work, core, customer.merchant, answer, link)
        _send(core, message_id)


def _answer(core: Core, customer: Customer, purpose: Purpose, **values: str) -> None:
    with core.transactions.write() as work:
        message_id = _queued(work, core, customer, purpose, **values)
    _send(core, message_id)


def _queued(work: UnitOfWork, core: Core, customer: Customer, purpose: Purpose, **values: str) -> str | None:
    content = compose_answer(customer.merchant, purpose, customer.merchant.locale, customer.channel, **values)
    return queue_message.answer(
        work, core, customer.merchant, purpose, content, to=customer.phone, channel=customer.channel
    )


def _send(core: Core, message_id: str | None) -> None:
    core.wake.deliveries.set()
    if message_id is not None:
        send_message.send_now(core, message_id)


def _store(work: UnitOfWork, core: Core, customer: Customer, reply: Reply) -> str:
    now = core.now()
    message = Message(
        message_id=f"mes_{token_urlsafe(12)}",
        merchant_id=customer.merchant.merchant_id,
        direction="in",
        channel=customer.channel,
        phone=customer.phone,
        phone_key=customer.key,
        purpose="",
        reference=None,
        content=Content(text=reply.text),
        parts=1,
        # READ once its meaning was carried out.
        status=MessageStatus.QUEUED,
        created_at=now,
        provider_id=reply.provider_id,
    )
    messages.add(work, message, due_at=None)
    return message.message_id
