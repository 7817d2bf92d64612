"""Archive finished inbox entries: each leaves the database only once it was read back from the file."""

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

from connector.core.bodies import mask_body
from connector.errors import ErrorCode, ServiceError, TenantProblem
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox_admin import OpenedEntry
from connector.store.store import Store
from connector.store.unit_of_work import UnitOfWork


class ArchiveFailed(ServiceError):
    """The file cannot be written, or does not hold what was written; nothing was deleted."""

    code = ErrorCode.INTERNAL


@dataclass(frozen=True)
class Archived:
    """How many entries stand in the file, how many of them left the ledger: less, when some came back meanwhile.

    ``unopened`` open with none of the keys: they are in no file, and stay.
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
    """Write finished entries older than a moment to a new gzip file of JSON lines, read it again, then delete them.

    Bodies are written as people may see them: phone numbers shortened, card numbers removed. No file is left when there
    is nothing to put away, or when anything fails before the first entry is deleted. ``on_step`` is called with the number
    of entries of each slice that was read for the file.
    Raises:
        ArchiveFailed: the file is there already, cannot be written, or reads differently.
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
    """Cut the ledger into short transactions: a year of it fits neither into memory nor into one look."""
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
    """Open what opens; one body whose key is lost keeps only itself out, and is found by halving."""
    try:
        return inbox_admin.find_with_body(work, digests)
    except TenantProblem:
        half = len(digests) // 2
        if not half:
            return []
        return _opened(work, digests[:half]) + _opened(work, digests[half:])


def _write_and_read_again(to: Path, slices: Iterable[_Slice]) -> _Written:
    """Write a new file that only its owner may read; it stays when it holds something, and exactly what was written."""
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
    """Write the entries, and make sure that they are on the disk."""
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
