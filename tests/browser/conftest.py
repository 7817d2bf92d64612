"""A real Chromium, and the three origins as separate processes: the page is framed across origins, as in Salesforce."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from sandbox.demo.stack import NAMES, Stack
from sandbox.demo.state_folder import StateFolder
from sandbox.processes.ports import free_ports
from sandbox.processes.supervisor import Supervisor
from tests.browser.screens.stage import Stage, new_world
from tests.processes.quick_stack import QuickStack

# Two pages wait in each window for what is typed into its address bar, which nobody sees: half a second's work. The last such
# argument is the one that counts, so it repeats what Playwright turns off (its chromiumSwitches.ts).
_OFF = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,"
    "PaintHolding,PreconnectToSearch,TcpPortRandomizationWin,ThirdPartyStoragePartitioning"
)
FLAGS = [
    f"--disable-features={_OFF}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOON = 60_000  # only there to end a wait for what never comes; a busy machine is no fault
BLOCKING = [*FLAGS, "--test-third-party-cookie-phaseout"]


def chromium() -> str | None:
    """Return the browser of this machine: the one that `make test` found or installed."""
    named = os.environ.get("CHAT2PAY_BROWSER")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class SandboxOrder:
    """An order in the sandbox org, and the number of the phone that its customer holds."""

    order_id: str
    phone: str


@pytest.fixture(scope="package")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Connector, org and core, started once and stopped by process id."""
    supervisor = Supervisor(say=lambda _line: None)
    state = tmp_path_factory.mktemp("origins")
    stack = QuickStack(StateFolder(Path(state)), free_ports(NAMES), supervisor)
    try:
        stack.start_peers()
        told = stack.prepare_connector()
        stack.start_connector()
        stack.register_callbacks(told)
        yield stack
    finally:
        supervisor.stop()


@pytest.fixture
def stack(started: Stack) -> Stack:
    """The three, all well: what an earlier test has ended is started again."""
    started.supervisor.check()
    started.wait_for_health(started.connector, "/health/ready")
    return started


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """The driver, once for all browsers."""
    expect.set_options(timeout=SOON)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser as it comes; the engine without a window, where there is one, which lets other sites keep cookies."""
    launched = _launched(playwright, FLAGS, os.environ.get("CHAT2PAY_HEADLESS_SHELL") or chromium())
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def strict_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that blocks third-party cookies, as we are told to expect inside Salesforce."""
    launched = _launched(playwright, BLOCKING, chromium())
    yield launched
    launched.close()


def _launched(playwright: Playwright, flags: list[str], found: str | None) -> Browser:
    if found is None:
        pytest.skip("no Chromium on this machine: install it, or name it in CHAT2PAY_BROWSER")
    return playwright.chromium.launch(executable_path=found, args=flags)


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A person's own browser profile, empty; a test may ask for the strict browser by parameter."""
    browser: Browser = request.getfixturevalue(getattr(request, "param", "browser"))
    # A countdown's bar moves without end, and each frame is drawn: a third of a second's work in each second of waiting.
    made = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    made.set_default_timeout(SOON)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab that complains about anything the console complains about."""
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    made.on("pageerror", lambda fault: complaints.append(str(fault)))
    yield made
    # A poll that a test's own route is answering when the tab closes would fail the test after it.
    made.unroute_all(behavior="ignoreErrors")
    assert [one for one in complaints if not _expected(one)] == []


def _expected(complaint: str) -> bool:
    """The browser itself reports refused launches, and polls while the connector is down."""
    return "Failed to load resource" in complaint


@pytest.fixture
def stage(page: Page, migrated: Path, fast_folder: Path) -> Iterator[Stage]:
    """The tab before a connector in this process whose peers are played: no page of the three processes is as quick."""
    with new_world(migrated, fast_folder / "stage.db") as world:
        made = Stage(page, world)
        yield made
        made.is_lost = True  # no poll asks a database that is closed


@pytest.fixture
def order(stack: Stack) -> SandboxOrder:
    """A new order of R115.00 for a customer with a phone of their own."""
    number = f"2783{secrets.randbelow(10**7):07d}"
    made = stack.org.request("POST", "/sandbox/orders", json={"phone": f"+{number}"}, expect=(200, 201)).json()
    return SandboxOrder(order_id=str(made["orders"][0]["id"]), phone=number)
