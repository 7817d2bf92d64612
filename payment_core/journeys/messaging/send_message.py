"""Hand messages over to the messenger: one try each, because no messenger recognises a message sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.journeys.messaging.purposes import ANSWERS_TO_STOP, REQUESTS
from payment_core.journeys.messaging.record_message_status import (
    OPTED_OUT,
    FirstRequest,
    record_acceptance,
    record_doubt,
    record_message_status,
)
from payment_core.journeys.one_by_one import one_by_one
from payment_core.messengers.messenger import (
    Button,
    KeyRefused,
    MessageRefused,
    MessageReport,
    Messenger,
    MessengerError,
    NotSent,
    OutgoingMessage,
)
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import lookalikes, messages, opt_outs
from payment_core.store.messages.messages import Message

log = get_logger()
_LEASE = timedelta(seconds=60)
# Short, because an agent is waiting on the phone with the customer.
_AGAIN_AFTER = (timedelta(seconds=2), timedelta(seconds=10), timedelta(seconds=30))
# For so long a key that is not accepted may be one that is being replaced just now: a link's message, for which somebody
# waits on the phone, and any other.
_KEY_AWAITED, _KEY_MENDED_WITHIN = timedelta(minutes=1), timedelta(hours=1)
# Providers list a message some seconds after they took it.
_ASK_AGAIN_AFTER = timedelta(seconds=30)
_AT_ONCE = 20
# WhatsApp takes free text for so long after the customer's last message.
_WINDOW = timedelta(hours=24)
# Failures in our own words (manifests/core/ours.json); the reason of a message that a person reads is written from them.
TOO_LATE, NEVER_LEFT = "too_late", "not_sent"


@dataclass(frozen=True)
class Sent:
    """What became of a try: why it failed, in our words (None where it left, or may have); its link where that changed."""

    failure: str | None = None
    link: Link | None = None


def send_now(core: Core, message_id: str) -> str | None:
    """Send one message that is due and return why it failed, in our words; None where it left, or may have."""
    now, lease = core.now(), new_lease(core)
    message = core.transactions.grouped(
        lambda work: messages.claim(work, message_id, now=now, until=lease.until, lease=lease.lease_id)
    )
    return _try_to_send(core, message, lease).failure if message is not None else None


def new_lease(core: Core) -> Lease:
    """Return a lease of whoever sends a message at once."""
    return Lease.of("now", core.now() + _LEASE)


def send_request(core: Core, messenger: Messenger, first: FirstRequest) -> Sent:
    """Send the message of a link that was made a moment ago: its maker's lease has begun it in the same transaction."""
    return _hand_over(core, messenger, first.message, window_open=first.window_open, first=first)


def is_window_open(work: UnitOfWork, core: Core, merchant_id: str, key: bytes, channel: Channel) -> bool:
    """Return whether a number may be written to in free words; only WhatsApp has such a window."""
    if channel is not Channel.WHATSAPP:
        return False
    last = messages.last_from_customer(work, merchant_id, key, channel)
    return last is not None and core.now() - last < _WINDOW


def _try_to_send(core: Core, message: Message, lease: Lease) -> Sent:
    merchant = core.merchants.get(message.merchant_id)
    if message.status not in (MessageStatus.QUEUED, MessageStatus.UNKNOWN):
        # A report came while this was still asking.
        return _conclude(core, message)
    messenger = core.messengers.of(merchant, merchant.messenger)
    # First of all: what was perhaps sent has not failed, however late it is.
    if message.status is MessageStatus.UNKNOWN:
        return _find_out(core, messenger, message)
    if is_too_late(core, message):
        return _record_failure(core, message, TOO_LATE, None)
    return _send(core, messenger, message, lease=lease.lease_id)


def send_due(core: Core) -> int:
    """Send what is due, and find out what was perhaps sent; return how many were tried."""
    with core.transactions.read() as work:
        # Not claimed here: each is claimed alone as it is sent, else the last ones' leases would end while they wait.
        due = messages.due(work, now=core.now(), most=_AT_ONCE)
    one_by_one(due, lambda one: send_now(core, one), step="messages")
    return len(due)


def is_too_late(core: Core, message: Message) -> bool:
    """Return whether nobody can do any more what a message asks for: its link has been paid, cancelled, or is over."""
    if message.valid_until is not None and message.valid_until <= core.now():
        return True
    if message.reference is None or message.purpose not in REQUESTS:
        return False
    with core.transactions.read() as work:
        return not links.get(work, message.reference).payable


@dataclass(frozen=True)
class _Begun:
    """Whether a message is ours to send now; it is not where its number has stopped the channel."""

    is_stopped: bool = False
    is_mine: bool = False
    window_open: bool = False


def _begin(work: UnitOfWork, core: Core, message: Message, *, lease: str) -> _Begun:
    # Made anew: an older digest key may have written the message's own.
    mine = (message.merchant_id, phone_key.of(core, message.merchant_id, message.phone), message.channel)
    # A STOP that came after this was queued holds for it, too.
    if message.purpose not in ANSWERS_TO_STOP and opt_outs.is_stopped(work, *mine):
        return _Begun(is_stopped=True)
    window_open = is_window_open(work, core, *mine)
    # Before the call: a process that dies in it, or slept longer than its lease, must not send the message twice.
    is_mine = messages.begin_to_send(work, message.message_id, now=core.now(), lease=lease)
    return _Begun(is_mine=is_mine, window_open=window_open)


