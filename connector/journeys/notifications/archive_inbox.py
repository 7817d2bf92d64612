"""Archive finished inbox entries to a file; an entry is deleted only after it was read back from there."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from connector.core.redact_bodies import mask_body
from connector.errors import ErrorCode, ServiceError, TenantProblem
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox_admin import OpenedEntry
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork


class ArchiveFailed(ServiceError):
    """The file cannot be written, or does not read back as written; nothing was deleted."""

    code = ErrorCode.INTERNAL


@dataclass(frozen=True)
class Archived:
    """How many entries were written to the file, and how many of them deleted: fewer where some were requeued meanwhile.

    ``unopened`` entries open with none of the keys; they are not archived, and stay.
    """

    written: int
    deleted: int
    unopened: int = 0


@dataclass(frozen=True)
class _Written:
    lines: int
    unopened: int
    digest: bytes


@dataclass(frozen=True)
class _Slice:
    opened: Sequence[OpenedEntry]
    unopened: int


def archive_inbox(
    *, store: Store, finished_before: datetime, to: Path, on_step: Callable[[int], None] = lambda _entries: None
) -> Archived:
    """Write entries finished before a time to a new gzip file of JSON lines, read it again, then delete them.

    Bodies are masked as for people: phone numbers shortened, card numbers removed. No file is left where there is nothing
    to archive, or where anything fails before the first entry is deleted. ``on_step`` is called with the number of
    entries of each slice that was read for the file.

    Raises:
        ArchiveFailed: the file exists already, cannot be written, or reads back differently.
    """
    slices = _slices(store, finished_before, on_step)
    first = next(slices, None)
    if first is None:
        return Archived(0, 0)
    try:
        written = _write_and_read_again(to, chain([first], slices))
    except (OSError, EOFError, zlib.error) as error:
        sentence = f"{to} could not be written and read again ({type(error).__name__}); nothing was deleted."
        raise ArchiveFailed(sentence) from error
    deleted = _delete(store, _digests_in(to), finished_before) if written.lines else 0
    return Archived(written.lines, deleted, written.unopened)


def _slices(store: Store, finished_before: datetime, on_step: Callable[[int], None]) -> Iterator[_Slice]:
    """Yield the finished entries in slices, each read in a short transaction of its own."""
    # A year of entries fits neither into memory nor into one transaction.
    last = b""
    while True:
        with store.read() as work:
            digests = inbox_admin.finished_before(work, finished_before, after=last)
            opened = _opened(work, digests)
        if not digests:
            return
        yield _Slice(opened, len(digests) - len(opened))
        on_step(len(digests))
        last = digests[-1]


def _opened(
    work: UnitOfWork,
    digests: Sequence[bytes],
) -> list[OpenedEntry]:
    """Return the entries whose bodies a present key decrypts."""
    try:
        return inbox_admin.find_with_body(work, digests)
    except TenantProblem:
        # A body whose key is lost fails the whole read; halving finds it, so that it excludes only itself.
        half = len(digests) // 2
        if not half:
            return []
        return _opened(work, digests[:half]) + _opened(work, digests[half:])


def _write_and_read_again(to: Path, slices: Iterable[_Slice]) -> _Written:
    """Write a new file that only its owner may read; it is removed where it is empty or does not read back as written."""
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with ExitStack() as undo:
        undo.callback(to.unlink, missing_ok=True)
        written = _write(descriptor, slices)
        _sync_folder(to)
        read = sha256()
        with gzip.open(to, "rb") as lines:
            for line in lines:
                read.update(line)
        if read.digest() != written.digest:
            raise ArchiveFailed(f"{to} does not hold what was written; nothing was deleted.")
        if written.lines:
            undo.pop_all()
    return written


def _write(descriptor: int, slices: Iterable[_Slice]) -> _Written:
    """Write the entries and sync them to the disk, since they are deleted from the database next."""
    digest, lines, unopened = sha256(), 0, 0
    with os.fdopen(descriptor, "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw) as file:
            for some in slices:
                text = b"".join(json.dumps(_row(one), default=str).encode() + b"\n" for one in some.opened)
                file.write(text)
                digest.update(text)
                lines, unopened = lines + len(some.opened), unopened + some.unopened
        raw.flush()
        os.fsync(raw.fileno())
    return _Written(lines, unopened, digest.digest())


def _sync_folder(file: Path) -> None:
    # Without this a crash can lose the file's name although its contents were synced.
    folder = os.open(file.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _row(one: OpenedEntry) -> dict[str, Any]:
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(one.entry).items()
    }
    return {**plain, "digest": one.entry.digest.hex(), "body": mask_body(one.body)}


def _digests_in(file: Path) -> Iterator[bytes]:
    with gzip.open(file, "rb") as lines:
        for line in lines:
            yield bytes.fromhex(json.loads(line)["digest"])


def _delete(store: Store, digests: Iterable[bytes], finished_before: datetime) -> int:
    deleted = 0
    for some in inbox_admin.chunks(digests):
        with store.write() as work:
            deleted += inbox_admin.remove(work, some, finished_before=finished_before)
    return deleted
