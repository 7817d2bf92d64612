"""Settings: read once, every fault at once, no secret in any text."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector.errors import Misconfigured
from connector.settings import RENAMED, TABLE, Settings, read_settings
from foundation.secret import Secret
from manifests.overlay import VARIABLE as CORE_MANIFEST

KEY, OLD_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
LAUNCH = "launch-key-of-thirty-two-characters-at-least"
VALID = {"PUBLIC_URL": "https://c2p.acme.example", "ENCRYPTION_KEYS": f"{KEY},{OLD_KEY}", "LAUNCH_KEYS": LAUNCH}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which everything that must be given is given."""
    for row in TABLE:
        monkeypatch.delenv(row.name, raising=False)
        monkeypatch.delenv(f"{row.name}_FILE", raising=False)
    for name, value in VALID.items():
        monkeypatch.setenv(f"CHAT2PAY_{name}", value)
    return monkeypatch


def test_what_is_not_given_has_the_tables_default(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    for row in TABLE:
        name = row.name.removeprefix("CHAT2PAY_")
        if name not in VALID and row.name != CORE_MANIFEST:
            assert (getattr(settings, name.lower()) or "") == (row.default or ""), row.name


def test_the_table_has_a_row_for_every_setting() -> None:
    fields = {field.name for field in dataclasses.fields(Settings)} - {"secret_files"}
    read_here = [f"CHAT2PAY_{name.upper()}" for name in fields]
    assert sorted(row.name for row in TABLE) == sorted([*read_here, CORE_MANIFEST])
    assert all(row.meaning for row in TABLE)


def test_several_keys_are_read_newest_first(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CHAT2PAY_LAUNCH_KEYS", f"{LAUNCH}-new,{LAUNCH}-old")
    settings = read_settings()
    assert [key.value for key in settings.encryption_keys] == [KEY, OLD_KEY]
    assert [key.value for key in settings.launch_keys] == [f"{LAUNCH}-new", f"{LAUNCH}-old"]


def test_a_secret_has_no_default_in_production_nor_in_the_demo(environment: pytest.MonkeyPatch) -> None:
    for mode in ("production", "demo"):
        environment.setenv("CHAT2PAY_ENVIRONMENT", mode)
        environment.delenv("CHAT2PAY_ENCRYPTION_KEYS", raising=False)
        environment.delenv("CHAT2PAY_LAUNCH_KEYS", raising=False)
        with pytest.raises(Misconfigured) as error:
            read_settings()
        assert [told.split(":")[0].split(" ")[0] for told in error.value.errors] == [
            "CHAT2PAY_ENCRYPTION_KEYS",
            "CHAT2PAY_LAUNCH_KEYS",
        ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("HOST", ""),
        ("PUBLIC_URL", "https://c2p.acme.example/a b"),
        ("PUBLIC_URL", "http://c2p.acme.example"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eight"),
        ("THREADS", "1"),
        ("ENCRYPTION_KEYS", "short"),
        pytest.param("ENCRYPTION_KEYS", f"{KEY},short", id="ENCRYPTION_KEYS-one of two"),
        ("ENCRYPTION_KEYS", ""),
        ("LAUNCH_KEYS", "x" * 31),
        ("TRUSTED_PROXIES", "-1"),
        ("SALESFORCE_TIMEOUT", "0"),
        ("CORE_TIMEOUT", "61"),
        ("SWEEP_INTERVAL", "6"),
        ("LOG_LEVEL", "loud"),
        ("PROXY", "proxy.acme.example:3128"),
        ("PROXY", "http://proxy.acme.example"),
        ("PROXY", "socks5://proxy.acme.example:1080"),
        ("PROXY", "http://user:half/of-it@proxy.acme.example:3128"),
        ("PROXY", "http://user:half#of-it@proxy.acme.example:3128"),
        ("PROXY", "http://user:p@proxy.acme.example:3128/path"),
        ("CA_FILE", "/nowhere/authority.pem"),
        ("CA_FILE", "/"),
        ("CORE_HOSTS", "https://pay.acme.example"),
        ("CORE_HOSTS", "*.acme.example"),
        ("CORE_HOSTS", "pay.acme.example,10.0.0.7"),
        ("CORE_HOSTS", "localhost"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"CHAT2PAY_{name}", value)
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert [told for told in error.value.errors if told.startswith(f"CHAT2PAY_{name}")] == error.value.errors


@pytest.mark.parametrize(
    ("value", "hosts"),
    [("", ()), ("pay.acme.example", ("pay.acme.example",)), ("a.example, b.example", ("a.example", "b.example"))],
)
def test_hosts_of_own_cores_are_a_list(environment: pytest.MonkeyPatch, value: str, hosts: tuple[str, ...]) -> None:
    environment.setenv("CHAT2PAY_CORE_HOSTS", value)
    assert read_settings().core_hosts == hosts


def test_all_faults_are_told_together(environment: pytest.MonkeyPatch) -> None:
    wrong = {
        "PORT": "none",
        "DATABASE_URL": "oracle",
        "LAUNCH_KEYS": "short",
        "LOG_LEVEL": "loud",
        "PUBLIC_URL": "http://x",
        "SWEEP_INTERVAL": "9",
    }
    for name, value in wrong.items():
        environment.setenv(f"CHAT2PAY_{name}", value)
    environment.delenv("CHAT2PAY_ENCRYPTION_KEYS")
    with pytest.raises(Misconfigured) as error:
        read_settings()
    for name in [*wrong, "ENCRYPTION_KEYS"]:
        assert f"CHAT2PAY_{name}" in str(error.value)
    assert len(error.value.errors) == len(wrong) + 1


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_name_of_before_is_refused_with_the_name_of_now(environment: pytest.MonkeyPatch, old: str, new: str) -> None:
    environment.setenv(old, "30")
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert error.value.errors == [f"{old}: this is named {new} now. Set that one instead."]
    environment.setenv(old, "")  # as a composition passes on what nobody has set
    assert new in {row.name for row in TABLE}
    assert read_settings().retention_days == 400


def test_a_secret_is_printed_nowhere(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    shown = f"{settings} {settings!r} {settings.launch_keys} {Secret(KEY)} {Secret(KEY)!r} {[Secret(KEY)]}"
    assert not any(secret in shown for secret in (KEY, OLD_KEY, LAUNCH))


def test_a_fault_names_the_variable_and_not_the_secret_in_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CHAT2PAY_LAUNCH_KEYS", "hunter2")
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert "hunter2" not in f"{error.value} {error.value!r} {error.value.errors}"


def test_a_fault_in_a_proxy_does_not_show_its_password(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CHAT2PAY_PROXY", "http://user:hunter/2@proxy.acme.example:3128")
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert "%2F" in str(error.value)
    assert "hunter" not in f"{error.value!r} {error.value.errors}"


# --- secrets in files ---------------------------------------------------------------------------------------------------

IN_FILES = {
    "ENCRYPTION_KEYS": KEY,
    "LAUNCH_KEYS": LAUNCH,
    "DATABASE_URL": "postgresql://chat2pay:p4ss@db.acme.example/chat2pay",
    "METRICS_TOKEN": "metrics-token-of-thirty-two-characters",
    "PROXY": "http://user:p4ss@proxy.acme.example:3128",
}


def test_the_secrets_are_those_that_may_stand_in_files() -> None:
    assert {row.name for row in TABLE if row.secret} == {f"CHAT2PAY_{name}" for name in IN_FILES}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "  \n\n"])
def test_a_secret_is_read_from_its_file(environment: pytest.MonkeyPatch, tmp_path: Path, ending: str) -> None:
    for name, text in IN_FILES.items():
        in_file(environment, tmp_path / name, text + ending)
    settings = read_settings()
    assert settings.encryption_keys == (Secret(KEY),)
    assert settings.launch_keys == (Secret(LAUNCH),)
    assert settings.database_url == IN_FILES["DATABASE_URL"]
    assert (settings.metrics_token, settings.proxy) == (Secret(IN_FILES["METRICS_TOKEN"]), Secret(IN_FILES["PROXY"]))
    assert settings.secret_files == {f"CHAT2PAY_{name}": tmp_path / name for name in IN_FILES}


def in_file(environment: pytest.MonkeyPatch, path: Path, text: str) -> None:
    path.write_text(text)
    environment.delenv(f"CHAT2PAY_{path.name}", raising=False)
    environment.setenv(f"CHAT2PAY_{path.name}_FILE", str(path))


@pytest.mark.parametrize("text", ["{new},{old}", "{new}\n{old}\n", "{new},\n{old}\n"])
def test_several_keys_stand_in_one_file(environment: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    in_file(environment, tmp_path / "ENCRYPTION_KEYS", text.format(new=KEY, old=OLD_KEY))
    assert read_settings().encryption_keys == (Secret(KEY), Secret(OLD_KEY))


@pytest.mark.parametrize("token", ["m" * 32 + ",", "m" * 16 + "," + "m" * 16])
def test_a_secret_of_one_line_keeps_its_commas(environment: pytest.MonkeyPatch, tmp_path: Path, token: str) -> None:
    in_file(environment, tmp_path / "METRICS_TOKEN", f"\ufeff {token} \n\n")
    assert read_settings().metrics_token == Secret(token)


def test_a_secret_and_its_file_are_one_too_many(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_file(environment, tmp_path / "LAUNCH_KEYS", LAUNCH)
    environment.setenv("CHAT2PAY_LAUNCH_KEYS", LAUNCH)
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert error.value.errors == ["CHAT2PAY_LAUNCH_KEYS_FILE: CHAT2PAY_LAUNCH_KEYS is set, too. Give one of the two."]


def test_an_empty_variable_names_no_file_and_holds_no_secret(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("CHAT2PAY_METRICS_TOKEN_FILE", "")
    in_file(environment, tmp_path / "PROXY", IN_FILES["PROXY"])
    environment.setenv("CHAT2PAY_PROXY", "")
    settings = read_settings()
    assert (settings.metrics_token, settings.proxy) == (None, Secret(IN_FILES["PROXY"]))


@pytest.mark.parametrize("name", IN_FILES)
@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read: No such file"), (b"\n", "is empty"), (b"\xff\xfe\x00", "not hold text")],
)
def test_a_secrets_file_that_is_of_no_use_is_named_once(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    in_file(environment, tmp_path / name, "")
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Misconfigured) as error:
        read_settings()
    (only,) = error.value.errors
    assert only.startswith(f"CHAT2PAY_{name}_FILE: {tmp_path / name}")
    assert told in only


def test_a_fault_in_a_secrets_file_names_the_variable_and_not_the_secret(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_file(environment, tmp_path / "LAUNCH_KEYS", "hunter2")
    with pytest.raises(Misconfigured) as error:
        read_settings()
    assert error.value.errors[0].startswith("CHAT2PAY_LAUNCH_KEYS")
    assert "hunter2" not in str(error.value)


def test_settings_and_secrets_cannot_be_changed(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    for frozen, name in ((settings, "port"), (settings.launch_keys[0], "value")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, name, "other")


def test_only_the_demo_is_a_demo(environment: pytest.MonkeyPatch) -> None:
    assert not read_settings().is_demo
    environment.setenv("CHAT2PAY_ENVIRONMENT", "demo")
    environment.setenv("CHAT2PAY_PUBLIC_URL", "http://127.0.0.1:8000/")
    settings = read_settings()
    assert (settings.is_demo, settings.public_url) == (True, "http://127.0.0.1:8000")
