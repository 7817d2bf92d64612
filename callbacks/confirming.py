"""Knows how a tenant's payment core is asked about its news: several links at once, each link one question.

Refuses to write what came of it, and to hold a transaction meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from callbacks.reading import Read
from connector.domain.notification import Notification
from connector.domain.tenant import Tenant
from connector.errors import ConnectorError
from connector.journeys.apply_notification import Arrived, back_off
from connector.journeys.confirm_notification import CoreAnswer, NotYet, ask_about, confirm_notification
from connector.log import get_logger
from connector.services import Services
from connector.store.inbox import InboxEntry, Ruling, Verdict

log = get_logger()
_ASK_FOR_SECONDS = 10.0
_QUESTIONS = 8


def news_of(read: Sequence[Read]) -> list[tuple[InboxEntry, Notification]]:
    """Return the entries that speak of a payment, with what they say."""
    return [(one.entry, one.notification) for one in read if isinstance(one.notification, Notification)]


def confirmed(services: Services, tenant: Tenant, waiting: Sequence[Read]) -> list[Arrived]:
    """Ask the core about each link, and hold every notification against the answer."""
    news = news_of(waiting)
    links = {told.link_reference: told for _, told in news}
    if not links:
        return []
    ask = partial(_ask, services, tenant, until=time.monotonic() + _ASK_FOR_SECONDS)
    with ThreadPoolExecutor(max_workers=min(_QUESTIONS, len(links)), thread_name_prefix="confirm") as pool:
        asked = {link: pool.submit(ask, told) for link, told in links.items()}
    answers = {link: _answer(tenant, question) for link, question in asked.items()}
    return [
        Arrived(entry, told, confirm_notification(notification=told, answer=answers[told.link_reference]))
        for entry, told in news
    ]


def read_settings(services: Services, tenant: Tenant, entry: InboxEntry) -> Ruling:
    """Read the core's settings again: nothing in the notification itself is believed."""
    try:
        _, configuration = services.core.get_configuration(tenant.core)
    except ConnectorError as fault:
        due_at = services.now() + back_off(entry.attempts)
        return Ruling(Verdict.AWAITING_CONFIRMATION, str(fault.code), due_at)
    services.store.tenants.set_configuration(tenant, configuration, now=services.now())
    return Ruling(Verdict.APPLIED)


def _ask(services: Services, tenant: Tenant, notification: Notification, *, until: float) -> CoreAnswer:
    """Ask about a link. A core that has kept us waiting for so long is left alone until the next time."""
    if time.monotonic() > until:
        return NotYet("core_unreachable")
    return ask_about(tenant=tenant, notification=notification, core=services.core)


def _answer(tenant: Tenant, question: Future[CoreAnswer]) -> CoreAnswer:
    """One question that breaks must not keep the other links' news."""
    if isinstance(fault := question.exception(), Exception):
        log.error("question_failed", tenant=tenant.tenant_id, error=type(fault).__name__)
        return NotYet("question_failed")
    return question.result()
