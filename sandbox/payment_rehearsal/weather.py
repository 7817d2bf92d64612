"""The bad weather: answers that are lost, calls that time out, and webhooks that are lost, late or repeated."""

from __future__ import annotations

import random
import threading
import time

from sandbox.payment_rehearsal.environment import Environment
from sandbox.payment_rehearsal.plan import Plan

_EVERY_SECONDS = 0.05
_SHARE = 0.08
_SHARE_TIMED_OUT = 0.03
# Calls whose time-out may have taken or moved money.
_TIMED_OUT = (
    "POST /v1/payment_intents", "POST /v1/payment_intents/{id}/capture", "POST /v1/payment_intents/{id}/cancel",
    "POST /v1/refunds", "POST /v1/checkout/sessions", "POST /v1/checkout/sessions/{id}/expire",
)  # fmt: skip


class Weather(threading.Thread):
    """Brings the providers' webhooks to the core, badly while ``storm`` lasts and well after ``calm``."""

    def __init__(self, environment: Environment, plan: Plan, rng: random.Random) -> None:
        super().__init__(name="weather", daemon=True)
        self._environment, self._plan, self._rng = environment, plan, rng
        self._storms = threading.Event()
        self._end = threading.Event()
        # Until then (monotonic) no webhook comes at all: what waits comes late, and at once.
        self._dark_until = 0.0
        self.brought = 0

    def storm(self) -> None:
        """Begin."""
        stripe, twilio, plan = self._environment.stripe.faults, self._environment.twilio.faults, self._plan
        if plan.has("gateway"):
            stripe.at_random(_SHARE, seed=self._rng.randrange(2**31))
        if plan.has("timeouts"):
            stripe.time_out_at_random(_SHARE_TIMED_OUT, _TIMED_OUT)
        if plan.has("messenger"):
            # Lists fail as well: what became of a message without an answer is looked up in them.
            twilio.at_random(_SHARE, seed=self._rng.randrange(2**31), reads_too=True)
        self._environment.receiver.trouble = 0.1 if plan.has("callbacks") else 0.0
        self._storms.set()

    def calm(self) -> None:
        """Let nothing fail any more; what is lost stays lost."""
        self._storms.clear()
        self._dark_until = 0.0
        self._environment.stripe.faults.clear()
        self._environment.twilio.faults.clear()
        self._environment.receiver.trouble = 0.0

    def end(self) -> None:
        """Stop, and wait until the last webhook is brought."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Bring webhooks until the end."""
        while not self._end.wait(_EVERY_SECONDS):
            if self._storms.is_set():
                self._disturb()
            if time.monotonic() >= self._dark_until:
                self._bring()

    def _disturb(self) -> None:
        if self._plan.has("late_webhooks") and self._rng.random() < 0.01:
            self._dark_until = time.monotonic() + self._rng.uniform(0.5, 3.0)

    def _bring(self) -> None:
        if not self._storms.is_set():
            self.brought += self._environment.stripe.deliveries.deliver()
            self.brought += self._environment.twilio.deliveries.deliver()
            return
        lose = 0.15 if self._plan.has("lost_webhooks") else 0.0
        repeat = 0.15 if self._plan.has("repeated_webhooks") else 0.0
        late = 0.5 if self._plan.has("late_webhooks") else 0.0
        for deliveries in (self._environment.stripe.deliveries, self._environment.twilio.deliveries):
            self.brought += deliveries.deliver(order=self._rng, lose=lose, repeat=repeat, late=late)
