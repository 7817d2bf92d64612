"""Messages and news: each at most once and never misreported, and every piece of news received in its order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.payment_rehearsal.database import CoreDatabase
from sandbox.payment_rehearsal.outcome import Outcome
from sandbox.payment_rehearsal.receiver import Received
from sandbox.twilio.account import Account

# A link brings each of these once.
_ONCE = frozenset({"payment_request", "reply_offer", "replaced", "receipt", "cancelled", "expired", "review_declined"})
_LEFT = frozenset({"ACCEPTED", "SENT", "DELIVERED", "READ"})
# Failures that say that a message never left us.
_NEVER_LEFT = frozenset({"too_late", "not_sent", "limit", "opted_out"})
_MESSAGES = (
    "SELECT message_id, reference, purpose, status, failure, created_at FROM messages "
    "WHERE direction = 'out' AND created_at >= coalesce(:since, created_at)"
)
_DELIVERIES = (
    "SELECT delivery_id, lane, message_id, event, state FROM deliveries WHERE delivery_id > :since ORDER BY delivery_id"
)


class WordsJudge:
    """Judges what came since it judged last."""

    def __init__(self, database: CoreDatabase, outcome: Outcome) -> None:
        self._database, self._outcome = database, outcome
        self._known: set[str] = set()
        # When the newest message was made that the look before the last one found: what is older was judged, and is not read.
        self._since: Any = None
        self._newest: Any = None
        self._purposes: Counter[tuple[str, str]] = Counter()
        self._delivery = 0

    def judge_messages(self, account: Account) -> None:
        """Compare our messages with the messenger's."""
        with account.lock:
            rows = [one for one in account.messages.values() if one["direction"] == "outbound-api"]
        sent = Counter(parse_qs(urlsplit(one["_callback"]).query)["message"][0] for one in rows)
        for message_id, times in sent.items():
            if times > 1:
                self._outcome.add("sent_twice", f"{message_id} {times} times")
        rows_here = self._database.rows(_MESSAGES, since=self._since)
        here = {str(row[0]) for row in rows_here}
        for row in rows_here:
            if str(row[0]) not in self._known:
                self._judge_message(row, is_there=str(row[0]) in sent)
        for message_id in set(sent) - here - self._known:
            self._outcome.add("message_misreported", f"{message_id} was sent, and nobody here knows it")
        self._known |= here
        self._since, self._newest = self._newest, max((row[5] for row in rows_here), default=self._newest)

    def judge_news(self, first: Mapping[str, Received]) -> None:
        """Compare our notifications with what the application received."""
        lanes: dict[str, list[Received]] = defaultdict(list)
        for delivery_id, lane, message_id, event, state in self._database.rows(_DELIVERIES, since=self._delivery):
            self._delivery = max(self._delivery, int(str(delivery_id)))
            self._outcome.news += 1
            received = first.get(str(message_id))
            if state != "delivered" or received is None:
                self._outcome.add("news_lost", f"{lane} {event} is {state}, received: {received is not None}")
                continue
            before = lanes[str(lane)]
            if before and received.place < before[-1].place:
                self._outcome.add("news_out_of_order", f"{lane}: {event} before {before[-1].event}")
            before.append(received)

    def _judge_message(self, row: Any, *, is_there: bool) -> None:
        message_id, reference, purpose, status, failure, *_ = row
        about = f"{message_id} {purpose} of {reference} is {status} {failure or ''}"
        self._outcome.messages += 1
        if is_there and purpose in _ONCE and reference:
            kind = "request" if purpose in ("payment_request", "reply_offer", "replaced") else purpose
            self._purposes[reference, kind] += 1
            if self._purposes[reference, kind] > 1:
                self._outcome.add("sent_twice", about)
        if status == "UNKNOWN":
            self._outcome.unknown_messages += 1
            self._outcome.unknown_and_sent += is_there
        elif (
            status == "QUEUED"
            or (status in _LEFT and not is_there)
            or (status == "FAILED" and failure in _NEVER_LEFT and is_there)
        ):
            self._outcome.add("message_misreported", about)
