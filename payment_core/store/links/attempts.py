"""Attempts to pay a link: insert, find, change, and which of them are due to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState, Charge, Page
from payment_core.store.schema.tables import attempts

# Written as the partial index has it.
_LIVE = text("attempts.state <> 'ended'")
_MINE = attempts.c.attempt_id == bindparam("of_attempt")
_ADD, _FIND = Prepared(insert(attempts)), Prepared(select(attempts).where(_MINE))
_LIVE_OF = Prepared(select(attempts).where(attempts.c.reference == bindparam("of_reference"), _LIVE))
_CHARGES_OF = Prepared(
    select(attempts.c.state, attempts.c.created_at, attempts.c.ended_at).where(
        attempts.c.reference == bindparam("of_reference"), attempts.c.kind == AttemptKind.SAVED_CARD.value
    )
)
_CHANGE = Prepared(update(attempts).where(_MINE))
_END = Prepared(
    update(attempts)
    .where(_MINE)
    .values(ended_at=func.coalesce(attempts.c.ended_at, bindparam("of_now", type_=attempts.c.ended_at.type)))
)
_BY_PAGE, _BY_PAYMENT = (
    Prepared(select(attempts).where(attempts.c.merchant_id == bindparam("of_merchant"), column == bindparam("of_id")))
    for column in (attempts.c.page_id, attempts.c.payment_id)
)
_OPEN_PAGE = Prepared(update(attempts).where(_MINE, attempts.c.state == bindparam("of_state")))


class AnotherLive(Exception):
    """The link has a live attempt already, by a unique index."""


def add(work: UnitOfWork, attempt: Attempt) -> None:
    """Insert an attempt before its gateway is called.

    Raises:
        AnotherLive: the link has a live one.
    """
    try:
        with work.savepoint():
            _ADD.run(work.connection, {"looks": 0, **_values(work, attempt)})
    except IntegrityError as error:
        raise AnotherLive from error


def find(work: UnitOfWork, attempt_id: str) -> Attempt | None:
    """Return an attempt as it is now."""
    return _read(work, _FIND, of_attempt=attempt_id)


def get(work: UnitOfWork, attempt_id: str | None) -> Attempt:
    """Return the attempt that a stored row names, which exists because attempts are never deleted.

    Raises:
        LookupError: there is none, or the row names none.
    """
    attempt = _read(work, _FIND, of_attempt=attempt_id)
    if attempt is None:
        raise LookupError(f"no attempt {attempt_id}")
    return attempt


def live_of(work: UnitOfWork, reference: str) -> Attempt | None:
    """Return the live attempt of a link."""
    return _read(work, _LIVE_OF, of_reference=reference)


def charge_of(work: UnitOfWork, reference: str) -> Charge:
    """Return whether a saved card is being charged for a link: as long as its attempt is live, and not a moment longer."""
    charges = _CHARGES_OF.every(work.connection, of_reference=reference)
    live = next((one.created_at for one in charges if one.state != AttemptState.ENDED.value), None)
    if live is not None:
        return Charge(is_under_way=True, changed_at=live)
    return Charge(changed_at=max((one.ended_at for one in charges), default=None))


def by_provider(work: UnitOfWork, merchant_id: str, *, page_id: str | None, payment_id: str | None) -> Attempt | None:
    """Return the attempt of a page or of a payment at the gateway."""
    # The page first: a payment's id is written only once the gateway has named it.
    for statement, value in ((_BY_PAGE, page_id), (_BY_PAYMENT, payment_id)):
        if value is not None:
            found = _read(work, statement, of_merchant=merchant_id, of_id=value)
            if found:
                return found
    return None


def change(work: UnitOfWork, attempt: Attempt, **values: Any) -> None:
    """Write columns of an attempt; ``page_url`` is sealed here, ``state`` may be the enum."""
    if values.get("page_url") is not None:
        values["page_url"] = work.vault.seal(attempt.merchant_id, str(values["page_url"]).encode())
    if "state" in values:
        values["state"] = AttemptState(values["state"]).value
    _CHANGE.run(work.connection, {**values, "of_attempt": attempt.attempt_id})


def open_page(work: UnitOfWork, attempt: Attempt, page: Page, *, look_at: datetime | None = None) -> bool:
    """Write the page of a prepared attempt; False where it was closed or ended while the gateway opened it."""
    values: dict[str, Any] = {
        "state": AttemptState.OPEN.value,
        "page_id": page.page_id,
        "page_url": work.vault.seal_body(attempt.merchant_id, page.url.encode()),
        "dies_at": page.dies_at,
    }
    if look_at is not None:
        values["look_at"] = look_at
    # The condition decides between two tabs, and between a tab and a cancellation.
    mine = {"of_attempt": attempt.attempt_id, "of_state": AttemptState.PREPARED.value}
    return bool(_OPEN_PAGE.run(work.connection, {**values, **mine}))


def end(work: UnitOfWork, attempt: Attempt, *, now: datetime, **values: Any) -> None:
    """End an attempt: it is looked at no more; the time of its first end stays."""
    ended = {"state": AttemptState.ENDED.value, "look_at": None, **values}
    _END.run(work.connection, {**ended, "of_attempt": attempt.attempt_id, "of_now": now})


def end_unopened(work: UnitOfWork, attempt: Attempt, *, now: datetime) -> bool:
    """End an attempt that the gateway refused, unless it has its page or payment by now; return whether it was ended."""
    mine = attempts.c.attempt_id == attempt.attempt_id
    # Another process may have got the answer that this one missed: what exists at the gateway must be looked at.
    never = attempts.c.page_id.is_(None) & attempts.c.payment_id.is_(None)
    values = {"state": AttemptState.ENDED.value, "ended_at": now, "look_at": None}
    ended = work.connection.execute(
        update(attempts).where(mine, never, attempts.c.state != AttemptState.ENDED.value).values(values)
    )
    return bool(ended.rowcount)


def begin_to_close(work: UnitOfWork, attempt: Attempt, *, look_at: datetime) -> None:
    """Mark a live attempt as closing; one that has ended stays ended."""
    mine = (attempts.c.attempt_id == attempt.attempt_id) & (attempts.c.state != AttemptState.ENDED.value)
    work.connection.execute(update(attempts).where(mine).values(state=AttemptState.CLOSING.value, look_at=look_at))


def claim_due(work: UnitOfWork, *, now: datetime, until: datetime, lease: str, most: int) -> list[Attempt]:
    """Lease attempts that are due to be looked at, longest due first; other workers skip them until the lease ends."""
    due = attempts.c.look_at <= now
    free = (attempts.c.lease_until.is_(None)) | (attempts.c.lease_until <= now)
    query = select(attempts).where(due, free).order_by(attempts.c.look_at).limit(most).with_for_update(skip_locked=True)
    rows = work.connection.execute(query).all()
    if rows:
        mine = attempts.c.attempt_id.in_([row.attempt_id for row in rows])
        work.connection.execute(
            # Counted at the claim: a look that fails counts, too, and the pauses grow.
            update(attempts).where(mine).values(lease=lease, lease_until=until, looks=attempts.c.looks + 1)
        )
    return [attempt_of(row, work) for row in rows]


def release(work: UnitOfWork, looked_at: Sequence[Attempt], *, lease: str, again_at: datetime) -> None:
    """End a lease; one that another worker has taken over stays.

    ``again_at``: when those are due again whose look planned no next one; otherwise it would be repeated at once, for ever.
    """
    mine = attempts.c.lease == lease
    for one in looked_at:
        unplanned = (attempts.c.attempt_id == one.attempt_id) & (attempts.c.look_at == one.look_at)
        work.connection.execute(update(attempts).where(mine, unplanned).values(look_at=again_at))
    ids = [one.attempt_id for one in looked_at]
    work.connection.execute(
        update(attempts).where(mine, attempts.c.attempt_id.in_(ids)).values(lease=None, lease_until=None)
    )


def looks_of(work: UnitOfWork, attempt_id: str) -> int:
    """Return how often an attempt was looked at."""
    return int(
        work.connection.execute(select(attempts.c.looks).where(attempts.c.attempt_id == attempt_id)).scalar_one()
    )


def attempt_of(row: Row[Any], work: UnitOfWork) -> Attempt:
    """Return the attempt of a row."""
    url = row.page_url
    return Attempt(
        attempt_id=row.attempt_id,
        link_reference=row.reference,
        merchant_id=row.merchant_id,
        kind=AttemptKind(row.kind),
        state=AttemptState(row.state),
        key=row.key,
        created_at=row.created_at,
        look_at=row.look_at,
        body=work.vault.open(row.merchant_id, bytes(row.body)),
        page_id=row.page_id,
        page_url=work.vault.open(row.merchant_id, bytes(url)).decode() if url is not None else None,
        payment_id=row.payment_id,
        dies_at=row.dies_at,
        card_id=row.card_id,
        saves_card=row.saves_card,
    )


def _values(work: UnitOfWork, attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt_id": attempt.attempt_id,
        "reference": attempt.link_reference,
        "merchant_id": attempt.merchant_id,
        "kind": attempt.kind.value,
        "state": attempt.state.value,
        "key": attempt.key,
        # As it is sent, since a key must come with the same body again: https://docs.stripe.com/api/idempotent_requests
        "body": work.vault.seal_body(attempt.merchant_id, attempt.body),
        "card_id": attempt.card_id,
        "saves_card": attempt.saves_card,
        "dies_at": attempt.dies_at,
        "created_at": attempt.created_at,
        "look_at": attempt.look_at,
    }


def _read(work: UnitOfWork, statement: Prepared, **values: Any) -> Attempt | None:
    row = statement.one(work.connection, **values)
    return attempt_of(row, work) if row else None
