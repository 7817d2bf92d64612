"""What is handed to others: the source archive is the checkout, the package is the product alone, and both can be installed."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from configparser import RawConfigParser
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[3]
PRODUCT = ("connector", "callbacks", "payment_core", "foundation", "manifests")
SOURCE_ONLY = ("sandbox", "benchmarks", "tests", "docs", "tools")
NOT_SOURCE = shutil.ignore_patterns(
    ".git",
    ".venv*",
    ".demo",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "node_modules",
    "*.egg-info",
    "build",
    "scratch",
)
# What may lie in the tree of somebody who runs it from there.
OPERATORS = (
    "chat2pay.env", "secrets.txt", "chat2pay.db", "manifests/deploy/.env", "manifests/deploy/chat2pay/launch_keys",
    "manifests/chat2pay.env",
)  # fmt: skip
WITHIN = 300  # seconds; it takes ten
# A setting of ours, or a path of Python's, would make the installed command another one.
CLEAN = {name: text for name, text in os.environ.items() if not name.startswith(("CHAT2PAY_", "PYTHON", "PIP_"))}


def run(*command: str | Path, at: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=at, env={**CLEAN, **environment}, capture_output=True, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip


def build(kind: str, *, at: Path, to: Path) -> Path:
    """Build with the tools that are here: nothing is fetched."""
    assert Version(version("setuptools")) >= Version("77"), "setup.cfg asks for it: run `make test`, which installs it"
    script = f"from setuptools import build_meta; print('BUILT', build_meta.build_{kind}({str(to)!r}))"
    built = run(sys.executable, "-c", script, at=at)
    assert built.returncode == 0, built.stderr
    return to / built.stdout.rpartition("BUILT ")[2].strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="module")
def archive(folder: Path) -> Path:
    """The source archive, built from a copy: a build leaves things behind."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=NOT_SOURCE, symlinks=True)
    for name in OPERATORS:
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("an operator's own, and a secret")
    return build("sdist", at=copy, to=folder)


@pytest.fixture(scope="module")
def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as opened:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later
            opened.extraction_filter = tarfile.data_filter
        opened.extractall(folder / "unpacked")
    (only,) = (folder / "unpacked").iterdir()
    return only


@pytest.fixture(scope="module")
def package(unpacked: Path, folder: Path) -> Path:
    """The package, built from the source archive, as an index would have it."""
    return build("wheel", at=unpacked, to=folder)


@pytest.fixture(scope="module")
def installed(package: Path, folder: Path) -> Path:
    """The folder of the commands of an environment with the package in it; what it needs of others is lent by ours."""
    place = folder / "environment"
    assert run(sys.executable, "-m", "venv", "--without-pip", place, at=folder).returncode == 0
    python = place / "bin" / "python"
    done = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--no-compile", package,
        at=folder, PIP_DISABLE_PIP_VERSION_CHECK="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", at=folder)
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (Path(told.stdout.strip()) / "lent.pth").write_text("\n".join(lent))
    return place / "bin"


# What checks the Salesforce project, and what no deploy needs.
CHECKS = re.compile(r"manifests/salesforce/(package(-lock)?\.json|(eslint|jest)\.\w+\.js|pmd-ruleset\.xml|jest/.*)")


def names(package: Path) -> set[str]:
    with zipfile.ZipFile(package) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def files(top: str) -> Iterator[str]:
    for path in (ROOT / top).rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not {"__pycache__", "node_modules", "scratch"} & set(parts):
            yield "/".join(parts)


def test_the_package_is_the_product_alone_and_all_of_it(package: Path) -> None:
    needed = {name for top in PRODUCT for name in files(top) if not name.startswith("manifests/deploy/")}
    held = {name for name in names(package) if not name.startswith("manifests/deploy/")}
    assert not names(package) & set(OPERATORS)
    hidden = {name for name in needed if Path(name).name.startswith(".")} - {"manifests/salesforce/.forceignore"}
    assert held == {name for name in needed - hidden if not CHECKS.fullmatch(name)}


