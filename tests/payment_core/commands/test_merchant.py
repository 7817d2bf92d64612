"""`chat2pay-core merchant change` and `merchant secret` at a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest
from click.testing import CliRunner, Result

from payment_core.cli import main
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import ObjectUnknown
from payment_core.journeys.configuring.replace_secret import KNOWN_SECRETS
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from payment_core.store import merchants
from tests.payment_core.configuring.test_read_merchant import given
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Run = Callable[..., Result]


@pytest.fixture
def run(core: Core, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command on this test's core."""
    monkeypatch.setattr("payment_core.commands.merchant.open_shared", lambda **_: core)
    return lambda *words, **more: CliRunner().invoke(main, list(words), **more)


def secret(run: Run, *words: str) -> Result:
    return run("merchant", "secret", "mer_karoo", "stripe.key", "--file", "-", *words, input=f"rk_test_{token_hex(12)}")


def test_change_takes_a_file_and_names_what_is_wrong(core: Core, run: Run) -> None:
    with core.transactions.write() as work:
        merchants.save(work, replace(MERCHANT, gateway="stripe", messenger="twilio"), now=core.now())
    given = json.dumps({"minimum": {"ZAR": 5.00}, "looks": {"colour": "#0b5c55"}})
    done = run("merchant", "change", "mer_karoo", "--file", "-", input=given)
    assert (done.exit_code, done.output) == (0, "Merchant mer_karoo was changed.\n")
    refused = run("merchant", "change", "mer_karoo", "--file", "-", input=json.dumps({"mode": "PRODUCTION"}))
    assert (refused.exit_code, "mode: stays as it is" in refused.output) == (1, True)
    for no_json in ("x", "[" * 100_000):
        refused = run("merchant", "change", "mer_karoo", "--file", "-", input=no_json)
        assert (refused.exit_code, "JSON" in refused.output) == (2, True)


def test_a_secret_is_read_from_a_file_as_windows_editors_write_it(
    core: Core, merchant: Merchant, run: Run, tmp_path: Path
) -> None:
    """They begin it with a byte order mark, which no provider takes for a part of a key."""
    file, key = tmp_path / "key.txt", f"rk_test_{token_hex(12)}"
    file.write_bytes(b"\xef\xbb\xbf" + key.encode() + b"\r\n")
    assert run("merchant", "secret", "mer_karoo", "stripe.key", "--file", str(file)).exit_code == 0
    with core.transactions.read() as work:
        assert merchants.secrets_of(work, "mer_karoo").one("stripe.key").value == key


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe", "no text in UTF-8"), (b" \n", "is empty")])
def test_a_file_that_holds_no_secret_is_refused_in_words(
    merchant: Merchant, run: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "key").write_bytes(content)
    refused = run("merchant", "secret", "mer_karoo", "stripe.key", "--file", str(tmp_path / "key"))
    assert (refused.exit_code, said in " ".join(refused.output.split())) == (2, True), refused.output


def test_a_key_of_another_account_is_said_to_be_one(
    core: Core, merchant: Merchant, run: Run, make_link: Callable[..., Link], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert "was replaced." in secret(run).output, "nothing was paid yet, so every account is as good"
    link = make_link()
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    real = gateway.look

    def unknown(_: object) -> None:
        raise ObjectUnknown("no such object", reason="resource_missing")

    with monkeypatch.context() as other:
        other.setattr(gateway, "look", unknown)
        refused = secret(run)
        assert (refused.exit_code, "--keep" in refused.output) == (1, True)
        assert "Earlier payments are still looked after" in secret(run, "--keep").output
    assert gateway.look == real
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="test")
    monkeypatch.setattr(gateway, "look", unknown)
    assert "To have them here again" in secret(run).output