def _send(core: Core, messenger: Messenger, message: Message, *, lease: str) -> Sent:
    begun = core.transactions.grouped(lambda work: _begin(work, core, message, lease=lease))
    if begun.is_stopped:
        return _record_failure(core, message, OPTED_OUT, None)
    if not begun.is_mine:
        return Sent()
    return _hand_over(core, messenger, message, window_open=begun.window_open)


def _hand_over(
    core: Core, messenger: Messenger, message: Message, *, window_open: bool, first: FirstRequest | None = None
) -> Sent:
    """Call the messenger with a message that is begun, and write what it said."""
    try:
        # Between the transactions: no lock is held while a provider takes its time.
        report = messenger.send(_outgoing(core, message, window_open=window_open))
    except NotSent:
        return _try_again(core, message)
    except KeyRefused as refused:
        log.warning("message_not_admitted", reference=message.reference, reason=refused.reason)
        return _try_again(core, message, refused)
    except MessageRefused as refused:
        return _record_failure(core, message, refused.failure, refused.reason)
    except MessengerError as error:
        log.warning("message_unknown", reference=message.reference, error=type(error).__name__)
        return _ask_again(core, message)
    return _record_report(core, message, report, first)


def _find_out(core: Core, messenger: Messenger, message: Message) -> Sent:
    """Look for a message that was perhaps sent; what is never found is never sent again."""
    try:
        with core.transactions.read() as work:
            key = phone_key.of(core, message.merchant_id, message.phone)
            known = lookalikes.provider_ids_to(work, message, key)
            alike = [one for one in lookalikes.other_unknown(work, message, key) if token_of(one) == token_of(message)]
        if alike:
            # Whichever is found could be the other; only a report names its message.
            return _ask_again(core, message)
        report = messenger.find(
            message.channel, message.phone.digits, token_of(message), since=message.created_at, known=known
        )
    except MessengerError as error:
        log.warning("message_not_found_out", reference=message.reference, error=type(error).__name__)
        return _ask_again(core, message)
    return _record_report(core, message, report) if report is not None else _ask_again(core, message)


def _record_report(core: Core, message: Message, report: MessageReport, first: FirstRequest | None = None) -> Sent:
    def record(work: UnitOfWork) -> Link | None:
        if first is not None:
            return record_acceptance(work, core, first, report)
        return record_message_status(work, core, message.message_id, report, is_concluded=True)

    link = core.transactions.grouped(record)
    core.wake.deliveries.set()
    return Sent(report.failure if report.status is MessageStatus.FAILED else None, link)


def _conclude(core: Core, message: Message) -> Sent:
    with core.transactions.write() as work:
        messages.change(work, message.message_id, now=core.now(), due_at=None, lease=None)
    return Sent(message.failure)


def _record_failure(core: Core, message: Message, failure: str, reason: str | None) -> Sent:
    return _record_report(core, message, MessageReport("", MessageStatus.FAILED, failure, reason))


def _try_again(core: Core, message: Message, refused: KeyRefused | None = None) -> Sent:
    """It never left us: try again for as long as it makes sense; what ``refused`` it, where it was our key."""
    pause = _AGAIN_AFTER[min(message.attempts, len(_AGAIN_AFTER)) - 1]
    now = core.now()
    failure, reason = (NEVER_LEFT, None) if refused is None else (refused.failure, refused.reason)
    ends = [] if message.valid_until is None else [message.valid_until]
    if refused is not None:
        is_awaited = message.purpose in REQUESTS
        ends.append(message.created_at + (_KEY_AWAITED if is_awaited else _KEY_MENDED_WITHIN))
    if ends and now + pause > min(ends):
        return _record_failure(core, message, failure, reason)
    with core.transactions.write() as work:
        messages.change(
            work, message.message_id, now=now, status=MessageStatus.QUEUED, due_at=now + pause, lease=None,
            lease_until=None,
        )  # fmt: skip
    return Sent(failure)


def _ask_again(core: Core, message: Message) -> Sent:
    now = core.now()
    # After its validity nobody can find out any more: it stays unknown, by name.
    # An hour more: the provider may have taken it in the last second, and lists it late.
    over = message.valid_until is not None and now + _ASK_AGAIN_AFTER > message.valid_until + timedelta(hours=1)
    if over:
        log.error("message_never_found", reference=message.reference)
    with core.transactions.write() as work:
        current = messages.lock(work, message.message_id)
        if current is None or current.status is not MessageStatus.UNKNOWN:
            return Sent()
        record_doubt(work, message)
        messages.change(
            work, message.message_id, now=now, due_at=None if over else now + _ASK_AGAIN_AFTER, lease=None,
            lease_until=None,
        )  # fmt: skip
    return Sent()


def token_of(message: Message) -> str:
    """Return the text of ours by which a message can be found at the provider."""
    address = message.content.link_url
    return address.rpartition("/")[2] if address else message.content.text


def _outgoing(core: Core, message: Message, *, window_open: bool) -> OutgoingMessage:
    content = message.content
    left = (message.valid_until - core.now()).total_seconds() if message.valid_until else None
    return OutgoingMessage(
        message_id=message.message_id,
        channel=message.channel,
        to=message.phone.digits,
        text=content.text,
        token=token_of(message),
        link_reference=message.reference,
        link_url=content.link_url,
        template=content.template,
        variables=content.variables,
        buttons=tuple(Button(payload, title) for payload, title in content.buttons),
        # The provider drops it then by itself, should its queue be long.
        valid_seconds=None if left is None else int(left),
        free=content.free,
        window_open=window_open,
    )
