"""Fixtures that many tests begin with, played once in each test process: later worlds begin where they ended.

To open a page and to send a link took half the time of the tests that begin so, and each time the same came of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import responses

from tests.captured_logs import capture_logs
from tests.databases.empty_databases import FAST
from tests.peers.core import FakeCore
from tests.peers.org import FakeOrg

if TYPE_CHECKING:
    from tests.journeys.world import World

Stamp = tuple[tuple[int, int], int]


@dataclass
class Moment:
    """All that a world is at one moment, apart from what its process remembers."""

    file: bytes
    clock: Any
    org: FakeOrg
    core: FakeCore
    serial: itertools.count[int]
    lines: list[Any] = field(default_factory=list)  # said since the moment before
    results: tuple[Any, ...] = ()  # of the fixtures that led here, the last one's last


@dataclass
class Place:
    """The moment at which a world is as long as nobody touches it, by the fixtures that led there."""

    path: tuple[Callable[..., Any], ...]
    moment: Moment
    stamp: Stamp
    results: tuple[Any, ...] = ()


_moments: dict[tuple[Callable[..., Any], ...], Moment] = {}


def mark_beginning(world: World) -> None:
    """Let fixtures that are played once begin here: the tenant is kept, and nothing else has happened."""
    file, clock = _file_of(world), type(world.clock)()
    if file is None or world.clock.at != clock.at:
        return
    if () not in _moments:
        world.services.store.database.close()
        _moments[()] = Moment(file.read_bytes(), clock, FakeOrg(now=clock), FakeCore(clock), copy(world.serial))
    world.place = Place((), _moments[()], _stamp(file))


def played_once(fixture: Callable[..., Any]) -> Callable[..., Any]:
    """Play this fixture in a world of its own, and let each test's world be as that one was at the end.

    Whatever happened to the test's world before, or is not known to be the same each time, has the fixture played in it.
    """

    @wraps(fixture)
    def begun(**given: Any) -> Any:
        world: World = next(value for value in given.values() if hasattr(value, "place"))
        place = world.place
        if place is None or not _untouched(world, place) or not _all_known(given, world, place):
            return fixture(**given)
        path = (*place.path, fixture)
        if path not in _moments:
            _moments[path] = _played(fixture, place.moment, world, given)
        return _go_on_from(world, path, _moments[path])

    return begun


def _played(fixture: Callable[..., Any], before: Moment, world: World, given: dict[str, Any]) -> Moment:
    """Play a fixture in a world that is at the moment before."""
    with TemporaryDirectory(dir=FAST) as folder, capture_logs() as lines, _wire() as wire:
        file = Path(folder) / "played.db"
        file.write_bytes(before.file)
        at = deepcopy(before)
        at.org.register(wire)
        at.core.register(wire)
        played = type(world)(f"sqlite:///{file}", at.clock, at.org, at.core)
        played.serial, services = at.serial, played.services
        result = fixture(**{name: played if value is world else value for name, value in given.items()})
        assert played.services is services, "what a process was started with is not kept: play it in each world"
        services.store.database.close()
        return replace(at, file=file.read_bytes(), lines=list(lines), results=(*at.results, result))


def _go_on_from(world: World, path: tuple[Callable[..., Any], ...], moment: Moment) -> Any:
    """Let a world be as it was at a moment, and return what the fixture returned then."""
    memo = {id(moment.clock): world.clock}
    *_, result = results = deepcopy(moment.results, memo)
    _become(world.org, moment.org, memo)
    _become(world.core, moment.core, memo)
    world.clock.at, world.serial = moment.clock.at, copy(moment.serial)
    world.lines.extend(deepcopy(moment.lines))
    world.services.store.database.close()
    file = _file_of(world)
    assert file is not None
    file.write_bytes(moment.file)
    world.services.store.tenants.forget()
    world.place = Place(path, moment, _stamp(file), tuple(results))
    return result


def _wire() -> AbstractContextManager[responses.RequestsMock]:
    return responses.RequestsMock(assert_all_requests_are_fired=False)


def _file_of(world: World) -> Path | None:
    """Return the file of a world's database; of a server's there is none."""
    kind, _, path = world.database_url.partition(":///")
    return Path(path) if kind == "sqlite" else None


def _stamp(file: Path) -> Stamp:
    """Return what changes with every commit: SQLite's main file, or the log beside it."""
    log = file.with_name(f"{file.name}-wal")
    main = file.stat()
    return (main.st_size, main.st_mtime_ns), log.stat().st_size if log.exists() else 0


def _all_known(given: dict[str, Any], world: World, place: Place) -> bool:
    return all(value is world or any(value is one for one in place.results) for value in given.values())


def _untouched(world: World, place: Place) -> bool:
    file = _file_of(world)
    assert file is not None
    moment = place.moment
    return (
        _stamp(file) == place.stamp
        and world.clock.at == moment.clock.at
        and _plain(world.org) == _plain(moment.org)
        and _plain(world.core) == _plain(moment.core)
    )


def _plain(peer: Any) -> dict[str, Any]:
    """Return what can be compared of a peer's state; a hook counts by its code."""
    return {
        name: _plain(value) if _is_part(value) else getattr(value, "__code__", True) if callable(value) else value
        for name, value in vars(peer).items()
    }


def _become(peer: Any, model: Any, memo: dict[int, Any]) -> None:
    """Give a peer the state of another one. The peer and its parts stay who they are: a test may hold them."""
    memo[id(model)] = peer
    for name, value in vars(model).items():
        if _is_part(value):
            _become(getattr(peer, name), value, memo)
        else:
            setattr(peer, name, deepcopy(value, memo))


def _is_part(value: Any) -> bool:
    return type(value).__module__.startswith("tests.") and not callable(value)
