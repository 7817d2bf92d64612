"""People can use the portal, the phones and the controls, and see what was wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.core.app import create_app
from sandbox.core.errors import RefusedToStart

from .conftest import PHONE, Sandbox

ROOT = Path(__file__).parents[2]


def test_every_page_opens_under_a_strict_policy(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    edit = f"/portal/applications/{sandbox.application}"
    for path in ("/", "/portal", edit, "/portal/applications/new", "/phones", f"/phones/{PHONE}", sandbox.page(ref)):
        page = sandbox.http.get(path)
        assert page.status_code == 200, path
        assert "'unsafe" not in page.headers["Content-Security-Policy"]
        assert "Sandbox." in page.text
        assert "<script>" not in page.text


def test_the_portal_saves_callback_urls(sandbox: Sandbox) -> None:
    path = f"/portal/applications/{sandbox.application}"
    form = {"name": "Salesforce", "type": "OMS", "payment_status_url": "https://connector.example/x"}
    assert sandbox.http.post(path, data=form).status_code == 303
    shown = sandbox.http.get("/sandbox/credentials").json["applications"][0]
    assert shown["payment_status_url"] == "https://connector.example/x"
    assert shown["basic"] is None


def test_the_portal_explains_a_wrong_url_and_keeps_what_was_typed(sandbox: Sandbox) -> None:
    path = f"/portal/applications/{sandbox.application}"
    page = sandbox.http.post(path, data={"name": "Renamed", "type": "OMS", "settings_url": "ftp://x"})
    assert page.status_code == 422
    assert "settings_url: must start with https://" in page.text
    assert "Renamed" in page.text
    assert sandbox.core.applications.listed()[0].name == "Salesforce"


@pytest.mark.parametrize("url", ["connector", "http://", "https://a b/", "https://u:p@host/", "http://host:x/"])
def test_a_wrong_url_is_refused_by_name(sandbox: Sandbox, url: str) -> None:
    answer = sandbox.http.put(f"/sandbox/applications/{sandbox.application}", json={"payment_status_url": url})
    assert (answer.status_code, answer.json["field"]) == (422, "payment_status_url")


def test_changed_settings_are_told(sandbox: Sandbox) -> None:
    form = {"transaction_type": "SALE", "channels": "sms", "currencies": "ZAR, CHF"}
    sandbox.http.post("/portal/settings", data=form)
    told = {(entry["event"], entry["body"]["value"]) for entry in sandbox.callbacks() if entry["kind"] == "settings"}
    assert ("CHANNEL_REMOVED", "whatsapp") in told
    assert ("CURRENCY_ADDED", "CHF") in told
    assert sandbox.call("GET", "/api/v2/configuration").json["channels"] == ["sms"]


def test_a_replaced_key_stops_the_old_one(sandbox: Sandbox) -> None:
    old = sandbox.key
    sandbox.http.post("/portal/api-key")
    assert sandbox.http.get("/api/v2/configuration", headers=old).status_code == 401
    assert sandbox.call("GET", "/api/v2/configuration").status_code == 200
    assert sandbox.key["Authorization"] not in str(sandbox.callbacks())


def test_another_site_cannot_post(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/portal/api-key", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_phone_page_replies_and_answers_304_when_unchanged(sandbox: Sandbox) -> None:
    sandbox.sent()
    assert sandbox.http.post(f"/phones/{PHONE}", data={"text": "hi <b>", "channel": "sms"}).status_code == 303
    fragment = sandbox.http.get(f"/phones/{PHONE}/messages")
    assert "hi &lt;b&gt;" in fragment.text
    again = sandbox.http.get(f"/phones/{PHONE}/messages", headers={"If-None-Match": fragment.headers["ETag"]})
    assert again.status_code == 304


def test_an_empty_reply_is_explained(sandbox: Sandbox) -> None:
    assert sandbox.http.post(f"/phones/{PHONE}", data={"text": "", "channel": "sms"}).status_code == 422
    assert sandbox.http.post("/sandbox/phones/abc/replies", json={"text": "x"}).status_code == 422


def test_it_refuses_to_start_beside_production_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT2PAY_ENVIRONMENT", "production")
    with pytest.raises(RefusedToStart):
        create_app(tmp_path)


def test_it_refuses_to_listen_beyond_this_machine(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.core", "--port", "0", "--state", str(tmp_path), "--host", "0.0.0.0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--allow-other-hosts" in ended.stderr


def test_it_starts_on_a_free_port_loses_answers_and_stops_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.core", "--port", "0", "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("core ready on http://localhost:")
            url = line.split()[-1]
            assert requests.put(url + "/sandbox/faults", json={"drop_answers": 1}, timeout=60).status_code == 200
            with pytest.raises(requests.ConnectionError):
                requests.get(url + "/api/v2/configuration", headers=_key(url), timeout=60)
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0


def _key(url: str) -> dict[str, str]:
    return {"Authorization": requests.get(url + "/sandbox/credentials", timeout=60).json()["api_key"]}
