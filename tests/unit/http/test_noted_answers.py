"""Every answer has its guards and its id, and is noted once: by its route's template, never by its address."""

from __future__ import annotations

from typing import Any

import pytest

from foundation import log as log_module
from foundation.errors import NotFound, ServiceError, TryLater
from foundation.log import PROBED, STORED, request_id, start_request
from foundation.metrics.family import Family, MetricKind
from foundation.metrics.registry import MetricsRegistry
from foundation.wsgi.access_log import ROUTE, AccessLog, template
from foundation.wsgi.always_headers import NOTHING, AlwaysHeaders, bare_headers, set_policy
from foundation.wsgi.error_log import log_refusal, log_unforeseen
from tests.captured_logs import capture_logs

ANSWERS = Family("answers", "x", ("method", "route", "status"))
SECONDS = Family("seconds", "x", ("method", "route"), MetricKind.HISTOGRAM, (1.0,))


def listening(got: list[tuple[str, str]] | None = None) -> Any:
    """Return what a server hands to an app for its answer's headers."""

    def start(_: str, headers: list[tuple[str, str]], *_more: Any) -> Any:
        if got is not None:
            got.extend(headers)

    return start


def answered(status: str, **environ: Any) -> tuple[list[dict[str, Any]], dict[tuple[str, ...], float]]:
    """Return the lines and the counts of one answer."""
    registry = MetricsRegistry([ANSWERS, SECONDS])

    def app(_: Any, start: Any) -> list[bytes]:
        start(status, [])
        return [b""]

    noting = AccessLog(app, registry, answers=ANSWERS, seconds=SECONDS)
    with capture_logs() as lines:
        list(noting({"REQUEST_METHOD": "POST", **environ}, listening()))
    return lines, dict(registry.counts(ANSWERS))


@pytest.mark.parametrize(
    ("status", "environ", "level"),
    [
        ("200 OK", {ROUTE: "/pay/<token>"}, "info"),
        ("500 X", {ROUTE: "/pay/<token>"}, "info"),
        # They come every second, and say nothing.
        ("304 X", {ROUTE: "/pay/<token>"}, "debug"),
        ("200 OK", {ROUTE: "/health/live"}, "debug"),
        ("200 OK", {ROUTE: "/health/ready"}, "debug"),
        ("200 OK", {ROUTE: "/metrics"}, "debug"),
        ("503 X", {ROUTE: "/health/ready"}, "info"),
        ("200 OK", {ROUTE: "/hooks/<hook>", STORED: {"kind": "stripe", "count": 2}}, "debug"),
        ("404 X", {}, "info"),
    ],
)
def test_an_answer_is_one_line_and_one_count_by_its_template(status: str, environ: dict[str, Any], level: str) -> None:
    (line,), counts = answered(status, **environ)
    route = template(environ[ROUTE]) if ROUTE in environ else "unmatched"
    said = {"method": "POST", "route": route, "status": int(status[:3]), "event": "answered", "log_level": level}
    assert {name: value for name, value in line.items() if name != "ms"} == {**said, **environ.get(STORED, {})}
    assert counts == {("POST", route, status[:3]): 1.0}


@pytest.mark.parametrize("environ", [{ROUTE: "/static/<path:filename>"}, {ROUTE: "/pay/<token>", PROBED: True}])
def test_files_and_our_own_probes_are_not_noted(environ: dict[str, Any]) -> None:
    assert answered("200 OK", **environ) == ([], {})


def test_a_line_that_nobody_reads_is_not_built_and_its_answer_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_threshold", 20)
    assert [len(part) for part in answered("304 X", **{ROUTE: "/pay/<token>"})] == [0, 1]
    assert [len(part) for part in answered("200 X", **{ROUTE: "/pay/<token>"})] == [1, 1]


