"""An admin's own entries over the shipped manifests of the payment core: checked as a whole, merged entry by entry."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from manifests.rules import check_consistency, check_new_name, check_value, explain_unknown, is_open
from manifests.shipped import freeze, load_shipped

VARIABLE = "CHAT2PAY_CORE_MANIFEST"
FILES = ("operations.json", "statuses.json", "notifications.json")


@dataclass(frozen=True)
class Overlay:
    """The entries of a folder, by file; none while any of them has a fault."""

    folder: Path | None = None
    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def over(self, file: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a shipped manifest with the folder's entries in place of its own."""
        if self.faults or file not in self.entries:
            return manifest
        merged: Mapping[str, Any] = freeze(_merged(manifest, self.entries[file], (), file))
        return merged

    def changes(self) -> list[str]:
        """Return the places that differ from the shipped manifests, such as ``operations.json: …path``."""
        return [
            f"{file}: {'.'.join(place)}"
            for file, own in self.entries.items()
            for place in _differing(own, load_shipped(f"core/{file}"), ())
        ]


@cache
def current_overlay() -> Overlay:
    """Return the overlay of this process. The folder is read once: later changes count from the next start."""
    folder = os.environ.get(VARIABLE)
    return read_overlay(Path(folder)) if folder else Overlay()


def read_overlay(folder: Path) -> Overlay:
    """Read and check a folder; every fault names the file, the entry and the remedy."""
    entries: dict[str, dict[str, Any]] = {}
    faults = list(_misplaced(folder))
    for file in FILES:
        if (folder / file).exists():
            try:
                entries[file] = _object(folder / file)
            except _Unreadable as error:
                faults.append(f"{VARIABLE}: {folder / file}: {error}")
    for file, own in entries.items():
        manifest = load_shipped(f"core/{file}")
        found = [*_faults(file, own, manifest, ())] or [*check_consistency(file, _merged(manifest, own, (), file))]
        faults += [f"{VARIABLE}: {folder / file}: {one}" for one in found]
    return Overlay(folder, freeze(entries), tuple(faults))


class _Unreadable(Exception):
    pass


def _misplaced(folder: Path) -> Iterator[str]:
    try:
        found = sorted(path.name for path in folder.iterdir() if path.suffix == ".json")
    except OSError as error:
        yield f"{VARIABLE}: {folder} cannot be read as a folder: {error.strerror}."
        return
    for name in set(found) - set(FILES):
        yield f"{VARIABLE}: {folder / name}: no such manifest. The files may be {', '.join(FILES)}."
    if not found:
        yield f"{VARIABLE}: {folder} holds none of {', '.join(FILES)}."


def _object(path: Path) -> dict[str, Any]:
    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _Unreadable(f"“{twice}” stands twice in one place. Take one out.")
        return dict(pairs)

    try:
        found = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=no_repeats)
    except OSError as error:
        raise _Unreadable(f"it cannot be read: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise _Unreadable(f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except (ValueError, RecursionError) as error:
        raise _Unreadable("it is not JSON in UTF-8.") from error
    if not isinstance(found, dict):
        raise _Unreadable('it holds no object. Write {"…": …}.')
    return found


def _faults(file: str, own: Any, ours: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with entries: unknown places, and values of the wrong form."""
    if not isinstance(ours, Mapping):
        yield from (f"{'.'.join(place)}: {fault}" for fault in check_value(file, place, ours, own))
        return
    if not isinstance(own, Mapping):
        yield f"{'.'.join(place)}: write an object, such as {json.dumps(dict([*ours.items()][:1]), ensure_ascii=False)}."
        return
    for name, value in own.items():
        here = (*place, name)
        if name.startswith("about"):
            continue
        if is_open(file, here) and value is None:
            if name not in ours:
                yield f"{'.'.join(here)}: there is no such entry to take out."
        elif name in ours:
            yield from _faults(file, value, _form(file, here, ours), here)
        elif is_open(file, here):
            yield from (f"{'.'.join(here)}: {fault}" for fault in check_new_name(name))
            yield from _faults(file, value, _form(file, here, ours), here)
        else:
            yield f"{'.'.join(here)}: {explain_unknown(file, here, ours)}"


def _form(file: str, place: tuple[str, ...], ours: Mapping[str, Any]) -> Any:
    """Return the shipped entry that is an entry's pattern; in an open table every entry may have what any shipped one has."""
    if not is_open(file, place):
        return ours[place[-1]]
    others = [one for name, one in ours.items() if not name.startswith("about")]
    if not all(isinstance(one, Mapping) for one in others):
        return frozenset(others)
    return {name: value for one in others for name, value in one.items()}


def _merged(ours: Any, own: Any, place: tuple[str, ...], file: str) -> Any:
    # What stands over a table is one, too: anything else is a fault, and nothing is laid over then.
    if not isinstance(ours, Mapping):
        return own
    merged = dict(ours)
    for name, value in own.items():
        here = (*place, name)
        if value is None and is_open(file, here):
            merged.pop(name, None)
        elif name in ours:
            merged[name] = _merged(ours[name], value, here, file)
        else:
            # A status that only the admin added is an assumption, too, until the admin marks it otherwise.
            merged[name] = {"assumed": True, **value} if isinstance(value, Mapping) else value
    return merged


def _differing(own: Any, ours: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(own, Mapping) and isinstance(ours, Mapping):
        for name, value in own.items():
            if not name.startswith("about"):
                yield from _differing(value, ours.get(name), (*place, name))
    elif own != ours:
        yield place
