"""Run a whole rehearsal, one phase after the other."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.rehearsal.actors.agents import Agents
from sandbox.rehearsal.actors.attackers import Attackers
from sandbox.rehearsal.actors.customers import Customers
from sandbox.rehearsal.chaos.crashes import CrashInjector
from sandbox.rehearsal.chaos.faults import FaultSchedule
from sandbox.rehearsal.environment import Databases, Environment, make_orders, start_environment, stop_processes
from sandbox.rehearsal.http_client import RehearsalAborted
from sandbox.rehearsal.notifications.bodies import NotificationPool
from sandbox.rehearsal.notifications.load import LoadGenerator
from sandbox.rehearsal.outcome import Outcome
from sandbox.rehearsal.plan import Plan
from sandbox.rehearsal.progress import Progress, Status
from sandbox.rehearsal.registry import Order, Registry
from sandbox.rehearsal.verification.comparison import Comparison, Evidence, compare
from sandbox.rehearsal.verification.database_view import DatabaseView, InboxCounts
from sandbox.rehearsal.verification.oracle import ExpectedRequest, expected_request
from sandbox.rehearsal.verification.org_view import MoneyWatch, OrgUnavailable, OrgView

_ACTORS = 6
_SHARE_UNREACHABLE = 0.03
# Longer than a link can be paid, which is 20 minutes from its making at the most.
_LINK_LIFETIME_S = 30 * 60
_DELIVERY_S = 1.5
_REPORT_EVERY_S = 10.0
_POLL_S = 1.0
_MAX_EXITS_NAMED = 3
Expected = dict[str, list[ExpectedRequest]]


class Rehearsal:
    """One rehearsal in one environment."""

    def __init__(self, plan: Plan, environment: Environment, *, progress: Progress) -> None:
        self._plan = plan
        self._environment = environment
        self._progress = progress
        self._phase, self._delivered = "starting", 0
        self._began = time.monotonic()
        self._rng = random.Random(plan.seed)  # noqa: S311  (chance for a rehearsal, nothing secret)
        self._registry, self._pool = Registry(), NotificationPool()
        self._agents, self._customers = Agents(environment, self._registry), Customers(environment, self._registry)
        self._attackers = Attackers(environment, plan, self._registry, self._agents, self._customers)
        self._faults = FaultSchedule(environment, plan, rng=self._new_rng())
        self._crashes = CrashInjector(
            environment.connector, environment.connectors, after_s=plan.kill_after_s, rng=self._new_rng()
        )
        self._load = LoadGenerator(environment, plan, registry=self._registry, pool=self._pool, rng=self._new_rng())
        self._watch = MoneyWatch(environment, self._registry)

    def run(self) -> Outcome:
        """Run every phase.

        Raises:
            RehearsalAborted: the rehearsal itself cannot go on.
        """
        try:
            with self._progress.show(self._status):
                self._begin()
                self._run_waves()
                self._finish_load()
                return self._settle()
        finally:
            # The connector last: what the load still posts would find nobody.
            self._watch.end()
            self._load.stop()
            self._crashes.end()

    def _status(self) -> Status:
        return Status(self._phase, self._registry.posted + self._delivered, self._plan.callbacks, self._crashes.kills)

    def _new_rng(self) -> random.Random:
        # One for each thread: what a thread draws then depends on the seed alone, not on the others' speed.
        return random.Random(self._rng.random())  # noqa: S311

    def _begin(self) -> None:
        # Orders are made while the connector starts: only the org is asked for them.
        self._crashes.start()
        self._registry.orders = make_orders(self._environment, self._plan.orders)
        self._crashes.wait_ready()
        unreachable = [order.phone for order in self._registry.orders if self._rng.random() < _SHARE_UNREACHABLE]
        self._faults.begin(undeliverable=unreachable)
        self._watch.start()
        self._load.start()
        if self._plan.has("kill"):
            self._crashes.start_killing()
        faults = ", ".join(sorted(self._plan.faults)) or "none"
        self._progress.say(f"started: {len(self._registry.orders)} orders, faults {faults}")

    def _run_waves(self) -> None:
        """Ask for money on every order, let its customer act, let the links expire; again and again."""
        for wave in range(1, self._plan.waves + 1):
            self._phase = f"wave {wave} of {self._plan.waves}"
            # Sales and authorizations in turn: money is taken at once in one wave, and held and captured in the next.
            self._set_merchant(sale=wave % 2 == 1, review_reverses=wave % 3 == 0)
            orders = self._rng.sample(self._registry.orders, len(self._registry.orders))
            with ThreadPoolExecutor(_ACTORS, thread_name_prefix="actor") as actors:
                list(actors.map(lambda order: self._play_order(order, rng=self._new_rng()), orders))
            advance = {"advance_s": _LINK_LIFETIME_S}
            self._environment.core.retry_until_answered("POST", "/sandbox/clock", content=advance)
            # the core's notifications of the expired links are on their way
            time.sleep(_DELIVERY_S)
            self._fill_pool()
            # Two shares are kept for the end, when the pool also holds the last captures and reversals.
            self._load.allow(self._plan.callbacks * wave // (self._plan.waves + 2))
            self._count_delivered()
            self._report(f"wave {wave}")
            self._check_time()

    def _play_order(self, order: Order, *, rng: random.Random) -> None:
        sent = self._agents.send(order, rng=rng)
        if sent is None:
            return
        self._attackers.attack(order, sent, rng=rng)
        received = self._customers.newest_link(order)
        if received is not None and rng.random() > 0.1:
            self._customers.use_link(received, rng=rng)
        if rng.random() < 0.25:
            self._agents.cancel(sent)
        if rng.random() < 0.5:
            self._customers.act_in_back_office(order, rng=rng)

    def _set_merchant(self, *, sale: bool, review_reverses: bool) -> None:
        kind = "SALE" if sale else "AUTHORIZATION"
        content = {"transaction_type": kind, "review_auto_reversal": review_reverses}
        self._environment.core.retry_until_answered("PUT", "/sandbox/settings", content=content)

    def _fill_pool(self) -> None:
        """Give the load what the core has notified by now."""
        for order in self._registry.orders:
            for link in self._customers.links(order):
                self._pool.add(self._deliveries(link), repeat_lost=self._plan.repeats_lost)

    def _deliveries(self, link: str) -> list[dict[str, Any]]:
        path = f"/sandbox/callbacks?link_reference={link}"
        deliveries: list[dict[str, Any]] = self._environment.core.retry_until_answered("GET", path).json()["callbacks"]
        return deliveries

    def _finish_load(self) -> None:
        """Let the back office act once more, then post as many notifications as the plan requires."""
        self._phase = "load"
        with ThreadPoolExecutor(_ACTORS, thread_name_prefix="office") as actors:
            list(
                actors.map(
                    lambda order: self._customers.act_in_back_office(order, rng=self._new_rng()), self._registry.orders
                )
            )
        self._fill_pool()
        # The core's own deliveries count, too; half are ours in any case, as only we post odd, repeated and forged ones.
        self._load.allow(max(self._plan.callbacks - self._count_delivered(), self._plan.callbacks // 2))
        reported = time.monotonic()
        while not self._load.done:
            self._check_time()
            if time.monotonic() - reported > _REPORT_EVERY_S:
                reported = time.monotonic()
                self._report("storm")
            time.sleep(0.1)
        if self._plan.repeats_lost:
            self._load.post_never_drawn(rng=self._new_rng())
        self._report("storm is over")

    def _core_counts(self) -> dict[str, int]:
        answer = self._environment.core.retry_until_answered("GET", "/sandbox/callbacks?limit=0").json()
        counts: dict[str, int] = answer["counts"]
        return counts

    def _count_delivered(self) -> int:
        self._delivered = int(self._core_counts()["delivered"])
        return self._delivered

    def _check_time(self) -> None:
        self._crashes.check()
        if time.monotonic() - self._began > self._plan.limit_s:
            raise RehearsalAborted(f"The rehearsal took longer than {self._plan.limit_s:.0f} s.")

    def _report(self, where: str) -> None:
        took = time.monotonic() - self._began
        self._progress.say(f"{took:6.1f} s  {where}: {self._registry.posted} posted, {self._crashes.kills} kills")

    def _settle(self) -> Outcome:
        """Stop load, faults and kills; wait, with a limit, until Salesforce shows what is true."""
        self._phase = "settling"
        # Kills last, so that what came in at the end is still worked on across a restart.
        self._load.stop()
        self._faults.clear()
        self._crashes.stop_killing()
        began = time.monotonic()
        database = DatabaseView(self._environment.database_url)
        try:
            comparison, expected = self._compare_until_clean(database, until=began + self._plan.settle_s)
            return self._outcome(comparison, database.counts(), expected, settled_s=time.monotonic() - began)
        finally:
            database.close()

    def _expected(self) -> Expected:
        """Ask the core for its record of every link, the oldest link of an order first."""
        return {
            order.order_id: sorted(
                (expected_request(self._customers.record(link)) for link in self._customers.links(order)),
                key=lambda one: one.made_at,
            )
            for order in self._registry.orders
        }

    def _compare_until_clean(self, database: DatabaseView, *, until: float) -> tuple[Comparison, Expected]:
        # Not clean before anything was compared.
        org, reported, comparison = OrgView(self._environment), 0.0, Comparison(wrong=1)
        expected: Expected = {}
        while True:
            self._crashes.check()
            backlog = database.backlog(self._registry.forged_links)
            core_waits = self._core_counts()["pending"]
            out_of_time = time.monotonic() > until
            # Only at rest: a comparison asks the core for every link there is.
            if (backlog.is_empty and not core_waits) or out_of_time:
                # Anew each time: the core's own work, such as the return of an old review, goes on after the storm.
                expected = self._expected()
                comparison = self._compare(org, expected)
            waits = f"inbox {backlog.inbox}, outbox {backlog.outbox}, core {core_waits}"
            if (comparison.is_clean and backlog.is_empty) or out_of_time:
                if not backlog.is_empty or core_waits:
                    comparison.add_wrong(f"not at rest in time: {waits}")
                return self._with_own_exits(comparison), expected
            if time.monotonic() - reported > _REPORT_EVERY_S:
                reported = time.monotonic()
                self._report(f"settling ({waits}; lost {comparison.lost}, wrong {comparison.wrong})")
            time.sleep(_POLL_S)

    def _with_own_exits(self, comparison: Comparison) -> Comparison:
        if exits := self._crashes.own_exits:
            named = "; ".join(exits[:_MAX_EXITS_NAMED])
            comparison.add_wrong(f"the connector ended {len(exits)} times by itself: {named}")
        return comparison

    def _compare(self, org: OrgView, expected: Expected) -> Comparison:
        try:
            rows, requests = org.orders(self._registry.orders), org.requests(self._registry.orders)
        except OrgUnavailable as error:
            return Comparison(wrong=1, differences=[f"Salesforce could not be read: {error}"])
        # The core's own deliveries were acknowledged, too, beside what our load posted.
        acknowledged = Counter(self._registry.acknowledged)
        for requests_of_order in expected.values():
            for one in requests_of_order:
                delivered = [each for each in self._deliveries(one.link) if each["state"] == "delivered"]
                acknowledged.update((one.link, each["event"]) for each in delivered)
                self._registry.distinct_bodies.update(hash(f"{each['kind']} {each['body']}") for each in delivered)
        return compare(Evidence(expected, rows, requests, acknowledged), self._registry)

    def _outcome(self, comparison: Comparison, counts: InboxCounts, expected: Expected, *, settled_s: float) -> Outcome:
        distinct = len(self._registry.distinct_bodies)
        if counts.rows < distinct:
            comparison.lost += distinct - counts.rows
            comparison.differences.append(
                f"{distinct} different notifications were acknowledged, the inbox holds {counts.rows}"
            )
        for where, count in sorted(self._registry.refusals.items()):
            self._progress.say(f"        refused on the way, {where}: {count}")
        return Outcome(
            sent=self._registry.posted + self._count_delivered(),
            applied=counts.applied,
            duplicates=counts.duplicates,
            stale=counts.stale,
            refused=counts.refused,
            lost=comparison.lost,
            wrong=comparison.wrong,
            kills=self._crashes.kills,
            orders=len(self._registry.orders),
            requests=sum(map(len, expected.values())),
            forged=self._registry.forged,
            looks=self._watch.polls,
            settled_s=round(settled_s, 1),
            seconds=round(time.monotonic() - self._began, 1),
            seed=self._plan.seed,
            differences=comparison.differences,
        )


def rehearse(plan: Plan, folder: Path, *, databases: Databases, progress: Progress) -> Outcome:
    """Run a rehearsal in an empty folder and stop everything that was started.

    Raises:
        RehearsalAborted: the rehearsal itself cannot go on.
    """
    environment = start_environment(folder, databases=databases)
    try:
        return Rehearsal(plan, environment, progress=progress).run()
    finally:
        stop_processes(environment.children)
