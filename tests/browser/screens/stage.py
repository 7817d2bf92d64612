"""One agent's tab on one order: the connector in this process answers the browser, its peers and its clock are the test's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import responses
from playwright.sync_api import FrameLocator, Locator, Page, Route, expect

import connector
from tests.browser.screens.wire import Answer, Request, connect, origin
from tests.factories import ORIGINS, PHONE, THANDI, Agent, envelope, moment, notification, sign
from tests.journeys.world import Clock, World
from tests.peers.core import FakeCore
from tests.peers.org import FakeOrg

# Where Salesforce frames the page: a frame of another site over https.
FRAMED = "https://chat2pay.example"
_WEB = Path(connector.__file__).parent / "web"
_PASSED_ON = ("authorization", "idempotency-key", "if-none-match", "content-type")


class Stage:
    """A browser's tab and the world that it looks at."""

    def __init__(self, tab: Page, world: World) -> None:
        self.tab, self.world = tab, world
        self.order_id = ""
        self.link: dict[str, Any] = {}
        self.agent = THANDI
        self.language = "en_US"  # of the agent, as Salesforce names it
        self.is_lost = False  # no answer reaches the tab any more
        self.is_still = False  # no news does
        self._signed = ""
        self.take_tab()

    def take_tab(self) -> None:
        """Answer what the tab asks for."""
        connect(self.tab, self._answer)

    def part(self, name: str) -> Locator:
        """The part of the page of which the list of rows speaks by this name."""
        return self.tab.locator(f"#{name}")

    def order(self, *seers: Agent, **fields: Any) -> None:
        """Let there be an order."""
        self.order_id = self.world.order(*seers, **fields)

    def sent(self, *, by: Agent = THANDI, **changes: Any) -> None:
        """Let a link be sent for it, by somebody; without an order, for a new one."""
        if not self.order_id:
            self.order(THANDI, by)
        self.link = self.world.sent(self.world.open(self.order_id, by), **changes)

    def charges(self) -> None:
        """Let the customer have answered, and the core begin to charge their saved card."""
        self.link.update(charging=True, chargingTimestamp=moment(self.world.clock()))
        body = notification(self.link, "PAYMENT_CHARGING", at=self.world.clock(), shape="transaction")
        self.world.callback(body, kind="transaction-status")
        self.world.drain()

    def happens(self, *words: str, after: float = 30, **record: Any) -> None:
        """Let things happen to the link, each some seconds after the last, and be told by callbacks."""
        for word in words:
            self.world.clock.pass_by(seconds=after)
            self.world.told(self.link, word, **record)

    def message(self, word: str, **more: Any) -> None:
        """Let the core tell how far the message got."""
        self.world.clock.pass_by(seconds=3)
        body = notification(self.link, f"MESSAGE_{word}", at=self.world.clock(), shape="transaction")
        self.world.callback({**body, **more}, kind="transaction-status")
        self.world.drain()

    def customer_writes(self, word: str) -> None:
        """Let the core tell that the customer wants no more messages, or wants them again."""
        at = moment(self.world.clock())
        body = {
            "transactionStatus": word,
            "endUserMobileNumber": PHONE,
            "senderNumber": "27870000000",
            "channel": "sms",
        }
        self.world.callback({**body, "timestamp": at, "environment": "SANDBOX"}, kind="transaction-status")
        self.world.drain()

    def open(self, **changes: Any) -> None:
        """Open the order's page, as Canvas does."""
        content = envelope(self.order_id or None, self.agent, **changes)
        content["context"]["user"]["language"] = self.language
        self.launch(content)

    def launch(self, content: dict[str, Any]) -> None:
        """Open what a signed request opens."""
        self._signed = sign(content)
        self.tab.goto(f"{origin()}/launch")

    def open_framed(self) -> FrameLocator:
        """Open the order's page in a frame of the org's own page, as Salesforce shows it."""
        self._signed = sign(envelope(self.order_id, self.agent))
        frame = f'<iframe name="chat2pay" title="Chat 2 Pay" src="{FRAMED}/launch"></iframe>'
        self.tab.route(f"{FRAMED}/**", self._answer_framed)
        self.tab.route(f"{ORIGINS[0]}/**", lambda route: route.fulfill(content_type="text/html", body=frame))
        self.tab.goto(f"{ORIGINS[0]}/order")
        return self.tab.frame_locator("iframe")

    def core_answers(self, method: str, what: str, **body: Any) -> None:
        """Let a payment core of our own answer a question about the link."""
        self.world.core.own[f"{method} payment-links/{self.link['paymentLinkRef']}/{what}"] = (200, body)

    def may_copy(self) -> None:
        """Let the browser copy without asking, as where Salesforce's frame allows it."""
        self.tab.context.grant_permissions(["clipboard-write"], origin=origin())

    def press(self, *ids: str) -> None:
        """Press buttons, one after the other."""
        for one in ids:
            self.part(one).click()

    def type(self, name: str, text: str) -> None:
        """Type into a field, and leave it."""
        self.part(name).fill(text)
        self.part(name).blur()

    def unfold(self, name: str) -> None:
        """Open a part that is folded, where it is."""
        if not self.part(name).evaluate("details => details.open"):
            self.part(name).locator("summary").click()

    def lose(self) -> None:
        """Let no answer reach the tab from now on, once it has shown something."""
        expect(self.part("status-sentence")).to_contain_text(" ")
        self.is_lost = True

    def stand_still(self) -> None:
        """Let no news reach the tab before it acts: a poll would take a question away before it is answered."""
        self.is_still = True

    def _answer(self, request: Request) -> Answer | None:
        if self.is_lost:
            return None
        if self.is_still and request.path.startswith("/api/orders/"):
            return Answer(304)
        if request.path == "/launch" and self._signed:
            answer = self.world.post_launch(self._signed)
        else:
            kept = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
            answer = self.world.client.open(request.path, method=request.method, data=request.body, headers=kept)
        return Answer(answer.status_code, tuple(answer.headers), answer.data)

    def _answer_framed(self, route: Route) -> None:
        asked = route.request
        path = asked.url.removeprefix(FRAMED)
        if path.startswith("/static/"):
            route.fulfill(path=_WEB / path.lstrip("/"))
            return
        answer = self._answer(Request(asked.method, path, asked.headers, asked.post_data_buffer))
        assert answer
        route.fulfill(status=answer.status, headers=dict(answer.headers), body=answer.body)


@contextmanager
def new_world(empty: Path, file: Path) -> Iterator[World]:
    """A connector with one tenant of its own, on a copy of an empty database."""
    file.write_bytes(empty.read_bytes())
    clock = Clock()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        org, core = FakeOrg(now=clock), FakeCore(clock)
        org.register(wire)
        core.register(wire)
        world = World(f"sqlite:///{file}", clock, org, core)
        world.tenant()
        try:
            yield world
        finally:
            world.services.store.database.close()
