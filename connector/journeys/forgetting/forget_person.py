"""Erase a customer from the database, from launches and from Salesforce's request records; the account of money stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from connector.core.lifecycle import lifecycle
from connector.core.redact_bodies import without_person
from connector.domain.payments.payment import PaymentRequest
from connector.journeys.context import Context
from connector.journeys.recording.record_changes import RequestChange, record_changes
from connector.store.orders import order_notes, orders
from connector.store.requests import erasure, request_rows
from connector.store.requests.erasure import StoredBody
from foundation.log import get_logger
from foundation.phones.phone import Phone

log = get_logger()
_NOT_DIGITS = re.compile(r"(?<=\d)[ ()+./-]+(?=\d)")
# Shorter ends of a number occur in ids and amounts by chance.
_NATIONAL = 9


@dataclass(frozen=True)
class PersonToForget:
    """Whom to forget: by a number, or by an order (its id or its number)."""

    phone: Phone | None = None
    order: str | None = None


@dataclass(frozen=True)
class Forgotten:
    """What was, or would be, erased. ``until``: links that can still be paid block the erasure until then at the latest."""

    orders: int = 0
    requests: int = 0
    callbacks: int = 0
    until: datetime | None = None
    unread: int = 0

    @property
    def is_refused(self) -> bool:
        """Return whether nothing was erased, because something is not over yet."""
        return self.until is not None or self.unread > 0


def forget_person(
    context: Context, wanted: PersonToForget, *, dry_run: bool, on_step: Callable[[int], object]
) -> Forgotten:
    """Erase a person of one tenant, and announce the orders so that Salesforce's records lose them, too.

    Nothing is erased while a link is live or while news of these requests waits to be applied. A STOP survives: it is a keyed
    digest without a number, and forgetting it would let messages reach somebody who refused them.
    """
    tenant = context.tenant
    order_ids, requests = _concerned(context, wanted)
    live = [one for one in requests if one.live]
    if live:
        return Forgotten(until=max(one.over_at(lifecycle()) + lifecycle().grace for one in live))
    needles = _needles([*(one.phone for one in requests), *([wanted.phone] if wanted.phone else [])])
    references = {one.reference for one in requests}
    names = references | {one.link_reference for one in requests if one.link_reference}
    concerned = list(_concerned_bodies(context, names, needles, on_step))
    waiting = sum(not one.is_finished for one in concerned)
    if waiting:
        return Forgotten(unread=waiting)
    changed = {
        one.digest: body for one in concerned if one.body is not None and (body := without_person(one.body)) != one.body
    }
    known = [one for one in requests if not one.forgotten]
    found = Forgotten(orders=len(order_ids), requests=len(known), callbacks=len(changed))
    if dry_run:
        return found
    with context.store.write() as work:
        locked = orders.lock_many(work, tenant.tenant_id, order_ids)
        erasure.erase_requests(work, tenant.tenant_id, references)
        erasure.erase_orders(work, tenant.tenant_id, order_ids)
        erasure.erase_keys(work, tenant.tenant_id, needles)
        erasure.erase_findings(work, tenant.tenant_id, needles)
        notes = order_notes.texts(work, tenant.tenant_id)
        order_notes.erase(work, tenant.tenant_id, [order_id for order_id, text in notes if _holds(text, needles)])
        erasure.rewrite_bodies(work, tenant.tenant_id, changed)
        # Read again, so that what is announced is written without the number.
        present = request_rows.find_by_references(work, tenant.tenant_id, {one.reference for one in known})
        record_changes(work, [RequestChange(one, one) for one in present], locked=locked, now=context.now())
    log.info("person_forgotten", tenant=tenant.tenant_id, count=found.requests, found=found.callbacks)
    return found


def _concerned(context: Context, wanted: PersonToForget) -> tuple[list[str], list[PaymentRequest]]:
    """Return the orders and the requests that hold the person; of an order all requests, of a number those sent to it."""
    tenant = context.tenant
    with context.store.read() as work:
        if wanted.phone is None:
            order_ids = erasure.orders_by_number(work, tenant.tenant_id, wanted.order or "")
        else:
            by_request = erasure.orders_by_digest(work, tenant.tenant_id, tenant.digests_of(wanted.phone))
            needles = _needles([wanted.phone])
            by_order = [
                order_id
                for order_id, text in erasure.numbers_of_orders(work, tenant.tenant_id)
                if _holds(text, needles)
            ]
            order_ids = sorted({*by_request, *by_order})
        every = request_rows.find_by_orders(work, tenant.tenant_id, order_ids)
    requests = [one for some in every.values() for one in some]
    if wanted.phone is not None:
        digests = set(tenant.digests_of(wanted.phone))
        requests = [one for one in requests if one.forgotten or tenant.digest_of(one.phone) in digests]
    return order_ids, requests


def _concerned_bodies(
    context: Context, names: Collection[str], needles: Collection[str], on_step: Callable[[int], object]
) -> Iterator[StoredBody]:
    """Yield the callback bodies that are about these requests or hold one of the numbers."""
    last = b""
    while some := _next_bodies(context, last):
        last = some[-1].digest
        on_step(len(some))
        yield from filter(partial(_is_about, names=names, needles=needles), some)


def _next_bodies(context: Context, last: bytes) -> list[StoredBody]:
    with context.store.read() as work:
        return erasure.bodies(work, context.tenant.tenant_id, after=last)


def _is_about(one: StoredBody, *, names: Collection[str], needles: Collection[str]) -> bool:
    if one.body is None:
        return False
    text = one.body.decode(errors="replace")
    named = one.reference in names or one.link_reference in names or any(name in text for name in names)
    return named or _holds(text, needles)


def _needles(phones: Collection[Phone]) -> set[str]:
    """Return the ends by which numbers are found, however they are written."""
    return {one.digits[-_NATIONAL:] for one in phones if len(one.digits) >= _NATIONAL}


def _holds(text: str, needles: Collection[str]) -> bool:
    plain = _NOT_DIGITS.sub("", text)
    return any(needle in plain for needle in needles)
