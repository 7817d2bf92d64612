"""Knows how callbacks travel: once per lane at a time, again until 200; refuses to know what they say."""

from __future__ import annotations

import base64
import heapq
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import urllib3

from sandbox.core.faults import FaultDesk
from sandbox.core.signing import signed_headers
from sandbox.core.store import Row, Store

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
ANSWER_WITHIN_S = 5.0
KEPT_ANSWER = 300
SENDERS = 16
URL_COLUMNS = {
    "payment-status": "payment_status_url",
    "transaction-status": "transaction_status_url",
    "settings": "settings_url",
}


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or why there is none."""

    status: int | None
    text: str | None
    error: str | None
    duration_ms: int


class Courier:
    """Worker threads over a queue that lives in the store; memory holds only ids and times.

    A lane (one link at one application) has at most one delivery under way, so order is kept;
    a lane that waits for its next attempt holds no thread, so it blocks nobody.
    """

    def __init__(self, store: Store, faults: FaultDesk) -> None:
        self._store = store
        self._faults = faults
        # urllib3 keeps connections alive, reads no proxy or .netrc settings, and follows nothing when told so
        self._pool = urllib3.PoolManager(num_pools=20, maxsize=SENDERS, retries=False)
        self._ready = threading.Condition()
        self._lanes: dict[str, deque[tuple[int, float]]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._seen = 0
        self._stale = True
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(SENDERS):
            thread = threading.Thread(target=self._work, name=f"courier-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """This function will let attempts under way end and send nothing more; the queue stays in the store."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(timeout=ANSWER_WITHIN_S + 1)
        self._pool.clear()

    def wake(self) -> None:
        """This function will make the workers look for new deliveries; called after a commit."""
        with self._ready:
            self._stale = True
            self._ready.notify()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            delivery, lane = taken
            self._give_back(lane, retry_at=self._attempt(delivery))

    def _take(self) -> tuple[int, str] | None:
        with self._ready:
            while not self._stopping:
                if self._stale:
                    self._load()
                wait_s = self._due[0][0] - time.time() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    _, delivery, lane = heapq.heappop(self._due)
                    if self._due:
                        self._ready.notify()
                    return delivery, lane
                self._ready.wait(wait_s)
        return None

    def _load(self) -> None:
        self._stale = False
        sql = "SELECT id, lane, due_at FROM deliveries WHERE id > ? AND state = 'pending' ORDER BY id"
        for row in self._store.rows(sql, self._seen):
            self._seen = row["id"]
            lane = self._lanes.setdefault(row["lane"], deque())
            lane.append((row["id"], row["due_at"]))
            if len(lane) == 1:
                heapq.heappush(self._due, (row["due_at"], row["id"], row["lane"]))

    def _give_back(self, lane: str, *, retry_at: float | None) -> None:
        with self._ready:
            queue = self._lanes[lane]
            if retry_at is None:
                queue.popleft()
            if queue:
                delivery, due_at = queue[0]
                heapq.heappush(self._due, (retry_at or due_at, delivery, lane))
                self._ready.notify()
            else:
                del self._lanes[lane]

    def _attempt(self, delivery: int) -> float | None:
        """This function will try once and give the time of the next try, or None when there is none."""
        row = self._store.row(
            "SELECT d.*, a.status AS application_status, a.payment_status_url, a.transaction_status_url,"
            " a.settings_url, a.basic_user, a.basic_password, a.hmac_key"
            " FROM deliveries d JOIN applications a ON a.uuid = d.application WHERE d.id = ?",
            delivery,
        )
        if row is None:
            return None
        url = row[URL_COLUMNS[row["kind"]]]
        if not url or row["application_status"] != "ACTIVATED":
            return self._give_up(row, "abandoned")
        if self._faults.strikes(self._faults.current.drop_callbacks):
            return self._give_up(row, "dropped")
        return self._record(row, url, answer=self._post(row, url))

    def _give_up(self, row: Row, state: str) -> float | None:
        self._store.change("deliveries", ("id", row["id"]), changes={"state": state})
        return None

    def _post(self, row: Row, url: str) -> Answer:
        headers = {"Content-Type": "application/json", "User-Agent": "payment-core-sandbox"}
        if row["basic_user"]:
            pair = f"{row['basic_user']}:{row['basic_password']}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        if row["hmac_key"]:
            headers |= signed_headers(row["hmac_key"], row["message_id"], row["body"].encode(), at=time.time())
        started = time.monotonic()
        status = text = error = None
        try:
            timeout = urllib3.Timeout(total=ANSWER_WITHIN_S)
            answer = self._pool.request(
                "POST", url, body=row["body"].encode(), headers=headers, timeout=timeout, redirect=False
            )
            status, text = answer.status, answer.data[:KEPT_ANSWER].decode("utf-8", "replace")
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as reason:
            error = type(reason).__name__
        return Answer(status, text, error, round((time.monotonic() - started) * 1000))

    def _record(self, row: Row, url: str, *, answer: Answer) -> float | None:
        number = row["attempts"] + 1
        done = answer.status == 200
        retry_at = None if done else time.time() + BACKOFF_S[min(number, len(BACKOFF_S)) - 1]
        changes: dict[str, Any] = {"attempts": number, "state": "delivered" if done else "pending"}
        if retry_at is not None:
            changes["due_at"] = retry_at
        attempt = {"delivery": row["id"], "number": number, "at": time.time(), "url": url, "status": answer.status}
        with self._store.transaction():
            self._store.change("deliveries", ("id", row["id"]), changes=changes)
            self._store.insert(
                "attempts",
                {**attempt, "answer": answer.text, "error": answer.error, "duration_ms": answer.duration_ms},
            )
        return retry_at
