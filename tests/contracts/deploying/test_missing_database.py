"""A database whose name was mistyped is said to be missing; to look at it makes none."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from connector.cli import main as connector
from foundation.errors import Misconfigured
from payment_core.cli import main as payment_core

KEYS = {"ENCRYPTION_KEYS": Fernet.generate_key().decode(), "LAUNCH_KEYS": "k" * 32, "DIGEST_KEYS": "k" * 32}


@pytest.mark.parametrize(
    ("main", "prefix", "upgrade", "listing"),
    [
        (connector, "CHAT2PAY_", "`chat2pay db upgrade`", "tenant"),
        (payment_core, "PAYMENT_CORE_", "`chat2pay-core db upgrade`", "merchant"),
    ],
)
def test_a_check_of_a_missing_file_or_a_start_on_it_makes_none(
    main: click.Command, prefix: str, upgrade: str, listing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mistyped.db"
    values = {**KEYS, "PUBLIC_URL": "https://c2p.acme.example", "DATABASE_URL": "sqlite:///mistyped.db"}
    monkeypatch.chdir(tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    done = CliRunner().invoke(main, ["db", "check"])
    assert (done.exit_code, upgrade in done.output) == (1, True), done.output
    # A relative name is another database in every folder: the same command in the right one needs no upgrade.
    assert str(file) in done.output
    for words in ([listing, "list"], ["serve"]):
        refused = CliRunner().invoke(main, words).exception
        assert isinstance(refused, Misconfigured)
        assert str(file) in refused.message
    assert list(tmp_path.iterdir()) == []
