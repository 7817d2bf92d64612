"""Compare what the gateway says with our links, and our links with what applications received."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from payment_core.domain.attempt import Attempt, AttemptState
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.domain.settlement import OVER
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.journeys.webhooks.find_missed_reports import missed_reports
from payment_core.journeys.webhooks.news_content import payment_ids_of
from payment_core.journeys.webhooks.read_webhooks import read_one
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import delivery_list
from payment_core.store.incoming import webhooks
from payment_core.store.links import attempts, links
from payment_core.store.links.recent import attempts_of, references_since

# So late after its deadline a link that can still be paid is no matter of seconds any more.
_OVERDUE = timedelta(minutes=10)
_NOT_OURS = (
    "the gateway reports a payment of this link, which this database lacks: was a back-up restored, or does another core use "
    "the same account?"
)


@dataclass
class Reconciliation:
    """What was found of one merchant; ``unexplained`` and ``unreachable`` say of a link's reference why."""

    merchant: str
    links: int = 0
    payments: int = 0
    # Reports of the gateway that had never arrived.
    missed: int = 0
    healed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unexplained: dict[str, str] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether everything is explained."""
        return not (self.unexplained or self.unreachable)


def reconcile(core: Core, merchant: Merchant, *, since: datetime) -> Reconciliation:
    """Look at every payment of the links made since a time, write what we missed, and name what stays unexplained."""
    report = Reconciliation(merchant.merchant_id)
    _read_missed_reports(core, merchant, since, report)
    for reference in references_since(core.transactions, merchant.merchant_id, since):
        report.links += 1
        _reconcile_link(core, merchant, reference, report)
    return report


def _read_missed_reports(core: Core, merchant: Merchant, since: datetime, report: Reconciliation) -> None:
    try:
        found = missed_reports().of_one(core, merchant, since=since)
    except GatewayError as error:
        report.unreachable["reports"] = f"the gateway did not list its events: {error.message}"
        return
    report.missed = len(found)
    for one in found:
        read_one(core, one, owner=core.owner)
    _name_unknown_payments(core, merchant, since, report, listed=frozenset(found))


def _name_unknown_payments(
    core: Core, merchant: Merchant, since: datetime, report: Reconciliation, *, listed: Collection[int]
) -> None:
    """Name payments that carry our marks and belong to no link here: a restored back-up lacks what was made after it."""
    with core.transactions.read() as work:
        reported = webhooks.of_unknown(work, merchant.merchant_id, merchant.gateway, since=since)
    for one in reported:
        # What a webhook brought a moment ago can be quicker than our own commit; what was listed is older than that.
        if one.webhook_id in listed or one.received_at < core.now() - _OVERDUE:
            ids = payment_ids_of(one.content)
            name = ids.link_reference or ids.payment_id or ids.page_id or one.event_id
            report.unexplained.setdefault(name, _NOT_OURS)


def _reconcile_link(core: Core, merchant: Merchant, reference: str, report: Reconciliation) -> None:
    with core.transactions.read() as work:
        before, tries = links.get(work, reference), attempts_of(work, reference)
    # All attempts and not only the last: money may have come by a page that was thought to be closed.
    for attempt in tries:
        report.payments += 1
        try:
            problem = _reconcile_attempt(core, merchant, attempt)
        except GatewayError as error:
            report.unreachable[reference] = f"the gateway did not say what became of it: {error.message}"
            return
        if problem:
            report.unexplained[reference] = problem
    with core.transactions.read() as work:
        after = links.get(work, reference)
    if after.version != before.version:
        report.healed.append(reference)
    if after.payable and after.expires_at + _OVERDUE < core.now():
        report.unexplained.setdefault(reference, "its time is over, and it can still be paid: does the worker run?")
    _compare_news(core, after, report)


def _reconcile_attempt(core: Core, merchant: Merchant, attempt: Attempt) -> str | None:
    """Bring a link up to date with one payment; return what stays different."""
    if attempt.state is AttemptState.CLOSING or not attempt.has_ids:
        if attempt.is_live and look(core, attempt) is None:
            return "the gateway does not say what became of an attempt; it is asked again"
        return None
    payment = core.gateways.of(merchant, merchant.gateway).look(attempt)
    link = settle_payment(core, attempt.attempt_id, payment)
    return _difference(core, link, attempt, payment)


def _difference(core: Core, link: Link, attempt: Attempt, payment: Payment) -> str | None:
    if link.attention and link.attention not in OVER:
        return f"a person must look: {link.attention.replace('_', ' ')}"
    if link.paid_by == attempt.attempt_id:
        amounts = (("captured", link.captured, payment.captured), ("given back", link.reversed, payment.reversed))
        for what, ours, theirs in amounts:
            if ours != theirs:
                return f"{what}: {ours} here, {theirs} at the gateway"
        return None
    # What another attempt brought was given back, as it should be.
    if max(payment.captured, payment.authorized) <= payment.reversed:
        return None
    with core.transactions.read() as work:
        under_way = attempts.get(work, attempt.attempt_id).look_at is not None
    return None if under_way else "a payment at the gateway belongs to no state of its link, and was not given back"


def _compare_news(core: Core, link: Link, report: Reconciliation) -> None:
    """Compare a link's payment with what its creator received."""
    if link.payment_status is None:
        return
    with core.transactions.read() as work:
        creator = applications.find(work, link.merchant_id, link.application)
        news = delivery_list.find(work, delivery_list.DeliveryFilter(reference=link.reference), most=None)
    mine = [one for one in news if one["application"] == link.application]
    # An application without addresses asks for itself and misses nothing.
    if creator is None or not creator.is_enabled or not (creator.payment_status_url or creator.transaction_status_url):
        return
    states = {one["state"] for one in mine if one["event"] == link.payment_status.value}
    if not states:
        report.unexplained.setdefault(link.reference, "its application was never told: no address was set at the time")
    elif states & {"parked", "abandoned"}:
        report.unexplained.setdefault(link.reference, "its application was not reached: send it again")
    elif "pending" in states:
        report.waiting.append(link.reference)