@pytest.mark.parametrize("fault", [Lost.NOTHING_LEFT, Lost.BEFORE])
def test_a_key_that_nothing_was_paid_with_is_tried_and_what_was_found_is_said(
    core: Core, run: Run, gateway: FakeGateway, fault: Lost
) -> None:
    def stored() -> str:
        with core.transactions.read() as work:
            return merchants.secrets_of(work, "mer_karoo").one("stripe.key").value

    done = secret(run)
    assert (done.exit_code, "The gateway accepts its key." in done.output) == (0, True)
    before = stored()
    gateway.loses("try_key", Lost.KEY)
    refused = secret(run)
    assert (refused.exit_code, "does not accept this key. Nothing was changed." in refused.output) == (1, True)
    assert stored() == before
    gateway.loses("try_key", fault)
    untried = secret(run)
    assert (untried.exit_code, "could not be tried, and was stored untried" in untried.output) == (0, True)
    assert stored() != before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (None, "The gateway accepts its key."),
        (Lost.BEFORE, "stored untried: no answer Run `chat2pay-core doctor`"),
        (Lost.KEY, "secrets.stripe.key: The gateway does not accept this key."),
    ],
)
def test_the_key_of_a_new_merchant_is_tried_before_anything_is_stored(
    core: Core, run: Run, gateway: FakeGateway, fault: Lost | None, said: str
) -> None:
    if fault is not None:
        gateway.loses("try_key", fault)
    done = run("merchant", "add", "--file", "-", input=json.dumps(given()))
    assert (done.exit_code, said in done.output) == (int(fault is Lost.KEY), True), done.output
    with core.transactions.read() as work:
        assert (merchants.find(work, "acme") is None) is (fault is Lost.KEY)


@pytest.mark.parametrize("fault", [None, Lost.NOTHING_LEFT, Lost.KEY])
def test_the_messengers_key_of_a_new_merchant_is_tried_before_anything_is_stored(
    core: Core, run: Run, messenger: FakeMessenger, fault: Lost | None
) -> None:
    messenger.key_fault = fault
    done = run("merchant", "add", "--file", "-", input=json.dumps(given()))
    assert done.exit_code == int(fault is Lost.KEY), done.output
    if fault is Lost.KEY:
        for name in ("twilio.account", "twilio.key", "twilio.secret"):
            assert f"secrets.{name}: The messenger does not accept account, key and secret together." in done.output
    else:
        tried = (
            " accepts its key." if fault is None else "'s key could not be tried, and was stored untried: the messenger"
        )
        assert f"The messenger{tried}" in done.output
    with core.transactions.read() as work:
        assert (merchants.find(work, "acme") is None) is (fault is Lost.KEY)


def test_an_auth_token_of_another_account_is_refused_and_nothing_is_changed(
    core: Core, run: Run, messenger: FakeMessenger
) -> None:
    foreign, own = token_hex(16), token_hex(16)
    messenger.foreign_tokens.add(foreign)

    def give(token: str, *words: str) -> Result:
        return run("merchant", "secret", "mer_karoo", "twilio.webhook", "--file", "-", *words, input=token)

    assert "The messenger accepts its key." in give(own).output
    refused = give(foreign, "--keep")
    assert (refused.exit_code, "does not accept this auth token for its account" in refused.output) == (1, True)
    messenger.key_fault = Lost.KEY
    assert give(own).exit_code == 0, "the token alone is new, and the token alone is tried"
    with core.transactions.read() as work:
        assert [one.value for one in merchants.secrets_of(work, "mer_karoo").every("twilio.webhook")] == [own]


def test_a_move_to_another_account_of_the_messenger_says_what_follows(run: Run, merchant: Merchant) -> None:
    def move() -> str:
        value = f"AC{token_hex(16)}"
        return run("merchant", "secret", merchant.merchant_id, "twilio.account", "--file", "-", input=value).output

    assert move() == f"twilio.account of {merchant.merchant_id} was replaced.\nThe messenger accepts its key.\n"
    said = move()
    for named in (
        "twilio.key and twilio.secret",
        "twilio.webhook with --keep",
        "doctor",
        "Nothing that the earlier account",
    ):
        assert named in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["twilio.key"], "Until its twilio.secret is given, too,"),
        (["twilio.secret"], "Until its twilio.key is given, too,"),
        ([], "Until its twilio.key and twilio.secret are given, too,"),
    ],
)
def test_a_move_names_what_the_new_account_still_lacks(
    run: Run, merchant: Merchant, given: list[str], said: str
) -> None:
    names = ["twilio.account", *given]
    values = {"twilio.account": "AC", "twilio.key": "SK", "twilio.secret": ""}
    for _ in range(2):
        content = json.dumps({name: values[name] + token_hex(16) for name in names})
        content = json.loads(content)[names[0]] if len(names) == 1 else content
        done = run("merchant", "secret", merchant.merchant_id, *names, "--file", "-", input=content)
    assert said in done.output


