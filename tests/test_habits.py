"""What surrounds the code says what is so: hooks, the hosted CI, the update bot."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
# What a directory holds one of, that each of the bot's readers takes its packages from.
READ_BY_THE_BOT = {
    "pip": {"setup.cfg", "requirements.txt"},
    "npm": {"package-lock.json"},
    "docker": {"Dockerfile"},
    "github-actions": {".github"},
}


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def parts_of(target: str) -> list[str]:
    """Return what a target of the Makefile needs, files that only say what is installed left out."""
    rule = re.search(rf"^{target}:([^#\n]*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert rule, f"the Makefile has {target}"
    return [word for word in rule[1].split() if not word.startswith("$")]


def test_the_hooks_are_the_parts_of_make_check() -> None:
    (repo,) = load(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local", "nothing is fetched to run a hook"
    assert [hook["entry"] for hook in repo["hooks"]] == [f"make {part}" for part in parts_of("check")]
    for hook in repo["hooks"]:
        assert "pre-push" in hook["stages"], hook["id"]
        assert hook["pass_filenames"] is False, "a part of check looks at everything"
        assert hook["always_run"] is True, hook["id"]


def test_make_check_does_nothing_beside_its_parts() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^check:.*\n(?!\t)", makefile, re.MULTILINE)


@pytest.mark.parametrize(("name", "script"), [("run", ".ci/run"), ("independent", ".ci/independent")])
def test_the_hosted_ci_runs_what_is_in_its_scripts(name: str, script: str) -> None:
    (workflow,) = (ROOT / ".github/workflows").glob("*.yml")
    jobs = load(str(workflow.relative_to(ROOT)))["jobs"]
    assert set(jobs) == {"run", "independent"}
    assert [step["run"] for step in jobs[name]["steps"] if "run" in step] == [script]
    assert (ROOT / script).stat().st_mode & 0o111, "it can be run as it is"
    for step in jobs[name]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), "a tag can be moved, a commit cannot"


def test_the_hosted_ci_begins_with_the_oldest_python_that_is_promised() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    job = load(".github/workflows/ci.yml")["jobs"]["run"]
    assert f">={job['strategy']['matrix']['python'][0]}" == setup["options"]["python_requires"]


def test_the_update_bot_looks_where_packages_are_named() -> None:
    looked = {
        (update["package-ecosystem"], directory)
        for update in load(".github/dependabot.yml")["updates"]
        for directory in update.get("directories") or [update["directory"]]
    }
    for ecosystem, directory in looked:
        there = {path.name for path in (ROOT / directory.strip("/")).iterdir()}
        assert there & READ_BY_THE_BOT[ecosystem], (ecosystem, directory)
    # `make mutants` leaves copies of the tests in build.
    made = {"node_modules", "build"}
    locks = {path.parent for path in ROOT.rglob("package-lock.json") if not made & {*path.relative_to(ROOT).parts}}
    assert {("npm", f"/{path.relative_to(ROOT).as_posix()}".rstrip(".")) for path in locks} <= looked


def test_ruffs_line_is_the_editors_line() -> None:
    editor = configparser.ConfigParser(strict=False)
    editor.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    ruff = tomllib.loads((ROOT / ".ruff.toml").read_text("utf-8"))
    assert int(editor["*.py"]["max_line_length"]) == ruff["line-length"]


def test_a_version_is_one_in_all_files_that_say_it() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    version = setup["metadata"]["version"]
    changelog = re.search(r"^## (\S+) ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert changelog
    assert changelog[1] == version
    assert json.loads((ROOT / "manifests/connector.json").read_text("utf-8"))["version"] == version
    image = load("manifests/deploy/compose.yaml")["x-connector"]["image"]
    assert image.endswith(f":{version}}}")
