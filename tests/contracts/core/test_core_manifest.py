"""An admin's own entries over the shipped manifests of the core: sound or named, one by one, and spoken by every process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import manifests
from connector.domain.payments.status import Link, Message, Money
from manifests import rules
from manifests.overlay import FILES, Overlay, read_overlay
from manifests.shipped import load_shipped

ROOT = Path(__file__).parents[3]
WITHIN = 300  # seconds
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(**files: Any) -> Path:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, default=dict)
            (tmp_path / f"{name}.json").write_text(text)
        return tmp_path

    return written


def over(overlay: Overlay, name: str) -> Any:
    assert overlay.faults == ()
    return overlay.over(f"{name}.json", load_shipped(f"core/{name}.json"))


OPERATIONS = {
    "base_urls": {"PRODUCTION": "https://pay.example.com"},
    "allowed_hosts": ["pay.example.com", "chat2pay-service.clickatell.com"],
    "authorization": {"scheme": "Bearer"},
    "operations": {
        "send_payment_link": {
            "assumed": False, "path": "/v3/links", "method": "PUT", "success": [202], "takes_negative_parts": False,
            "body": {"phone": "msisdn"}, "refusals": {"STOPPED": "opted_out"},
        },
        "get_transaction": {"path": "/v3/{link_reference}/state", "method": "POST"},
    },
    "errors": {"code": "error"},
    "lifecycle": {"opened_minutes": 30},
}  # fmt: skip


def test_entries_count_in_place_of_the_shipped_ones_and_everything_else_stays(write: Write) -> None:
    found = over(read_overlay(write(operations=OPERATIONS)), "operations")
    ours = load_shipped("core/operations.json")
    sent, was = found["operations"]["send_payment_link"], ours["operations"]["send_payment_link"]
    assert (sent["path"], sent["method"], sent["success"], sent["assumed"]) == ("/v3/links", "PUT", (202,), False)
    assert sent["body"] == {**was["body"], "phone": "msisdn"}
    assert sent["refusals"] == {"RECIPIENT_OPTED_OUT": "opted_out", "STOPPED": "opted_out"}
    assert found["operations"]["capture_payment"] == ours["operations"]["capture_payment"]
    assert found["lifecycle"] == {**ours["lifecycle"], "opened_minutes": 30}
    assert ours["operations"]["send_payment_link"]["path"] == "/api/v2/payment-links"  # what is shipped is as it was


def test_the_cores_own_words_are_added_and_taken_out(write: Write) -> None:
    own = {
        "PAYMENT_SUCCESS": {"money": "paid", "link": "opened"},
        "PAYMENT_RECEIVED": None,
        "PAYMENT_REVIEW": {"id": 60},
    }
    found = over(
        read_overlay(write(statuses={"statuses": own, "opt_out_statuses": {"STOPPED": {"stopped": True}}})), "statuses"
    )
    assert found["statuses"]["PAYMENT_SUCCESS"] == {"assumed": True, "money": "paid", "link": "opened"}
    assert "PAYMENT_RECEIVED" not in found["statuses"]
    assert found["statuses"]["PAYMENT_REVIEW"] == {
        **load_shipped("core/statuses.json")["statuses"]["PAYMENT_REVIEW"],
        "id": 60,
    }
    assert found["opt_out_statuses"]["STOPPED"] == {"assumed": True, "stopped": True}


def test_a_notifications_names_are_replaced_as_a_list(write: Write) -> None:
    own = {"fields": {"total": {"names": ["amount", "totalAmount"]}}, "our_reference_in_additional_data": "ref"}
    found = over(read_overlay(write(notifications=own)), "notifications")
    assert found["fields"]["total"] == {"assumed": True, "names": ("amount", "totalAmount")}
    assert found["our_reference_in_additional_data"] == "ref"


def test_what_was_laid_over_is_told_by_its_place(write: Write) -> None:
    own = {"statuses": {"PAYMENT_RECEIVED": None, "PAYMENT_DECLINED": {"id": 5}, "PAID": {"money": "paid"}}}
    overlay = read_overlay(
        write(operations={"operations": {"send_payment_link": {"body": {"phone": "msisdn"}}}}, statuses=own)
    )
    assert overlay.faults == ()
    assert overlay.changes() == [
        "operations.json: operations.send_payment_link.body.phone",
        "statuses.json: statuses.PAYMENT_RECEIVED",
        "statuses.json: statuses.PAID",
    ]


def send(**entries: Any) -> dict[str, Any]:
    return {"operations": {"send_payment_link": entries}}


FAULTS: list[tuple[str, Any, str, str]] = [
    ("operations", send(paht="/v3"), "operations.send_payment_link.paht", "The names are assumed, method, path"),
    ("operations", send(path="v3/links"), "operations.send_payment_link.path", "begins with /"),
    ("operations", send(path="/v3/links?x=1"), "operations.send_payment_link.path", "no query"),
    ("operations", send(path="/v3/{link_reference}"), "operations.send_payment_link.path", "without places"),
    ("operations", send(path="/v3/../admin"), "operations.send_payment_link.path", "begins with /"),
    ("operations", send(path="/v3/."), "operations.send_payment_link.path", "begins with /"),
    ("operations", send(path="/v3/links/"), "operations.send_payment_link.path", "begins with /"),
    ("operations", send(path="//evil.example.com/v3"), "operations.send_payment_link.path", "begins with /"),
    ("operations", send(path=7), "operations.send_payment_link.path", "begins with /"),
    ("operations", {"operations": {"get_transaction": {"path": "/v3/links"}}}, "get_transaction.path", "{link_reference} once"),
    ("operations", {"operations": {"get_transaction": {"path": "/{link_reference}/{link_reference}"}}}, ".path", "once"),
    ("operations", send(method="GET"), "operations.send_payment_link.method", "POST, PUT, PATCH, DELETE"),
    ("operations", send(method="post"), "operations.send_payment_link.method", "POST, PUT"),
    ("operations", {"operations": {"get_transaction": {"method": "DELETE"}}}, "get_transaction.method", "GET, POST"),
    ("operations", send(success=[404]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(success=[True]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(success=200), "operations.send_payment_link.success", "[200]"),
    ("operations", send(success=[]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(success=[200, 300]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(success=[199, 200]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(success=["200"]), "operations.send_payment_link.success", "200 to 299"),
    ("operations", send(assumed="no"), "operations.send_payment_link.assumed", "true or false"),
    ("operations", send(body={"fone": "msisdn"}), "send_payment_link.body.fone", "phone"),
    ("operations", send(body={"phone": ""}), "send_payment_link.body.phone", "1 to 80 characters"),
    ("operations", send(body={"phone": None}), "send_payment_link.body.phone", "1 to 80 characters"),
    ("operations", send(body={"phone": "channel"}), "send_payment_link.body", "“channel” stands for two values"),
    ("operations", send(body=["phone"]), "operations.send_payment_link.body", "write an object"),
    ("operations", send(refusals={"STOPPED": "already_clicked"}), "refusals.STOPPED", "opted_out"),
    ("operations", send(refusals={"STOPPED": 7}), "refusals.STOPPED", "opted_out"),
    ("operations", send(refusals={"STOPPED": ["opted_out"]}), "refusals.STOPPED", "opted_out"),
    ("operations", send(refusals={"stopped!": "opted_out"}), "refusals.stopped!", "in capitals"),
    ("operations", send(refusals={"STOPPED": None}), "refusals.STOPPED", "no such entry to take out"),
    ("operations", {"operations": {"refund": {"path": "/v3"}}}, "operations.refund", "send_payment_link"),
    ("operations", {"operations": {"send_payment_link": None}}, "operations.send_payment_link", "write an object"),
    ("operations", {"base_urls": {"PRODUCTION": "http://pay.example.com"}}, "base_urls.PRODUCTION", "https://"),
    ("operations", {"base_urls": {"PRODUCTION": "https://me:secret@pay.example.com"}}, "base_urls.PRODUCTION", "https://"),
    ("operations", {"base_urls": {"PRODUCTION": "https://[::1"}}, "base_urls.PRODUCTION", "https://"),
    ("operations", {"base_urls": {"PRODUCTION": "https://pay.example.com/v3"}}, "base_urls.PRODUCTION", "https://"),
    ("operations", {"base_urls": {"PRODUCTION": "https://pay.example.com"}}, "base_urls.PRODUCTION", "allowed_hosts"),
    ("operations", {"base_urls": {"STAGING": "https://pay.example.com"}}, "base_urls.STAGING", "PRODUCTION, SANDBOX"),
    ("operations", {"allowed_hosts": ["*.example.com"]}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": ["169.254.169.254"]}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": ["localhost"]}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": []}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": "pay.example.com"}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": {"pay.example.com": True}}, "allowed_hosts", "full names"),
    ("operations", {"allowed_hosts": ["pay.example.com", 7]}, "allowed_hosts", "full names"),
    ("operations", {"base_urls": {"PRODUCTION": 7}}, "base_urls.PRODUCTION", "https://"),
    ("operations", {"authorization": {"header": 7}}, "authorization.header", "a header's name"),
    ("operations", {"authorization": {"header": None}}, "authorization.header", "a header's name"),
    ("operations", {"authorization": {"scheme": 7}}, "authorization.scheme", "Bearer"),
    ("operations", {"authorization": {"header": "X-Key\r\nHost"}}, "authorization.header", "a header's name"),
    ("operations", {"authorization": {"scheme": "Basic x"}}, "authorization.scheme", "Bearer"),
    ("operations", {"lifecycle": {"unopened_minutes": 0}}, "lifecycle.unopened_minutes", "whole minutes"),
    ("operations", {"lifecycle": {"unopened_minutes": 2.5}}, "lifecycle.unopened_minutes", "whole minutes"),
    ("operations", {"lifecycle": {"unopened_minutes": True}}, "lifecycle.unopened_minutes", "whole minutes"),
    ("operations", {"lifecycle": {"opened_minutes": 7 * 24 * 60 + 1}}, "lifecycle.opened_minutes", "1 to 10080"),
    ("operations", {"lifecycle": {"unknown_grace_minutes": 0}}, "lifecycle.unknown_grace_minutes", "whole minutes"),
    ("operations", {"errors": {"code": 7}}, "errors.code", "1 to 80 characters"),
    ("statuses", {"statuses": {"PAID": {"money": "payed"}}}, "statuses.PAID.money", "declined, in_review"),
    ("statuses", {"statuses": {"PAID": {"link": "unknown"}}}, "statuses.PAID.link", "sent, opened"),
    ("statuses", {"statuses": {"PAID": {"colour": "red"}}}, "statuses.PAID.colour", "nothing of this name"),
    ("statuses", {"statuses": {"paid": {"money": "paid"}}}, "statuses.paid", "in capitals"),
    ("statuses", {"statuses": {"PAID": "paid"}}, "statuses.PAID", "write an object"),
    ("statuses", {"statuses": {"PAID": None}}, "statuses.PAID", "no such entry to take out"),
    ("statuses", {"statuses": {"PAYMENT_RECEIVED": {"id": -3}}}, "statuses.PAYMENT_RECEIVED.id", "whole number"),
    ("statuses", {"statuses": {"PAYMENT_RECEIVED": {"id": 0}}}, "statuses.PAYMENT_RECEIVED.id", "whole number"),
    ("statuses", {"statuses": {"PAYMENT_RECEIVED": {"id": True}}}, "statuses.PAYMENT_RECEIVED.id", "whole number"),
    ("statuses", {"statuses": {"PAYMENT_RECEIVED": {"id": "60"}}}, "statuses.PAYMENT_RECEIVED.id", "whole number"),
    ("statuses", {"statuses": {"RECIPIENT_OPTED_OUT": {"id": 9}}}, "statuses.RECIPIENT_OPTED_OUT", "opt_out_statuses, too"),
    ("statuses", {"statuses": {"PAYMENT_RECEIVED": None, "PAYMENT_CAPTURED": None}}, "statuses", "no word says that money"),
    ("statuses", {"opt_out_statuses": {"STOPPED": {"id": 30}}}, "opt_out_statuses.STOPPED", '"stopped": true'),
    ("statuses", {"customer_words": {"STOPPED": {"stopped": True}}}, "customer_words", "named opt_out_statuses now"),
    ("notifications", {"fields": {"total": {"names": []}}}, "fields.total.names", 'such as ["name"]'),
    ("notifications", {"fields": {"total": {"names": "amount"}}}, "fields.total.names", 'such as ["name"]'),
    ("notifications", {"fields": {"total": {"names": ["amount", 7]}}}, "fields.total.names", 'such as ["name"]'),
    ("notifications", {"fields": {"total": {"names": ["amount", ""]}}}, "fields.total.names", 'such as ["name"]'),
    ("notifications", {"fields": {"total": {"names": {"amount": 1}}}}, "fields.total.names", 'such as ["name"]'),
    ("notifications", {"fields": {"total": {"names": ["a", "a"]}}}, "fields.total.names", "different names"),
    ("notifications", {"fields": {"grand_total": {"names": ["a"]}}}, "fields.grand_total", "order_number"),
    ("notifications", [1], "it holds no object", "{"),
    ("notifications", '{"fields": {}, "fields": {}}', "“fields” stands twice", "Take one out"),
    ("notifications", '{"fields": ', "it is not JSON", "line 1, column 12"),
    ("notifications", "[" * 100_000, "it is not JSON", "UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "place", "mend"), FAULTS)
def test_a_fault_names_file_entry_and_mend_and_nothing_is_laid_over(
    write: Write, file: str, content: Any, place: str, mend: str
) -> None:
    folder = write(**{file: content})
    overlay = read_overlay(folder)
    (only,) = overlay.faults
    assert only.startswith(f"CHAT2PAY_CORE_MANIFEST: {folder}/{file}.json: ")
    assert place in only
    assert mend in only
    assert overlay.over(f"{file}.json", load_shipped(f"core/{file}.json")) == load_shipped(f"core/{file}.json")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("operations", send(success=[200, 299])),
        ("operations", {"authorization": {"scheme": None}}),
        ("operations", {"lifecycle": {"unopened_minutes": 1, "opened_minutes": 7 * 24 * 60}}),
        ("operations", {"operations": {"get_transaction": {"method": "GET"}}}),
        ("statuses", {"statuses": {"PAYMENT_RECEIVED": {"id": 1}}}),
        ("statuses", {"statuses": {"PAYMENT_RECEIVED": None}}),
        ("notifications", {"about": "Ours.", "fields": {"total": {"about": "As seen.", "names": ["amount"]}}}),
        ("notifications", "\ufeff{}"),
    ],
)
def test_what_fits_is_laid_over(write: Write, file: str, content: Any) -> None:
    assert read_overlay(write(**{file: content})).faults == ()


def test_all_faults_of_all_files_are_told_at_once(write: Write) -> None:
    by_file = {name: [one for file, one, *_ in FAULTS if file == name and isinstance(one, dict)][:2] for name in
               ("operations", "statuses", "notifications")}  # fmt: skip
    merged = {"operations": {**by_file["operations"][0], "lifecycle": {"opened_minutes": 0}}}
    merged |= {"statuses": {"statuses": {"PAID": {"money": "payed", "link": "unknown"}}}}
    merged |= {"notifications": by_file["notifications"][0]}
    faults = read_overlay(write(**merged, order="{}")).faults
    assert len(faults) == 6
    for told in ("order.json", "opened_minutes", ".paht", "PAID.money", "PAID.link", "fields.total.names"):
        assert len([one for one in faults if told in one]) == 1


@pytest.mark.parametrize("name", ["operation.json", "Statuses.json"])
def test_a_file_of_another_name_is_a_fault_and_no_silence(write: Write, name: str) -> None:
    folder = write(statuses={})
    (folder / name).write_text("{}")
    (folder / "README").write_text("what is not JSON is for people")
    (only,) = read_overlay(folder).faults
    assert only == f"CHAT2PAY_CORE_MANIFEST: {folder}/{name}: no such manifest. The files may be {', '.join(FILES)}."


def test_a_folder_that_is_none_or_empty_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    for folder, told in ((tmp_path / "none", "cannot be read"), (tmp_path / "file", "cannot be read")):
        assert told in read_overlay(folder).faults[0]
    (tmp_path / "empty").mkdir()
    assert "holds none of operations.json" in read_overlay(tmp_path / "empty").faults[0]


@pytest.mark.parametrize("file", FILES)
def test_what_is_shipped_is_sound_and_laid_over_itself_changes_nothing(write: Write, file: str) -> None:
    overlay = read_overlay(write(**{file.removesuffix(".json"): load_shipped(f"core/{file}")}))
    assert (overlay.faults, overlay.changes()) == ((), [])
    assert overlay.over(file, load_shipped(f"core/{file}")) == load_shipped(f"core/{file}")


@pytest.mark.parametrize("with_entries", [False, True])
def test_no_caller_can_change_a_manifest_for_the_whole_process(write: Write, with_entries: bool) -> None:
    own = read_overlay(write(operations=OPERATIONS) if with_entries else write(operations={}))
    sent = over(own, "operations")["operations"]["send_payment_link"]
    with pytest.raises(TypeError):
        sent["body"]["phone"] = "other"
    assert isinstance(sent["success"], tuple)


def test_the_words_that_a_status_may_prove_are_those_of_the_three_machines() -> None:
    def allowed(name: str) -> set[str]:
        (told,) = rules.check_value("statuses.json", ("statuses", "X", name), "", "?")
        return set(told.removeprefix("write one of ").removesuffix(".").split(", "))

    # What we alone decide of a link (it is being made, nobody knows, it was refused) no word of the core proves.
    assert allowed("link") == {one.value for one in Link} - {"sending", "unknown", "rejected"}
    assert allowed("message") == {one.value for one in Message} - {"none"}
    assert allowed("money") == {one.value for one in Money} - {"none"} == allowed("money_when_review_finalised")


def test_the_examples_of_the_admins_book_are_sound(write: Write) -> None:
    page = (
        (ROOT / "docs/admin.md").read_text("utf-8").split("## 8. Where the core says it otherwise")[1].split("\n## ")[0]
    )
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    files = {"operations": "operations", "statuses": "statuses", "fields": "notifications"}
    assert [next(iter(block)) for block in blocks] == list(files)
    overlay = read_overlay(write(**{files[next(iter(block))]: block for block in blocks}))
    assert overlay.faults == ()
    assert len(overlay.changes()) > 5


def test_without_the_setting_what_is_shipped_counts() -> None:
    assert all(manifests.load(f"core/{file}") == load_shipped(f"core/{file}") for file in FILES)


# --- spoken ------------------------------------------------------------------------------------------------------------------

CORRECTED = {
    "operations": {
        "authorization": {"header": "X-Api-Key", "scheme": "Key"},
        "operations": {
            "send_payment_link": {"path": "/v3/links", "body": {"phone": "msisdn", "total": "amount"},
                                  "answer": {"link_reference": "linkId"}},
            "get_transaction": {"path": "/v3/links/{link_reference}/state", "answer": {"link_reference": "linkId"}},
            "get_configuration": {"path": "/v3/configuration", "answer": {"channels": "media"}},
        },
        "errors": {"code": "problem"},
    },
    "notifications": {
        "fields": {"link_reference": {"names": ["linkId"]}, "total": {"names": ["amount"]},
                   "core_status": {"names": ["moneyState", "linkState"]}},
        "our_reference_in_additional_data": "theirReference",
    },
}  # fmt: skip


def run(*command: str, folder: Path | None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("CHAT2PAY_")}
    laid_over = {"CHAT2PAY_CORE_MANIFEST": str(folder)} if folder else {}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env={**clean, **laid_over, **environment}, capture_output=True, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip


class Core:
    """A core whose paths and names are the corrected ones, and that knows no others."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, Any]] = []
        asked = self.asked

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append(("POST", self.path, self.headers.get("X-Api-Key", ""), body))
                known = self.path == "/v3/links"
                self._say(201 if known else 409, {"linkId": "L-1"} if known else {"problem": "LINK_EXPIRED"})

            def do_GET(self) -> None:
                asked.append(("GET", self.path, self.headers.get("X-Api-Key", ""), None))
                self._say(404, {})

            def _say(self, status: int, body: Any) -> None:
                told = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


