"""What Slipcover notes and what Coverage traces are the same lines and the same branches."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tools.coverage_data import Branch, arcs_of

# It is there wherever coverage is measured; whoever runs a few tests need not have it.
slipcover = pytest.importorskip("slipcover")
code = pytest.importorskip("tests.suite.prepared_code")

PROGRAM = '''
import asyncio
import functools


def kind(value):
    """Say what it is."""
    match value:
        case 1 | 2:
            return "few"
        case str() as text if (
            text
        ):
            return text
        case 3:
            pass
    for one in range(
        value if isinstance(value, int)
        else 0
    ):
        if one == 5:
            break
        if one == 9:
            return "never"
    else:
        if value == 4:
            return "no break"
    with open(__file__) as file:
        while line := file.readline():
            if not line.strip():
                continue
            if "kind" in line:
                break
    try:
        if value == 7:
            raise ValueError
    except ValueError:
        value += 1
        if value > 7:
            value = 0
    finally:
        if value:
            value = 1


if kind:

    @functools.cache
    def cached():
        if cached:
            return [one for one in (1, 2) if one]


async def numbers():
    for one in (1, 2):
        yield one


async def last(limit):
    async for one in numbers():
        if one > limit:
            break
    if limit == 9:
        limit = 0


for tried in (1, "text", "", 3, 4, 6, 7):
    kind(tried)
cached()
asyncio.run(last(1))
asyncio.run(last(3))
if not kind:
    @functools.cache
    def absent():
        pass
'''


@pytest.mark.parametrize("kept", [False, True], ids=["at once", "as prepared before"])
def test_the_notes_say_what_a_trace_says(tmp_path: Path, kept: bool) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--rcfile=", "--branch", f"--data-file={tmp_path / 'traced'}", program],
        check=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    noted = CoverageData(str(tmp_path / "noted"))
    noted.add_arcs(
        {
            str(program): arcs_of(
                str(program), _noted(program, tmp_path / "prepared" if kept else None), Coverage(config_file=False)
            )
        }
    )
    noted.write()
    assert missing(tmp_path / "noted", program) == missing(tmp_path / "traced", program)


def _noted(program: Path, folder: Path | None) -> set[int | Branch]:
    recorder = slipcover.Slipcover(branch=True, d_miss_threshold=code.NEVER)
    if folder:
        code.prepared(program, folder)
        made = code.with_probes(code.prepared(program, folder), recorder, program)
    else:
        plain = compile(slipcover.branch.preinstrument(ast.parse(program.read_text())), str(program), "exec")
        made = recorder.instrument(plain)
    exec(made, {"__file__": str(program), "__name__": "program"})
    return set(recorder.newly_seen[str(program)])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the interpreter itself calls back there")
def test_what_was_prepared_is_prepared_again_once_its_source_has_changed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    for text in ("first = 1\n", "second = 2\n", "second = 2\n"):
        program.write_text(text)
        made: dict[str, object] = {}
        recorder = slipcover.Slipcover(branch=True)
        exec(code.with_probes(code.prepared(program, tmp_path / "prepared"), recorder, program), made)
        assert text.split()[0] in made
    assert len(list((tmp_path / "prepared").iterdir())) == 1


def missing(data: Path, program: Path) -> str:
    """The lines and branches that are missing, as the report names them."""
    settings = Coverage(data_file=str(data), config_file=False)
    settings.load()
    report = data.with_suffix(".json")
    settings.json_report([str(program)], outfile=str(report))
    return report.read_text().partition('"files"')[2]
