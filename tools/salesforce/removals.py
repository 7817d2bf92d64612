"""Gate: each package directory has a removal, which names all that it holds and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tools.salesforce.places import API_VERSION
from tools.salesforce.project import FOLDERS, Project, text, texts

# Go with their object.
_CHILDREN = {"CustomField", "ValidationRule", "CompactLayout", "ListView", "RecordType", "WebLink"}


def check(project: Project) -> list[str]:
    """Return what a removal forgets, or what it would delete that is not ours."""
    return [complaint for directory in project.directories for complaint in _of(project, directory)]


def _of(project: Project, directory: str) -> Iterator[str]:
    name = directory.replace("/", "_")
    folders = [
        one for one in sorted((project.root / "remove").glob(f"{name}*")) if one.name in (name, f"{name}_and_its_data")
    ]
    if not folders:
        yield f"remove/{name}: there is no removal of {directory}"
        return
    removed: list[tuple[str, str]] = []
    for folder in folders:
        place = folder.relative_to(project.root)
        if not (folder / "package.xml").exists():
            yield f"{place}: package.xml is missing"
        if not list(folder.glob("destructiveChanges*.xml")):
            yield f"{place}: destructiveChanges.xml is missing"
        for path in sorted(folder.glob("*.xml")):
            members, complaints = _members(path)
            yield from (f"{path.relative_to(project.root)}: {complaint}" for complaint in complaints)
            removed += members
    yield from _compared(project, directory, f"remove/{name}", removed)


def _members(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314 our own file
    except ElementTree.ParseError as error:
        return [], [f"broken XML, {error}"]
    wrong = [] if text(root, "version") == API_VERSION else [f"API version {text(root, 'version')}"]
    return [(text(types, "name"), one) for types in root for one in texts(types, "members")], wrong


def _compared(project: Project, directory: str, place: str, removed: list[tuple[str, str]]) -> Iterator[str]:
    own = project.components[directory]
    yield from (f"{place}: names {kind} {name} twice" for (kind, name), times in Counter(removed).items() if times > 1)
    for kind, name in sorted(set(removed) - own):
        # A folder is removed under the type of its content.
        if (f"{kind}Folder", name) not in own:
            yield f"{place}: names {kind} {name}, which {directory} does not hold"
    gone = {name for kind, name in removed if kind == "CustomObject"}
    # Salesforce deletes only versions of flows, whose numbers each org counts itself: https://github.com/forcedotcom/cli/issues/3401
    yield from (f"{place}: names Flow {name}, which Salesforce refuses" for kind, name in removed if kind == "Flow")
    for kind, name in sorted(one for one in own - set(removed) if one[0] != "Flow"):
        if kind in FOLDERS and (kind.removesuffix("Folder"), name) in removed:
            continue
        goes_along = kind in _CHILDREN and name.partition(".")[0] in gone
        # The file of a standard object is not the object.
        standard = kind == "CustomObject" and not name.endswith(("__c", "__e", "__mdt"))
        if not (goes_along or standard):
            yield f"{place}: leaves {kind} {name} behind"
