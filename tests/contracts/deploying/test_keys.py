"""The first secrets of a deployment: printed, or each in a file that nobody else may read and that is never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.commands.serve import keys
from connector.settings import TABLE, read_settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for row in TABLE:
        monkeypatch.delenv(row.name, raising=False)
        monkeypatch.delenv(f"{row.name}_FILE", raising=False)
    monkeypatch.setenv("CHAT2PAY_PUBLIC_URL", "https://c2p.acme.example")
    return monkeypatch


def made(*arguments: str) -> dict[str, str]:
    told = CliRunner().invoke(keys, arguments)
    assert told.exit_code == 0, told.output
    return dict(line.split("=", 1) for line in told.output.splitlines())


def test_what_is_printed_is_what_the_settings_read(environment: pytest.MonkeyPatch) -> None:
    for name, text in made().items():
        environment.setenv(name, text)
    assert all(read_settings().encryption_keys + read_settings().launch_keys)


def test_the_files_are_what_the_settings_read(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = made("--folder", str(tmp_path / "secrets"))
    for name, text in told.items():
        environment.setenv(name, text)
    settings = read_settings()
    assert set(settings.secret_files) == {"CHAT2PAY_ENCRYPTION_KEYS", "CHAT2PAY_LAUNCH_KEYS"}
    for path in settings.secret_files.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().strip() not in str(told)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_key_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "launch_keys").write_text("in use")
    told = CliRunner().invoke(keys, ["--folder", str(tmp_path)])
    assert told.exit_code != 0
    assert f"{tmp_path}/launch_keys: this would overwrite a key" in told.output
    assert (tmp_path / "launch_keys").read_text() == "in use"
    assert not (tmp_path / "encryption_keys").exists()
