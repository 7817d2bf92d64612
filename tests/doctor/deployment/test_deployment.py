"""One thing wrong with the deployment itself, and the finding that names it."""

from __future__ import annotations

import base64
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.journeys.examining.deployment.examine_public_url import examine_public_url
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.doctor.clinic import PUBLIC, Clinic
from tests.peers.answers import Answer, lost_answer, refused_connection

ROOT = Path(__file__).parents[3]
FIRM = Secret("wZ8-launch-key-0f-thirty-two-chars+more")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": "http://c2p.acme.example"}, ("public_url", "wrong", "CHAT2PAY_PUBLIC_URL")),
        ({"public_url": "https://localhost"}, ("public_url", "wrong", "CHAT2PAY_PUBLIC_URL")),
        ({"public_url": f"{PUBLIC}/pay"}, ("public_url", "wrong", "CHAT2PAY_PUBLIC_URL")),
        ({"public_url": f"{PUBLIC}?shop=1"}, ("public_url", "wrong", "CHAT2PAY_PUBLIC_URL")),
        ({"environment": "demo", "host": "0.0.0.0"}, ("demo_mode", "wrong", "CHAT2PAY_ENVIRONMENT")),
        ({"environment": "demo"}, ("demo_mode", "wrong", "CHAT2PAY_ENVIRONMENT")),
        (
            {"environment": "demo", "host": "0.0.0.0", "public_url": "http://localhost:8000"},
            ("demo_mode", "wrong", "CHAT2PAY_ENVIRONMENT"),
        ),
        ({"host": "0.0.0.0"}, ("metrics_token", "soon", "CHAT2PAY_METRICS_TOKEN")),
        ({"launch_keys": (Secret("a" * 40),)}, ("keys", "wrong", "CHAT2PAY_LAUNCH_KEYS")),
        ({"launch_keys": (Secret(FIRM.value[:31]),)}, ("keys", "wrong", "CHAT2PAY_LAUNCH_KEYS")),
        ({"launch_keys": (FIRM, FIRM, FIRM)}, ("keys", "soon", "CHAT2PAY_LAUNCH_KEYS count")),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    clinic: Clinic, changes: dict[str, object], named: tuple[str, str, str]
) -> None:
    clinic.restart(**changes)
    shared = clinic.examined()[0]
    # An address that is wrong cannot be reached either: that is another finding, and a true one.
    found = [(one.check, one.level.value, one.subject) for one in shared.found if one.check != "public_url_answers"]
    assert found == [named]


