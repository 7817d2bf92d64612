"""A company whose only way out is a proxy that opens TLS: the product works there, and doctor says what is wrong with it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from connector.app import create_app as create_connector
from connector.core.link_order import LinkOrder
from connector.domain.health.finding import Finding, Level
from connector.domain.payments.payment import Channel
from connector.domain.tenants.tenant import Tenant
from connector.errors import CoreOutcomeUnknown, CoreUnavailable, SalesforceUnavailable
from connector.journeys.examining.examine import examine
from connector.services import Services, build_services
from connector.workers.nightly import make_examiner
from foundation.clock import utc_now
from foundation.phones.phone import Phone
from foundation.secret import Secret
from sandbox.org.app import create_app as create_org
from tests.doctor.clinic import PUBLIC, healthy_tenant
from tests.factories import CORE, HOST, PHONE, make_settings
from tests.peers.company_proxy import Authority, CompanyProxy, company_proxy
from tests.peers.demo_core import demo_core
from tests.suite.filled_once import filled_folder


class Company:
    """A connector in production behind the proxy, and everything that the proxy leads to."""

    def __init__(self, proxy: CompanyProxy, database_url: str, folder: Path, core: Flask) -> None:
        self.proxy = proxy
        Path(database_url.removeprefix("sqlite:///")).chmod(0o600)
        self.settings = make_settings(
            database_url,
            encryption_keys=(Secret(Fernet.generate_key().decode()),),
            proxy=Secret(proxy.url("naledi:s3same")),
            ca_file=proxy.authority.file,
        )
        self.org = create_org(filled_folder(folder / "org"), instance_url=HOST, allow_other_hosts=True)
        self.core = core
        self.services = self.build()
        self.hosts: dict[str, Flask] = {HOST: self.org, CORE: self.core, PUBLIC: create_connector(self.services)}
        proxy.peer = self._answer
        self.tenant = self._connect()

    def build(self, **changes: Any) -> Services:
        self.settings = replace(self.settings, **changes)
        self.services = build_services(self.settings)
        return self.services

    def close(self) -> None:
        self.services.store.database.close()
        self.org.extensions["org"].records.close()

    def _connect(self) -> Tenant:
        known: Any = self.org.test_client().get("/sandbox/credentials").json
        told: Any = self.core.test_client().get("/sandbox/credentials").json
        made = healthy_tenant(known)
        access = replace(made.core, api_key=Secret(told["api_key"]), application=told["applications"][0]["uuid"])
        made = replace(made, core=access)
        self.services.store.tenants.add(made, now=utc_now())
        return made

    def _answer(self, connection: Any, host: str, head: bytes, body: bytes) -> None:
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        lines = [line.decode("latin-1").partition(": ") for line in head.split(b"\r\n")[1:]]
        headers = [(name, text) for name, _, text in lines if name.lower() not in ("host", "connection")]
        answer = self.hosts[f"https://{host}"].test_client().open(path, method=method, headers=headers, data=body)
        told = answer.get_data()
        kept = {"Content-Type": answer.content_type, "Date": format_datetime(utc_now(), usegmt=True)}
        shown = "".join(f"{name}: {text}\r\n" for name, text in kept.items())
        status = f"HTTP/1.1 {answer.status}\r\n{shown}Content-Length: {len(told)}\r\n\r\n"
        connection.sendall(status.encode() + told)

    def send(self) -> str:
        link = LinkOrder(
            reference="c2p_behind", order_number="00000102", channel=Channel.SMS, phone=Phone(PHONE), currency="ZAR",
            total=Decimal(115), tax=Decimal(15), sub_total=Decimal(100), language="en",
        )  # fmt: skip
        return self.services.core.send(self.tenant.core, link).link_reference

    def found(self) -> list[Finding]:
        every = examine(
            examiner=make_examiner(self.services), choose=self.services.store.tenants.every, on_check=lambda _: None
        )
        return [finding for one in every for finding in one.found if finding.level is not Level.FINE]


@pytest.fixture
def company(database_url: str, tmp_path: Path, migrated_core: Path) -> Iterator[Company]:
    with demo_core(tmp_path / "core", migrated_core) as core, company_proxy(tmp_path) as proxy:
        made = Company(proxy, database_url, tmp_path, core.front)
        yield made
        made.close()


def test_both_peers_are_spoken_to_through_the_proxy_and_by_nothing_else(company: Company) -> None:
    assert company.services.salesforce.try_login(company.tenant).value
    _, offered = company.services.core.get_configuration(company.tenant.core)
    assert offered.channels
    assert company.send()
    asked = {connect.split()[1] for connect in company.proxy.connects}
    assert asked == {"acme.my.salesforce.com:443", "chat2pay-service.clickatell.com:443"}
    assert all("Proxy-Authorization: Basic" in connect for connect in company.proxy.connects)
    assert not any("Proxy-Authorization" in request for request in company.proxy.requests)


def test_the_doctor_reaches_everybody_through_the_proxy(company: Company) -> None:
    found = {finding.check: finding for finding in company.found()}
    assert not {"proxy", "ca_file", "public_url_answers", "callback_door", "certificate", "secret_files"} & set(found)
    # The core answered: this application has not asked for news of messages.
    assert {name for name in found if name.startswith(("org_", "core_", "login"))} == {"core_messages"}, found
    assert {connect.split()[1] for connect in company.proxy.connects} == {
        "acme.my.salesforce.com:443", "chat2pay-service.clickatell.com:443", "c2p.acme.example:443",
    }  # fmt: skip


def refuse(status: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refuse(b"407 Proxy Authentication Required"), "does not accept our user and password (407)"),
        (lambda connection: None, "gave no answer that a proxy gives"),
    ],
)
def test_a_proxy_that_serves_nobody_is_a_finding_and_nothing_is_unknown(
    company: Company, answer: Callable[[socket.socket], object], told: str
) -> None:
    company.proxy.connect = answer
    with pytest.raises(CoreUnavailable):
        company.send()
    with pytest.raises(SalesforceUnavailable):
        company.services.salesforce.try_login(company.tenant)
    finding = next(one for one in company.found() if one.check == "proxy")
    assert finding.level is Level.WRONG
    assert told in finding.problem
    assert "CHAT2PAY_PROXY" in finding.remedy
    assert "s3same" not in str(finding)


def test_a_proxy_that_is_away_is_a_finding(company: Company) -> None:
    company.proxy.close()
    with pytest.raises(CoreUnavailable):
        company.send()
    finding = next(one for one in company.found() if one.check == "proxy")
    assert "could not be reached: nothing listens there" in finding.problem


def test_a_host_that_the_proxy_does_not_pass_on_to_is_named_where_it_is_missed(company: Company) -> None:
    company.proxy.connect = refuse(b"403 Forbidden")
    found = company.found()
    assert "proxy" not in {one.check for one in found}
    missed = [one.problem for one in found if "does not pass us on to it (it answers 403)" in one.problem]
    assert len(missed) >= 3  # the public address, the org, the core


def test_a_send_whose_answer_is_lost_behind_the_proxy_stays_unknown(company: Company) -> None:
    company.proxy.peer = lambda connection, *_: connection.close()
    with pytest.raises(CoreOutcomeUnknown):
        company.send()
    assert len(company.proxy.requests) == 1


def test_without_the_authority_of_the_proxy_the_file_is_named(company: Company) -> None:
    company.build(ca_file=None)
    with pytest.raises(CoreUnavailable):
        company.send()
    assert company.proxy.requests == []
    assert any("CHAT2PAY_CA_FILE" in one.problem for one in company.found() if one.check == "public_url_answers")


@pytest.mark.parametrize(("days", "level"), [(90, None), (20, Level.SOON), (-1, Level.WRONG)])
def test_an_authority_near_its_end_is_named(company: Company, tmp_path: Path, days: int, level: Level | None) -> None:
    (tmp_path / "other").mkdir()
    file = Authority(tmp_path / "other", days=days).file
    file.write_bytes(company.proxy.authority.file.read_bytes() + file.read_bytes())
    company.build(ca_file=file)
    levels = [one.level for one in company.found() if one.check == "ca_file"]
    assert levels == ([level] if level else [])


@pytest.mark.parametrize(
    ("mode", "found"), [(0o400, []), (0o440, []), (0o600, []), (0o404, [1]), (0o620, [1]), (0o666, [1])]
)
def test_a_secrets_file_that_others_may_read_is_named(
    company: Company, tmp_path: Path, mode: int, found: list[int]
) -> None:
    file = tmp_path / "launch_keys"
    file.write_text("secret")
    os.chmod(file, mode)
    company.build(secret_files={"CHAT2PAY_LAUNCH_KEYS": file})
    named = [one for one in company.found() if one.check == "secret_files"]
    assert [one.subject for one in named] == ["CHAT2PAY_LAUNCH_KEYS_FILE"] * len(found)
    assert all(f"chmod u=r,g=,o= {file}" in one.remedy for one in named)
