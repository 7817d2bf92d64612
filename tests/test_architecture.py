"""The plan that the code keeps: floors, who may use which library, and the shape of functions and files.

Read with ``ast``: imports inside functions count like those at the top.
"""

from __future__ import annotations

import ast
import graphlib
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("connector", "callbacks", "payment_core", "foundation", "manifests")
FLOORS = {
    "connector.app": 8,
    "connector.cli": 8,
    "connector.commands": 8,
    "connector.serving": 8,
    "connector.web": 7,
    "callbacks": 7,
    "connector.workers": 7,
    "connector.services": 6,
    "connector.journeys": 5,
    "connector.store": 4,
    "connector.salesforce": 4,
    "connector.core": 4,
    "connector.languages": 2.5,
    "connector.domain": 2,
    "connector.metrics": 2,
    "manifests": 2,
    "connector.errors": 1,
    "connector.error_codes": 1,
    "connector.settings": 1,
    "payment_core.cli": 8,
    "payment_core.commands": 8,
    "payment_core.serving": 7.5,
    "payment_core.app": 7.4,
    "payment_core.demo": 7.3,
    "payment_core.workers": 7,
    "payment_core.web": 7,
    "payment_core.journeys": 6,
    "payment_core.services": 5,
    "payment_core.merchant_directory": 4.5,
    "payment_core.couriers": 4.5,
    "payment_core.store": 4,
    "payment_core.gateways": 4,
    "payment_core.messengers": 4,
    "payment_core.texts": 2.5,
    "payment_core.api_manifest": 2.5,
    "payment_core.metrics": 2,
    "payment_core.domain": 2,
    "payment_core.__main__": 8.5,
    "payment_core.settings": 1,
    "payment_core.errors": 1,
    "foundation.serving": 0.4,
    "foundation.wsgi": 0.4,
    "foundation.console": 0.4,
    "foundation.http": 0.3,
    "foundation.encryption": 0.25,
    "foundation.database": 0.3,
    "foundation.log": 0.2,
    "foundation": 0.1,
}
SIDEWAYS = {
    ("connector.workers", "callbacks"),  # the clock's door runs the drain
    ("connector.commands", "connector"),  # the command line is one thing: cli and its commands
    ("connector", "connector.commands"),
    ("connector.commands", "connector.serving"),  # a command starts a server,
    ("connector.serving", "connector"),  # and a server serves the app
    ("payment_core.commands", "payment_core"),
    ("payment_core", "payment_core.commands"),
}
# library -> where it may be imported
LIBRARIES: dict[str, tuple[str, ...]] = {
    "flask": (
        "connector.services",
        "connector.web",
        "callbacks",
        "connector.workers",
        "connector.app",
        "connector.cli",
        "connector.commands",
        "connector.serving",
        "payment_core.services",
        "payment_core.web",
        "payment_core.demo",
        "payment_core.app",
        "foundation.wsgi.empty_answer",
        "foundation.wsgi.plain_flask",
        "foundation.wsgi.raw_body",
        "payment_core.serving",
        "payment_core.workers",
    ),
    "werkzeug": (
        "foundation.wsgi.plain_flask",
        "foundation.wsgi.raw_body",
        "connector.web",
        "callbacks",
        "connector.app",
        "payment_core.web",
        "payment_core.app",
        "foundation.serving",
    ),
    "sqlalchemy": ("connector.store", "payment_core.store", "payment_core.demo", "foundation.database"),
    "alembic": ("connector.store", "payment_core.store", "foundation.database.schema"),
    "requests": (
        "foundation.http",
        "connector.salesforce",
        "connector.core",
        "payment_core.gateways",
        "payment_core.messengers",
        "payment_core.couriers",
        "payment_core.demo",
    ),
    "urllib3": ("foundation.http",),
    "simple_salesforce": ("connector.salesforce",),
    "authlib": ("connector.salesforce",),
    "joserfc": ("connector.web.callers.launch_token", "connector.salesforce.auth.login"),
    "phonenumbers": ("foundation.phones",),
    "apispec": ("connector.web.openapi",),
}
FORBIDDEN = {"process", "handle", "manage", "utils", "helpers", "common", "base", "misc"}
# Names that a library calls (SQLAlchemy, waitress), and the process that the operating system means.
HOOKS = {"process_bind_param", "process_result_value", "handle_read"}
OF_THE_SYSTEM = {"ProcessLock", "web_process"}
# The other place, error_handlers, registers a handler and needs no except. A server's thread outlives whatever it runs,
# one item of a flow's batch must not fail those that went out before it, who waits for another's work has its error, and
# what a door in front of Flask cannot do is done, or raised, again behind it.
BROAD = {
    "callbacks.drain",
    "foundation.database.unit_of_work",
    "foundation.serving.gathering",
    "foundation.single_flight",
    "connector.web.flow.send_each",
    "payment_core.journeys.one_by_one",
    "payment_core.web.doors.click_door",
    "payment_core.web.doors.link_door",
    "payment_core.web.doors.webhook_door",
}
# What was applied is never rewritten, however long it is.
GROWN = ("connector.store.migrations.versions.", "payment_core.store.migrations.versions.")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Import:
    """One imported name: of ``from connector.store.inbox import inbox`` the target is connector.store.inbox.inbox."""

    importer: str
    line: int
    target: str
    source: str

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


