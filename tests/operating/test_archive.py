"""An entry leaves the inbox only when it is finished, old, and stands in a file that was read again."""

from __future__ import annotations

import errno
import gzip
import json
import os
import stat
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import insert, update

from connector.cli import main
from connector.journeys.notifications.archive_inbox import Archived, ArchiveFailed, archive_inbox
from connector.store.encryption.vault import TenantVault
from connector.store.inbox.inbox_admin import CHUNK
from connector.store.schema.tables import inbox
from foundation.secret import Secret
from tests.journeys.world import World
from tests.operating.conftest import early_news

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def archive(world: World, to: Path, *, days: int = 30, **options: Any) -> Archived:
    before = world.clock() - timedelta(days=days)
    return archive_inbox(store=world.services.store, finished_before=before, to=to, **options)


def lines_of(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def full_inbox(world: World) -> World:
    """Two old finished entries (applied, unreadable), one old that waits, one young and finished."""
    link = world.sent(world.open(world.order()))
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.callback(b"never JSON 27831234567")
    world.drain()
    world.clock.pass_by(days=31)
    world.callback(early_news(world) | {"paymentLinkRef": "link-later"})
    world.drain()
    world.callback(b"young")
    world.drain()
    return world


def verdicts(world: World) -> list[str]:
    return sorted(row["verdict"] for row in world.rows("inbox"))


def test_old_finished_entries_are_written_and_leave(full_inbox: World, tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl.gz"
    assert archive(full_inbox, file) == Archived(written=2, deleted=2)
    assert verdicts(full_inbox) == ["held", "unreadable"]
    applied, unreadable = sorted(lines_of(file), key=lambda line: line["verdict"])
    assert (applied["verdict"], applied["body"]["endUserMobileNumber"]) == ("applied", "…4567")
    assert (unreadable["verdict"], unreadable["body"]) == ("unreadable", "never JSON …4567")
    assert "27831234567" not in gzip.decompress(file.read_bytes()).decode()
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_entry_that_waits_never_leaves_however_old(full_inbox: World, tmp_path: Path) -> None:
    full_inbox.clock.pass_by(days=100)
    archive(full_inbox, tmp_path / "all.gz", days=0)
    assert verdicts(full_inbox) == ["held"]


def test_nothing_old_makes_no_file(world: World, tmp_path: Path) -> None:
    file = tmp_path / "none.gz"
    assert archive(world, file) == Archived(0, 0)
    assert not file.exists()


def test_a_file_that_is_there_is_not_written_over(full_inbox: World, tmp_path: Path) -> None:
    file = tmp_path / "old.gz"
    file.write_bytes(b"precious")
    with pytest.raises(ArchiveFailed):
        archive(full_inbox, file)
    assert file.read_bytes() == b"precious"
    assert len(verdicts(full_inbox)) == 4


def test_a_file_that_cannot_be_written_deletes_nothing(full_inbox: World, tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailed):
        archive(full_inbox, tmp_path / "no such folder" / "old.gz")
    assert len(verdicts(full_inbox)) == 4


@on_sqlite
@pytest.mark.parametrize("kind", [stat.S_IFREG, stat.S_IFDIR], ids=["its contents", "its name"])
def test_what_the_disk_does_not_keep_deletes_nothing(
    full_inbox: World, tmp_path: Path, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash right after the deletion would lose what only the operating system still remembered."""

    def fail(descriptor: int) -> None:
        held.append(len(lines_of(file)))
        if stat.S_IFMT(os.fstat(descriptor).st_mode) == kind:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    file = tmp_path / "old.gz"
    held: list[int] = []
    with pytest.raises(ArchiveFailed):
        archive(full_inbox, file)
    assert set(held) == {2}, "it is whole when the disk is told to keep it"
    assert not file.exists()
    assert len(verdicts(full_inbox)) == 4


@on_sqlite
def test_a_file_that_does_not_read_back_as_written_deletes_nothing(
    full_inbox: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "old.gz"

    def spoil(_descriptor: int) -> None:
        with gzip.open(file, "wb") as other:
            other.write(b"{}\n")

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(ArchiveFailed, match="does not hold what was written; nothing was deleted"):
        archive(full_inbox, file)
    assert not file.exists()
    assert len(verdicts(full_inbox)) == 4


def lose_key_of(world: World, verdict: str) -> None:
    """Seal the body of an entry with a key that nobody has any more."""
    sealed = TenantVault([Secret(Fernet.generate_key().decode())]).seal_body("acme", b"{}")
    with world.services.store.database.write() as connection:
        connection.execute(update(inbox).where(inbox.c.verdict == verdict).values(body=sealed))


def test_an_entry_whose_key_is_lost_stays_and_keeps_no_other_back(full_inbox: World, tmp_path: Path) -> None:
    lose_key_of(full_inbox, "applied")
    file = tmp_path / "old.gz"
    assert archive(full_inbox, file) == Archived(written=1, deleted=1, unopened=1)
    assert [line["verdict"] for line in lines_of(file)] == ["unreadable"]
    assert verdicts(full_inbox) == ["applied", "held", "unreadable"]


def test_where_no_key_opens_anything_old_there_is_no_file(full_inbox: World, tmp_path: Path) -> None:
    lose_key_of(full_inbox, "applied")
    lose_key_of(full_inbox, "unreadable")
    file = tmp_path / "old.gz"
    assert archive(full_inbox, file) == Archived(written=0, deleted=0, unopened=2)
    assert not file.exists()
    assert len(verdicts(full_inbox)) == 4


@on_sqlite
@pytest.mark.parametrize(
    ("lost", "kept", "told"),
    [
        ((), 0, "2 entries written to {file}, 2 deleted from the inbox."),
        (("applied",), 1, "1 entries written to {file}, 1 deleted from the inbox."),
        (("applied", "unreadable"), 2, "Nothing that opens was finished more than 30 days ago; no file was written."),
    ],
)
def test_the_command_says_what_it_put_away_and_what_stays_for_want_of_a_key(
    full_inbox: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...], kept: int, told: str
) -> None:
    for verdict in lost:
        lose_key_of(full_inbox, verdict)
    monkeypatch.setattr("connector.commands.inbox.archive.open_shared", lambda: full_inbox.services)
    file = tmp_path / "old.gz"
    done = CliRunner().invoke(main, ["inbox", "archive", "--keep-days", "30", "--to", str(file)])
    assert (done.exit_code, done.stdout) == (0, told.format(file=file) + "\n")
    stay = f"{kept} entries open with none of the keys in CHAT2PAY_ENCRYPTION_KEYS: they stay, in no file."
    assert (stay in done.stderr) is bool(kept)
    again = CliRunner().invoke(main, ["inbox", "archive", "--to", str(file)])
    assert (again.exit_code, "never written over" in again.stderr) == ((2, True) if file.exists() else (0, False))


def test_that_is_cut_off_leaves_no_half_of_a_file(full_inbox: World, tmp_path: Path) -> None:
    with full_inbox.services.store.database.write() as connection:
        unknown = {"verdict": "a word of a later version"}
        connection.execute(update(inbox).where(inbox.c.verdict == "unreadable").values(unknown))
    file = tmp_path / "old.gz"
    with pytest.raises(ValueError, match="a later version"):
        archive(full_inbox, file)
    assert not file.exists()
    assert len(verdicts(full_inbox)) == 4


def test_more_than_one_slice_is_put_away_to_the_last_entry(full_inbox: World, tmp_path: Path) -> None:
    one = dict(next(row for row in full_inbox.rows("inbox") if row["verdict"] == "unreadable"))
    more = [one | {"digest": sha256(str(number).encode()).digest()} for number in range(2 * CHUNK)]
    with full_inbox.services.store.database.write() as connection:
        connection.execute(insert(inbox), more)
    file = tmp_path / "old.gz"
    steps: list[int] = []
    assert archive(full_inbox, file, on_step=steps.append).deleted == len(lines_of(file)) == sum(steps) >= 2 * CHUNK
    assert max(steps) == CHUNK
    assert len(verdicts(full_inbox)) <= 3


def test_a_repeat_of_an_archived_callback_changes_nothing(full_inbox: World, tmp_path: Path) -> None:
    before = full_inbox.row("payment_requests") | {"proven_at": None}
    archive(full_inbox, tmp_path / "old.gz")
    full_inbox.callback(full_inbox.core.happen(full_inbox.core.last(), "PAYMENT_LINK_CLICKED"))
    full_inbox.drain()
    assert "stale" in verdicts(full_inbox)
    after = full_inbox.row("payment_requests") | {"proven_at": None}
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}


def test_an_orphan_that_came_again_and_is_due_stays(world: World, tmp_path: Path) -> None:
    body = early_news(world)
    world.callback(body)
    world.clock.pass_by(minutes=61)
    world.drain()
    world.clock.pass_by(days=31)
    world.callback(body)
    again = world.row("inbox")
    assert (again["verdict"], again["due_at"]) == ("orphan", world.clock())
    assert archive(world, tmp_path / "old.gz") == Archived(written=0, deleted=0)
    assert verdicts(world) == ["orphan"]
