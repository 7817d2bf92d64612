"""At most one step of a tenant waits for its payment core, whoever begins it, and nobody waits for another tenant's."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from callbacks.per_tenant_executor import PerTenantExecutor

PATIENT, HASTY = 30.0, 0.05


def nothing() -> None:
    return


def held(answers: threading.Event, told: list[str], name: str) -> Callable[[], None]:
    """A step that says when it begins and ends, and waits for its core between the two."""

    def step() -> None:
        told.append(f"{name} begins")
        assert answers.wait(PATIENT)
        told.append(f"{name} ends")

    return step


def test_a_step_of_a_tenant_waits_for_the_one_before_it() -> None:
    asking, answers, told = PerTenantExecutor(), threading.Event(), list[str]()
    asking.ask({"acme": held(answers, told, "first")}, patience=HASTY, then=nothing)
    asking.ask({"acme": held(answers, told, "second")}, patience=HASTY, then=nothing)
    assert told == ["first begins"]
    assert asking.away() == ["acme"]
    answers.set()
    asking.pause(PATIENT)
    assert asking.away() == []
    assert told == ["first begins", "first ends", "second begins", "second ends"]


def test_a_step_of_another_tenant_does_not_wait() -> None:
    asking, answers, told = PerTenantExecutor(), threading.Event(), list[str]()
    asking.ask({"acme": held(answers, told, "acme")}, patience=HASTY, then=nothing)
    asking.ask({"globex": lambda: told.append("globex")}, patience=PATIENT, then=nothing)
    assert told == ["acme begins", "globex"]
    assert asking.away() == ["acme"]
    answers.set()


def test_whoever_is_woken_by_the_end_of_a_step_finds_its_tenant_away_no_more() -> None:
    asking, answers, told, woken = PerTenantExecutor(), threading.Event(), list[str](), threading.Event()
    away: list[list[str]] = []

    def then() -> None:
        away.append(asking.away())
        woken.set()

    asking.ask({"acme": held(answers, told, "acme")}, patience=HASTY, then=then)
    assert not woken.is_set()
    answers.set()
    assert woken.wait(PATIENT)
    assert away == [[]]


def test_a_step_that_breaks_ends_like_any_other() -> None:
    asking, woken = PerTenantExecutor(), threading.Event()

    def breaks() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asking.ask({"acme": breaks}, patience=PATIENT, then=woken.set)
    assert woken.wait(PATIENT)
    assert asking.away() == []


def test_stopping_waits_for_what_is_under_way_only_so_long() -> None:
    asking, answers, told = PerTenantExecutor(), threading.Event(), list[str]()
    asking.ask({"acme": held(answers, told, "acme")}, patience=HASTY, then=nothing)
    assert asking.stop(within=HASTY) is False
    answers.set()
    assert asking.stop(within=PATIENT) is True


def test_a_step_that_had_to_wait_is_cancelled_by_a_stop_and_who_asked_for_it_is_woken() -> None:
    asking, answers, woken, begun = PerTenantExecutor(), threading.Event(), threading.Event(), list[str]()
    many = {f"tenant-{number}": held(answers, [], "one") for number in range(64)}
    asking.ask(many, patience=HASTY, then=nothing)
    asking.start({"acme": lambda: begun.append("acme")}, patience=0, then=woken.set)
    assert asking.away() == [*many, "acme"]
    asking.stop(within=0)
    assert woken.wait(PATIENT)
    answers.set()
    assert asking.stop(within=PATIENT)
    assert begun == []
