"""Connecting an org: asked, by flags or by a file; both peers are tried first, and no secret is shown again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import requests

from connector.domain.tenants.tenant import BasicProof, Flow, HmacProof, NoProof
from tests.tenants.conftest import Desk, Ground


def add(desk: Desk, ground: Ground, *more: str, **changes: Any) -> dict[str, Any]:
    """Connect by a file, as scripts do."""
    return desk.told("tenant", "add", "--file", "-", *more, given=json.dumps({**ground.values(), **changes}))


def secrets_of(ground: Ground) -> list[str]:
    org, core = ground.org(), ground.core()
    return [org["client_secret"], org["canvas_secret"], core["api_key"]]


def test_a_new_org_is_told_what_to_paste_and_its_proof_is_shown_once(desk: Desk, ground: Ground) -> None:
    told = add(desk, ground)
    assert told["launch_url"] == "https://c2p.example/launch"
    assert told["payment_status_url"].startswith("https://c2p.example/callbacks/")
    assert told["callback_password"]
    again = add(desk, ground)
    assert again == {name: value for name, value in told.items() if name not in ("callback_user", "callback_password")}
    shown = desk.run("tenant", "show", told["tenant"])
    assert told["settings_url"] in shown
    for secret in (*secrets_of(ground), told["callback_password"]):
        assert secret not in shown


def test_a_person_is_told_in_words_and_reads_no_secret_but_the_proof(desk: Desk, ground: Ground) -> None:
    said = desk.run("tenant", "add", "--file", "-", given=json.dumps(ground.values()))
    for words in ("Transaction Status URL", "Basic password", "Canvas App URL", "Trusted URLs", "chat2pay doctor"):
        assert words in said
    assert [one for one in secrets_of(ground) if one in said] == []


def test_changing_a_connected_org_shows_what_changes_and_keeps_what_is_pasted(desk: Desk, ground: Ground) -> None:
    told = add(desk, ground)
    shown = desk.told("tenant", "show", told["tenant"])
    assert {name: shown[name] for name in ("name", "org", "salesforce", "login", "core", "environment")} == {
        "name": "Karoo Trading", "org": ground.org()["org_id"], "salesforce": ground.org_url,
        "login": "client_credentials", "core": ground.core_url, "environment": "SANDBOX",
    }  # fmt: skip
    assert (shown["callback_proof"], shown["callback_proofs"], shown["disabled"]) == ("basic", 1, False)
    assert (shown["default_currency"], "ZAR" in shown["currencies"], shown["api_keys"]) == ("ZAR", True, [])
    desk.run("tenant", "disable", told["tenant"])
    before = _tenant(desk)
    org_id = ground.org()["org_id"]
    change = ("tenant", "add", "--org-id", org_id, "--name", "Karoo & Sons", "--core-key-file", "-")
    said = desk.run(*change, given=ground.core()["api_key"], code=2)
    assert "name: Karoo Trading → Karoo & Sons" in said
    assert "--yes" in said
    assert _tenant(desk) == before
    both = desk.run("tenant", "add", "--file", "-", "--name", "Karoo & Sons", given=json.dumps(ground.values()), code=2)
    assert "Give a file or flags, not both." in both
    desk.run(*change, "--yes", given=ground.core()["api_key"])
    after = _tenant(desk)
    assert (after.name, after.disabled) == ("Karoo & Sons", True)
    for name in ("callback_key", "proofs"):
        assert getattr(after.core, name) == getattr(before.core, name)
    assert (after.tenant_id, after.phone_key, after.mapping) == (before.tenant_id, before.phone_key, before.mapping)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("salesforce.client_secret", "wrong-secret", "consumer secret"),
        ("salesforce.client_id", "wrong-client", "consumer key"),
        ("salesforce.org_id", "00Dxx0000001gEhEAI", "open the org"),
        ("core.api_key", "wrong-key", "--core-key-file: The payment core does not accept this key"),
        ("core.environment", "PRODUCTION", "--environment: The payment core says SANDBOX"),
    ],
)
def test_what_a_peer_refuses_is_not_kept(desk: Desk, ground: Ground, place: str, value: str, sentence: str) -> None:
    values = ground.values()
    group, _, name = place.partition(".")
    values[group][name] = value
    said = desk.run("tenant", "add", "--file", "-", given=json.dumps(values), code=1)
    assert sentence in said
    assert "No tenant yet" in desk.run("tenant", "list")


def test_every_fault_of_the_values_is_told_at_once_by_its_flag(desk: Desk) -> None:
    said = desk.run("tenant", "add", "--org-id", "005xx000001X8Uz", "--host", "https://evil.example", code=2)
    for words in (
        "--org-id: Give the organization id",
        "--host: Give the My Domain",
        "--application",
        "--core-key-file",
    ):
        assert words in said


def test_an_org_is_connected_by_answering_questions_and_a_wrong_answer_is_asked_again(
    desk: Desk, ground: Ground
) -> None:
    org, core = ground.org(), ground.core()
    answers = [
        "not an id", org["org_id"], "Karoo", "https://evil.example", ground.org_url, "", org["client_id"],
        org["client_secret"], org["canvas_secret"], "", "own", "https://pay.acme.example", ground.core_url,
        core["applications"][0]["uuid"],
        core["api_key"], "hmac", "rand", "zar", "za", "", "Naledi",
    ]  # fmt: skip
    said = desk.run("tenant", "add", given="\n".join(answers) + "\n")
    for words in (
        "Give the organization id", "Give the My Domain address", "three letters", "Signing secret",
        "A name that agents know; it stands in refusals.",
    ):  # fmt: skip
        assert words in said
    assert said.count("A core of your own must be named in CHAT2PAY_CORE_HOSTS") == 1
    assert [one for one in secrets_of(ground) if one in said] == []
    tenant = _tenant(desk)
    assert (tenant.name, tenant.default_currency, tenant.phone_region) == ("Karoo", "ZAR", "ZA")
    (proof,) = tenant.core.proofs
    assert isinstance(proof, HmacProof)
    assert proof.key.value.startswith("whsec_")


@pytest.mark.parametrize(
    "host",
    ["javascript:alert(1)", "http://localhost:99999999", "https://[::1", "https://a.my.salesforce.com@evil.example"],
)
def test_an_address_that_is_none_is_a_sentence_by_flag_and_by_file(desk: Desk, ground: Ground, host: str) -> None:
    values = ground.values()
    values["salesforce"]["host_url"] = host
    for said in (
        desk.run("tenant", "add", "--file", "-", given=json.dumps(values), code=2),
        desk.run("tenant", "add", "--host", host, code=2),
    ):
        assert "--host: Give the My Domain address" in said


@pytest.mark.parametrize("name", ["Ka\u202eroo", "Ka\u200broo", "Ka\nroo", "\u3164"], ids=ascii)
def test_a_name_that_does_not_read_as_it_looks_is_no_name(desk: Desk, ground: Ground, name: str) -> None:
    for field in ("name", "admin_contact"):
        said = desk.run("tenant", "add", "--file", "-", given=json.dumps(ground.values() | {field: name}), code=2)
        assert "no control or invisible characters" in " ".join(said.split())
    assert "No tenant yet" in desk.run("tenant", "list")


def test_a_file_that_says_one_thing_twice_is_refused_by_its_name(desk: Desk, ground: Ground) -> None:
    given = json.dumps(ground.values()).replace('"default_currency"', '"name": "Another", "default_currency"')
    said = desk.run("tenant", "add", "--file", "-", given=given, code=2)
    assert "has name twice in one object" in " ".join(said.split())
    assert "No tenant yet" in desk.run("tenant", "list")


def test_what_a_person_pastes_may_bring_blanks_and_quotes_along(desk: Desk, ground: Ground) -> None:
    org, core = ground.org(), ground.core()
    answers = [
        f" {org['org_id']} ", "x" * 121, "Karoo Café", "javascript:alert(1)", f"{ground.org_url}/", "",
        f"'{org['client_id']}'", f'"{org["client_secret"]}"', f" {org['canvas_secret']}", "sandbox", "OWN",
        ground.core_url, core["applications"][0]["uuid"], f"{core['api_key']} ", "BASIC", "zar", "ZZ", "ZA", "Afrikaans",
        "af", "",
    ]  # fmt: skip
    said = desk.run("tenant", "add", given="\n".join(answers) + "\n")
    assert "Give 1 to 120 characters" in said
    assert "country's two letters" in said
    assert "such as en, af or pt_BR" in said
    assert _tenant(desk).tenant_id.startswith("karoo-cafe-")


def test_after_a_refusal_only_the_answers_in_doubt_are_asked_again(desk: Desk, ground: Ground) -> None:
    org, core = ground.org(), ground.core()
    answers = [
        org["org_id"], "Karoo", ground.org_url, "", org["client_id"], "wrong-secret", org["canvas_secret"], "",
        "own", ground.core_url, "no-such-application", core["api_key"], "", "XXX", "", "", "",
        "y", "", "", "", "", org["client_secret"], "",  # the login's
        "y", "", "", "", core["applications"][0]["uuid"], "", "", "ZAR",  # the core's and the currency
    ]  # fmt: skip
    said = desk.run("tenant", "add", given="\n".join(answers) + "\n")
    assert said.count("What you call this tenant") == 1
    assert "has no application with this id" in said
    assert "Currency: The payment core does not take it" in said
    assert _tenant(desk).default_currency == "ZAR"


@pytest.mark.parametrize("name", ["Karoo \udcfc", "Karoo \0"])
def test_what_no_database_keeps_is_a_sentence(desk: Desk, ground: Ground, name: str) -> None:
    said = desk.run("tenant", "add", "--file", "-", given=json.dumps(ground.values() | {"name": name}), code=2)
    assert "--name: " in said


def test_whoever_stops_half_way_is_told_that_nothing_was_kept(desk: Desk, ground: Ground) -> None:
    assert "nothing was kept" in desk.run("tenant", "add", given=f"{ground.org()['org_id']}\nKaroo\n", code=2)
    assert "No tenant yet" in desk.run("tenant", "list")


def test_a_file_of_a_windows_editor_is_read_and_one_with_a_mistake_says_where(desk: Desk, ground: Ground) -> None:
    values = ground.values()
    values["salesforce"] = {
        name: f" {value}\r\n" if isinstance(value, str) else value for name, value in values["salesforce"].items()
    }
    path = desk.folder / "org.json"
    path.write_text(json.dumps(values), encoding="utf-8-sig")
    desk.run("tenant", "add", "--file", str(path))
    path.write_text('{"name": "Karoo",}')
    assert "line 1, column" in desk.run("tenant", "add", "--file", str(path), code=2)
    path.write_text(json.dumps(values), encoding="utf-16")
    assert "no text in UTF-8" in desk.run("tenant", "add", "--file", str(path), code=2)


def test_an_org_is_connected_by_a_key_whose_certificate_salesforce_has(desk: Desk, ground: Ground) -> None:
    org = ground.org()
    key, certificate = desk.folder / "c2p.key", desk.folder / "c2p.crt"
    desk.run("tenant", "keypair", "--key-file", str(key), "--certificate-file", str(certificate))
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in certificate.read_text()
    user = next(one["username"] for one in org["users"] if one["kind"] == "integration")
    values = ground.values()
    del values["salesforce"]["client_secret"]
    values["salesforce"] |= {"flow": "jwt_bearer", "username": user, "private_key": key.read_text()}
    said = desk.run("tenant", "add", "--file", "-", given=json.dumps(values), code=1)
    assert "certificate" in said
    answer = requests.put(
        f"{ground.org_url}/sandbox/certificate", json={"certificate": certificate.read_text()}, timeout=60
    )
    assert answer.ok, answer.text
    desk.run("tenant", "add", "--file", "-", given=json.dumps(values))
    access = _tenant(desk).salesforce
    assert (access.flow, access.username, access.client_secret) == (Flow.JWT_BEARER, user, None)
    desk.run("tenant", "keypair", "--key-file", str(key), "--certificate-file", str(certificate), code=2)


def test_a_person_is_handed_a_certificate_to_upload_before_the_login_is_tried(desk: Desk, ground: Ground) -> None:
    org, core = ground.org(), ground.core()
    user = next(one["username"] for one in org["users"] if one["kind"] == "integration")
    answers = [
        org["org_id"], "Karoo", ground.org_url, "jwt_bearer", org["client_id"], user, org["canvas_secret"], "",
        "own", ground.core_url, core["applications"][0]["uuid"], core["api_key"], "", "ZAR", "", "", "",
        str(desk.folder / "none.pem"),
    ]  # fmt: skip
    asked = subprocess.Popen(
        [sys.executable, "-m", "connector.cli", "tenant", "add"],
        env=desk.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert asked.stdin
    assert asked.stdout
    with asked:
        asked.stdin.write("\n".join([*answers, ""]) + "\n")
        asked.stdin.flush()
        said = ""
        while "END CERTIFICATE" not in said:
            line = asked.stdout.readline()
            assert line, said
            said += line
        certificate = said[said.index("-----BEGIN CERTIFICATE") :]
        requests.put(f"{ground.org_url}/sandbox/certificate", json={"certificate": certificate}, timeout=60)
        asked.stdin.write("\n")
        said += asked.stdout.read() if asked.stdin.flush() is None else ""
    assert asked.returncode == 0, said
    assert "This file cannot be read." in said
    assert "Basic password" in said
    assert "PRIVATE KEY" not in said
    assert _tenant(desk).salesforce.flow is Flow.JWT_BEARER


def test_a_callback_proof_is_changed_while_both_count(desk: Desk, ground: Ground) -> None:
    told = add(desk, ground)
    made = desk.told("rotate-key", "callback", told["tenant"], "--proof", "hmac")
    new, old = _tenant(desk).core.proofs
    assert isinstance(new, HmacProof)
    assert isinstance(old, BasicProof)
    assert (made["callback_hmac_key"], told["callback_password"]) == (new.key.value, old.password.value)
    assert "under way" in desk.run("rotate-key", "callback", told["tenant"], code=2)
    desk.run("rotate-key", "callback", told["tenant"], "--finish", "--yes")
    assert _tenant(desk).core.proofs == (new,)
    assert "No change is under way" in desk.run("rotate-key", "callback", told["tenant"], "--undo", code=2)
    for what in ([], ["--address"]):  # known before anybody is asked to confirm
        assert "No change is under way" in desk.run("rotate-key", "callback", told["tenant"], *what, "--finish", code=2)


def test_a_core_that_can_send_no_proof_is_told_by_name_and_its_addresses_are_changed(
    desk: Desk, ground: Ground
) -> None:
    name = add(desk, ground)["tenant"]
    desk.run("rotate-key", "callback", name, "--proof", "none")
    desk.run("rotate-key", "callback", name, "--finish", "--yes")
    assert _tenant(desk).core.proofs == (NoProof(),)
    old = _tenant(desk).core.callback_key
    made = desk.told("rotate-key", "callback", name)  # without a proof the addresses are the secret
    new = _tenant(desk).core.callback_key
    assert (_tenant(desk).core.former_callback_key, new == old) == (old, False)
    assert f"/callbacks/{new}/payment-status" in made["payment_status_url"]
    desk.run("rotate-key", "callback", name, "--undo")
    assert (_tenant(desk).core.callback_key, _tenant(desk).core.former_callback_key) == (old, None)
    said = desk.run("rotate-key", "callback", name, "--proof", "hmac", "--secret-file", "-", given="no base64!", code=2)
    assert "whsec_" in said


def test_a_canvas_secret_and_a_core_key_are_changed(desk: Desk, ground: Ground) -> None:
    told = add(desk, ground)
    name, (old,) = told["tenant"], _tenant(desk).salesforce.canvas_secrets
    desk.run("rotate-key", "canvas", name, "--secret-file", "-", given="another-canvas-secret\n")
    assert [one.value for one in _tenant(desk).salesforce.canvas_secrets] == ["another-canvas-secret", old.value]
    desk.run("rotate-key", "canvas", name, "--undo")
    assert _tenant(desk).salesforce.canvas_secrets == (old,)
    desk.run("rotate-key", "core", name, "--key-file", "-", given="no-such-key", code=1)
    assert _tenant(desk).core.api_key.value == ground.core()["api_key"]
    assert "accepts the new key" in desk.run(
        "rotate-key", "core", name, "--key-file", "-", given=ground.core()["api_key"]
    )


def test_a_new_core_key_is_asked_for_and_asked_for_again_until_the_core_takes_it(desk: Desk, ground: Ground) -> None:
    name = add(desk, ground)["tenant"]
    right = ground.core()["api_key"]
    said = desk.run("rotate-key", "core", name, given=f"wrong-key\ny\n\n{right}\n")
    for words in ("the application's API key", "does not accept this key", "Give the key again", "accepts the new key"):
        assert words in said
    assert right not in said
    stopped = desk.run("rotate-key", "core", name, given="wrong-key\nn\n", code=2)
    assert "Nothing was changed" in stopped
    assert "the old key stays" in desk.run("rotate-key", "core", name, given="", code=2)
    assert _tenant(desk).core.api_key.value == right


def test_a_new_canvas_secret_is_asked_for_unless_a_change_is_under_way(desk: Desk, ground: Ground) -> None:
    name, (old,) = add(desk, ground)["tenant"], _tenant(desk).salesforce.canvas_secrets
    said = desk.run("rotate-key", "canvas", name, given="short\nanother-canvas-secret\n")
    for words in (
        "stage it, do not apply it yet",
        "Give the canvas app's consumer secret",
        "Both secrets open launches",
    ):
        assert words in said
    assert "another-canvas-secret" not in said
    assert [one.value for one in _tenant(desk).salesforce.canvas_secrets] == ["another-canvas-secret", old.value]
    assert "A change is under way" in desk.run("rotate-key", "canvas", name, given="a-third-canvas-secret\n", code=2)
    both = _tenant(desk).salesforce.canvas_secrets
    assert "not both" in desk.run("rotate-key", "canvas", name, "--finish", "--undo", "--yes", code=2)
    desk.run("rotate-key", "canvas", name, "--finish", given="n\n", code=2)
    assert _tenant(desk).salesforce.canvas_secrets == both, "nothing is dropped before somebody has said yes"
    desk.run("rotate-key", "canvas", name, "--finish", "--yes")
    assert [one.value for one in _tenant(desk).salesforce.canvas_secrets] == ["another-canvas-secret"]
    assert "in use already" in desk.run("rotate-key", "canvas", name, given="another-canvas-secret\n", code=2)


def _tenant(desk: Desk) -> Any:
    services = desk.services()
    try:
        (tenant,) = services.store.tenants.every()
    finally:
        services.store.database.close()
    return tenant
