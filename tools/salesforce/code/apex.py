"""Gates that need Java: the types of all Apex, by apex-ls, and PMD's rules."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tools.salesforce.programs import find_java
from tools.salesforce.project import Project
from tools.salesforce.standard import JARS

_CHECKER = "io.github.apexdevtools.apexls.CheckForIssues"
_PMD = "com.salesforce.sfca.pmdwrapper.PmdWrapper"
RULES = "pmd-ruleset.xml"
# Both end within seconds, before a second compilation or threads that collect garbage pay for themselves.
_SHORT_RUN = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def check_types(project: Project) -> list[str]:
    """Parse every class and resolve what it names: types, methods, objects and fields. Warnings count."""
    arguments = ("--workspace", str(project.root), "--detail", "warnings", "--nocache", "--format", "json")
    done = _java(_CHECKER, *arguments)
    # 4 means that there are issues.
    if done.returncode not in (0, 4):
        raise RuntimeError(done.stderr or done.stdout)
    return [
        f"{_named(of['path'], project)}:{one['start']['line']}: {one['message']}"
        for of in _read_files(done.stdout)
        # It lacks the objects that are bound to a licence; the metadata files are held by the other gates.
        if of["path"].endswith((".cls", ".trigger"))
        for one in of["messages"]
    ]


def check_rules(project: Project) -> list[str]:
    """Run the project's own set of PMD's rules over every class and trigger."""
    sources = [str(project.root / path) for _, path in project.files if path.suffix in (".cls", ".trigger")]
    if not sources:
        return []
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.json", Path(folder) / "answered.json"
        run = {"ruleSetInputFile": str(project.root / RULES), "runDataPerLanguage": {"apex": {"filesToScan": sources}}}
        asked.write_text(json.dumps(run), "utf-8")
        done = _java(_PMD, "run", str(asked), str(answered))
        if done.returncode:
            raise RuntimeError(done.stderr or done.stdout)
        results = json.loads(answered.read_text("utf-8"))
    found = [f"{_named(one['file'], project)}: {one['message']}" for one in results["processingErrors"]]
    for one in results["violations"]:
        place = one["codeLocation"]
        found.append(f"{_named(place['file'], project)}:{place['startLine']}: {one['rule']}, {one['message']}")
    return found


def _java(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [find_java(), *_SHORT_RUN, "-cp", f"{JARS}/*", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own command


def _named(path: str, project: Project) -> str:
    return path.removeprefix(f"{project.root}/")


def _read_files(output: str) -> list[dict[str, Any]]:
    """Nothing is printed where nothing is wrong."""
    found: list[dict[str, Any]] = json.loads(output)["files"] if output.strip() else []
    return found
