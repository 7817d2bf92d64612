"""Links: insert, find, lock, save."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from hashlib import sha256
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import AttemptKind, AttemptState
from payment_core.domain.enums import Channel, LinkStatus, MessageStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.store.links.line_text import lines_text, stored_lines
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import attempts, links, money_moves

_WORDS: Mapping[str, Any] = {
    "channel": Channel,
    "status": LinkStatus,
    "payment_status": PaymentStatus,
    "transaction_type": TransactionType,
    "message_status": MessageStatus,
}
_NAMES_HERE = {"application": "application_id"}
# A receipt's address shows what was paid to whoever has it.
_SEALED = ("phone", "receipt_reference")
_STRUCTURED = ("lines", "more_lines", "additional_data")
_PLAIN = tuple(one.name for one in fields(Link) if one.name not in (*_SEALED, *_WORDS, *_STRUCTURED))
_COLUMNS = tuple(_NAMES_HERE.get(name, name) for name in _PLAIN)
_fields_of, _plain_of = attrgetter(*_PLAIN), attrgetter(*_COLUMNS)
# Written as the partial index has it: SQLite does not recognise `payable = 1` as the same.
_PAYABLE = text("links.payable")
_IN_REVIEW = text("links.in_review")
_LIVE_ATTEMPT = text("attempts.state <> 'ended'")
_MINE = links.c.reference == bindparam("of_reference")
_ADD, _CHANGE = Prepared(insert(links)), Prepared(update(links).where(_MINE))
_CHANGE_SAME = Prepared(update(links).where(_MINE, links.c.version == bindparam("of_version")))
_FIND, _LOCK = Prepared(select(links).where(_MINE)), Prepared(select(links).where(_MINE).with_for_update())
_BY_TOKEN = Prepared(select(links).where(links.c.token_digest == bindparam("of_digest")))
_BY_CALLER = Prepared(
    select(links).where(
        links.c.application_id == bindparam("of_application"), links.c.caller_reference == bindparam("of_caller")
    )
)
_LIVE_MOVE = text("money_moves.state = 'prepared'")


class CallerReferenceTaken(Exception):
    """The application has a link of this reference already."""


def digest_of(token: str) -> bytes:
    """Return what a token is found by."""
    return sha256(token.encode()).digest()


def add(work: UnitOfWork, link: Link, *, token: str, phone_key: bytes, request_digest: bytes) -> None:
    """Insert a new link; ``token`` is the secret of its address.

    Raises:
        CallerReferenceTaken: the application has used this reference before.
    """
    values = _values(work, link) | {
        # Both: found by the digest, and sealed, because messages sent later need the address again.
        "token": work.vault.seal_body(link.merchant_id, token.encode()),
        "token_digest": digest_of(token),
        "phone": work.vault.seal_body(link.merchant_id, link.phone.digits.encode()),
        "phone_key": bytes(phone_key),
        "request_digest": request_digest,
    }
    try:
        with work.savepoint():
            _ADD.run(work.connection, values)
    except IntegrityError as error:
        raise CallerReferenceTaken from error


def find(work: UnitOfWork, reference: str) -> Link | None:
    """Return a link as it is now."""
    return _read(work, _FIND, of_reference=reference)


def lock(work: UnitOfWork, reference: str) -> Link | None:
    """Return a link, its row locked until this transaction ends."""
    return _read(work, _LOCK, of_reference=reference)


def get(work: UnitOfWork, reference: str, *, locked: bool = False) -> Link:
    """Return the link that a stored row names, which exists because links are never deleted; ``locked``: as by ``lock``.

    Raises:
        LookupError: there is none.
    """
    link = lock(work, reference) if locked else find(work, reference)
    if link is None:
        raise LookupError(f"no link {reference}")
    return link


def by_token(work: UnitOfWork, token: str) -> Link | None:
    """Return the link whose page has this address."""
    return _read(work, _BY_TOKEN, of_digest=digest_of(token))


def by_receipt(work: UnitOfWork, token: str) -> Link | None:
    """Return the link whose receipt has this address."""
    return _one(work, links.c.receipt_digest == digest_of(token))


def by_caller(work: UnitOfWork, merchant_id: str, caller_reference: str) -> list[Link]:
    """Return a merchant's links under a caller's reference, oldest first."""
    mine = (links.c.merchant_id == merchant_id) & (links.c.caller_reference == caller_reference)
    rows = work.connection.execute(select(links).where(mine).order_by(links.c.created_at, links.c.reference))
    return [link_of(row, work) for row in rows]


def of_application(work: UnitOfWork, application: str, caller_reference: str) -> tuple[Link, bytes] | None:
    """Return the link that an application made under a reference, with the digest of its request."""
    row = _BY_CALLER.one(work.connection, of_application=application, of_caller=caller_reference)
    return (link_of(row, work), bytes(row.request_digest)) if row else None


def token_of(work: UnitOfWork, link: Link) -> str:
    """Return the secret of a link's address."""
    sealed = work.connection.execute(select(links.c.token).where(links.c.reference == link.reference)).scalar_one()
    return work.vault.open(link.merchant_id, bytes(sealed)).decode()