@pytest.mark.parametrize(("method", "label"), [("GET", "GET"), ("PURGE", "other"), ("x" * 999, "other")])
def test_a_method_of_the_callers_own_is_no_label(method: str, label: str) -> None:
    (line,), counts = answered("405 X", REQUEST_METHOD=method)
    assert (line["method"], list(counts)) == (label, [(label, "unmatched", "405")])


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("/pay/<token>", "/pay/{token}"),
        ("/hooks/<provider>/<hook>", "/hooks/{provider}/{hook}"),
        ("/x/<any('a', b):kind>/y", "/x/{kind}/y"),
        ("/x/<int:delivery_id>", "/x/{delivery_id}"),
        ("/x", "/x"),
    ],
)
def test_a_rule_is_shown_as_an_api_writes_it(rule: str, shown: str) -> None:
    assert template(rule) == shown


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("given", [[], [("Content-Security-Policy", "own")], [("Cache-Control", "public")]])
def test_every_answer_is_guarded_and_keeps_what_it_says_itself(strict: bool, given: list[tuple[str, str]]) -> None:
    got: list[tuple[str, str]] = []

    def app(_: Any, start: Any) -> list[bytes]:
        start("200 OK", list(given))
        return [b""]

    guarded = AlwaysHeaders(app, strict_transport=strict)
    start_request("id-1")
    guarded({}, listening(got))
    assert len({name for name, _ in got}) == len(got), "each once"
    expected = {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Request-Id": "id-1",
        "Content-Security-Policy": NOTHING, "Cache-Control": "no-store", **dict(given),
    }  # fmt: skip
    assert dict(got) == expected | ({"Strict-Transport-Security": "max-age=31536000"} if strict else {})


def test_a_page_has_a_policy_of_its_own_and_a_server_answers_guarded_too() -> None:
    got: list[tuple[str, str]] = []
    environ: dict[str, Any] = {}

    def app(environ: Any, start: Any) -> list[bytes]:
        set_policy(environ, "own")
        start("200 OK", [])
        return []

    AlwaysHeaders(app, strict_transport=False)(environ, listening(got))
    assert dict(got)["Content-Security-Policy"] == "own"
    bare = dict(bare_headers())
    assert (bare["Content-Security-Policy"], bare["Cache-Control"]) == (NOTHING, "no-store")
    assert bare["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        (None, False),
        ("", False),
        ("a-1", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a\nb", False),
        ("a b", False),
        ("-", False),
    ],
)
def test_a_callers_id_is_taken_where_it_is_short_and_plain(given: str | None, is_taken: bool) -> None:
    made = start_request(given)
    assert (made == given, made == request_id()) == (is_taken, True)
    assert is_taken or len(made) == 16


@pytest.mark.parametrize(
    ("error", "environ", "level"),
    [
        (NotFound("no", facts={"reason": "late"}), {}, "warning"),
        (TryLater("no", facts={"reason": "late"}), {}, "error"),
        (TryLater("no", facts={"reason": "late"}), {PROBED: True}, "debug"),
    ],
)
def test_a_refusal_is_logged_by_its_word_and_facts_as_loud_as_it_is_ours(
    error: ServiceError, environ: dict[str, Any], level: str
) -> None:
    with capture_logs() as lines:
        log_refusal(environ, error, code="word")
    assert lines == [{"code": "word", "status": error.status, "reason": "late", "event": "refused", "log_level": level}]


def test_a_fact_takes_no_place_of_the_answers_own_and_what_is_not_known_is_left_out() -> None:
    with capture_logs() as lines:
        log_refusal(
            {}, NotFound("no", facts={"status": 502, "code": "theirs", "reason": None, "kind": "x"}), code="word"
        )
    assert lines == [{"code": "word", "status": 404, "kind": "x", "event": "refused", "log_level": "warning"}]


def test_an_unforeseen_error_is_found_by_its_line_and_says_nothing_of_what_it_holds() -> None:
    def inner() -> None:
        raise ValueError("27831234567")

    with capture_logs() as lines:
        try:
            inner()
        except ValueError as error:
            log_unforeseen(error)
        log_unforeseen(ValueError("27831234567"))
    assert lines[0]["where"].startswith("inner:")
    assert lines[1]["where"] == "?"
    assert "27831234567" not in str(lines)
