"""The built panel and its Apex, for an order that the Canvas page shows beside it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from sandbox.demo.scripted.actors import launch
from sandbox.demo.stack import Stack
from tests.browser.conftest import SOON, SandboxOrder
from tests.browser.panel.page import BUNDLE, COMPONENTS, HERE, PanelPage, PlayedApex
from tests.conftest import NOT_RUN
from tests.journeys.panel.apex_twin import ApexTwin
from tools.salesforce.programs import find_node


@pytest.fixture(scope="package")
def bundle() -> None:
    """The panel as one file; a warning of the build fails, because the page would be empty."""
    if not (HERE / "node_modules/lwc").is_dir():
        pytest.skip(f"{NOT_RUN} the panel in a browser: cd tests/browser/panel && npm ci")
    if _is_fresh():
        return
    rollup = HERE / "node_modules/rollup/dist/bin/rollup"
    command = [find_node(), str(rollup), "--config", "rollup.config.js", "--silent"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _is_fresh() -> bool:
    sources = [path for folder in (COMPONENTS, HERE / "stubs") for path in folder.rglob("*.*")]
    newest = max(path.stat().st_mtime for path in [*sources, HERE / "main.js", HERE / "rollup.config.js"])
    return BUNDLE.exists() and BUNDLE.stat().st_mtime > newest


@pytest.fixture(scope="package")
def key(started: Stack) -> str:
    """A key of the scope that the panel's External Credential has."""
    (tenant,) = json.loads(started.run_command("tenant", "list", "--json"))
    made = started.run_command("rotate-key", "api", tenant["tenant"], "--name", "panel", "--scopes", "apex", "--json")
    return str(json.loads(made)["key"])


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """The agent's tab: as the pictures of the docs are taken."""
    context = browser.new_context(
        viewport={"width": 480, "height": 900},
        locale="en-GB",
        timezone_id="Africa/Johannesburg",
        device_scale_factor=1.5,
        reduced_motion="reduce",
    )
    context.set_default_timeout(SOON)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def panel(bundle: None, desk: Page, stack: Stack, order: SandboxOrder, key: str) -> Callable[[], Page]:
    """Show the order's panel, as the agent for whom Canvas opens the page."""
    opened = launch(stack, order.order_id)
    session = json.loads(opened.page.split('id="page-data">')[1].split("</script>")[0])
    org_id = stack.org.get_json("/sandbox/credentials")["org_id"]
    user_id = session["user"]["id"]
    twin = ApexTwin(stack.ports["connector"], key=key, org_id=org_id, user_id=user_id)

    token = stack.org_token()

    def version_of(order_id: str) -> str:
        soql = f"SELECT Chat2Pay_Version__c FROM Order WHERE Id = '{order_id}'"
        return str(stack.query(soql, token=token)[0]["Chat2Pay_Version__c"] or "")

    def shown() -> Page:
        page = PanelPage(desk)
        page.apex = PlayedApex(twin, version_of).call
        page.show(order.order_id, user_id)
        return desk

    return shown
