"""Both servers do without the tables by which requests guesses an encoding, and read an answer that names none as UTF-8."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADS = """
import runpy, sys
sys.argv = ["command", "serve", "--help"]
try:
    runpy.run_module({module!r}, run_name="__main__")
except SystemExit:
    import requests
    answer = requests.Response()
    answer._content = "żółw".encode()
    print([answer.text, sys.modules["charset_normalizer"]], file=sys.stderr)
"""


@pytest.mark.parametrize("module", ["connector.cli", "payment_core.cli"])
def test_a_server_loads_no_tables_to_guess_an_encoding(module: str) -> None:
    started = [sys.executable, "-X", "utf8", "-c", LOADS.format(module=module)]
    done = subprocess.run(started, check=True, capture_output=True, encoding="utf-8")
    assert done.stderr == "['żółw', None]\n"
