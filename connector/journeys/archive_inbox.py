"""Decides when an old entry may leave the ledger: once it is finished, and stands in a file that was read again."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.core.bodies import shown
from connector.errors import ConnectorError, ErrorCode
from connector.store import ledger
from connector.store.ledger import OpenedEntry
from connector.store.store import Store


class ArchiveFailed(ConnectorError):
    """The file cannot be written, or does not hold what was written; nothing was deleted."""

    code = ErrorCode.INTERNAL


@dataclass(frozen=True)
class Archived:
    """How many entries stand in the file, and how many of them left the ledger: less, when some came back meanwhile."""

    written: int
    deleted: int


def archive_inbox(*, store: Store, finished_before: datetime, to: Path) -> Archived:
    """Write finished entries older than a moment to a new gzip file of JSON lines, read it again, then delete them.

    Bodies are written as people may see them: phone numbers shortened, card numbers removed. No file is written when there
    is nothing to put away.
    Raises:
        ArchiveFailed: the file is there already, cannot be written, or reads differently.
    """
    with store.database.read() as connection:
        digests = ledger.finished_before(connection, finished_before)
    if not digests:
        return Archived(0, 0)
    try:
        _write(to, digests, store)
        kept = _read_again(to)
    except (OSError, EOFError, ValueError, KeyError) as fault:
        sentence = f"{to} could not be written and read again ({type(fault).__name__}); nothing was deleted."
        raise ArchiveFailed(sentence) from fault
    if not set(kept) <= set(digests) or len(set(kept)) != len(kept):
        raise ArchiveFailed(f"{to} does not hold what was written; nothing was deleted.")
    return Archived(len(kept), _delete(store, kept, finished_before))


def _write(to: Path, digests: Sequence[bytes], store: Store) -> None:
    """Write a new file that only its owner may read, and make sure that it is on the disk."""
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw) as file:
            for line in _lines(digests, store):
                file.write(line)
        raw.flush()
        os.fsync(raw.fileno())
    folder = os.open(to.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lines(digests: Sequence[bytes], store: Store) -> Iterator[bytes]:
    for some in ledger.chunks(digests):
        with store.database.read() as connection:
            opened = ledger.opened(connection, some, vault=store.vault)
        for one in opened:
            yield json.dumps(_row(one), default=str).encode() + b"\n"


def _row(one: OpenedEntry) -> dict[str, Any]:
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(one.entry).items()
    }
    return {**plain, "digest": one.entry.digest.hex(), "body": shown(one.body)}


def _read_again(file: Path) -> list[bytes]:
    with gzip.open(file, "rb") as lines:
        return [bytes.fromhex(json.loads(line)["digest"]) for line in lines]


def _delete(store: Store, digests: Sequence[bytes], finished_before: datetime) -> int:
    deleted = 0
    for some in ledger.chunks(digests):
        with store.database.write() as connection:
            deleted += ledger.forget(connection, some, finished_before=finished_before)
    return deleted
