"""Settings are read once, all faults at once, and no value is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from payment_core.errors import Misconfigured
from payment_core.settings import TABLE, read_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in TABLE:
        monkeypatch.delenv(row.name, raising=False)
        monkeypatch.delenv(f"{row.name}_FILE", raising=False)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> str:
    """The least that must be set."""
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("PAYMENT_CORE_ENCRYPTION_KEYS", key)
    monkeypatch.setenv("PAYMENT_CORE_DIGEST_KEYS", "d" * 32)
    monkeypatch.setenv("PAYMENT_CORE_PUBLIC_URL", "https://pay.example/")
    return key


def test_the_table_names_every_setting_and_its_default(given: str) -> None:
    settings = read_settings()
    assert settings.public_url == "https://pay.example"
    assert settings.port == 8020
    assert settings.sqlite_path == Path("payment_core.db")
    assert not settings.is_fleet
    assert not settings.is_demo
    assert settings.encryption_keys[0].value == given
    defaults = {row.name: row.default for row in TABLE if row.default not in ("", "(required)")}
    for name, default in defaults.items():
        if not name.endswith("PUBLIC_URL"):
            assert getattr(settings, name.removeprefix("PAYMENT_CORE_").lower()) == default


def test_all_faults_are_told_at_once_and_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "ENVIRONMENT": "rehearsal",
        "DATABASE_URL": "mysql://user:hidden@host/db",
        "ENCRYPTION_KEYS": "hidden",
        "DIGEST_KEYS": "hidden",
        "PORT": "70000",
        "METRICS_TOKEN": "hidden",
        "PROXY": "socks://hidden:1",
        "CA_FILE": "/nowhere/at.pem",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"PAYMENT_CORE_{name}", value)
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    told = str(refused.value)
    assert [name for name in wrong if f"PAYMENT_CORE_{name}" not in told] == []
    assert "hidden" not in told


@pytest.mark.parametrize("name", ["PUBLIC_URL", "STRIPE_URL", "TWILIO_URL"])
def test_production_is_reached_and_reaches_out_by_https_only(
    given: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"PAYMENT_CORE_{name}", "http://127.0.0.1:9")
    with pytest.raises(Misconfigured, match=f"PAYMENT_CORE_{name} must start with https://"):
        read_settings()
    monkeypatch.setenv("PAYMENT_CORE_ENVIRONMENT", "demo")
    assert read_settings().is_demo


def test_a_secret_can_stand_in_a_file(given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newer, file = Fernet.generate_key().decode(), tmp_path / "keys"
    file.write_text(f"{newer}\n{given}\n")
    monkeypatch.delenv("PAYMENT_CORE_ENCRYPTION_KEYS")
    monkeypatch.setenv("PAYMENT_CORE_ENCRYPTION_KEYS_FILE", str(file))
    settings = read_settings()
    assert [one.value for one in settings.encryption_keys] == [newer, given]
    assert settings.secret_files == {"PAYMENT_CORE_ENCRYPTION_KEYS": file}
    assert newer not in repr(settings)


def test_what_makes_a_missing_key_is_said() -> None:
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    told = str(refused.value)
    assert ("PAYMENT_CORE_ENCRYPTION_KEYS" in told, "PAYMENT_CORE_DIGEST_KEYS" in told) == (True, True)
    assert told.count("`chat2pay-core keys` makes them") == 2