def _python(top: str) -> Iterator[Path]:
    """Return our own files; a package of npm may bring Python, too."""
    return (path for path in (ROOT / top).rglob("*.py") if "node_modules" not in path.parts)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product and the sandbox, by dotted name."""
    paths = [path for top in (*PRODUCT, "sandbox") for path in _python(top)]
    return {_dotted(path): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}


def product() -> dict[str, ast.Module]:
    return {name: tree for name, tree in modules().items() if name.split(".")[0] in PRODUCT}


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, tree in modules().items() for node in ast.walk(tree) for found in _imports(name, node))


def _imports(importer: str, node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(importer, node.lineno, alias.name, alias.name)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{importer}:{node.lineno} imports relatively"
        for alias in node.names:
            deeper = f"{node.module}.{alias.name}"
            yield Import(importer, node.lineno, deeper if deeper in modules() else str(node.module), str(node.module))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _floor(module: str) -> tuple[float, str] | None:
    """Return (floor, package). The modules that lie in ``connector`` itself are one package."""
    found = next(((floor, package) for package, floor in FLOORS.items() if _within(module, package)), None)
    if found is None:
        return None
    floor, package = found
    return floor, "connector" if (ROOT / f"{package.replace('.', '/')}.py").exists() else package


def test_every_module_of_the_product_stands_on_a_floor() -> None:
    assert [name for name in product() if _floor(name) is None and name not in ("connector", "payment_core")] == []


def test_imports_only_go_down_and_never_sideways() -> None:
    wrong = []
    for one in imports():
        here, there = _floor(one.importer), _floor(one.target)
        if here is None or there is None:
            continue
        sideways = here[0] == there[0] and here[1] != there[1] and (here[1], there[1]) not in SIDEWAYS
        if here[0] < there[0] or sideways:
            wrong.append(str(one))
    assert wrong == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_known_only_where_it_belongs(library: str) -> None:
    wrong = [
        str(one)
        for one in imports()
        if one.importer.split(".")[0] in PRODUCT
        and _within(one.source, library)
        and not any(_within(one.importer, place) for place in LIBRARIES[library])
    ]
    assert wrong == []


STRANGERS = (
    ("who", "whom"),
    ("connector.salesforce", "connector.core"),
    ("connector.core", "connector.salesforce"),
    ("sandbox", "connector"),
    ("sandbox", "callbacks"),
    ("foundation", "connector"),
    ("foundation", "callbacks"),
    ("foundation", "manifests"),
    ("foundation", "sandbox"),
    ("foundation", "payment_core"),
    ("payment_core", "connector"),
    ("payment_core", "callbacks"),
    ("payment_core", "sandbox"),
    ("payment_core", "tests"),
    ("connector", "payment_core"),
    ("callbacks", "payment_core"),
    ("manifests", "payment_core"),
    ("sandbox", "payment_core"),
    ("payment_core.gateways", "payment_core.messengers"),
    ("payment_core.messengers", "payment_core.gateways"),
    ("sandbox", "foundation"),
    ("connector", "sandbox"),
    ("callbacks", "sandbox"),
    ("manifests", "sandbox"),
    ("sandbox", "tests"),
    ("connector", "tests"),
    ("callbacks", "tests"),
)


# In one test, as every process of the tests would read the whole product for its share of the pairs.
def test_some_never_know_each_other() -> None:
    known = [
        (who, one)
        for who, whom in STRANGERS
        for one in imports()
        if _within(one.importer, who) and _within(one.target, whom)
    ]
    assert [f"{who}: {one}" for who, one in known] == []


def folders() -> dict[str, set[str]]:
    """Return the folders, each with those that its own files import; root modules stand for themselves."""
    found: dict[str, set[str]] = {}
    for one in imports():
        if one.target not in modules():
            continue
        here, there = _folder(one.importer), _folder(one.target)
        found.setdefault(here, set())
        if here != there and not _within(there, here):  # a folder may use its own rooms
            found[here].add(there)
    return found


def _folder(module: str) -> str:
    is_package = (ROOT / module.replace(".", "/") / "__init__.py").exists()
    return module if is_package or module.count(".") < 2 else module.rsplit(".", 1)[0]


def test_folders_do_not_import_each_other_in_circles() -> None:
    graph = graphlib.TopologicalSorter(folders())
    graph.prepare()  # raises CycleError, which names the folders


def rooms() -> dict[str, dict[str, set[str]]]:
    """Return for each folder its files and folders, each with those beside it that something in it imports."""
    found: dict[str, dict[str, set[str]]] = {}
    for one in imports():
        here, there = one.importer.split("."), one.target.split(".")
        shared = sum(1 for _ in takewhile(lambda names: names[0] == names[1], zip(here, there, strict=False)))
        # A folder's own `__init__` only hands its rooms on.
        if one.target in modules() and shared and shared < min(len(here), len(there)):
            beside = found.setdefault(".".join(here[:shared]), {})
            beside.setdefault(here[shared], set()).add(there[shared])
    return found


def test_the_rooms_of_a_folder_stand_one_upon_the_other() -> None:
    """As folders do: within each of them no file or folder uses what uses it, by whatever way round."""
    for folder, graph in rooms().items():
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as circle:
            pytest.fail(f"{folder}: {' -> '.join(circle.args[1])}")


def test_a_folder_holds_about_twelve_files() -> None:
    files = [path for top in (*PRODUCT, "sandbox", "tests") for path in _python(top) if path.name != "__init__.py"]
    files += (ROOT / "connector/web/static/agent").rglob("*.js")
    counts = Counter(f"{path.parent.relative_to(ROOT)}" for path in files)
    crowded = {room: count for room, count in counts.items() if count > 12}
    assert crowded == {}


def test_the_domain_is_pure() -> None:
    ours = (
        "connector.domain",
        "payment_core.domain",
        "foundation.money",
        "foundation.cards",
        "foundation.phones",
        "foundation.secret",
        "foundation.backoff",
        "foundation.texts",
        "foundation.words",
    )
    known = sys.stdlib_module_names - {
        "os",
        "io",
        "pathlib",
        "socket",
        "time",
        "random",
        "threading",
        "subprocess",
        "logging",
        "urllib",
    }
    wrong = [
        str(one)
        for one in imports()
        if (_within(one.importer, "connector.domain") or _within(one.importer, "payment_core.domain"))
        and one.source.split(".")[0] not in known
        and not any(_within(one.source, place) for place in ours)
    ]
    assert wrong == []


def test_only_the_clock_knows_what_time_it_is() -> None:
    asking = {
        name
        for name, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
    }
    # waitress stamps its channels with time.time, so what waits for them compares with that.
    assert asking - {"foundation.serving.stopping"} == {"foundation.clock"}


def functions(*, grown: bool = False) -> list[tuple[int, str]]:
    """Return (lines, where) of every function of the product."""
    return sorted(
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{name}:{node.lineno} {node.name}")
        for name, tree in product().items()
        if grown or not name.startswith(GROWN)
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
    )


def test_functions_are_short() -> None:
    lines = [length for length, _ in functions()]
    assert statistics.median(lines) <= 10
    assert lines[int(len(lines) * 0.9)] <= 30
    assert [where for length, where in functions() if length > 60] == []


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    files = [path for top in (*PRODUCT, "sandbox") for path in _python(top)]
    files += (ROOT / "connector/web/static/agent").rglob("*.js")
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    assert [
        f"{path.relative_to(ROOT)}: {length}"
        for path, length in lengths.items()
        if length > 300 and not _dotted(path).startswith(GROWN)
    ] == []


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS) and node.returns is None
    ]
    assert silent == []


def test_every_module_says_in_plain_words_what_it_holds() -> None:
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []
    riddles = ("Knows ", "Decides ", "This module ")
    odd = [name for name, tree in product().items() if (ast.get_docstring(tree) or "").startswith(riddles)]
    assert odd == []


def test_no_function_takes_more_than_seven_parameters() -> None:
    many = []
    for name, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                named = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                if len([one for one in named if one not in ("self", "cls")]) > 7:
                    many.append(f"{name}:{node.lineno} {node.name}")
    assert many == []


def test_everything_is_caught_at_named_places_only() -> None:
    broad = {
        name
        for name, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or {"Exception", "BaseException"} & {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)}
        )
    }
    assert broad <= BROAD


def test_names_are_the_words_of_the_plan() -> None:
    wrong = []
    for name, tree in modules().items():
        defined = [node.name for node in ast.walk(tree) if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
        for word in (*name.split("."), *defined):
            parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", word)}
            if parts & FORBIDDEN and word not in HOOKS | OF_THE_SYSTEM:
                wrong.append(f"{name}: {word}")
    assert wrong == []


def test_a_journey_file_has_one_public_verb_of_the_same_name() -> None:
    missing = []
    for name, tree in product().items():
        is_folder = any(other.startswith(f"{name}.") for other in product())
        if _within(name, "connector.journeys") and not is_folder and name != "connector.journeys.context":
            public = {node.name for node in tree.body if isinstance(node, FUNCTIONS)}
            stem = name.rsplit(".", 1)[1]
            if not {stem, f"{stem}s"} & public:
                missing.append(name)
    assert missing == []


# Names that a library asks for.
OF_A_LIBRARY = {"Meta"}


@pytest.mark.parametrize("service", ["connector", "payment_core"])
def test_the_name_of_a_class_means_one_thing_within_a_service(service: str) -> None:
    packages = {"connector": ("connector", "callbacks"), "payment_core": ("payment_core",)}[service]
    where: dict[str, list[str]] = {}
    for name, tree in product().items():
        if name.split(".")[0] in (*packages, "foundation", "manifests"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in OF_A_LIBRARY:
                    where.setdefault(node.name, []).append(name)
    assert {name: found for name, found in where.items() if len(found) > 1} == {}
