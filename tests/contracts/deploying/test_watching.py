"""What we ship for whoever watches: every alert and every panel asks for names, labels and values that are really shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from connector import metrics
from connector.app import create_app
from connector.metrics import COMPUTED, KEPT
from connector.services import build_services
from connector.workers import fleet_worker
from foundation.metrics.family import Family, MetricKind
from foundation.wsgi.access_log import template
from tests.contracts.asked import asked_of, labels_named
from tests.factories import make_settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "manifests" / "deploy"
ALERTS: dict[str, Any] = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
DRAWN = [panel for panel in PANELS if panel["type"] != "row"]
BOOK = (ROOT / "docs/operations.md").read_text("utf-8")
FAMILIES: dict[str, Family] = {name: family for family in (*KEPT, *COMPUTED) for name in family.series}
# Prometheus adds these to whatever it scrapes.
OF_PROMETHEUS = {"instance", "job"}
EXPRESSIONS = [pytest.param(rule["expr"], id=rule["alert"]) for rule in RULES] + [
    pytest.param(target["expr"].replace("$__rate_interval", "5m"), id=f"{panel['title']} {target['refId']}")
    for panel in DRAWN
    for target in panel["targets"]
]


def labels_of(name: str) -> set[str]:
    family = FAMILIES[name]
    bound = {"le"} if family.kind is MetricKind.HISTOGRAM and name.endswith("_bucket") else set()
    return {*family.labels, *bound, *OF_PROMETHEUS}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_query_asks_for_what_is_shown(expression: str) -> None:
    tree = promql_parser.parse(expression)
    asked = asked_of(tree)
    assert asked, "it asks for nothing"
    shown = {one.name for one in asked} - {"up"}
    assert shown <= FAMILIES.keys()
    known: set[str] = set(OF_PROMETHEUS)
    for one in asked:
        if one.name != "up":
            assert {label for label, _, _ in one.matchers} <= labels_of(one.name), one
            known |= labels_of(one.name)
    assert labels_named(tree) <= known


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_counter_is_never_asked_for_its_height(expression: str) -> None:
    """It falls to nought with a restart: only how it rises says something. Its first appearance is asked for by name."""
    for one in asked_of(promql_parser.parse(expression)):
        rises = one.name in FAMILIES and FAMILIES[one.name].kind is not MetricKind.GAUGE
        assert not rises or one.within in ("rate", "increase", "unless"), one


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_value_that_is_asked_for_can_be_one(expression: str) -> None:
    values = {
        "route": {template(rule) for rule in _rules()} | {"unmatched"},
        "peer": {"salesforce", "core"},
        "state": {"new", "postponed", "buried"},
        "level": {"wrong", "soon", "dark"},
    }
    for one in asked_of(promql_parser.parse(expression)):
        for label, operator, value in one.matchers:
            known = values.get(label, set())
            if known and operator in ("=~", "!~"):
                assert any(re.fullmatch(value, each) for each in known), (label, value)
            elif known:
                assert value in known, (label, value)


def _rules() -> set[str]:
    services = build_services(make_settings("sqlite:///none.db"))
    return {rule.rule for rule in create_app(services).url_map.iter_rules()}


def test_the_reasons_that_alerts_leave_out_are_words_of_the_code() -> None:
    sources = [
        path.read_text("utf-8")
        for top in ("connector", "callbacks", "foundation")
        for path in (ROOT / top).rglob("*.py")
    ]
    left_out = {
        value
        for rule in RULES
        for one in asked_of(promql_parser.parse(rule["expr"]))
        for label, _, value in one.matchers
        if label in ("reason", "tenant")
    }
    assert {"not_stored", "replayed", "spared", "unknown"} <= left_out
    assert {word for word in left_out if not any(f'"{word}"' in source for source in sources)} == set()


def test_every_alert_says_what_it_means_and_how_urgent_it_is() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) > 15
    for rule in RULES:
        assert re.fullmatch(r"Chat2Pay[A-Z]\w+", rule["alert"])
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_label_that_an_alerts_words_name_is_left_by_its_query(rule: dict[str, Any]) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    asked = asked_of(promql_parser.parse(rule["expr"]))
    whole = {label for one in asked for label in (labels_of(one.name) if one.name != "up" else OF_PROMETHEUS)}
    left = labels_named(promql_parser.parse(rule["expr"])) if re.search(r"\b(sum|max|min)\b", rule["expr"]) else whole
    assert named <= left


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_command_or_a_log_line_that_an_alert_names_exists(rule: dict[str, Any]) -> None:
    named = re.findall(r"`([^`]+)`", rule["annotations"]["description"])
    for word in named:
        assert word.replace(" --tenant {{ $labels.tenant }}", "") in BOOK, word


def test_what_the_book_says_to_watch_is_watched() -> None:
    """A level that is alarmed on by nobody would be a level that nobody sees."""
    alarmed = {one.name for rule in RULES for one in asked_of(promql_parser.parse(rule["expr"]))}
    levels = {family.name for family in COMPUTED} - {
        "chat2pay_build_info", "chat2pay_live_requests", "chat2pay_outbox_waiting",
        "chat2pay_outbox_refused", "chat2pay_outbox_buried",  # parts of chat2pay_outbox_blocked
    }  # fmt: skip
    assert levels <= alarmed


def test_a_worker_is_missed_later_than_one_that_is_only_late() -> None:
    rule = next(rule for rule in RULES if rule["alert"] == "Chat2PayNoWorker")
    assert int(rule["for"].removesuffix("m")) * 60 > 2 * fleet_worker.STALLED_AFTER_SECONDS


def test_every_family_is_in_the_book() -> None:
    rows = dict(re.findall(r"^\| `(chat2pay_\w+)`[^|]*\| ([^|]*) \|", BOOK, re.MULTILINE))
    shown = {
        family.name + ("_total" if family.kind is MetricKind.COUNTER else ""): family for family in (*KEPT, *COMPUTED)
    }
    assert set(rows) == set(shown)
    for name, family in shown.items():
        assert set(re.findall(r"`(\w+)`", rows[name])) == set(family.labels), name


def test_a_families_name_says_what_it_is() -> None:
    """https://prometheus.io/docs/practices/naming/"""
    for family in (*KEPT, *COMPUTED):
        assert re.fullmatch(r"chat2pay_[a-z_]+[a-z]", family.name)
        assert not family.name.endswith("_total"), "prometheus-client adds that"
        assert (family.kind is MetricKind.HISTOGRAM) == family.name.endswith("request_seconds") or family.name.endswith(
            ("call_seconds", "age_seconds", "overdue_seconds")
        )
        assert bool(family.bounds) == (family.kind is MetricKind.HISTOGRAM)
    listed = {value for value in vars(metrics).values() if isinstance(value, Family)}
    assert listed == {*KEPT, *COMPUTED}


def test_the_dashboards_panels_lie_beside_each_other() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        at = panel["gridPos"]
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not mine & taken, panel["title"]
        taken |= mine


def test_every_panel_says_what_it_shows_and_takes_the_chosen_source() -> None:
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    for panel in DRAWN:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert named <= labels_named(promql_parser.parse(target["expr"].replace("$__rate_interval", "5m")))
