"""Gate: every file is where a deploy looks for it, with the suffix and the companion that it needs, of one API version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tools.salesforce.project import BUNDLES, MODULES, MetadataFile, Project, texts

API_VERSION = "67.0"
# Content -> what must be beside it. A bundle has one metadata file, whatever else is in it.
_WITH_CONTENT = {"classes": (".cls",), "triggers": (".trigger",)}
_BUNDLE_SUFFIXES = {
    "aura": {".cmp", ".js", ".design", ".css", ".svg", ".auradoc"},
    "lwc": {".js", ".html", ".css", ".svg"},
    "genAiFunctions": {".json"},
}


def check(project: Project) -> list[str]:
    """Return what a deploy would overlook or refuse by its place."""
    found = [complaint for one in project.metadata for complaint in _place(one)]
    found += [complaint for directory, path in project.files for complaint in _companion(project, directory, path)]
    found += [f"{one}: API version {version}" for one in project.metadata
              for version in texts(one.root, "apiVersion") if version != API_VERSION]  # fmt: skip
    if project.configuration.get("sourceApiVersion") != API_VERSION:
        found.append(f"sfdx-project.json: API version {project.configuration.get('sourceApiVersion')}")
    missing = [one for one in project.directories if not (project.root / one / "main/default").is_dir()]
    return found + [f"sfdx-project.json: there is no {one}/main/default" for one in missing]


@cache
def _registry() -> dict[str, Any]:
    place = MODULES / "@salesforce/source-deploy-retrieve/lib/src/registry/metadataRegistry.json"
    read: dict[str, Any] = json.loads(place.read_text("utf-8"))["types"]
    return read


@cache
def _by_name() -> dict[str, dict[str, Any]]:
    types = list(_registry().values())
    children = [child for one in types for child in one.get("children", {}).get("types", {}).values()]
    return {one["name"]: one for one in [*types, *children]}


def _place(one: MetadataFile) -> Iterator[str]:
    known = _by_name().get(one.kind)
    if known is None:
        yield f"{one}: {one.kind} is no type that a deploy looks for"
        return
    folder = one.within[2] if one.within[0] == "objects" and len(one.within) == 4 else one.within[0]
    if folder != known["directoryName"]:
        yield f"{one}: {one.kind} lies in {folder}, not in {known['directoryName']}"
    suffix = one.path.name.removesuffix("-meta.xml").rpartition(".")[2]
    if "suffix" in known and suffix != known["suffix"] and one.within[0] not in BUNDLES:
        yield f"{one}: {one.kind} ends with {suffix}, not with {known['suffix']}"


def _companion(project: Project, directory: str, path: Path) -> Iterator[str]:
    within = path.parts[len(Path(directory).parts) + 2 :]
    folder, whole = within[0], project.root / path
    if path.name.endswith("-meta.xml"):
        content = whole.with_name(path.name.removesuffix("-meta.xml"))
        if folder in _WITH_CONTENT and not content.exists():
            yield f"{path}: {content.name} is missing"
    elif folder in _WITH_CONTENT:
        if path.suffix not in _WITH_CONTENT[folder]:
            yield f"{path}: no file of {folder}"
        elif not whole.with_name(f"{path.name}-meta.xml").exists():
            yield f"{path}: {path.name}-meta.xml is missing"
    elif folder in BUNDLES:
        yield from _bundle(project, path, within)
    elif folder == "staticresources":
        if not list(whole.parent.glob(f"{path.stem}.resource-meta.xml")):
            yield f"{path}: {path.stem}.resource-meta.xml is missing"
    elif folder != "objects" or path.suffix:
        yield f"{path}: a deploy overlooks it, for it does not end with -meta.xml"


def _bundle(project: Project, path: Path, within: tuple[str, ...]) -> Iterator[str]:
    folder, bundle = within[0], within[1]
    own = project.root / Path(*path.parts[: len(path.parts) - len(within) + 2])
    main = {"aura": f"{bundle}.cmp-meta.xml", "lwc": f"{bundle}.js-meta.xml"}.get(folder)
    if main and not (own / main).exists():
        yield f"{path}: {main} is missing"
    if folder in _BUNDLE_SUFFIXES and path.suffix not in _BUNDLE_SUFFIXES[folder]:
        yield f"{path}: no file of a component of {folder}"