def test_the_source_archive_is_the_checkout(unpacked: Path) -> None:
    held = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {name for top in (*PRODUCT, *SOURCE_ONLY) for name in files(top)} - held == set()
    assert {
        "Makefile",
        "setup.cfg",
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "constraints.txt",
    } <= held
    assert {".ruff.toml", ".dockerignore", ".editorconfig", ".gitignore", ".pre-commit-config.yaml", ".ci/run"} <= held
    assert {"package.json", "package-lock.json", ".npmrc", "eslint.config.js", "tsconfig.json"} <= held
    assert not [name for name in held if re.search(r"\.pyc$|\.db$|\.env$|(^|/)\.(git|venv|demo)/", name)]
    assert not held & set(OPERATORS)
    assert os.access(unpacked / ".ci/run", os.X_OK)


def test_the_installed_command_says_its_version_and_build_from_anywhere(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "chat2pay", "--version", at=tmp_path)
    assert done.returncode == 0, done.stderr
    told = re.fullmatch(r"chat2pay (\S+) \(build ([0-9a-f]{12}), Python \S+, \S+\)\n", done.stdout)
    assert told, done.stdout
    assert told[1] == distribution("chat2pay-connector").version
    assert run(installed / "chat2pay", "--version", at=installed).stdout == done.stdout


def test_the_installed_command_works_without_the_source(installed: Path, tmp_path: Path) -> None:
    keys = run(installed / "chat2pay", "keys", at=tmp_path).stdout
    settings = dict(line.split("=", 1) for line in keys.splitlines())
    settings |= {
        "CHAT2PAY_PUBLIC_URL": "https://c2p.acme.example",
        "CHAT2PAY_DATABASE_URL": f"sqlite:///{tmp_path}/c.db",
    }
    for command in (["db", "upgrade"], ["db", "check"], ["tenant", "list"]):
        done = run(installed / "chat2pay", *command, at=tmp_path, **settings)
        assert done.returncode == 0, done.stderr
    found = run(installed / "python", "-c", "import connector; print(connector.__file__)", at=tmp_path).stdout
    assert str(installed.parent) in found
    for top in ("sandbox", "benchmarks", "tests"):
        assert run(installed / "python", "-c", f"import {top}", at=tmp_path).returncode == 1


