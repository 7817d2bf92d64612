"""What the bench puts in the place of a peer or a part takes its place: a name that was changed here ends no run there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from werkzeug.test import Client

from benchmarks.apps import wsgi
from benchmarks.apps.core_peers import answering_adapters
from benchmarks.apps.stands_in import stands_in_for
from benchmarks.harness import core_setup, setup
from benchmarks.harness.load import UniqueCallbacks
from benchmarks.harness.rounds import Bench
from benchmarks.suites.bench_payment_core import reply_payment
from foundation import log
from foundation.database.checkpoints import Checkpoints
from foundation.http.session import PeerSession
from foundation.serving import memory
from payment_core.app import create_app
from tests.factories import basic


def test_a_name_that_the_product_does_not_have_is_refused() -> None:
    class Sender:
        def send(self) -> None: ...

    with pytest.raises(AttributeError, match=r"Renamed\.sent overrides nothing of .*Sender"):

        @stands_in_for(Sender)
        class Renamed:
            def sent(self) -> None: ...


def test_a_payment_by_reply_and_a_click_ask_no_network(fast_folder: Path) -> None:
    (figure,) = reply_payment(Bench(fast_folder))
    assert figure.value == 1

    database = core_setup.prepare_core(f"sqlite:///{fast_folder / 'clicks.db'}")
    (token,) = core_setup.add_links(database.url, 1)
    core = core_setup.open_core(database.url, answering_adapters())
    clicked = create_app(core).test_client().post(f"/pay/{token}")
    core.transactions.database.close()
    assert (clicked.status_code, clicked.location[:28]) == (303, "https://checkout.stripe.com/")


@pytest.mark.parametrize("name", ["product", "storeless", "ungrouped"])
def test_the_connector_takes_callbacks_as_it_is_and_with_its_store_replaced(
    name: str, migrated: Path, fast_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = fast_folder / "bench.db"
    shutil.copyfile(migrated, file)
    endpoint = setup.prepare_database(f"sqlite:///{file}")
    for setting, value in setup.environment(f"sqlite:///{file}").items():
        monkeypatch.setenv(setting, value)
    monkeypatch.setattr(wsgi, "NAME", name)
    # What concerns a process of its own, and this one is not; and what is patched for good there.
    monkeypatch.setattr(log, "configure", lambda _level: None)
    monkeypatch.setattr(memory, "trim_memory", lambda: None)
    monkeypatch.setattr(Checkpoints, "start", lambda _self: None)
    monkeypatch.setattr(PeerSession, "request", PeerSession.request)
    app, _ = wsgi.build()

    body = UniqueCallbacks(path=endpoint.path, user=endpoint.user, password=endpoint.password).body(1)
    answer = Client(app).post(endpoint.path, data=body, headers=basic(endpoint.user, endpoint.password))

    assert answer.status_code == 200
    assert setup.count_rows_and_keys(file, "inbox") == ((0, 0) if name == "storeless" else (1, 1))