def payable_of(work: UnitOfWork, merchant_id: str, phone_key: bytes) -> list[Link]:
    """Return the links of a number that can still be paid, newest first."""
    mine = (links.c.merchant_id == merchant_id) & (same(links.c.phone_key, phone_key))
    query = select(links).where(mine, _PAYABLE).order_by(links.c.created_at.desc(), links.c.reference)
    return [link_of(row, work) for row in work.connection.execute(query)]


def offered_since(work: UnitOfWork, merchant_id: str, phone_key: bytes, since: datetime) -> list[Link]:
    """Return the links of a number made since a time that a reply could pay, newest first, whatever became of them."""
    mine = (links.c.merchant_id == merchant_id) & same(links.c.phone_key, phone_key) & (links.c.created_at >= since)
    query = select(links).where(mine, links.c.reply_digest.is_not(None)).order_by(links.c.created_at.desc())
    return [link_of(row, work) for row in work.connection.execute(query)]


def last_language(work: UnitOfWork, merchant_id: str, phone_key: bytes) -> str | None:
    """Return the language of a number's newest link."""
    query = select(links.c.language).where(links.c.merchant_id == merchant_id, same(links.c.phone_key, phone_key))
    language: str | None = work.connection.execute(
        query.order_by(links.c.created_at.desc()).limit(1)
    ).scalar_one_or_none()
    return language


def by_reply(work: UnitOfWork, reply_digest: bytes) -> Link | None:
    """Return the link that a button's payload names."""
    return _one(work, links.c.reply_digest == reply_digest)


def by_code(work: UnitOfWork, merchant_id: str, phone_key: bytes, code_key: bytes) -> Link | None:
    """Return the newest link of a number that a typed code names, whatever became of it."""
    mine = (
        links.c.merchant_id == merchant_id,
        same(links.c.phone_key, phone_key),
        same(links.c.reply_code_key, code_key),
    )
    # Also one that has ended, so that the customer reads what became of it and not "unknown code".
    query = select(links).where(*mine).order_by(links.c.created_at.desc()).limit(1)
    row = work.connection.execute(query).one_or_none()
    return link_of(row, work) if row else None


def set_reply(work: UnitOfWork, link: Link, *, code_key: bytes, reply_digest: bytes) -> None:
    """Write what a reply to this link must say or carry."""
    mine = links.c.reference == link.reference
    work.connection.execute(update(links).where(mine).values(reply_code_key=bytes(code_key), reply_digest=reply_digest))


def has_reply(work: UnitOfWork, link: Link) -> bool:
    """Return whether a reply can pay this link."""
    query = select(links.c.reply_digest).where(links.c.reference == link.reference)
    return work.connection.execute(query).scalar() is not None


def code_key_of(work: UnitOfWork, link: Link) -> bytes | None:
    """Return the keyed digest of the code that a reply to this link must name."""
    query = select(links.c.reply_code_key).where(links.c.reference == link.reference)
    found = work.connection.execute(query).scalar()
    return bytes(found) if found is not None else None


def overdue(work: UnitOfWork, *, now: datetime, most: int) -> list[str]:
    """Return the references of links whose time is over and that can be ended now, the oldest first.

    A link waits where its page is being closed already, or a saved card is being charged: that attempt has its own looks.
    """
    waits = exists().where(
        attempts.c.reference == links.c.reference,
        _LIVE_ATTEMPT,
        (attempts.c.state == AttemptState.CLOSING.value) | (attempts.c.kind == AttemptKind.SAVED_CARD.value),
    )
    query = select(links.c.reference).where(_PAYABLE, links.c.expires_at <= now, ~waits).order_by(links.c.expires_at)
    return list(work.connection.execute(query.limit(most)).scalars())


