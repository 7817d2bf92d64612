"""The panel's tab on one order, in the same world as the agent's page: Apex is played against the connector in this process."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator

from tests.browser.panel.page import PanelPage, PlayedApex
from tests.browser.panel.walk.parts import PARTS
from tests.browser.screens.stage import Stage
from tests.factories import ORG
from tests.journeys.keys import KeyHolder
from tests.journeys.panel.apex_twin import ApexTwin, Reply
from tests.journeys.world import World


class InProcessTwin(ApexTwin):
    """The Apex of one user, whose calls go to the connector of a test's world."""

    def __init__(self, world: World, *, user_id: str) -> None:
        super().__init__(0, key=KeyHolder(world, "apex").text, org_id=ORG, user_id=user_id)
        self.world = world

    def exchange(self, method: str, path: str, body: str, headers: dict[str, str]) -> Reply:
        """Make one call."""
        answer = self.world.client.open(path, method=method, data=body, headers=headers)
        return Reply(answer.status_code, json.loads(answer.data))


class PanelStage(Stage):
    """One agent's record page."""

    def __init__(self, page: PanelPage, world: World) -> None:
        self.page = page
        super().__init__(page.tab, world)

    def take_tab(self) -> None:
        """Answer what the panel asks Apex for."""
        self.page.apex = self._apex

    def part(self, name: str) -> Locator:
        """Where the panel shows what the page shows in its part of this name."""
        return self.tab.locator(PARTS[name])

    def open(self, **_changes: Any) -> None:
        """Open the order's record page."""
        twin = InProcessTwin(self.world, user_id=self.agent.user_id)
        self._played = PlayedApex(twin, self._version)
        # Of the user, too: what the connector says itself is in the language that Salesforce has of them.
        self.world.org.languages[self.agent.user_id] = self.language
        language = self.language.replace("_", "-")
        self.page.show(self.order_id, self.agent.user_id, language=language, locale=language)

    def lose(self) -> None:
        """Let no answer reach the tab from now on; the panel looks at once, as one that becomes visible again."""
        super().lose()
        for _ in range(2):
            self.tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def stand_still(self) -> None:
        """Let no news reach the panel before it acts: it asks for the order's version, and reads nothing while that stays."""
        seen = self._version(self.order_id)
        self._played.version_of = lambda _order_id: seen

    def may_copy(self) -> None:
        """Let the browser copy without asking."""
        self.tab.context.grant_permissions(["clipboard-write"])

    def _version(self, order_id: str) -> str:
        return str(self.world.org.orders[order_id].get("Chat2Pay_Version__c") or "")

    def _apex(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        # As Lightning throws where no answer comes: without a text of ours.
        if self.is_lost:
            return {"thrown": ""}
        if given["orderId"] not in self.world.org.seen_by[self.agent.token]:
            # As Chat2PayOrders.visible refuses it: nobody is asked.
            said = {"id": "panel_no_access", "values": {}}
            return {"thrown": json.dumps({"code": "no_access", "message": "no access", "sentence": said})}
        return self._played.call(name, given)
