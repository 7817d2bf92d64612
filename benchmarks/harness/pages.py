"""Open agents' pages: each asks for its order with its ETag at the pace of the page's own poller."""

from __future__ import annotations

import heapq
import http.client
import select
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from benchmarks.harness import setup
from benchmarks.harness.connected import SentRequest, order_of, request_of
from benchmarks.harness.rounds import OtherAnswers
from connector.domain.payments.payment import Person
from connector.journeys.requesting.send_payment_request import new_reference
from connector.store.orders import orders
from connector.store.requests import request_rows
from connector.store.tenants.launches import Launch
from connector.web.callers import launch_token
from foundation.clock import utc_now
from foundation.secret import Secret

# As in connector/web/static/agent/following/poller.js, while a customer pays and while nothing is new of a live link.
PAYING_S, UNDER_WAY_S = 0.8, 1.5
_PAUSE_PER_ANSWER = 3
_APART = 0.1
_LIFE = timedelta(hours=1)
_AGENT = Person("005000000000001AAA", "agent@example.com")


def pause(every: float, took: float, random: Random) -> float:
    """Return how long a page that asks ``every`` so many seconds waits after an answer that took so long."""
    return max(every - took, _PAUSE_PER_ANSWER * took) * random.uniform(1 - _APART, 1 + _APART)


@dataclass
class _Page:
    """One open page: its connection, what it asks, and when it asked last."""

    connection: http.client.HTTPConnection
    path: str
    headers: dict[str, str]
    asked_at: float = 0.0


class OpenPages:
    """So many open pages, each of an order with a live link. They ask in a thread of their own, between start and stop."""

    def __init__(self, url: str, *, port: int, count: int) -> None:
        self.statuses: Counter[int] = Counter()
        self._random = Random(1)
        self._pages = [_opened(port, order_id, token) for order_id, token in _make_launches(url, count)]
        self._every = PAYING_S
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, every: float) -> None:
        """Let each page ask ``every`` so many seconds, from a moment of its own."""
        self._every = every
        self._over.clear()
        self._thread = threading.Thread(target=self._ask_all, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let them be silent; what is under way is still answered."""
        self._over.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop them and close their connections."""
        self.stop()
        for page in self._pages:
            page.connection.close()

    def _ask_all(self) -> None:
        due = [(time.perf_counter() + self._random.uniform(0, self._every), place) for place in range(len(self._pages))]
        heapq.heapify(due)
        places = {page.connection.sock.fileno(): place for place, page in enumerate(self._pages)}
        poll, waiting = select.epoll(), 0
        for number in places:
            poll.register(number, select.EPOLLIN)
        while waiting or not self._over.is_set():
            now = time.perf_counter()
            while due and due[0][0] <= now and not self._over.is_set():
                _ask(self._pages[heapq.heappop(due)[1]])
                waiting += 1
            left = min(due[0][0] - now, 0.05) if due else 0.05
            for number, _ in poll.poll(max(0.0, left)):
                took = self._read(self._pages[places[number]])
                waiting -= 1
                heapq.heappush(due, (time.perf_counter() + pause(self._every, took, self._random), places[number]))
        poll.close()

    def _read(self, page: _Page) -> float:
        """Read one answer, and return how long it took in seconds."""
        # The response keeps to the connection, so that the next request may follow on it.
        answer = http.client.HTTPResponse(page.connection.sock, method="GET")
        answer.begin()
        answer.read()
        self.statuses[answer.status] += 1
        page.headers["If-None-Match"] = answer.headers.get("ETag", "")
        return time.perf_counter() - page.asked_at


def _ask(page: _Page) -> None:
    lines = [f"GET {page.path} HTTP/1.1", *(f"{name}: {value}" for name, value in page.headers.items())]
    page.asked_at = time.perf_counter()
    page.connection.sock.sendall("\r\n".join([*lines, "", ""]).encode())


def _opened(port: int, order_id: str, token: str) -> _Page:
    """Open a page and have it read its order once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    path, headers = f"/api/orders/{order_id}", {"Host": "127.0.0.1", "Authorization": f"Bearer {token}"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise OtherAnswers(f"an open page was answered {answer.status}")
    return _Page(connection, path, headers | {"If-None-Match": answer.headers["ETag"]})


def _make_launches(url: str, count: int) -> Sequence[tuple[str, str]]:
    """Store orders with a live link each, and a launch of each; return their ids and launch tokens."""
    # By the store itself: launching five hundred pages would take longer than what is measured.
    store, now, made = setup.open_bench_store(url), utc_now(), []
    sent = [
        SentRequest(f"801{number:012d}AAA", f"{number:08d}", new_reference(), str(uuid.uuid4()))
        for number in range(count)
    ]
    with store.write() as work:
        for one in sent:
            # Here is no org to read orders again from, and after a while each page would be told so, which is news.
            orders.save(work, replace(order_of(one, None), read_at=now + _LIFE))
            request_rows.add(work, request_of(one, _AGENT), phone_digest=b"", key=None, body_digest=None)
    for one in sent:
        launch = Launch(uuid.uuid4().hex, setup.TENANT, _AGENT.user_id, one.order_id, Secret("agent"), now, now)
        store.launches.consume(uuid.uuid4().bytes, launch, forget_at=now + _LIFE)
        made.append((one.order_id, _token(launch)))
    store.database.close()
    return made


def _token(launch: Launch) -> str:
    claims = launch_token.LaunchToken(
        tenant_id=launch.tenant_id,
        user_id=launch.user_id,
        user_name=_AGENT.name,
        order_id=launch.order_id,
        launch_id=launch.launch_id,
        time_zone="Africa/Johannesburg",
        rights=("send",),
        expires_at=launch.launched_at + _LIFE,
    )
    return launch_token.issue(claims, keys=[Secret(setup.LAUNCH_KEY)], now=launch.launched_at)