def to_end_unpaid(work: UnitOfWork, attentions: Sequence[str], *, most: int) -> list[str]:
    """Return the references of links that counted no money, need one of ``attentions``, and were not ended.

    A link waits while an attempt to pay it is live, or money of it is being moved.
    """
    waits = exists().where(attempts.c.reference == links.c.reference, _LIVE_ATTEMPT)
    moves = exists().where(money_moves.c.reference == links.c.reference, _LIVE_MOVE)
    unpaid = (links.c.payment_status.is_(None)) | (links.c.payment_status == PaymentStatus.DECLINED.value)
    begun = links.c.status.not_in((LinkStatus.EXPIRED.value, LinkStatus.CANCELLED.value))
    query = select(links.c.reference).where(links.c.attention.in_(attentions), unpaid, begun)
    return list(work.connection.execute(query.where(~waits, ~moves).limit(most)).scalars())


def reviews_to_reverse(work: UnitOfWork, *, decided_by: datetime, most: int) -> list[str]:
    """Return the references of payments with money that are in review since a time, and are reversed by themselves."""
    old = (_IN_REVIEW, links.c.decided_at <= decided_by, links.c.auto_reversal, ~links.c.settled)
    # A review before any money was held has nothing to give back: the gateway ends it.
    has_money = links.c.payment_status != PaymentStatus.REVIEW.value
    # What the gateway refused once is a person's, and is not asked for each second.
    query = select(links.c.reference).where(*old, has_money, links.c.attention.is_(None)).order_by(links.c.decided_at)
    return list(work.connection.execute(query.limit(most)).scalars())


def save(work: UnitOfWork, link: Link) -> Link:
    """Write a changed link and return it with its next version. The caller has locked it."""
    changed = link.changed()
    values = {name: value for name, value in _values(work, changed).items() if name != "reference"}
    work.connection.execute(update(links).where(links.c.reference == link.reference).values(values))
    return changed


def change(work: UnitOfWork, link: Link, **values: Any) -> Link:
    """Write these fields of a link and return it with its next version. The caller has locked it."""
    changed = link.changed(**values)
    _CHANGE.run(work.connection, {**_columns(changed, values), "of_reference": link.reference})
    return changed


def change_same(work: UnitOfWork, link: Link, **values: Any) -> Link | None:
    """As ``change``, without a lock: None, and nothing is written, where the link has another version by now."""
    changed = link.changed(**values)
    mine = {"of_reference": link.reference, "of_version": link.version}
    return changed if _CHANGE_SAME.run(work.connection, {**_columns(changed, values), **mine}) else None


def _columns(changed: Link, names: Iterable[str]) -> dict[str, Any]:
    # Not the whole row: each index of a column that is written is written, too.
    return {name: _column(getattr(changed, name)) for name in (*names, "version")}


def _column(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def link_of(row: Row[Any], work: UnitOfWork) -> Link:
    """Return the link of a row."""
    values: dict[str, Any] = dict(zip(_PLAIN, _plain_of(row), strict=True))
    for name, word in _WORDS.items():
        stored = getattr(row, name)
        values[name] = word(stored) if stored is not None else None
    receipt = row.receipt_token
    return Link(
        **values,
        phone=work.vault.phone(row.merchant_id, bytes(row.phone)),
        receipt_reference=work.vault.open(row.merchant_id, bytes(receipt)).decode() if receipt is not None else None,
        **stored_lines(row.lines),
        additional_data=json.loads(row.additional_data),
    )


def _values(work: UnitOfWork, link: Link) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(_COLUMNS, _fields_of(link), strict=True))
    values |= {name: word.value if (word := getattr(link, name)) is not None else None for name in _WORDS}
    values["lines"] = lines_text(link)
    values["additional_data"] = json.dumps(dict(link.additional_data))
    if link.receipt_reference is not None:
        values["receipt_digest"] = digest_of(link.receipt_reference)
        values["receipt_token"] = work.vault.seal(link.merchant_id, link.receipt_reference.encode())
    return values


def _read(work: UnitOfWork, statement: Prepared, **values: Any) -> Link | None:
    row = statement.one(work.connection, **values)
    return link_of(row, work) if row else None


def _one(work: UnitOfWork, condition: Any) -> Link | None:
    row = work.connection.execute(select(links).where(condition)).one_or_none()
    return link_of(row, work) if row else None
