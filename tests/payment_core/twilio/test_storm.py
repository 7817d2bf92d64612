"""A storm over messages: lost answers, errors, kills, and reports that are lost, repeated and shuffled.

Nothing is sent twice, and whatever nobody can know is named. CHAT2PAY_TEST_SEED makes another storm.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import pytest

from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.messaging.purposes import REQUESTS
from payment_core.journeys.messaging.record_message_status import NOT_KNOWN
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.messages.messages import Message, message_of
from payment_core.store.schema.tables import messages as table
from sandbox.twilio.app import TwilioStandIn
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import MovableClock
from tests.payment_core.twilio.conftest import Line

ROUNDS = 120
PHONES = [f"2783123456{one}" for one in range(4)]
LEFT = (MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


class Killed(BaseException):
    """The process ended here: nothing behind this line ran, and nothing caught it."""


@dataclass
class Killing:
    """Transactions after or before which the process may end."""

    whole: Transactions
    dice: random.Random
    chance: float
    kills: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        self._perhaps("before")
        with self.whole.write() as work:
            yield work
        self._perhaps("after")

    def read(self) -> object:
        return self.whole.read()

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    def _perhaps(self, moment: str) -> None:
        if self.dice.random() < self.chance:
            self.kills[moment] += 1
            raise Killed(moment)


class Storm:
    """One run: what is done in it, and what must hold at its end."""

    def __init__(self, core: Core, merchant: Merchant, line: Line, clock: MovableClock, seed: int) -> None:
        self.core, self.merchant, self.line, self.clock = core, merchant, line, clock
        self.dice = random.Random(seed)
        self.killing = Killing(core.transactions, self.dice, 0.04)
        self.links: list[Link] = []

    def run(self) -> None:
        """Do random things, each of which may be cut off."""
        for number in range(ROUNDS):
            mortal = replace(self.core, transactions=self.killing)  # type: ignore[arg-type]
            # What the webhook route uses is the same, mortal core.
            self.line.client.application.extensions["payment_core"] = mortal
            try:
                self.dice.choice((self._create, self._create, self._cancel, self._write, self._report, self._work))(
                    mortal, number
                )
            except (Killed, Refusal):
                # A new process takes over once the old one's leases are over.
                self.clock.move(seconds=self.dice.choice((1, 61)))
            self.clock.move(seconds=self.dice.randrange(20))

    def settle(self) -> None:
        """Let everything come to its end without faults."""
        self.line.client.application.extensions["payment_core"] = self.core
        self.line.twilio.faults.clear()
        self.line.bring()
        for number in range(400):
            # At first as often as a lease ends; what is asked for hours is asked the same each time.
            self.clock.move(seconds=61 if number < 10 else 610)
            expire_links(self.core)
            if not send_due(self.core) and not read_due(self.core, owner="test"):
                break
        self.line.bring()

    def _create(self, core: Core, number: int) -> None:
        order = order_for(
            channel=self.dice.choice(list(Channel)),
            phone=Phone(self.dice.choice(PHONES)),
            caller_reference=f"r{number}",
        )
        self.links.append(create_link(core, self.merchant, order).link)

    def _cancel(self, core: Core, _: int) -> None:
        if self.links:
            cancel_link(core, self.merchant, self.dice.choice(self.links).reference)

    def _write(self, core: Core, _: int) -> None:
        prefix = self.dice.choice(("", "whatsapp:"))
        text = self.dice.choice(("HELP", "yes", "PAY 7K2F", "hello", "STOP", "START"))
        self.line.twilio.deliveries.inbound(f"{prefix}+{self.dice.choice(PHONES)}", f"{prefix}+27870000000", text)

    def _report(self, core: Core, _: int) -> None:
        """Bring some of what waits: shuffled, some lost, some twice."""
        deliveries = self.line.twilio.deliveries
        ready, deliveries.waiting = deliveries.waiting, []
        self.dice.shuffle(ready)
        # Where this is cut off, the rest is lost: an SMS's report is not delivered again.
        for one in ready:
            for _again in range(self.dice.choice((0, 1, 1, 1, 2))):
                self.line.post(one)
        read_due(core, owner="test")

    def _work(self, core: Core, _: int) -> None:
        expire_links(core)
        read_due(core, owner="test")
        send_due(core)


def sent_ids(twilio: TwilioStandIn) -> Counter[str]:
    """Return how often each of our messages is at the provider."""
    rows = [one for one in twilio.account.messages.values() if one["direction"] == "outbound-api"]
    return Counter(parse_qs(urlsplit(one["_callback"]).query)["message"][0] for one in rows)


def written(core: Core) -> list[Message]:
    with core.transactions.read() as work:
        rows = work.connection.execute(table.select().where(table.c.direction == "out"))
        return [message_of(row, work) for row in rows]


@pytest.mark.parametrize("reads_too", [False, True])
def test_nothing_is_sent_twice_and_what_nobody_knows_is_named(
    core: Core, merchant: Merchant, line: Line, twilio: TwilioStandIn, clock: MovableClock, reads_too: bool
) -> None:
    seed = int(os.environ.get("CHAT2PAY_TEST_SEED", "20261121"))
    storm = Storm(core, merchant, line, clock, seed)
    twilio.faults.at_random(0.3, seed=seed, reads_too=reads_too)
    storm.run()
    storm.settle()
    at_provider, ours = sent_ids(twilio), written(core)
    unknown = [one for one in ours if one.status is MessageStatus.UNKNOWN]
    print(
        f"seed {seed}: {len(ours)} messages, {sum(at_provider.values())} sent, {len(unknown)} unknown,"
        f" killed {dict(storm.killing.kills)}"
    )
    assert [one for one, times in at_provider.items() if times > 1] == [], f"sent twice, seed {seed}"
    assert set(at_provider) <= {one.message_id for one in ours}
    for one in ours:
        is_there = one.message_id in at_provider
        assert one.status is not MessageStatus.QUEUED, f"forgotten, seed {seed}"
        if one.status in LEFT:
            assert is_there, f"told as sent, seed {seed}"
        if one.status is MessageStatus.UNKNOWN:
            # Of two answers with the same words whose reports were lost nobody can say which one left.
            alike = [two for two in unknown if (two.phone, two.content) == (one.phone, one.content)]
            assert not is_there or len(alike) > 1, f"could have been found, seed {seed}"
        if one.status is MessageStatus.FAILED and one.failure in ("too_late", "not_sent", "limit"):
            assert not is_there, f"told as failed, seed {seed}"
    named = {one.reference for one in unknown if one.purpose in REQUESTS}
    with core.transactions.read() as work:
        found = [links.find(work, one) for one in named if one]
    assert {one.message_failure for one in found if one} <= {NOT_KNOWN}
