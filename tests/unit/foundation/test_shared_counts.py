"""Where the processes of one server keep their counts, and that each shows the sum."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import values

from connector.metrics import ANSWERS, LIMIT_USED, LOGINS, REQUEST_SECONDS
from foundation.metrics.folder import claim_slot, create_empty_folder
from foundation.metrics.registry import MetricsRegistry

FAMILIES = (ANSWERS, LOGINS, REQUEST_SECONDS, LIMIT_USED)


@pytest.fixture(autouse=True)
def own_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What this process counts elsewhere stays as it is."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def sharing(folder: Path) -> MetricsRegistry:
    registry = MetricsRegistry(FAMILIES)
    registry.share(folder, claim_slot(folder))
    return registry


def shown(registry: MetricsRegistry) -> dict[tuple[str, tuple[str, ...]], float]:
    found = [sample for metric in registry.collect() for sample in metric.samples]
    return {(sample.name, tuple(sample.labels.values())): sample.value for sample in found}


def test_each_of_those_who_share_shows_the_sum(tmp_path: Path) -> None:
    one, other = sharing(tmp_path), sharing(tmp_path)
    one.count(ANSWERS, "GET", "/launch", "200", times=2)
    other.count(ANSWERS, "GET", "/launch", "200")
    other.count(LOGINS)
    one.time(REQUEST_SECONDS, "GET", "/launch", seconds=0.02)
    other.time(REQUEST_SECONDS, "GET", "/launch", seconds=100)
    for registry in (one, other):
        assert registry.counts(ANSWERS) == {("GET", "/launch", "200"): 3}
        assert registry.counts(LOGINS) == {(): 1}
        assert shown(registry)["chat2pay_http_request_seconds_sum", ("GET", "/launch")] == pytest.approx(100.02)
        assert shown(registry)["chat2pay_http_request_seconds_count", ("GET", "/launch")] == 2


def test_of_several_processes_the_last_word_on_a_gauge_counts(tmp_path: Path) -> None:
    one, other = sharing(tmp_path), sharing(tmp_path)
    one.set(LIMIT_USED, "acme", value=5000)
    other.set(LIMIT_USED, "acme", value=18)
    assert {shown(registry)["chat2pay_salesforce_limit_used", ("acme",)] for registry in (one, other)} == {18}


def test_who_follows_in_a_place_counts_on(tmp_path: Path) -> None:
    first = MetricsRegistry(FAMILIES)
    first.share(tmp_path, "0")
    first.count(LOGINS, times=4)
    follower = MetricsRegistry(FAMILIES)
    follower.share(tmp_path, "0")
    follower.count(LOGINS)
    assert follower.counts(LOGINS) == {(): 5}


def test_each_who_lives_has_a_place_of_its_own_and_its_files_are_there_in_full(tmp_path: Path) -> None:
    assert [claim_slot(tmp_path) for _ in range(3)] == ["0", "1", "2"]
    sizes = {file.stat().st_blocks * 512 >= file.stat().st_size > 100_000 for file in tmp_path.glob("*.db")}
    assert sizes == {True}, "a page that cannot be had later would end the process"


def test_a_scrape_survives_a_process_that_has_only_begun(tmp_path: Path) -> None:
    registry = sharing(tmp_path)
    claim_slot(tmp_path)
    registry.count(LOGINS)
    assert registry.counts(LOGINS) == {(): 1}


def test_a_server_begins_with_an_empty_folder_of_its_own_address() -> None:
    folder = create_empty_folder("127.0.0.1", 8000)
    (folder / "counter_0.db").write_bytes(b"left behind")
    assert create_empty_folder("127.0.0.1", 8001) != folder
    assert create_empty_folder("::1", 8000) != folder
    assert (folder / "counter_0.db").exists()
    assert create_empty_folder("127.0.0.1", 8000) == folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("trap", ["link", "open to all"])
def test_a_folder_that_is_not_ours_alone_is_not_used(tmp_path: Path, trap: str) -> None:
    ours = create_empty_folder("127.0.0.1", 8000).parent
    if trap == "link":
        ours.rename(tmp_path / "elsewhere")
        ours.symlink_to(tmp_path / "elsewhere")
    else:
        ours.chmod(0o777)
    with pytest.raises(PermissionError):
        create_empty_folder("127.0.0.1", 8000)


def test_somebody_elses_setting_in_our_environment_shares_nothing(tmp_path: Path) -> None:
    registry = MetricsRegistry(FAMILIES)
    registry.count(LOGINS)
    assert list(tmp_path.glob("*.db")) == []
    assert registry.counts(LOGINS) == {(): 1}