def test_all_secrets_are_taken_by_one_command_and_shown_by_their_names_alone(
    core: Core, merchant: Merchant, run: Run
) -> None:
    nothing = run("merchant", "show", "mer_karoo").output
    given = {
        "stripe.key": f"rk_test_{token_hex(12)}", "stripe.webhook": f"whsec_{token_hex(16)}",
        "twilio.account": f"AC{token_hex(16)}", "twilio.key": f"SK{token_hex(16)}",
        "twilio.secret": token_hex(16), "twilio.webhook": token_hex(16),
    }  # fmt: skip
    assert set(given) == set(KNOWN_SECRETS)
    done = run("merchant", "secret", "mer_karoo", *given, "--file", "-", input=json.dumps(given))
    assert done.exit_code == 0, done.output
    shown = run("merchant", "show", "mer_karoo").output
    assert f"{'secrets:':18}none" in nothing
    assert f"{'secrets:':18}{', '.join(given)}" in shown
    assert not any(value in shown for value in given.values())


def test_several_secrets_are_taken_by_one_command(core: Core, run: Run) -> None:
    names = ("twilio.account", "twilio.key", "twilio.secret", "twilio.webhook")

    def move(content: object, *words: str) -> Result:
        return run("merchant", "secret", "mer_karoo", *names, "--file", "-", *words, input=json.dumps(content))

    def given_secrets() -> dict[str, str]:
        account, key, secret, token = (token_hex(16) for _ in range(4))
        return dict(zip(names, (f"AC{account}", f"SK{key}", secret, token), strict=True))

    assert move(given_secrets()).exit_code == 0
    last = given_secrets()
    moved = move(last, "--keep")
    assert moved.exit_code == 0, moved.output
    assert "twilio.webhook of mer_karoo was replaced, 1 older accepted, too." in moved.output
    assert ("messages fail" in moved.output, "It is another account." in moved.output) == (False, True)
    assert not any(value in moved.output for value in last.values())
    wrong: tuple[object, ...] = ({"twilio.key": last["twilio.key"]}, {**last, "twilio.key": 7}, [])
    for one in wrong:
        refused = move(one)
        assert (refused.exit_code in (1, 2), "must hold" in refused.output) == (True, True), refused.output
    with core.transactions.read() as work:
        assert merchants.secrets_of(work, "mer_karoo").one("twilio.key").value == last["twilio.key"]


def test_only_what_was_wrong_is_asked_again(core: Core, run: Run) -> None:
    digits = token_hex(16)
    live, test = (f"rk_{mode}_{token_hex(12)}" for mode in ("live", "test"))
    first = ["Acme", "Acme Coffee", "", "", "", "sms,fax", "ZAR", "", "", "Joburg", "+27 87 000 0000", "x"]
    first += [live, "", f"AC{digits}", f"SK{digits}", "s" * 32, digits]
    again = ["acme", "sms,whatsapp", "Africa/Johannesburg", "+27 87 000 0001"]
    done = run("merchant", "add", input="\n".join([*first, *again, test, ""]))
    assert done.exit_code == 0, done.output
    assert done.output.count("Once more, only these:") == 2, "of the answers, then of the secrets"
    assert done.output.count("Account SID") == 1
    assert (live in done.output, test in done.output) == (False, False)
    with core.transactions.read() as work:
        added = merchants.get(work, "acme")
    assert (added.name, added.time_zone) == ("Acme Coffee", "Africa/Johannesburg")
    assert added.senders == {"sms": "27870000000", "whatsapp": "27870000001"}


def test_answers_that_end_too_early_keep_nothing_and_name_the_way_without_questions(core: Core, run: Run) -> None:
    done = run("merchant", "add", input="acme\n")
    assert done.exit_code != 0
    assert "Stopped: nothing was kept. --file takes the answers" in done.stderr
    with core.transactions.read() as work:
        assert [one.merchant_id for one in merchants.listed(work)] == ["mer_karoo"]


def test_every_secret_is_named_by_the_help(run: Run) -> None:
    said = " ".join(run("merchant", "secret", "--help").output.split())
    assert [name for name in KNOWN_SECRETS if name not in said] == []
