"""A database whose name was mistyped is said to be missing; to look at it makes none."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from connector.cli import main as connector
from payment_core.cli import main as payment_core

KEYS = {"ENCRYPTION_KEYS": Fernet.generate_key().decode(), "LAUNCH_KEYS": "k" * 32, "DIGEST_KEYS": "k" * 32}


@pytest.mark.parametrize(
    ("main", "prefix", "upgrade"),
    [(connector, "CHAT2PAY_", "`chat2pay db upgrade`"), (payment_core, "PAYMENT_CORE_", "`chat2pay-core db upgrade`")],
)
def test_a_check_of_a_missing_file_makes_none(
    main: click.Command, prefix: str, upgrade: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mistyped.db"
    values = {**KEYS, "PUBLIC_URL": "https://c2p.acme.example", "DATABASE_URL": f"sqlite:///{file}"}
    for name, value in values.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    done = CliRunner().invoke(main, ["db", "check"])
    assert (done.exit_code, upgrade in done.output) == (1, True), done.output
    assert not file.exists()
