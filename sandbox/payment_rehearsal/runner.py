"""The waves of a rehearsal: a storm over some hundred payments, perhaps a day's outage, calm, and the judgement."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sandbox.payment_rehearsal.actors.agents import Agents
from sandbox.payment_rehearsal.actors.back_office import BackOffice
from sandbox.payment_rehearsal.actors.customers import Customers
from sandbox.payment_rehearsal.actors.kinds import SHARES, People, play
from sandbox.payment_rehearsal.actors.payment import Payment
from sandbox.payment_rehearsal.actors.schedule import Schedule
from sandbox.payment_rehearsal.database import CoreDatabase, wait_until_quiet
from sandbox.payment_rehearsal.environment import Environment, environment
from sandbox.payment_rehearsal.outcome import Outcome
from sandbox.payment_rehearsal.plan import Plan
from sandbox.payment_rehearsal.verification.judge import Judge
from sandbox.payment_rehearsal.weather import Weather
from sandbox.rehearsal.chaos.crashes import CrashInjector
from sandbox.rehearsal.http_client import NoResponse, RehearsalAborted
from sandbox.rehearsal.progress import Progress

_ACTORS = 12
_AT_ONCE = 100
_PRICES = (("150.00", "ZAR"), ("2499.90", "ZAR"), ("49.99", "USD"), ("5500", "JPY"), ("12.340", "KWD"))
# What passes after a storm until each pause, deadline and second look of the core is over; in seconds.
_CALM = (31, 61, 61, 301, 901, 1201, 2401, 4201, 7201, 90_000, 90_000)
_OUTAGE = (31, 301, 1801, 7200, 28_800, 48_400)
# Events of the core's log that name an error of its own.
_UNFORESEEN = ('"unforeseen"', '"step_failed"', "Traceback")
_QUIET_WITHIN_SECONDS = 300.0
# Longer than Stripe holds money, which is seven days: sandbox/stripe/intents.py.
_LAST_HOLDS = 8 * 86_400


class Rehearsal:
    """One rehearsal in a running environment."""

    def __init__(self, plan: Plan, around: Environment, progress: Progress, outcome: Outcome) -> None:
        self._plan, self._around, self._progress = plan, around, progress
        self._rng = random.Random(plan.seed)  # noqa: S311 (a rehearsal can be repeated)
        self._outcome = outcome
        self._weather = Weather(around, plan, self._new_rng())
        self._crashes = CrashInjector(around.core, around.cores, after_s=plan.kill_after_s, rng=self._new_rng())
        self._people = People(Agents(around), Customers(around), BackOffice(around), [])
        self._number = 0
        self._began = time.monotonic()

    def run(self) -> Outcome:
        """Play all waves and judge each.

        Raises:
            RehearsalAborted: the core cannot be started, or does not come to rest.
        """
        self._crashes.start()
        self._weather.start()
        try:
            self._crashes.wait_ready()
            with closing(CoreDatabase(self._around.database_url, self._around.clock)) as database:
                judge = Judge(self._around, database, self._outcome, self._people.agents)
                for place, payments in enumerate(self._plan.waves):
                    self._play_wave(place, payments, database, judge)
                self._end_holds(database, judge)
        finally:
            self._weather.end()
            self._crashes.end()
            # Also where it ends early: what is proven so far is said.
            self._finish()
        return self._outcome

    def _play_wave(self, place: int, payments: int, database: CoreDatabase, judge: Judge) -> None:
        began, self._people.made, kills = self._around.clock(), [], self._crashes.kills
        self._weather.storm()
        if self._plan.has("kill"):
            self._crashes.start_killing()
        for half, kind in ((payments // 2, "SALE"), (payments - payments // 2, "AUTHORIZATION")):
            self._set_transaction_type(kind)
            self._storm([self._new_payment() for _ in range(half)])
        self._wait_for_kill(kills)
        self._crashes.stop_killing()
        # In the first wave, too, so that a short rehearsal has an outage.
        if self._plan.has("outage") and place % 3 == 0:
            self._around.receiver.away.set()
            self._outcome.outages += 1
            # What is tried again every few seconds is never at rest.
            self._pass(_OUTAGE, database, besides=("deliveries",))
            self._around.receiver.away.clear()
        self._weather.calm()
        self._pass(_CALM, database)
        judge.judge(self._people.made, since=began)
        self._outcome.payments += len(self._people.made)
        self._report(place + 1)

    def _storm(self, payments: Sequence[Payment]) -> None:
        """Play payments side by side, each step by whoever is free, while time goes on by itself."""
        schedule = Schedule([play(self._people, one) for one in payments], at_once=_AT_ONCE)
        self._outcome.kinds.update(one.kind for one in payments)
        actors = [
            threading.Thread(target=schedule.work, args=(self._new_rng(),), name=f"actor-{place}", daemon=True)
            for place in range(_ACTORS)
        ]
        for one in actors:
            one.start()
        rng = self._new_rng()
        while any(one.is_alive() for one in actors):
            self._crashes.check()
            time.sleep(rng.uniform(0.1, 0.5))
            self._around.clock.advance(rng.uniform(60, 900) if rng.random() < 0.02 else rng.uniform(0, 4))
        if schedule.errors:
            raise RehearsalAborted(f"An actor failed: {schedule.errors[0]!r}")

    def _wait_for_kill(self, kills: int) -> None:
        """Wait until there was one in this wave, however quick its storm was."""
        while self._plan.has("kill") and self._crashes.kills == kills:
            self._crashes.check()
            time.sleep(0.1)

    def _pass(self, pauses: Sequence[float], database: CoreDatabase, *, besides: Sequence[str] = ()) -> None:
        """Let time pass, and after each step wait until nothing is due any more, besides what is named."""
        for seconds in pauses:
            self._around.clock.advance(seconds)
            if not wait_until_quiet(lambda: self._is_quiet(database, besides), within=_QUIET_WITHIN_SECONDS):
                self._crashes.check()
                raise RehearsalAborted(f"The core does not come to rest: {database.due()}")

    def _is_quiet(self, database: CoreDatabase, besides: Sequence[str]) -> bool:
        around = self._around
        return not (
            around.stripe.deliveries.waiting or around.twilio.deliveries.waiting or database.due().keys() - set(besides)
        )

    def _end_holds(self, database: CoreDatabase, judge: Judge) -> None:
        """Let the last holds end, and judge them once more."""
        self._around.clock.advance(_LAST_HOLDS)
        self._people.office.end_holds()
        self._pass((61, 90_000), database)
        judge.judge_holds()

    def _set_transaction_type(self, kind: str) -> None:
        """Change it in the portal, as a merchant does."""
        # Nobody signs in: the portal of a demo knows whoever comes from this machine.
        form = f"transaction_type={kind}&channels=sms&channels=whatsapp&currencies=ZAR+USD+JPY+KWD"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        for _ in range(100):
            try:
                if (
                    self._around.core.request("POST", "/portal/settings", body=form.encode(), headers=headers).status
                    == 303
                ):
                    return
            except NoResponse:
                pass
            time.sleep(0.2)
        raise RehearsalAborted("The portal takes no settings.")

    def _new_payment(self) -> Payment:
        self._number += 1
        rng = self._new_rng()
        total, currency = rng.choice(_PRICES)
        return Payment(
            caller_reference=f"R{self._plan.seed}-{self._number}",
            kind=rng.choices(list(SHARES), list(SHARES.values()))[0],
            phone=f"2783{1_000_000 + self._number}",
            channel=rng.choice(["sms", "whatsapp"]),
            currency=currency,
            total=total,
            payer=f"003{self._number:012d}",
            rng=rng,
        )

    def _new_rng(self) -> random.Random:
        return random.Random(self._rng.randrange(2**62))  # noqa: S311 (a rehearsal can be repeated)

    def _finish(self) -> None:
        outcome = self._outcome
        outcome.kills, outcome.webhooks = self._crashes.kills, self._weather.brought
        outcome.seconds = round(time.monotonic() - self._began, 1)
        outcome.virtual_days = round(self._around.clock.ahead_seconds / 86_400, 1)
        for line in self._errors_logged():
            outcome.add("unexplained", line)
        for one in self._crashes.own_exits:
            outcome.add("unexplained", f"the core ended by itself: {one}")

    def _errors_logged(self) -> list[str]:
        """Return the unforeseen errors that the core's processes logged."""
        found = []
        for child in self._around.cores:
            lines = child.log.read_text(errors="replace").splitlines() if child.log.exists() else []
            found += [f"{child.name}: {line}" for line in lines if any(word in line for word in _UNFORESEEN)]
        return found

    def _report(self, waves: int) -> None:
        took, outcome, plan = time.monotonic() - self._began, self._outcome, self._plan
        rest = took * (plan.payments / sum(plan.waves[:waves]) - 1)
        self._progress.say(
            f"{took:7.1f} s  wave {waves} of {len(plan.waves)}: {outcome.payments} payments, {outcome.charged} charged, "
            f"{self._crashes.kills} kills, {sum(outcome.violations.values())} violations, "
            f"{outcome.payments / took:.1f} payments/s, about {rest:.0f} s left"
        )


def rehearse(
    plan: Plan, folder: Path, *, database_url: str | None, progress: Progress, outcome: Outcome | None = None
) -> Outcome:
    """Run a rehearsal in an empty folder and stop everything that was started; ``outcome`` is filled wave by wave.

    Raises:
        RehearsalAborted: the rehearsal itself cannot go on.
    """
    with environment(folder, database_url=database_url) as around:
        return Rehearsal(plan, around, progress, outcome or Outcome(plan.seed)).run()
