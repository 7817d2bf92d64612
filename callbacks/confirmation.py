"""Confirm notifications by the payment core's own records: one call per request, between transactions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from callbacks.parsing import ParsedEntry
from connector.domain.payments.notification import Notification, ends_a_link
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.apply_notification import ReceivedNotification
from connector.journeys.notifications.await_record import was_just_asked
from connector.journeys.notifications.confirm_notification import CoreAnswer, NotYet, ask_about, ask_about_link
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.find_requests import find_requests
from connector.services import Services
from foundation.log import get_logger

log = get_logger()
# Of one batch and one tenant: a core that is slow gets its other questions at the next drain.
_ASK_FOR_SECONDS = 10.0
# At once to one core: more would meet the limits that cores set their callers.
_QUESTIONS = 8
# Unproven notifications can be sent by the thousand; each must not become a question to the core (ADR 21).
_UNPROVEN_EVERY = timedelta(seconds=1)


@dataclass(frozen=True)
class RecordQuestion:
    """One question to the core. ``named``: the link reference in the notification, where the request has none yet."""

    request: PaymentRequest | None
    named: str | None

    @property
    def key(self) -> tuple[str, str]:
        """Return the key under which equal questions of several notifications are asked once."""
        return self.request.reference if self.request else "", self.named or ""


def news_of(read: Sequence[ParsedEntry]) -> list[ReceivedNotification]:
    """Return the notifications about payments or opt-outs, without answers of the core."""
    return [
        ReceivedNotification(one.entry, one.notification, one.requests)
        for one in read
        if isinstance(one.notification, Notification)
    ]


def confirmed(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> list[ReceivedNotification]:
    """Ask the core about every request that is named, and return the notifications with its answers."""
    news = news_of(waiting)
    asked = {question.key: question for one in news for question in _questions(one)}
    if not asked:
        return []
    answers: dict[tuple[str, str], CoreAnswer] = {
        key: NotYet("core_says_otherwise") for key in asked if _was_just_answered(key, news, services.now())
    }
    ask = partial(_ask, services, tenant, until=time.monotonic() + _ASK_FOR_SECONDS)
    with ThreadPoolExecutor(max_workers=min(_QUESTIONS, len(asked)), thread_name_prefix="confirm") as pool:
        begun = {
            key: pool.submit(copy_context().run, ask, question) for key, question in asked.items() if key not in answers
        }
    answers |= {key: _answer(tenant, question) for key, question in begun.items()}
    return [_with_answers(services, tenant, one, answers) for one in news]


def _questions(one: ReceivedNotification) -> list[RecordQuestion]:
    named = one.notification.link_reference
    if not one.requests:
        return [RecordQuestion(None, named)]
    return [RecordQuestion(request, None if request.link_reference else named) for request in one.requests]


def _was_just_answered(key: tuple[str, str], news: Sequence[ReceivedNotification], now: datetime) -> bool:
    """Return whether a question need not be asked, because the core has answered it a moment ago.

    That is so where all notifications behind it are repeats of an end that the core has just denied, or unproven.
    """
    asking = [(one, question.request) for one in news for question in _questions(one) if question.key == key]
    return all(
        request is not None and (_was_just_proven(one, request, now) or _is_denied_again(one, request, now))
        for one, request in asking
    )


def _is_denied_again(one: ReceivedNotification, request: PaymentRequest, now: datetime) -> bool:
    return ends_a_link(one.notification.news) and was_just_asked(one.entry, request, now=now)


def _was_just_proven(one: ReceivedNotification, request: PaymentRequest, now: datetime) -> bool:
    """Return whether an unproven notification is about a request that the core was asked about within a second (ADR 21)."""
    recently = request.proven_at is not None and now - request.proven_at < _UNPROVEN_EVERY
    return recently and not one.entry.proven


def _ask(services: Services, tenant: Tenant, question: RecordQuestion, *, until: float) -> CoreAnswer:
    """Ask one question, unless the core has used up the time of this round."""
    if time.monotonic() > until:
        return NotYet("core_unreachable")
    if question.request is None:
        return ask_about_link(tenant=tenant, link_reference=question.named or "", core=services.core)
    return ask_about(tenant=tenant, request=question.request, named=question.named, core=services.core)


def _answer(tenant: Tenant, question: Future[CoreAnswer]) -> CoreAnswer:
    """Return the answer to a question; an error in one must not affect the other notifications."""
    if isinstance(error := question.exception(), Exception):
        log.error("question_failed", tenant=tenant.tenant_id, error=type(error).__name__)
        return NotYet("question_failed")
    return question.result()


def _with_answers(
    services: Services, tenant: Tenant, one: ReceivedNotification, answers: Mapping[tuple[str, str], CoreAnswer]
) -> ReceivedNotification:
    """Return a notification with the core's answers about the requests that it names."""
    said = {question.request.reference: answers[question.key] for question in _questions(one) if question.request}
    if said:
        return replace(one, answers=said)
    # It names no known request. The core's record of its link may carry our reference, which names the request.
    answer = answers["", one.notification.link_reference or ""]
    if not isinstance(answer, Found):
        return replace(one, answers={})
    (requests,) = find_requests(tenant=tenant, named=[(answer.record.reference, None)], store=services.store)
    return replace(one, requests=requests, answers={request.reference: answer for request in requests})