SPEAK = """
import json, sys
from decimal import Decimal
from callbacks.read_notification import read_notification
from connector.core.client import CoreClient, core_refusal
from connector.core.link_order import LinkOrder
from connector.domain.payments.payment import Channel
from foundation.phones.phone import Phone
from connector.domain.tenants.tenant import CoreAccess
from connector.errors import CoreRefused
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.factories import make_tenant
from dataclasses import replace
access = replace(make_tenant().core, base_url=sys.argv[1])
session = PeerSession(peer="core", total_timeout=60)
core = CoreClient(reads=session, writes=session, allow_loopback=True)
link = LinkOrder(reference="c2p_one", order_number="00000102", channel=Channel.SMS, phone=Phone("27831234567"),
    currency="ZAR", total=Decimal(115), tax=Decimal(15), sub_total=Decimal(100), language="en")
told = {"sent": core.send(access, link).link_reference, "record": core.get_transaction(access, "L-1")}
try:
    core.cancel(access, "L-1")
except CoreRefused as refusal:
    told["refused"] = core_refusal("cancel_payment_link", refusal)
body = {"linkId": "L-1", "moneyState": "PAYMENT_RECEIVED", "amount": 115, "additionalData": {"theirReference": "c2p_one"}}
news = read_notification("payment-status", json.dumps(body).encode())
told |= {"link": news.link_reference, "reference": news.reference, "money": news.news.money, "total": str(news.total)}
print("TOLD", json.dumps(told))
"""


