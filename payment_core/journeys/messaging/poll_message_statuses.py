"""Ask the provider what became of messages whose reports were lost: a few times, further and further apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation.log import get_logger
from payment_core.journeys.messaging.record_message_status import FIRST_ASKED_AFTER, record_message_status
from payment_core.messengers.messenger import MessengerError, NotSent
from payment_core.services import Core
from payment_core.store.messages import messages
from payment_core.store.messages.messages import Message

log = get_logger()
_AT_ONCE = 20
# Counted from when a message was written. Some carriers never say that an SMS arrived: it stays sent.
_ASKED_AFTER = (FIRST_ASKED_AFTER, timedelta(minutes=30), timedelta(hours=4), timedelta(hours=30))


def poll_message_statuses(core: Core) -> int:
    """Ask about the messages that are due and return how many were asked about; a messenger that is busy is left alone."""
    with core.transactions.read() as work:
        due = messages.without_end(work, now=core.now(), most=_AT_ONCE)
    asked = 0
    for message in due:
        now = core.now()
        with core.transactions.write() as work:
            is_mine = messages.claim_status_poll(work, message, now=now, next_at=_next(message, now))
        if not is_mine:
            continue
        if not _ask(core, message):
            break
        asked += 1
    return asked


def _next(message: Message, now: datetime) -> datetime | None:
    return next((at for after in _ASKED_AFTER if (at := message.created_at + after) > now), None)


def _ask(core: Core, message: Message) -> bool:
    """Record what the provider says of a message; return False where it takes no more questions just now."""
    merchant = core.merchants.get(message.merchant_id)
    messenger = core.messengers.of(merchant, merchant.messenger)
    if message.provider_id is None or not messenger.reports_delivery(message.channel):
        return True
    try:
        report = messenger.read_report(message.provider_id)
    except NotSent:
        return False
    except MessengerError as error:
        log.warning("fate_not_read", reference=message.reference, error=type(error).__name__)
        return True
    with core.transactions.write() as work:
        record_message_status(work, core, message.message_id, report)
    core.wake.deliveries.set()
    return True
