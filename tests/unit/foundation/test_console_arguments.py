"""What a command is given: times, files and lists; a mistake is a sentence, and holds nothing of a secret."""

from __future__ import annotations

import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from foundation.console import time_args
from foundation.console.cut_lists import say_what_is_left
from foundation.console.file_args import read_json_object
from foundation.console.key_files import print_keys

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        (None, None),
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        (" 24h ", NOW - timedelta(days=1)),
        ("7 d", NOW - timedelta(days=7)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T10:43:10Z", datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC)),
        # Without a zone as UTC, wherever the operator sits.
        ("2026-11-21T10:43", datetime(2026, 11, 21, 10, 43, tzinfo=UTC)),
        ("2026-11-21T10:43+02:00", datetime(2026, 11, 21, 8, 43, tzinfo=UTC)),
    ],
)
def test_a_time_is_a_moment_a_day_or_a_span_before_now(
    monkeypatch: pytest.MonkeyPatch, given: str | None, moment: datetime | None
) -> None:
    monkeypatch.setattr(time_args, "utc_now", lambda: NOW)
    nobody: Any = None
    assert time_args.read_moment(nobody, nobody, given) == moment


@pytest.mark.parametrize(
    "given", ["", "yesterday", "7", "7w", "1234567d", "999999d", "2026-13-01", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_time_is_a_sentence(given: str) -> None:
    nobody: Any = None
    with pytest.raises(click.BadParameter, match="Write a time as"):
        time_args.read_moment(nobody, nobody, given)


@pytest.mark.parametrize(
    ("shown", "count", "said"), [(2, 9, ""), (3, 3, ""), (3, 4, "… and 1 more; --limit shows them.\n")]
)
def test_a_list_says_what_it_leaves_out_beside_what_a_script_reads(
    capsys: pytest.CaptureFixture[str], shown: int, count: int, said: str
) -> None:
    say_what_is_left(shown, limit=3, count=lambda: count)
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "must hold one JSON object"),
        ('{"key": sk_hidden}', "is not JSON: Expecting value, line 1, column 9"),
        ('{"key": 1, "key": 2}', "has key twice in one object"),
        ('{"sk 1": 1, "sk 1": 2}', "has a name twice in one object"),
        ('{"a": ' * 50_000, "is no JSON that can be read"),
        (" \n", "is empty"),
    ],
)
def test_a_file_that_is_no_object_is_said_so_without_a_word_of_it(text: str, said: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        read_json_object(io.StringIO(text))
    assert said in refused.value.message
    assert refused.value.message.startswith("Standard input ")
    assert "sk" not in refused.value.message


def test_keys_are_printed_or_written_where_nobody_else_reads_them_and_none_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, folder = {"CORE_ONE": "first", "CORE_TWO": "second"}, tmp_path / "new" / "keys"
    print_keys(made, None, prefix="CORE_")
    assert capsys.readouterr().out == "CORE_ONE=first\nCORE_TWO=second\n"
    print_keys(made, folder, prefix="CORE_")
    assert capsys.readouterr().out == f"CORE_ONE_FILE={folder / 'one'}\nCORE_TWO_FILE={folder / 'two'}\n"
    assert [(folder / name).read_text() for name in ("one", "two")] == ["first\n", "second\n"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "one").unlink()
    with pytest.raises(click.ClickException, match="two: this would overwrite a key that may be in use"):
        print_keys(made, folder, prefix="CORE_")
    assert [file.name for file in folder.iterdir()] == ["two"], "nothing was written"
