"""Components without an org: lint, format, and jest with its matcher for accessibility; each notices what is broken."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tools.salesforce.programs import find_node
from tools.salesforce.project import SHIPPED

LWC = "panel/main/default/lwc/chat2payBroken"
TEST = """import { createElement } from 'lwc';
it('can be used by everybody', async () => {
  const image = document.createElement('img');
  document.body.appendChild(image);
  await expect(image).toBeAccessible();
});
"""


def npm(script: str, at: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{Path(find_node()).parent}:{os.environ['PATH']}",
        "HOME": tempfile.gettempdir(),
        "CI": "1",
        "NO_COLOR": "1",
        # What a run throws away is looked for less often.
        "NODE_OPTIONS": "--max-semi-space-size=64",
    }
    command = ["npm", "run", "--silent", "--logs-max=0", script, "--", *arguments]
    return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True)


def broken(copy: Path, name: str, source: str) -> None:
    path = copy / LWC / name
    path.parent.mkdir(parents=True)
    path.write_text(source)


@pytest.mark.parametrize(
    ("script", "source", "complaint"),
    [
        ("lint", "var a = window.b == 1;\nexport default a;\n", "no-var"),
        ("format", "export default  1\n", "Code style issues"),
    ],
)
def test_every_component_passes_but_one_that_is_broken(copy: Path, script: str, source: str, complaint: str) -> None:
    """One look at all of them: both print each file in which there is something on a line of its own."""
    broken(copy, "chat2payBroken.js", source)
    done = npm(script, copy)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert [Path(one).name for one in re.findall(r"^(?:\[warn\] )?(\S+\.\w+)$", said, re.MULTILINE)] == [
        "chat2payBroken.js"
    ], said
    assert complaint in said, said


@pytest.mark.usefixtures("modules")
def test_every_test_of_a_component_passes() -> None:
    done = npm("test", SHIPPED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_component_that_not_everybody_can_use_is_named(copy: Path) -> None:
    broken(copy, "__tests__/chat2payBroken.test.js", TEST)
    done = npm("test", copy, "__tests__/chat2payBroken.test.js")
    assert done.returncode != 0
    assert "image-alt" in done.stdout + done.stderr, done.stdout + done.stderr