def test_a_setting_that_was_mistyped_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its default counts, and nobody learns of it. Only a secret can stand in a file."""
    for name in ("RETENTION_DAY", "PORT_FILE", "RETENTION_DAYS", "LAUNCH_KEYS_FILE"):
        monkeypatch.setenv(f"CHAT2PAY_{name}", "30")
    assert clinic.names() == [
        ("settings", "soon", "CHAT2PAY_PORT_FILE"),
        ("settings", "soon", "CHAT2PAY_RETENTION_DAY"),
    ]
    said = clinic.findings()[0].remedy
    assert "README.md lists all settings" in said


def test_what_the_shipped_deployment_reads_of_our_prefix_is_no_mistyped_setting(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = "".join(file.read_text() for file in (ROOT / "manifests/deploy").rglob("*") if file.is_file())
    for name in re.findall(r"CHAT2PAY_[A-Z_]*[A-Z]", shipped):
        monkeypatch.setenv(name, "1")
    assert clinic.names() == []


def test_a_demo_that_only_its_own_machine_can_reach_is_none_to_warn_of(clinic: Clinic) -> None:
    clinic.restart(environment="demo", public_url="http://localhost:8000")
    assert not {"demo_mode", "public_url"} & {one.check for one in clinic.examined()[0].found}


@pytest.mark.parametrize(("port", "asked"), [("", 443), (":8443", 8443)])
def test_the_certificate_is_that_of_the_public_addresss_own_port(clinic: Clinic, port: str, asked: int) -> None:
    doors: list[tuple[str, int]] = []
    checks = examine_public_url(
        settings=replace(clinic.settings, public_url=f"{PUBLIC}{port}"),
        outside=PeerSession(peer="outside", total_timeout=1),
        certificate_ends=lambda host, port: doors.append((host, port)),
        now=clinic.clock,
    )
    assert next(one for one in checks if one.name == "certificate").run() == []
    assert doors == [("c2p.acme.example", asked)]


@pytest.mark.parametrize("proxy", [None, Secret("http://proxy.acme.example:3128")], ids=["straight", "by a proxy"])
def test_a_certificate_that_only_our_own_file_vouches_for_is_named_where_no_proxy_shows_its_own(
    clinic: Clinic, proxy: Secret | None
) -> None:
    def unbelieved(_host: str, _port: int) -> None:
        raise ssl.SSLCertVerificationError

    checks = examine_public_url(
        settings=replace(clinic.settings, proxy=proxy),
        outside=PeerSession(peer="outside", total_timeout=1),
        certificate_ends=unbelieved,
        now=clinic.clock,
    )
    found = next(one for one in checks if one.name == "certificate").run()
    assert [(one.check, one.level, "CHAT2PAY_CA_FILE" in one.problem) for one in found] == (
        [] if proxy else [("certificate", "wrong", True)]
    )


def test_a_metrics_token_satisfies(clinic: Clinic) -> None:
    clinic.restart(host="0.0.0.0", metrics_token=Secret("m" * 32))
    assert clinic.names() == []


@pytest.mark.parametrize(
    ("keys", "then"),
    [
        ({"launch_keys": (Secret("a" * 40),)}, "wait a day"),
        ({"encryption_keys": (Secret(base64.urlsafe_b64encode(b"k" * 32).decode()),)}, "run `chat2pay secrets rotate`"),
    ],
    ids=["launch", "encryption"],
)
def test_a_weak_key_is_replaced_in_two_rounds_so_that_no_process_meets_a_key_that_it_has_not(
    clinic: Clinic, keys: dict[str, object], then: str
) -> None:
    clinic.restart(**keys)
    (mend,) = [one.remedy for one in clinic.examined()[0].found if one.check == "keys"]
    assert mend.index("behind the present one") < mend.index("in front") < mend.index(then)


def test_two_keys_are_what_a_rotation_needs(clinic: Clinic) -> None:
    clinic.restart(launch_keys=(FIRM, FIRM))
    assert clinic.names() == []


def test_keys_never_stand_in_a_finding(clinic: Clinic) -> None:
    clinic.restart(launch_keys=(Secret("abab" * 10),))
    assert "abab" not in repr(clinic.findings())


def test_no_server_is_named(clinic: Clinic) -> None:
    clinic.stop_server()
    assert clinic.names() == [("server", "wrong", "")]


def test_looking_for_the_server_takes_nothing_from_it(clinic: Clinic) -> None:
    before = clinic.lock.path.read_text()
    clinic.examined()
    assert clinic.lock.path.read_text() == before == str(os.getpid())


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610])
@pytest.mark.parametrize("ending", ["", "-wal"], ids=["the file", "its log"])
def test_a_database_that_others_may_read_is_named(clinic: Clinic, mode: int, ending: str) -> None:
    file = clinic.file.with_name(clinic.file.name + ending)
    file.chmod(mode)
    assert clinic.names() == [("database_file", "wrong", file.name)]


@pytest.mark.parametrize(("free", "level"), [(100 * 2**20, "wrong"), (1 * 2**30, "soon")])
def test_a_disk_that_fills_up_is_named(clinic: Clinic, free: int, level: str) -> None:
    clinic.free_space = free
    assert clinic.names() == [("disk_space", level, "")]
    assert f"{free // 2**20} MiB" in clinic.findings()[0].problem


def test_a_log_that_is_not_copied_is_named(clinic: Clinic) -> None:
    log = clinic.file.with_name(clinic.file.name + "-wal")
    clinic.services.store.database.close()
    with log.open("ab") as file:
        file.truncate(600 * 2**20)  # a hole: it takes no room
    log.chmod(0o600)
    (told,) = [one for one in clinic.findings() if one.check == "database_log"]
    assert (told.level, "has grown to 600 MiB" in told.problem) == ("soon", True)


def test_a_schema_of_another_version_is_named_and_the_tenants_stay_unread(clinic: Clinic) -> None:
    with clinic.services.store.database.write() as connection:
        connection.execute(text("DROP TABLE stopped_numbers"))
    (shared,) = clinic.examined()
    assert {one.check for one in shared.found} == {"schema"}
    assert "stopped_numbers" in shared.found[0].problem
    assert "the account of what was paid" in shared.found[0].remedy


def test_a_database_that_is_gone_is_named_and_no_empty_one_is_made(clinic: Clinic) -> None:
    clinic.services.store.database.close()
    clinic.file.unlink()
    clinic.on_the_way = lambda _: (502, {}, "")  # the server itself would make one
    (shared,) = clinic.examined()
    assert next(one.check for one in shared.found if one.level == "wrong") == "database"
    assert {"schema", "disk_space", "server"} <= {one.check for one in shared.unseen}
    assert not clinic.file.exists()


def refuse(request: requests.PreparedRequest) -> Answer:
    raise refused_connection(request)


def lose(request: requests.PreparedRequest) -> Answer:
    raise lost_answer(request)


@pytest.mark.parametrize(
    ("door", "words"),
    [
        (lambda _: (302, {"Location": "https://login.example"}, ""), "redirect"),
        (lambda _: (200, {}, '{"status": "ok"}'), "somebody else answers"),
        (lambda _: (200, {}, '{"status": "ok", "recognition": "' + "0" * 64 + '"}'), "somebody else answers"),
        (lambda _: (502, {}, ""), "answers 502"),
        (refuse, "no connection"),
        (lose, "no answer"),
    ],
)
def test_a_public_address_that_leads_elsewhere_is_named(
    clinic: Clinic, door: Callable[[requests.PreparedRequest], Answer], words: str
) -> None:
    clinic.on_the_way = lambda request: door(request) if str(request.url).startswith(PUBLIC) else None
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("public_url_answers", "wrong")
    assert words in finding.problem
    assert clinic.dark() == {"callback_door", "certificate"}


@pytest.mark.parametrize(
    ("door", "words"),
    [
        (lambda _: (403, {}, "<html>blocked</html>"), "web application firewall"),
        (lambda _: (301, {"Location": f"{PUBLIC}/callbacks/"}, ""), "redirect"),
        (lambda _: (200, {}, ""), "answered 200 instead of our own 401"),
        (lambda _: (401, {"WWW-Authenticate": "Basic"}, "<html>log in</html>"), "instead of our own 401"),
        (lose, "no answer"),
    ],
)
def test_a_callback_door_that_something_guards_is_named(
    clinic: Clinic, door: Callable[[requests.PreparedRequest], Answer], words: str
) -> None:
    clinic.on_the_way = lambda request: door(request) if "/callbacks/" in str(request.url) else None
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("callback_door", "wrong")
    assert words in finding.problem


def test_a_tenant_whose_secrets_no_key_opens_is_named_and_not_left_out(clinic: Clinic) -> None:
    clinic.restart(encryption_keys=(Secret(Fernet.generate_key().decode()),))
    (finding,) = clinic.findings()
    assert (finding.check, finding.level, finding.subject) == ("tenant_secrets", "wrong", clinic.tenant.tenant_id)
    assert "CHAT2PAY_ENCRYPTION_KEYS" in finding.problem


def test_knocking_at_the_callback_door_stores_nothing(clinic: Clinic) -> None:
    clinic.examined()
    with clinic.services.store.database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM inbox")) == 0


@pytest.mark.parametrize(
    ("days", "level", "told"),
    [
        (21, "soon", "expires on"),
        (10, "soon", "expires on"),
        (0, "wrong", "has expired on"),
        (-1, "wrong", "has expired on"),
    ],
)
def test_a_certificate_near_its_end_is_named(clinic: Clinic, days: int, level: str, told: str) -> None:
    clinic.certificate_ends = clinic.clock() + timedelta(days=days)
    assert clinic.names() == [("certificate", level, "public address")]
    (finding,) = clinic.findings()
    assert told in finding.problem
