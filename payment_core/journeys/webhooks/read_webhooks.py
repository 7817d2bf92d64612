"""Act on the stored news of providers: look at a payment, move a message on, take a reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from foundation.backoff import backoff
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import GatewayError, PaymentIds
from payment_core.journeys.messaging.record_message_status import record_message_status
from payment_core.journeys.one_by_one import one_by_one
from payment_core.journeys.paying.heed_fraud_warning import heed_fraud_warning
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.journeys.webhooks import news_content
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.incoming import webhooks
from payment_core.store.incoming.webhooks import Webhook
from payment_core.store.links import attempts
from payment_core.store.messages import messages

log = get_logger()
_AT_ONCE = 50
# A reply may charge a card and send a message before it is done.
_LEASE = timedelta(seconds=120)
# News may be quicker than our own commit, and objects that are not ours share the account.
_GIVE_UP_AFTER = timedelta(days=1)
_MOST_READINGS = 1000
# FOREIGN is about an object of the account that we did not make, such as a shop's of the same merchant.
DONE, UNKNOWN, NOT_READ, FOREIGN = "done", "unknown", "not_read", "foreign"


# The ids of attempts that were looked at since some news was stored, and whether the gateway could be asked.
Looks = dict[str, bool]


def read_due(core: Core, *, owner: str) -> int:
    """Read the news that is due; return how many were tried."""
    with core.transactions.read() as work:
        due = webhooks.due(work, now=core.now(), most=_AT_ONCE)
    # All of it was stored before the first look: a payment that several of them are about is looked at once.
    looks: Looks = {}
    one_by_one(due, lambda one: read_one(core, one, owner=owner, looks=looks), step="webhooks")
    return len(due)


def read_event(core: Core, hook: str, provider: str, event_id: str) -> None:
    """Read an event that was stored a moment ago, before any worker does."""
    with core.transactions.read() as work:
        merchant = merchants.by_hook(work, hook)
        webhook_id = webhooks.id_of(work, merchant.merchant_id, provider, event_id) if merchant else None
    if webhook_id is not None:
        read_one(core, webhook_id, owner=core.owner)


def read_one(core: Core, webhook_id: int, *, owner: str, looks: Looks | None = None) -> None:
    """Read one piece of news, unless another worker does; ``looks`` gains the look that it takes."""
    now = core.now()
    lease = Lease.of(owner, now + _LEASE)
    with core.transactions.write() as work:
        webhook = webhooks.claim(work, webhook_id, now=now, until=lease.until, lease=lease.lease_id)
        if webhook is None:
            return
        merchant = core.merchants.get(webhook.merchant_id, inside=work)
    # Each reading that ends with an error of ours costs a lease's time and writes no verdict.
    is_read = webhook.attempts <= _MOST_READINGS
    if is_read and webhook.content["kind"] == "fate":
        # Nobody else is asked about it, so that one transaction does all.
        with core.transactions.write() as work:
            verdict = _report(work, core, merchant, webhook)
            _conclude(work, webhook, verdict, lease=lease.lease_id, now=now)
        if verdict == DONE:
            core.wake.deliveries.set()
        return
    verdict = _read(core, merchant, webhook, {} if looks is None else looks) if is_read else NOT_READ
    with core.transactions.write() as work:
        _conclude(work, webhook, verdict, lease=lease.lease_id, now=now)


def _conclude(work: UnitOfWork, webhook: Webhook, verdict: str, *, lease: str, now: datetime) -> None:
    """Write what became of some news, and when it is read again where it was not understood yet."""
    due_at = None
    if (
        verdict not in (DONE, FOREIGN)
        and now - webhook.received_at < _GIVE_UP_AFTER
        and webhook.attempts <= _MOST_READINGS
    ):
        due_at = now + backoff(webhook.attempts, first=1.0, longest=900.0)
    elif verdict not in (DONE, FOREIGN):
        log.warning("webhook_given_up", kind=str(webhook.content["kind"]), reason=verdict)
    webhooks.conclude(work, webhook, verdict, lease=lease, due_at=due_at)


def _read(core: Core, merchant: Merchant, webhook: Webhook, looks: Looks) -> str:
    if webhook.content["kind"] == "sighting":
        return _look(core, merchant, webhook, looks)
    receive_reply(core, merchant, news_content.reply_of(webhook.content))
    return DONE


def _look(core: Core, merchant: Merchant, webhook: Webhook, looks: Looks) -> str:
    ids = news_content.payment_ids_of(webhook.content)
    with core.transactions.read() as work:
        attempt = attempts.by_provider(work, merchant.merchant_id, page_id=ids.page_id, payment_id=ids.payment_id)
        if attempt is None:
            attempt = _named(work, merchant, ids)
    if attempt is None and not ids.attempt_id:
        try:
            ids = core.gateways.of(merchant, merchant.gateway).named(ids)
        except GatewayError as error:
            log.warning("webhook_object_not_read", error=type(error).__name__)
            return NOT_READ
        if not ids.attempt_id:
            return FOREIGN
        with core.transactions.read() as work:
            attempt = _named(work, merchant, ids)
    if attempt is None:
        return UNKNOWN
    if attempt.attempt_id not in looks:
        looks[attempt.attempt_id] = look(core, attempt) is not None
    if not looks[attempt.attempt_id]:
        return NOT_READ
    is_warning = webhook.content.get("fraud_warning")
    return DONE if not is_warning or heed_fraud_warning(core, merchant, attempt) else NOT_READ


def _named(work: UnitOfWork, merchant: Merchant, ids: PaymentIds) -> Attempt | None:
    """Return the attempt that we named to the gateway, where the answer with the payment's own id was lost."""
    attempt = attempts.find(work, ids.attempt_id) if ids.attempt_id else None
    if attempt is None and ids.link_reference:
        attempt = attempts.live_of(work, ids.link_reference)
    if attempt is None or attempt.merchant_id != merchant.merchant_id:
        return None
    if attempt.has_ids:
        return attempt
    return replace(attempt, page_id=ids.page_id, payment_id=ids.payment_id)


def _report(work: UnitOfWork, core: Core, merchant: Merchant, webhook: Webhook) -> str:
    report = news_content.report_of(webhook.content)
    message = messages.find(work, report.message_id) if report.message_id else None
    if message is None:
        message = messages.by_provider(work, merchant.merchant_id, report.provider_id)
    if message is None or message.merchant_id != merchant.merchant_id:
        return UNKNOWN
    record_message_status(work, core, message.message_id, report)
    return DONE
