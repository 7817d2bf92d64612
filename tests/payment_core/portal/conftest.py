"""Somebody who is signed in to the merchant's portal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payment_core.app import create_app
from payment_core.journeys.configuring.sign_in import make_sign_in_link
from payment_core.services import Core

ORIGIN = "https://pay.example"


@dataclass
class Browser:
    """A browser at the core's public address."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Post a form as the portal's page has it, with its token."""
        form = {"csrf": self.csrf(), **(data or {})}
        return self.bare_post(path, form, **more)

    def bare_post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, data=data or {}, **more)

    def deal_with(self, page: str) -> TestResponse:
        """Press *I have dealt with it* on a transaction's page as it is now."""
        found = re.search(r'name="alarm" value="([^"]*)"', self.get(page).text)
        return self.post(f"{page}/dealt-with", {"alarm": found.group(1) if found else ""})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/portal").text)
        return found.group(1) if found else ""


@pytest.fixture
def sign_in_path(core: Core, merchant: object) -> Callable[[], str]:
    """A function that makes a one-time link, and returns its path."""
    return lambda: make_sign_in_link(core, "mer_karoo", "Thandi", by="operator").removeprefix(ORIGIN)


@pytest.fixture
def stranger(core: Core) -> Browser:
    """Somebody whom nobody signed in."""
    app = create_app(core)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Browser(app.test_client())


@pytest.fixture
def browser(stranger: Browser, sign_in_path: Callable[[], str]) -> Browser:
    """Thandi, signed in."""
    assert stranger.bare_post(sign_in_path()).status_code == 303
    return stranger
