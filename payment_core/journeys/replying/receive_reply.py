"""Do what a customer's reply means: stop, start, help, forget, or pay a link with a saved card."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import MessageStatus
from payment_core.domain.merchant import Merchant
from payment_core.journeys.messaging import queue_message
from payment_core.journeys.messaging.compose import Details
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.paying.save_card import forget_cards
from payment_core.journeys.replying import reply_words
from payment_core.journeys.replying.answer_customer import Customer, answer, queued_answer, send
from payment_core.journeys.replying.named_link import (
    NamedLink,
    may_be_guessed,
    means_payment,
    named_link,
    names_code,
    offered_lately,
    offers,
    open_links,
)
from payment_core.journeys.replying.pay_by_reply import pay_by_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Content, Message

# Words that mean nothing here get one helpful answer, and no second within this time.
_HELPED_FOR = timedelta(hours=24)
_ANSWERED_WITHIN = timedelta(hours=24)
# A reply that a webhook brought counts by our own clock.
_FOUND_LATER = timedelta(minutes=1)


def receive_reply(core: Core, merchant: Merchant, reply: Reply) -> bool:
    """Take a reply, by the provider's own id for it, and do what it means; return whether it was done now.

    A reply whose meaning was not carried out to its end, because this process died, is carried out again: each of its
    effects and answers has an id that is made of the reply's own, so none happens twice.
    """
    phone = Phone(reply.sender)
    key = phone_key.of(core, merchant.merchant_id, phone)
    with core.transactions.write() as work:
        message = messages.by_provider(work, merchant.merchant_id, reply.provider_id)
        if message is not None and message.status is MessageStatus.READ:
            return False
        message = message or _store(work, core, merchant, reply, key)
    # Outside the transaction, because it calls gateway and messenger; READ is written last, so that a crash repeats it.
    _carry_out(core, Customer(merchant, phone, reply.channel, key, message), reply)
    with core.transactions.write() as work:
        messages.change(work, message.message_id, now=core.now(), status=MessageStatus.READ)
    return True


def _carry_out(core: Core, customer: Customer, reply: Reply) -> None:
    is_old = customer.message.created_at < core.now() - _ANSWERED_WITHIN
    # A button's payload says what was meant, whatever its words are.
    word = reply_words.meaning(reply.text, opt=reply.opt) if reply.payload is None else None
    if word is reply_words.Meaning.STOP:
        _stop(core, customer, reply)
    elif word is reply_words.Meaning.START:
        _start(core, customer, reply)
    elif word is reply_words.Meaning.FORGET:
        _forget(core, customer)
    elif is_old:
        # Found after an outage of days: whoever wrote it expects no answer any more, and a link of then is over.
        return
    elif word is reply_words.Meaning.HELP:
        # Else the carrier has answered already.
        if reply.opt is None:
            answer(core, customer, Purpose.HELP, support=customer.merchant.looks.support)
    else:
        _pay(core, customer, reply, says_yes=word is reply_words.Meaning.YES)


def _stop(core: Core, customer: Customer, reply: Reply) -> None:
    """As carriers do: one confirmation, and silence for whoever repeats the word."""
    merchant, message_id = customer.merchant, None
    with core.transactions.write() as work:
        mine = (work, merchant.merchant_id, customer.key, customer.channel)
        if not opt_outs.stop(*mine, at=customer.message.created_at, key_mark=phone_key.mark_of(core)):
            return
        queue_notifications.customer_opted(work, core, merchant, customer.phone.digits, customer.channel, stopped=True)
        if not reply.carrier_confirms:
            message_id = queued_answer(work, core, customer, Purpose.OPTED_OUT)
    send(core, message_id)


def _start(core: Core, customer: Customer, reply: Reply) -> None:
    merchant, message_id = customer.merchant, None
    with core.transactions.write() as work:
        mine = (work, merchant.merchant_id, customer.key, customer.channel)
        # START from somebody who never stopped is no news, and needs no answer; nor does one that is older than a STOP.
        if not opt_outs.start(*mine, at=customer.message.created_at):
            return
        queue_notifications.customer_opted(work, core, merchant, customer.phone.digits, customer.channel, stopped=False)
        if not reply.carrier_confirms:
            message_id = queued_answer(work, core, customer, Purpose.OPTED_IN)
    send(core, message_id)


def _forget(core: Core, customer: Customer) -> None:
    with core.transactions.read() as work:
        cards = saved_cards.of_number(work, customer.merchant.merchant_id, customer.key)
    # Of every channel: whoever asks to be forgotten does not mean one of them.
    forget_cards(core, customer.merchant, cards)
    answer(core, customer, Purpose.FORGOTTEN)


def _pay(core: Core, customer: Customer, reply: Reply, *, says_yes: bool) -> None:
    """Pay the link that a reply names, and answer one that names none."""
    with core.transactions.read() as work:
        named = named_link(work, core, customer, reply, says_yes=says_yes)
        payable = open_links(work, core, customer)
        codes = offers(work, core, customer) if named is None else ""
        is_guess = named is not None and may_be_guessed(work, customer, named.link)
    if named is not None and is_guess and named.link.payable:
        return _about_link(core, customer, Purpose.BY_PAGE, named)
    if named is not None:
        return _pay_link(core, customer, named)
    if reply.payload is not None:
        return answer(core, customer, Purpose.DEAD_LINK)
    may_be_button = reply.payload_unknown and not says_yes and not names_code(reply)
    if may_be_button and _ask_for_button(core, customer, codes):
        return None
    if not says_yes and not means_payment(reply):
        # What is no command may be meant for the merchant: one hint, no conversation with a machine.
        return _help_once(core, customer)
    if codes:
        return answer(core, customer, Purpose.WHICH_ONE, codes=codes)
    if payable:
        return _about_link(core, customer, Purpose.BY_PAGE, NamedLink(payable[0]))
    return answer(core, customer, Purpose.NOTHING_TO_PAY)


def _ask_for_button(core: Core, customer: Customer, codes: str) -> bool:
    """Say how to go on to somebody who may have pressed a button whose payload is unknown; False where none was offered.

    Nothing is charged: the button may have been another offer's.
    """
    if codes:
        answer(core, customer, Purpose.WHICH_BUTTON, codes=codes)
        return True
    with core.transactions.read() as work:
        offered = offered_lately(work, core, customer)
    if not offered or offered[0].payment_status is not None:
        return False
    answer(core, customer, Purpose.DEAD_LINK)
    return True


def _pay_link(core: Core, customer: Customer, named: NamedLink) -> None:
    purpose = pay_by_reply(core, customer.merchant, named, cause=customer.message.message_id)
    if purpose is not None:
        _about_link(core, customer, purpose, named)


def _about_link(core: Core, customer: Customer, purpose: Purpose, named: NamedLink) -> None:
    details = Details(message_id=queue_message.id_of(customer.message.message_id, purpose))
    with core.transactions.write() as work:
        # Read again: the charge has changed it, and the text names what is paid.
        link = links.get(work, named.link.reference)
        message_id = queue_message.queue(work, core, customer.merchant, purpose, link, details=details)
    send(core, message_id)


def _help_once(core: Core, customer: Customer) -> None:
    """Help whoever writes what means nothing here; the same person is not answered at every message."""
    since = core.now() - _HELPED_FOR
    with core.transactions.read() as work:
        mine = (work, customer.key, customer.merchant.merchant_id)
        was_helped = messages.was_answered(*mine, Purpose.HELP.value, since=since)
    if not was_helped:
        answer(core, customer, Purpose.HELP, support=customer.merchant.looks.support)


def _written_at(reply: Reply, now: datetime) -> datetime:
    """Return when a reply counts as written: when it came, or its own time where it was found much later."""
    written = reply.occurred_at
    return written if written is not None and written < now - _FOUND_LATER else now


def _store(work: UnitOfWork, core: Core, merchant: Merchant, reply: Reply, key: bytes) -> Message:
    message = Message(
        # The same for the same reply, so that what it causes has the same ids each time that it is carried out.
        message_id=f"mes_{sha256(f'{merchant.merchant_id} {reply.provider_id}'.encode()).hexdigest()[:30]}",
        merchant_id=merchant.merchant_id,
        direction="in",
        channel=reply.channel,
        phone=Phone(reply.sender),
        phone_key=key,
        purpose="",
        reference=None,
        content=Content(text=reply.text),
        parts=1,
        # READ once its meaning was carried out.
        status=MessageStatus.QUEUED,
        created_at=_written_at(reply, core.now()),
        provider_id=reply.provider_id,
    )
    # Its webhook and the search for missed replies may bring it to two workers at once.
    return (
        message if messages.add_once(work, message, due_at=None) else messages.find(work, message.message_id) or message
    )
