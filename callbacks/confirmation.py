"""Confirmation of notifications by the payment core's own record: a question for each request, between transactions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from callbacks.parsing import ParsedEntry
from connector.domain.payments.notification import Notification, ends_a_link
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.errors import ServiceError
from connector.journeys.notifications.apply_notification import ReceivedNotification
from connector.journeys.notifications.await_record import back_off, was_just_asked
from connector.journeys.notifications.confirm_notification import CoreAnswer, NotYet, ask_about, ask_about_link
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.find_requests import find_requests
from connector.services import Services
from connector.store.inbox.inbox import Disposition, InboxEntry, Verdict
from foundation.log import get_logger

log = get_logger()
_ASK_FOR_SECONDS = 10.0
_QUESTIONS = 8
_UNPROVEN_EVERY = timedelta(seconds=1)
_SETTINGS_A_MINUTE = 6


@dataclass(frozen=True)
class RecordQuestion:
    """What the core is asked once, whoever speaks of it. ``named``: the link that the news names, where none is bound."""

    request: PaymentRequest | None
    named: str | None

    @property
    def key(self) -> tuple[str, str]:
        """Alike for all that ask the same."""
        return self.request.reference if self.request else "", self.named or ""


def news_of(read: Sequence[ParsedEntry]) -> list[ReceivedNotification]:
    """Return the entries that speak of a payment or of a customer's word; nobody has been asked about them."""
    return [
        ReceivedNotification(one.entry, one.notification, one.requests)
        for one in read
        if isinstance(one.notification, Notification)
    ]


def confirmed(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> list[ReceivedNotification]:
    """Ask the core about every request that is spoken of, and give each notification what it said."""
    news = news_of(waiting)
    asked = {question.key: question for one in news for question in _questions(one)}
    if not asked:
        return []
    answers: dict[tuple[str, str], CoreAnswer] = {
        key: NotYet("core_says_otherwise") for key in asked if _is_known(key, news, services.now())
    }
    ask = partial(_ask, services, tenant, until=time.monotonic() + _ASK_FOR_SECONDS)
    with ThreadPoolExecutor(max_workers=min(_QUESTIONS, len(asked)), thread_name_prefix="confirm") as pool:
        begun = {key: pool.submit(ask, question) for key, question in asked.items() if key not in answers}
    answers |= {key: _answer(tenant, question) for key, question in begun.items()}
    return [_answered(services, tenant, one, answers) for one in news]


def read_settings(services: Services, tenant: Tenant, entries: Sequence[InboxEntry]) -> Disposition:
    """Read the core's settings again: nothing in the notifications themselves is believed."""
    entry = entries[0]
    if not any(one.proven for one in entries):
        name = f"settings {tenant.tenant_id}"
        seconds = services.unproven_rate.seconds_to_wait(name, most=_SETTINGS_A_MINUTE, now=services.now())
        if seconds is not None:
            due_at = services.now() + timedelta(seconds=seconds)
            return Disposition(Verdict.AWAITING_CONFIRMATION, "settings_read_lately", due_at)
    try:
        _, configuration = services.core.get_configuration(tenant.core)
    except ServiceError as error:
        due_at = services.now() + back_off(entry.attempts)
        return Disposition(Verdict.AWAITING_CONFIRMATION, str(error.code), due_at)
    services.store.tenants.set_configuration(tenant, configuration, now=services.now())
    return Disposition(Verdict.APPLIED)


def _questions(one: ReceivedNotification) -> list[RecordQuestion]:
    named = one.notification.link_reference
    if not one.requests:
        return [RecordQuestion(None, named)]
    return [RecordQuestion(request, None if request.link_reference else named) for request in one.requests]


def _is_known(key: tuple[str, str], news: Sequence[ReceivedNotification], now: datetime) -> bool:
    """Say whether all who ask this only repeat an end that the core has denied a moment ago: a storm is no reason to ask.

    Nor is one of bodies without a proof, whatever they say.
    """
    asking = [(one, question.request) for one in news for question in _questions(one) if question.key == key]
    return all(
        request is not None and (_was_just_looked_at(one, request, now) or _is_denied_again(one, request, now))
        for one, request in asking
    )


def _is_denied_again(one: ReceivedNotification, request: PaymentRequest, now: datetime) -> bool:
    return ends_a_link(one.notification.news) and was_just_asked(one.entry, request, now=now)


def _was_just_looked_at(one: ReceivedNotification, request: PaymentRequest, now: datetime) -> bool:
    """What nobody proves costs the core one question a second and link at most."""
    recently = request.proven_at is not None and now - request.proven_at < _UNPROVEN_EVERY
    return recently and not one.entry.proven


def _ask(services: Services, tenant: Tenant, question: RecordQuestion, *, until: float) -> CoreAnswer:
    """Ask one question. A core that has kept us waiting for so long is left alone until the next time."""
    if time.monotonic() > until:
        return NotYet("core_unreachable")
    if question.request is None:
        return ask_about_link(tenant=tenant, link_reference=question.named or "", core=services.core)
    return ask_about(tenant=tenant, request=question.request, named=question.named, core=services.core)


def _answer(tenant: Tenant, question: Future[CoreAnswer]) -> CoreAnswer:
    """One question that breaks must not keep the other links' news."""
    if isinstance(error := question.exception(), Exception):
        log.error("question_failed", tenant=tenant.tenant_id, error=type(error).__name__)
        return NotYet("question_failed")
    return question.result()


def _answered(
    services: Services, tenant: Tenant, one: ReceivedNotification, answers: Mapping[tuple[str, str], CoreAnswer]
) -> ReceivedNotification:
    """A link that was nobody's is the request's whose reference the core's record of it carries."""
    said = {question.request.reference: answers[question.key] for question in _questions(one) if question.request}
    if said:
        return replace(one, answers=said)
    told = answers["", one.notification.link_reference or ""]
    if not isinstance(told, Found) or not (reference := told.record.reference):
        return replace(one, answers={})
    (requests,) = find_requests(tenant=tenant, named=[(reference, None)], store=services.store)
    return replace(one, requests=requests, answers={request.reference: told for request in requests})