def test_the_product_speaks_and_understands_what_was_corrected(write: Write) -> None:
    core = Core()
    try:
        done = run("-c", SPEAK, core.url, folder=write(**CORRECTED))
    finally:
        core.close()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.rpartition("TOLD ")[2])
    assert told == {
        "sent": "L-1", "record": None, "refused": "expired",
        "link": "L-1", "reference": "c2p_one", "money": "paid", "total": "115",
    }  # fmt: skip
    (_, path, key, body), (_, asked, *_), (_, cancelled, *_) = core.asked
    assert (path, key) == ("/v3/links", "Key core-api-key-c0ffee")
    assert (body["msisdn"], body["amount"], body["taxAmount"]) == ("27831234567", 115, 15)
    assert body["additionalData"] == {"theirReference": "c2p_one"}
    assert asked == "/v3/links/L-1/state"
    assert cancelled == "/api/v2/payment-links/L-1/cancel"


def test_the_whole_journey_is_played_with_a_core_that_was_told_the_same(write: Write) -> None:
    done = run("-m", "sandbox.demo", "--scripted", folder=write(**CORRECTED))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All steps done" in done.stdout


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["db", "check"], ["tenant", "list"], ["doctor"]])
def test_no_process_starts_with_a_fault_and_all_are_told_with_those_of_the_settings(
    write: Write, command: list[str]
) -> None:
    folder = write(operations=send(paht="/v3"), statuses={"statuses": {"PAID": {"money": "payed"}}})
    done = run("-m", "connector.cli", *command, folder=folder, CHAT2PAY_PUBLIC_URL="https://c2p.acme.example")
    assert done.returncode == 2
    for told in (".paht: nothing of this name", "statuses.PAID.money: write one of", "CHAT2PAY_LAUNCH_KEYS"):
        assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_names_what_was_laid_over_and_what_is_still_assumed(write: Write, tmp_path: Path) -> None:
    every = load_shipped("core/operations.json")["operations"]
    own: dict[str, Any] = {"operations": {name: {"assumed": False} for name in every if name != "capture_payment"}}
    own["operations"]["send_payment_link"]["path"] = "/v3/links"
    script = (
        "import json\n"
        "from connector.journeys.examining.deployment.examine_settings import examine_settings\n"
        "from connector.journeys.examining.deployment.examine_setup import assumed_words\n"
        "from tests.factories import make_settings\n"
        "looks = {one.name: one for one in examine_settings(settings=make_settings('sqlite:///x.db'))}\n"
        "found = [*looks['core_manifest'].run(), *assumed_words()]\n"
        "print('TOLD', json.dumps([[one.level, one.problem, one.remedy] for one in found]))\n"
    )
    done = run("-c", script, folder=write(operations=own))
    assert done.returncode == 0, done.stderr
    (level, laid_over, _), (_, assumed, mend) = json.loads(done.stdout.rpartition("TOLD ")[2])
    assert level == "fine"
    assert f"Your own entries from {tmp_path} count" in laid_over
    assert "operations.json: operations.send_payment_link.path" in laid_over
    assert "operations.json: operations.capture_payment" not in laid_over
    assert "operations.json: capture_payment, errors;" in assumed
    assert "CHAT2PAY_CORE_MANIFEST" in mend
