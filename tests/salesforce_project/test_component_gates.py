"""Components without an org: lint, format, and jest with its matcher for accessibility; each notices what is broken."""

from __future__ import annotations

import os
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
    environment = {"PATH": f"{Path(find_node()).parent}:{os.environ['PATH']}", "HOME": tempfile.gettempdir(), "CI": "1"}
    command = ["npm", "run", "--silent", "--logs-max=0", script, "--", *arguments]
    return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True)


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("script", ["lint", "format", "test"])
def test_every_component_passes(script: str) -> None:
    done = npm(script, SHIPPED)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("script", "name", "source", "complaint"),
    [
        ("lint", "chat2payBroken.js", "var a = window.b == 1;\nexport default a;\n", "no-var"),
        ("format", "chat2payBroken.js", "export default  1\n", "chat2payBroken.js"),
        ("test", "__tests__/chat2payBroken.test.js", TEST, "image-alt"),
    ],
)
def test_what_is_broken_is_named(copy: Path, script: str, name: str, source: str, complaint: str) -> None:
    path = copy / LWC / name
    path.parent.mkdir(parents=True)
    path.write_text(source)
    done = npm(script, copy, *([name] if script == "test" else []))
    assert done.returncode != 0
    assert complaint in done.stdout + done.stderr, done.stdout + done.stderr
