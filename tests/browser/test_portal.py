"""The payment core's portal in a real browser: signed in by a link, without JavaScript, on a small screen, open to everybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_urlsafe

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from foundation.database.schema import migrate
from foundation.secret import Secret
from payment_core.app import create_app
from payment_core.domain.merchant import MerchantSecrets
from payment_core.journeys.configuring.sign_in import make_sign_in_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import applications, merchants
from payment_core.store.schema.migrate import SCHEMA
from tests.browser.barriers import barriers
from tests.payment_core.conftest import APPLICATION, MERCHANT, NOW, order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock

PAGES = (
    *(
        "",
        "/applications/new",
        f"/applications/{APPLICATION.application_id}",
        "/transactions",
        "/deliveries",
        "/changes",
    ),
    *("/deliveries/1", "/messages", "/messages/payment_request/whatsapp/ar", "/cards?payer=003", "/report"),
)


@dataclass(frozen=True)
class Served:
    """A core of production that answers this machine's browser."""

    core: Core
    origin: str


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    clock = MovableClock(NOW)
    settings = Settings(
        environment="production",
        database_url=f"sqlite:///{tmp_path / 'core.db'}",
        public_url="https://pay.example",
        encryption_keys=(Secret(Fernet.generate_key().decode()),),
        digest_keys=(Secret(token_urlsafe(32)),),
    )
    adapters = Adapters({"fake": lambda _: FakeGateway(clock)}, {"fake": lambda _: FakeMessenger(clock)})
    core = build_core(settings, adapters, now=clock)
    migrate.upgrade(SCHEMA, core.transactions.database)
    with core.transactions.write() as work:
        merchants.add(work, MERCHANT, MerchantSecrets(), now=clock())
        applications.save(work, APPLICATION, now=clock())
    create_link(core, MERCHANT, order_for())
    server = make_server("127.0.0.1", 0, create_app(core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(core, f"http://localhost:{server.server_port}")
    server.shutdown()
    thread.join(60)
    core.transactions.database.close()


@pytest.fixture(params=[{"width": 360, "height": 740}, {"width": 1280, "height": 1000}], ids=["phone", "desk"])
def person(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab without JavaScript."""
    context = browser.new_context(viewport=request.param, java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in(page: Page, served: Served) -> None:
    link = make_sign_in_link(served.core, MERCHANT.merchant_id, "Thandi", by="operator")
    page.goto(served.origin + link.removeprefix("https://pay.example"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Portal of Karoo Coffee Roasters")


def test_a_merchant_sets_up_without_javascript(person: Page, served: Served) -> None:
    sign_in(person, served)
    person.get_by_role("link", name="Add an application").click()
    person.get_by_label("Name", exact=True).fill("Own shop")
    person.get_by_label("Type").select_option("CUSTOMER")
    person.get_by_role("button", name="Save").click()
    expect(person.get_by_role("alert")).to_contain_text("payment_status_url")
    expect(person.get_by_label("Name", exact=True)).to_have_value("Own shop")
    for label in ("Payment Status URL", "Transaction Status URL", "Chat 2 Pay Settings URL"):
        person.get_by_label(label).fill("https://shop.example/callback")
    person.get_by_role("button", name="Save").click()
    expect(person.get_by_role("heading", name="Own shop")).to_be_visible()
    person.get_by_label("Name of another key").fill("shop")
    person.get_by_role("button", name="Add a key").click()
    expect(person.locator(".secret")).to_have_text(re.compile(r"core_[\w-]{40,}"))
    person.goto(f"{served.origin}/portal")
    expect(person.locator(".secret")).to_have_count(0)
    person.get_by_role("button", name="Sign out").click()
    person.goto(f"{served.origin}/portal")
    expect(person.get_by_text("Nobody is signed in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_barriers_or_is_wider_than_a_phone(browser: Browser, served: Served, scheme: str) -> None:
    viewport = {"width": 360, "height": 740}
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    with served.core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, wants_messages=True), now=NOW)
    sign_in(page, served)
    for path in PAGES:
        answer = page.goto(f"{served.origin}/portal{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert barriers(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    context.close()
