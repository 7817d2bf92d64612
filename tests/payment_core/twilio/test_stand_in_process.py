"""The stand-in as a process of its own, called by the vendor's own client where that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.processes.ports import free_port

ROOT = Path(__file__).resolve().parents[3]


def test_the_account_is_kept_and_the_vendors_client_is_understood(tmp_path: Path) -> None:
    rest = pytest.importorskip("twilio.rest", reason="the vendor's library is not installed")
    port = free_port()
    command = [sys.executable, "-m", "sandbox.twilio", "--port", str(port), "--state", str(tmp_path)]
    for _ in range(2):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
            try:
                assert started.stdout is not None
                assert "twilio ready" in started.stdout.readline()
                account = json.loads((tmp_path / "account.json").read_text(encoding="utf-8"))
                client = rest.Client(account["key_sid"], account["key_secret"], account["account_sid"])
                client.api.base_url = f"http://127.0.0.1:{port}"
                sent = client.messages.create(to="+27831234567", from_="+27870000000", body="hello")
                assert (sent.sid[:2], sent.status, sent.error_code) == ("SM", "queued", None)
                assert [one.sid for one in client.messages.list(to="+27831234567")] == [sent.sid]
                assert client.messages(sent.sid).fetch().status == "delivered"
                refused = requests.post(
                    f"http://127.0.0.1:{port}/2010-04-01/Accounts/{account['account_sid']}/Messages.json",
                    data={"To": "x"}, auth=(account["key_sid"], account["key_secret"]), timeout=10,
                )  # fmt: skip
                assert (refused.status_code, refused.json()["code"]) == (400, 21211)
            finally:
                started.terminate()
                started.wait(30)
    assert (tmp_path / "account.json").stat().st_mode & 0o077 == 0