def test_the_installed_command_writes_the_whole_salesforce_project(installed: Path, tmp_path: Path) -> None:
    project = ROOT / "manifests/salesforce"
    done = run(installed / "chat2pay", "salesforce", "export", tmp_path / "project", at=tmp_path)
    assert done.returncode == 0, done.stderr
    directories = [one["path"] for one in json.loads((project / "sfdx-project.json").read_text())["packageDirectories"]]
    shipped = {
        path.relative_to(project) for one in directories for path in (project / one).rglob("*") if path.is_file()
    }
    found = {path.relative_to(tmp_path / "project") for path in (tmp_path / "project").rglob("*") if path.is_file()}
    assert {path for path in shipped if "__tests__" not in path.parts} - found == set()
    assert {Path(".forceignore"), Path(".gitignore"), Path("sfdx-project.json")} <= found


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--callbacks", "10"]])
def test_the_rehearsal_says_where_it_can_be_had(installed: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = run(installed / "chat2pay", "rehearse", *arguments, at=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "take the source tree of this version" in done.stderr
    assert ".venv/bin/chat2pay rehearse" in done.stderr


def test_the_rehearsal_of_a_checkout_can_be_asked_from_elsewhere(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "connector.cli", "rehearse", "--help", at=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert "--callbacks" in done.stdout
    assert done.stdout.startswith("Usage: chat2pay rehearse ")


# --- what is asked of others ---------------------------------------------------------------------------------------------


def setup() -> RawConfigParser:
    read = RawConfigParser()
    read.read(ROOT / "setup.cfg")
    return read


def required(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.strip().splitlines()]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, tuple[str, int]]:
    """Return (version, number of hashes) of every package in the list."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    found = {}
    for entry in filter(str.strip, entries):
        told = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\\n]+)", entry)
        assert told, f"not pinned by version: {entry[:60]}"
        found[normal(told[1])] = (told[2], entry.count("--hash=sha256:"))
    return found


def test_every_package_that_is_installed_is_pinned_by_version_and_hash() -> None:
    every, config = pinned(), setup()
    asked = required(config["options"]["install_requires"]) + required(config["options.extras_require"]["postgres"])
    for one in [*asked, Requirement("setuptools >= 77")]:
        found = every.get(normal(one.name))
        assert found, f"{one.name} is missing: run `make constraints`"
        assert one.specifier.contains(found[0]), f"{one} is not {found[0]}: run `make constraints`"
    assert len(every) > len(asked)
    assert [name for name, (_, hashes) in every.items() if not hashes] == []
    assert "chat2pay-connector" not in every


def test_the_list_of_packages_names_no_place_to_get_them_from() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|@ ", text)


def test_nothing_is_asked_of_an_index_under_this_projects_own_name() -> None:
    config = setup()
    texts = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    assert not any(normal(one.name).startswith("chat2pay") for text in texts for one in required(text))


def test_nobody_is_told_to_install_a_name_that_a_stranger_could_take() -> None:
    """From an index it would come from whoever has registered it there: only paths are named."""
    places = [
        ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "manifests/deploy", "docs", "connector")
    ]
    pages = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    told = [
        word
        for page in pages
        if page.suffix in ("", ".md", ".py", ".yaml", ".sh")
        for command in re.findall(r"pip3? install ([^\n`;&|\"]*)", page.read_text("utf-8"))
        for word in command.replace("'", "").split()
        if "chat2pay" in word and not word.startswith((".", "/", "$"))
    ]
    assert told == []


def imported(top: str) -> set[str]:
    """Return the top names of what is imported below a folder, other than Python's own and ours."""
    ours = {*sys.stdlib_module_names, *PRODUCT, *SOURCE_ONLY}
    found: set[str] = set()
    for path in (ROOT / top).rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - ours - {"_typeshed"}


# Module -> the package it comes with, where the two differ or another package brings it along.
COMES_WITH = {
    "jwt": "pyjwt", "werkzeug": "flask", "markupsafe": "flask", "urllib3": "requests", "yaml": "pyyaml",
    "simple_salesforce": "simple-salesforce", "psycopg_pool": "psycopg", "prometheus_client": "prometheus-client",
}  # fmt: skip


@pytest.mark.parametrize(
    ("top", "extras"),
    [
        ("connector", ["postgres"]),
        ("callbacks", []),
        ("foundation", ["postgres"]),
        ("manifests", []),
        ("sandbox", ["demo", "postgres", "test"]),
    ],
)
def test_what_is_imported_is_asked_for(top: str, extras: list[str]) -> None:
    config: Any = setup()
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    asked = {normal(one.name) for text in texts for one in required(text)}
    assert {name for name in imported(top) if normal(COMES_WITH.get(name, name)) not in asked} == set()


def test_the_installed_payment_core_works_without_the_source(installed: Path, tmp_path: Path) -> None:
    keys = run(installed / "chat2pay-core", "keys", at=tmp_path).stdout
    settings = dict(line.split("=", 1) for line in keys.splitlines())
    settings |= {
        "PAYMENT_CORE_PUBLIC_URL": "https://pay.acme.example",
        "PAYMENT_CORE_DATABASE_URL": f"sqlite:///{tmp_path}/core.db",
    }
    for command in (["db", "upgrade"], ["db", "check"], ["merchant", "list"]):
        done = run(installed / "chat2pay-core", *command, at=tmp_path, **settings)
        assert done.returncode == 0, done.stderr
    assert run(installed / "chat2pay-core", "--version", at=tmp_path).stdout.startswith("chat2pay-core ")
