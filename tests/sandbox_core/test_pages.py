"""People can use the phones and the controls, and see what was wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.core.app import create_app
from sandbox.core.errors import UnsafeSurroundings

from .conftest import PHONE, Sandbox


def test_every_page_opens_under_a_strict_policy(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    card_form = str(sandbox.press(ref).location)
    for path in ("/", "/phones", f"/phones/{PHONE}", sandbox.page(ref), card_form):
        page = sandbox.http.get(path)
        assert page.status_code == 200, path
        assert "'unsafe" not in page.headers["Content-Security-Policy"]
        assert "andbox" in page.text
        assert "<script>" not in page.text


def test_a_card_is_asked_for_once_the_links_page_was_left_for_it(sandbox: Sandbox) -> None:
    page = sandbox.page(sandbox.sent())
    answer = sandbox.http.get(f"{page}/card")
    assert (answer.status_code, answer.location) == (303, page)


@pytest.mark.parametrize("url", ["connector", "http://", "https://a b/", "https://u:p@host/", "http://host:x/"])
def test_a_wrong_url_is_refused_by_name(sandbox: Sandbox, url: str) -> None:
    answer = sandbox.http.put(f"/sandbox/applications/{sandbox.application}", json={"payment_status_url": url})
    assert (answer.status_code, answer.json["field"]) == (422, "payment_status_url")


def test_changed_settings_are_told(sandbox: Sandbox) -> None:
    change = {"transaction_type": "SALE", "channels": ["sms"], "currencies": ["ZAR", "CHF"]}
    answer = sandbox.http.put("/sandbox/settings", json=change)
    assert (answer.status_code, answer.json["merchant_name"]) == (200, "Karoo Coffee Roasters")
    assert answer.json | change == answer.json == sandbox.http.get("/sandbox/settings").json
    told = {(entry["event"], entry["body"]["value"]) for entry in sandbox.callbacks() if entry["kind"] == "settings"}
    assert ("CHANNEL_REMOVED", "whatsapp") in told
    assert ("CURRENCY_ADDED", "CHF") in told
    assert sandbox.call("GET", "/api/v2/configuration").json["channels"] == ["sms"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"channels": ["fax"]}, "channels"), ({"currencies": []}, "currencies"), ({"typo": 1}, "typo")],
)
def test_a_wrong_setting_is_refused_by_name(sandbox: Sandbox, change: dict[str, object], field: str) -> None:
    answer = sandbox.http.put("/sandbox/settings", json=change)
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_a_replaced_key_stops_the_old_one(sandbox: Sandbox) -> None:
    old = sandbox.key
    assert sandbox.http.post("/sandbox/credentials/renew").status_code == 200
    assert sandbox.http.get("/api/v2/configuration", headers=old).status_code == 401
    assert sandbox.call("GET", "/api/v2/configuration").status_code == 200
    assert sandbox.key["Authorization"] not in str(sandbox.callbacks())


def test_another_site_cannot_post(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/sandbox/credentials/renew", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_doors_of_the_demo_open_for_the_front_alone(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/demo/credentials")
    assert answer.status_code == 401
    assert "api_key" not in answer.text


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
    with pytest.raises(UnsafeSurroundings):
        create_app(tmp_path, core_url="http://127.0.0.1:9", key="k", public_url="http://localhost:8020")
