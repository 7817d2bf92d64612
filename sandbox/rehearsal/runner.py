"""Plays a whole rehearsal, one act after the other; refuses to know how any single part of it is done."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.rehearsal.actors.agents import Agents
from sandbox.rehearsal.actors.attackers import Attackers
from sandbox.rehearsal.actors.customers import Customers
from sandbox.rehearsal.chaos.crashes import CrashInjector
from sandbox.rehearsal.chaos.faults import FaultInjector
from sandbox.rehearsal.environment import Environment, make_orders, start_environment, stop_processes
from sandbox.rehearsal.http_client import RehearsalAborted
from sandbox.rehearsal.notifications.bodies import NotificationPool
from sandbox.rehearsal.notifications.load import LoadGenerator
from sandbox.rehearsal.plan import Plan
from sandbox.rehearsal.registry import Order, Registry
from sandbox.rehearsal.verification.comparison import Comparison, Evidence, compare
from sandbox.rehearsal.verification.database_view import DatabaseView, InboxCounts
from sandbox.rehearsal.verification.oracle import ExpectedRequest, expected_request
from sandbox.rehearsal.verification.org_view import MoneyWatch, OrgUnavailable, OrgView

Say = Callable[[str], None]
_ACTORS = 6
_UNREACHED = 0.03
_ALL_LINKS_DEAD_S = 30 * 60
_NEWS_TRAVELS_S = 1.5
_TELL_EVERY_S = 10.0
_LOOK_AGAIN_S = 1.0
_TOLD_DEATHS = 3


@dataclass(frozen=True)
class Outcome:
    """What a rehearsal ends with."""

    sent: int
    applied: int
    duplicates: int
    stale: int
    refused: int
    lost: int
    wrong: int
    kills: int
    orders: int
    requests: int
    forged: int
    looks: int
    settled_s: float
    seconds: float
    seed: int
    differences: list[str] = field(default_factory=list)

    @property
    def proven(self) -> bool:
        return self.lost == 0 and self.wrong == 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Rehearsal:
    """One rehearsal on one stage."""

    def __init__(self, plan: Plan, stage: Environment, *, say: Say) -> None:
        self._plan = plan
        self._stage = stage
        self._say = say
        self._began = time.monotonic()
        self._dice = random.Random(plan.seed)  # noqa: S311  (chance for a rehearsal, nothing secret)
        self._book, self._pool = Registry(), NotificationPool()
        self._agents, self._customers = Agents(stage, self._book), Customers(stage, self._book)
        self._liars = Attackers(stage, plan, self._book, self._agents, self._customers)
        self._weather = FaultInjector(stage, plan, dice=self._die())
        self._crashes = CrashInjector(stage.connector, stage.connectors, after_s=plan.kill_after_s, dice=self._die())
        self._storm = LoadGenerator(stage, plan, book=self._book, pool=self._pool, dice=self._die())
        self._watch = MoneyWatch(stage, self._book)

    def run(self) -> Outcome:
        """Raises GaveUp where the rehearsal itself cannot go on."""
        try:
            self._begin()
            self._waves()
            self._rest_of_the_storm()
            return self._settle()
        finally:
            self._watch.end()
            self._storm.stop()
            self._crashes.end()

    def _die(self) -> random.Random:
        return random.Random(self._dice.random())  # noqa: S311

    def _begin(self) -> None:
        self._crashes.start()
        self._book.orders = make_orders(self._stage, self._plan.orders)
        self._crashes.wait_ready()
        unreached = [order.phone for order in self._book.orders if self._dice.random() < _UNREACHED]
        self._weather.begin(undeliverable=unreached)
        self._watch.start()
        self._storm.start()
        if self._plan.has("kill"):
            self._crashes.begin_killing()
        self._say(f"started: {len(self._book.orders)} orders, faults {', '.join(sorted(self._plan.faults)) or 'none'}")

    def _waves(self) -> None:
        """Ask every order for money, let its customer live, let the links die; again and again."""
        for wave in range(1, self._plan.waves + 1):
            self._set_merchant(sale=wave % 2 == 1, review_reverses=wave % 3 == 0)
            orders = self._dice.sample(self._book.orders, len(self._book.orders))
            with ThreadPoolExecutor(_ACTORS, thread_name_prefix="actor") as actors:
                list(actors.map(lambda order: self._live(order, dice=self._die()), orders))
            self._stage.core.insist("POST", "/sandbox/clock", given={"advance_s": _ALL_LINKS_DEAD_S})
            time.sleep(_NEWS_TRAVELS_S)
            self._gather()
            self._storm.allow(self._plan.callbacks * wave // (self._plan.waves + 2))
            self._tell(f"wave {wave}")
            self._check_time()

    def _live(self, order: Order, *, dice: random.Random) -> None:
        sent = self._agents.send(order, dice=dice)
        if sent is None:
            return
        self._liars.lie_about(order, sent, dice=dice)
        phone = self._customers.newest(order)
        if phone is not None and dice.random() > 0.1:
            self._customers.live(phone, dice=dice)
        if dice.random() < 0.25:
            self._agents.cancel(sent)
        if dice.random() < 0.5:
            self._customers.back_office(order, dice=dice)

    def _set_merchant(self, *, sale: bool, review_reverses: bool) -> None:
        kind = "SALE" if sale else "AUTHORIZATION"
        given = {"transaction_type": kind, "review_auto_reversal": review_reverses}
        self._stage.core.insist("PUT", "/sandbox/settings", given=given)

    def _gather(self) -> None:
        """Give the storm what the core has told by now."""
        for order in self._book.orders:
            for link in self._customers.links(order):
                self._pool.add(self._deliveries(link), repeat_lost=self._plan.repeats_lost)

    def _deliveries(self, link: str) -> list[dict[str, Any]]:
        path = f"/sandbox/callbacks?link_reference={link}"
        found: list[dict[str, Any]] = self._stage.core.insist("GET", path).json()["callbacks"]
        return found

    def _rest_of_the_storm(self) -> None:
        """The back office comes once more; then as many notifications as were asked for."""
        with ThreadPoolExecutor(_ACTORS, thread_name_prefix="office") as actors:
            list(actors.map(lambda order: self._customers.back_office(order, dice=self._die()), self._book.orders))
        self._gather()
        self._storm.allow(max(self._plan.callbacks - self._delivered(), self._plan.callbacks // 2))
        told = time.monotonic()
        while not self._storm.done:
            self._check_time()
            if time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                self._tell("storm")
            time.sleep(0.1)
        if self._plan.repeats_lost:
            self._storm.tell_the_rest(dice=self._die())
        self._tell("storm is over")

    def _delivered(self) -> int:
        counts = self._stage.core.insist("GET", "/sandbox/callbacks?limit=0").json()["counts"]
        return int(counts["delivered"])

    def _check_time(self) -> None:
        self._crashes.check()
        if time.monotonic() - self._began > self._plan.limit_s:
            raise RehearsalAborted(f"The rehearsal took longer than {self._plan.limit_s:.0f} s.")

    def _tell(self, where: str) -> None:
        took = time.monotonic() - self._began
        self._say(f"{took:6.1f} s  {where}: {self._book.posted} posted, {self._crashes.kills} kills")

    def _settle(self) -> Outcome:
        """End every fault; wait, but not for ever, until the proof holds."""
        self._storm.stop()
        self._weather.clear()
        self._crashes.peace()
        quiet_from = time.monotonic()
        true = self._true()
        ledger = DatabaseView(self._stage.database_url)
        try:
            proof = self._proof_in_time(ledger, true, until=quiet_from + self._plan.settle_s)
            return self._outcome(proof, ledger.counts(), true, settled_s=time.monotonic() - quiet_from)
        finally:
            ledger.close()

    def _true(self) -> dict[str, list[ExpectedRequest]]:
        """Ask the core for its record of every link, oldest link of an order first."""
        return {
            order.order_id: sorted(
                (expected_request(self._customers.record(link)) for link in self._customers.links(order)),
                key=lambda one: one.made_at,
            )
            for order in self._book.orders
        }

    def _proof_in_time(
        self, ledger: DatabaseView, true: dict[str, list[ExpectedRequest]], *, until: float
    ) -> Comparison:
        shown, told, proof = OrgView(self._stage), 0.0, Comparison(wrong=1)
        while True:
            self._crashes.check()
            rest = ledger.rest(self._book.forged_links)
            core_waits = self._stage.core.insist("GET", "/sandbox/callbacks?limit=0").json()["counts"]["pending"]
            out_of_time = time.monotonic() > until
            if (rest.quiet and not core_waits) or out_of_time:
                proof = self._proof(shown, true)
            if (proof.holds and rest.quiet) or out_of_time:
                return self._with_unrest(proof, rest.inbox, rest.outbox, core_waits)
            if time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                waits = f"inbox {rest.inbox}, outbox {rest.outbox}, core {core_waits}"
                self._tell(f"settling ({waits}; lost {proof.lost}, wrong {proof.wrong})")
            time.sleep(_LOOK_AGAIN_S)

    def _with_unrest(self, proof: Comparison, inbox: int, outbox: int, core_waits: int) -> Comparison:
        if inbox or outbox or core_waits:
            proof.differ(f"not at rest in time: inbox {inbox}, outbox {outbox}, core {core_waits}")
        if deaths := self._crashes.own_deaths:
            proof.differ(f"the connector ended {len(deaths)} times by itself: {'; '.join(deaths[:_TOLD_DEATHS])}")
        return proof

    def _proof(self, shown: OrgView, true: dict[str, list[ExpectedRequest]]) -> Comparison:
        try:
            rows, requests = shown.orders(self._book.orders), shown.requests(self._book.orders)
        except OrgUnavailable as error:
            return Comparison(wrong=1, differences=[f"Salesforce could not be read: {error}"])
        acknowledged = Counter(self._book.taken)
        for requests_of_order in true.values():
            for one in requests_of_order:
                taken = [told for told in self._deliveries(one.link) if told["state"] == "delivered"]
                acknowledged.update((one.link, told["event"]) for told in taken)
                self._book.distinct.update(hash(f"{told['kind']} {told['body']}") for told in taken)
        return compare(Evidence(true, rows, requests, acknowledged), self._book)

    def _outcome(
        self, proof: Comparison, counts: InboxCounts, true: dict[str, list[ExpectedRequest]], *, settled_s: float
    ) -> Outcome:
        distinct = len(self._book.distinct)
        if counts.rows < distinct:
            proof.lost += distinct - counts.rows
            proof.differences.append(
                f"{distinct} different notifications were acknowledged, the ledger holds {counts.rows}"
            )
        for where, count in sorted(self._book.refusals.items()):
            self._say(f"        refused on the way, {where}: {count}")
        return Outcome(
            sent=self._book.posted + self._delivered(),
            applied=counts.applied,
            duplicates=counts.duplicates,
            stale=counts.stale,
            refused=counts.refused,
            lost=proof.lost,
            wrong=proof.wrong,
            kills=self._crashes.kills,
            orders=len(self._book.orders),
            requests=sum(map(len, true.values())),
            forged=self._book.forged,
            looks=self._watch.looks,
            settled_s=round(settled_s, 1),
            seconds=round(time.monotonic() - self._began, 1),
            seed=self._plan.seed,
            differences=proof.differences,
        )


def rehearse(plan: Plan, folder: Path, *, database_url: str | None, say: Say) -> Outcome:
    """Play a rehearsal in an empty folder and stop everything that was started. Raises GaveUp."""
    stage = start_environment(folder, database_url=database_url)
    try:
        return Rehearsal(plan, stage, say=say).run()
    finally:
        stop_processes(stage.children)
