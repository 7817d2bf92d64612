"""The fleet that we ship keeps its promises: probes, limits, secrets from outside, a graceful stop, one migration first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from connector.cli import main
from connector.settings import RENAMED, TABLE
from connector.workers import fleet_worker
from foundation.serving import fleet

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "manifests" / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker")
STAY = ("postgres", "web", "worker")
SECRETS = ("CHAT2PAY_ENCRYPTION_KEYS", "CHAT2PAY_LAUNCH_KEYS", "CHAT2PAY_DATABASE_URL")


def seconds(span: str) -> int:
    return int(span.removesuffix("s"))


def test_the_fleet_is_a_database_a_migration_web_processes_and_workers() -> None:
    assert set(SERVICES) == {"postgres", *OURS}


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_of_the_products(name: str) -> None:
    command: Any = main
    for word in SERVICES[name]["command"]:
        command = command.get_command(click.Context(command), word)
        assert command is not None


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_one_of_the_products(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= {row.name for row in TABLE} | set(RENAMED)


def test_each_setting_of_the_product_reaches_a_process_of_the_fleet() -> None:
    reached = {name for service in OURS for name in SERVICES[service]["environment"]}
    assert {row.name for row in TABLE} - reached == set()


def test_a_setting_under_its_name_of_before_reaches_every_process_that_can_say_so() -> None:
    for service in OURS:
        assert set(SERVICES[service]["environment"]) >= set(RENAMED), service


def test_a_default_is_the_products_own() -> None:
    ours = {row.name: str(row.default) for row in TABLE}
    given = dict(re.findall(r"\$\{(CHAT2PAY_\w+):-([^}]*)\}", TEXT))
    differing = {name for name, value in given.items() if name in ours and value != ours[name]}
    assert differing == {"CHAT2PAY_TRUSTED_PROXIES"}  # a proxy that ends TLS stands in front of this fleet


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_comes_from_outside_and_has_no_default(name: str, secret: str) -> None:
    assert re.search(r"\$\{\w+:\?", SERVICES[name]["environment"][secret])


def test_no_secret_has_a_default_anywhere() -> None:
    for name in ("POSTGRES_PASSWORD", "CHAT2PAY_ENCRYPTION_KEYS", "CHAT2PAY_LAUNCH_KEYS"):
        assert set(re.findall(rf"\$\{{{name}(\W\W?)", TEXT)) == {":?"}


@pytest.mark.parametrize("name", SERVICES)
def test_everything_has_limits_and_a_graceful_stop(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert seconds(SERVICES[name]["stop_grace_period"]) >= 15


def test_the_grace_is_longer_than_what_a_process_takes_to_stop() -> None:
    assert seconds(SERVICES["web"]["stop_grace_period"]) > fleet.STOP_WITHIN_SECONDS + 5
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > fleet_worker.STOP_WITHIN_SECONDS + 5


@pytest.mark.parametrize("name", STAY)
def test_what_stays_has_a_probe_and_comes_back(name: str) -> None:
    assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_web_is_probed_where_it_says_whether_it_can_store() -> None:
    assert "/health/ready" in " ".join(SERVICES["web"]["healthcheck"]["test"])


def test_nothing_starts_before_the_schema_is_right() -> None:
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_there_is_more_than_one_of_what_may_die() -> None:
    assert SERVICES["web"]["deploy"]["replicas"] >= 2
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2


def test_the_database_has_room_for_every_connection_of_the_fleet() -> None:
    given = SERVICES["postgres"]["command"]
    room = int(next(one for one in given if str(one).startswith("max_connections=")).partition("=")[2])
    default = {row.name: int(row.default) for row in TABLE if str(row.default).isdigit()}
    each = default["CHAT2PAY_DATABASE_CONNECTIONS"]
    web = SERVICES["web"]["deploy"]["replicas"] * default["CHAT2PAY_WEB_WORKERS"] * (each + 2)
    workers = SERVICES["worker"]["deploy"]["replicas"] * (each + 7)
    assert web + workers < room - 10


def test_only_this_machine_reaches_the_web_ports_and_nobody_the_database() -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert "ports" not in SERVICES["postgres"]


def test_what_is_acknowledged_is_on_disk() -> None:
    assert "synchronous_commit=on" in SERVICES["postgres"]["command"]
    assert SERVICES["postgres"]["volumes"]
    assert "ledger" in COMPOSE["volumes"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^USER \d+$", image, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in image


def test_every_image_is_pinned_by_its_exact_version() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    assert len(set(re.findall(r"^FROM python:(\d+\.\d+\.\d+-slim-[a-z]+)(?: AS \w+)?$", image, re.MULTILINE))) == 1
    assert len(re.findall(r"^FROM ", image, re.MULTILINE)) == 2
    assert re.fullmatch(r"postgres:\d+\.\d+", SERVICES["postgres"]["image"])


def test_our_image_is_built_here_unless_somebody_names_another() -> None:
    assert TEXT.count("${CHAT2PAY_IMAGE:-localhost/chat2pay:") == 1
    assert SERVICES["web"]["pull_policy"] == "${CHAT2PAY_PULL:-build}"


def test_the_image_holds_what_is_pinned_by_hash_and_fetches_nothing_else() -> None:
    installs = re.findall(r"pip install ([^&\n]*)", (DEPLOY / "Dockerfile").read_text())
    assert [set(one.split()) >= {"--require-hashes", "/constraints.txt"} for one in installs] == [True, False]
    assert {"--no-index", "--no-deps", "--no-build-isolation", "."} == set(installs[1].split())


def test_only_the_product_reaches_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {line[1:] for line in rules if line.startswith("!")}
    assert kept == {
        "setup.cfg", "pyproject.toml", "constraints.txt", "README.md", "connector", "callbacks", "foundation", "manifests",
    }  # fmt: skip
    assert all((ROOT / name).exists() for name in kept)
    assert rules.index("manifests/deploy") > rules.index("!manifests")  # what an operator keeps beside compose.yaml
