"""Open the gateway's page for a customer who pressed the button; another press gives the same page again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from secrets import token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState, Page
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.errors import TryLater, UnderWay
from payment_core.gateways.gateway import GatewayError, GatewayRefused, PagePlan
from payment_core.journeys.paying.count_click import click_in_transaction
from payment_core.journeys.paying.end_refused import end_refused
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts

log = get_logger()
_NOT_NOW = "The payment page cannot be opened just now. Please try again."
_UNDER_WAY = "A payment is under way. Look again in a moment."


def begin_payment(core: Core, merchant: Merchant, link: Link, *, saves_card: bool, return_url: str) -> str | None:
    """Return the address of the page on which this link is paid; None where nothing can be paid with it any more.

    Raises:
        TryLater: the gateway cannot be reached just now; the customer presses again.
    """
    planned = _planned(core, merchant, link, saves_card=saves_card, return_url=return_url)
    begun = core.transactions.grouped(lambda work: _begin(work, core, merchant, link, planned))
    core.wake.deliveries.set()
    if begun is None:
        return None
    if isinstance(begun, GatewayRefused):
        # Checked when the link was made: since then the merchant changed its gateway, or the gateway its rules.
        log.error("page_refused", reference=link.reference, reason=begun.reason)
        raise TryLater(_NOT_NOW) from begun
    # A page beside a card that is being charged, or beside one that closes, could take the money twice.
    if begun.kind is not AttemptKind.PAGE or begun.state is AttemptState.CLOSING:
        raise UnderWay(_UNDER_WAY)
    # A second tab must not end the page on which the first one is typing a card.
    return begun.page_url or _open(core, merchant, link, begun)


def _begin(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, planned: Attempt | GatewayRefused
) -> Attempt | GatewayRefused | None:
    """Count the click, and write the attempt with its key and its whole body before the gateway is called.

    Returns the live attempt, which may be an earlier one; None where nothing can be paid any more.
    """
    # Under the lock of the link: it may have been cancelled, or paid by reply, since it was read.
    # The click comes first: it moves the deadline, within which the page has to live.
    link = click_in_transaction(work, core, merchant, link)
    if not link.payable or link.is_overdue(core.now()):
        return None
    # Two tabs at once: the database lets one attempt of a link live, and both go on with that.
    live = attempts.live_of(work, link.reference)
    if live is None and isinstance(planned, Attempt):
        attempts.add(work, planned)
    return live or planned


def _planned(
    core: Core, merchant: Merchant, link: Link, *, saves_card: bool, return_url: str
) -> Attempt | GatewayRefused:
    """Return an attempt that would be made now, or why the gateway would refuse it."""
    now = core.now()
    attempt = Attempt(
        attempt_id=f"att_{token_urlsafe(16)}",
        link_reference=link.reference,
        merchant_id=merchant.merchant_id,
        kind=AttemptKind.PAGE,
        state=AttemptState.PREPARED,
        key=f"page_{token_urlsafe(16)}",
        created_at=now,
        look_at=now + core.first_look_after,
        saves_card=saves_card,
    )
    plan = PagePlan(link=link, attempt=attempt, return_url=return_url, saves_card=saves_card)
    try:
        return replace(attempt, body=core.gateways.of(merchant, merchant.gateway).prepare(plan))
    except GatewayRefused as refused:
        return refused


def _open(core: Core, merchant: Merchant, link: Link, attempt: Attempt) -> str | None:
    try:
        page = core.gateways.of(merchant, merchant.gateway).open_page(attempt)
    except GatewayRefused as refused:
        # Nothing can be opened with this body: it ends, so that the next press makes another.
        log.error("page_refused", reference=attempt.link_reference, reason=refused.reason)
        end_refused(core, attempt)
        raise TryLater(_NOT_NOW) from refused
    except GatewayError as error:
        # Kept as it is: the next press, or the worker, repeats the same request with the same key.
        raise TryLater(_NOT_NOW) from error
    if page.amount is not None and (page.amount, page.currency) != (link.total, link.currency):
        # Its address is given to nobody: the alarm is raised, and the page is closed.
        settle_payment(core, attempt.attempt_id, _shown_by(page, page.amount))
        return None
    is_open, now_open = core.transactions.grouped(lambda work: _record_opened(work, attempt, page))
    if is_open:
        return page.url
    # Another tab was quicker: the same key opened the same page.
    if now_open.state is AttemptState.OPEN and now_open.page_url is not None:
        return now_open.page_url
    raise UnderWay(_UNDER_WAY)


def _record_opened(work: UnitOfWork, attempt: Attempt, page: Page) -> tuple[bool, Attempt]:
    """Write the page; return whether it was written, and the attempt, as it is now where it was not."""
    is_open = attempts.open_page(work, attempt, page)
    return is_open, attempt if is_open else attempts.get(work, attempt.attempt_id)


def _shown_by(page: Page, amount: Decimal) -> Payment:
    return Payment(state=PaymentState.OPEN, currency=page.currency or "", amount=amount, page_id=page.page_id)
