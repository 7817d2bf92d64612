"""The load: notifications posted by several threads, each until it is answered by 200."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse
from sandbox.rehearsal.notifications.bodies import NotificationBody, NotificationPool, render_body
from sandbox.rehearsal.notifications.malformed import malformed_body
from sandbox.rehearsal.plan import Plan
from sandbox.rehearsal.registry import Registry

_THREADS = 8
_RECENT = 400
_PAUSE_S = 0.05
_SHARE_WITHOUT_PASSWORD = 0.002
_SHARE_MALFORMED = 0.2


@dataclass(frozen=True)
class _Post:
    """A body to post, and the notification that it holds (None: a forgery)."""

    body: bytes = field(repr=False)
    notification: NotificationBody | None
    unknown_link: str | None = None


class LoadGenerator:
    """Several clients that post at once, up to the number that `allow` sets."""

    def __init__(
        self, environment: Environment, plan: Plan, *, registry: Registry, pool: NotificationPool, rng: random.Random
    ) -> None:
        self._environment = environment
        self._plan = plan
        self._registry = registry
        self._pool = pool
        self._lock = threading.Lock()
        self._allowed = 0
        self._started = 0
        self._stopped = threading.Event()
        self._recent: deque[_Post] = deque(maxlen=_RECENT)
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(rng.random()),), name=f"load-{n}", daemon=True)  # noqa: S311
            for n in range(_THREADS)
        ]

    def start(self) -> None:
        """Start the clients; they post once `allow` lets them."""
        for thread in self._threads:
            thread.start()

    def allow(self, count: int) -> None:
        """Let the clients post up to `count` notifications in all; a lower number than before changes nothing."""
        with self._lock:
            self._allowed = max(self._allowed, count)

    @property
    def done(self) -> bool:
        """Return whether as many were answered by 200 as are allowed."""
        return self._registry.posted >= self._allowed

    def post_never_drawn(self, *, rng: random.Random) -> None:
        """Post once every notification that chance has left out until now."""
        for notification in self._pool.never_drawn():
            post = _Post(render_body(notification, rng=rng), notification)
            if self._post_until_acknowledged(self._environment.callbacks.transaction_path, post):
                self._record(post)

    def stop(self) -> None:
        """Stop the clients, and wait until they have ended."""
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                # Longer than the client waits for one answer, which is 20 s.
                thread.join(30)

    def _run(self, rng: random.Random) -> None:
        while not self._stopped.is_set():
            post = self._next(rng) if self._start_one() else None
            if post is None:
                time.sleep(_PAUSE_S)
                continue
            path = rng.choice([self._environment.callbacks.transaction_path, self._environment.callbacks.payment_path])
            if self._post_until_acknowledged(path, post):
                self._record(post)
            if rng.random() < _SHARE_WITHOUT_PASSWORD:
                self._post_without_password(path, post)

    def _start_one(self) -> bool:
        """Count one more, if there may be one more and the pool holds anything."""
        with self._lock:
            if self._started >= self._allowed or not len(self._pool):
                return False
            self._started += 1
            return True

    def _next(self, rng: random.Random) -> _Post | None:
        chance = rng.random()
        # byte for byte what was posted before: a duplicate
        if chance < 0.3 and self._recent:
            with self._lock:
                return rng.choice(self._recent)
        if chance > 0.97 and self._plan.has("forged"):
            forged = self._pool.forge(rng)
            return _Post(forged.body, None, forged.unknown_link) if forged else None
        drawn = self._pool.draw(rng)
        return _Post(self._render(drawn, rng=rng), drawn) if drawn else None

    def _render(self, notification: NotificationBody, *, rng: random.Random) -> bytes:
        if self._plan.has("odd_bodies") and rng.random() < _SHARE_MALFORMED:
            return malformed_body(notification.body, rng=rng)
        return render_body(notification, rng=rng)

    def _post_until_acknowledged(self, path: str, post: _Post) -> bool:
        """Post until it is answered by 200, as the core does."""
        headers = {"Content-Type": "application/json", "Authorization": self._environment.callbacks.authorization}
        while not self._stopped.is_set():
            try:
                answer = self._environment.connector.request("POST", path, body=post.body, headers=headers)
            except NoResponse:
                time.sleep(_PAUSE_S)
                continue
            if answer.status == 200:
                return True
            # No failure of the connector: the core repeats what is refused, and so does the load.
            self._registry.record_refusal(f"callback: {answer.status}")
            time.sleep(_PAUSE_S)
        return False

    def _record(self, post: _Post) -> None:
        with self._lock:
            self._recent.append(post)
        if post.notification is None:
            self._registry.record_forged(body=post.body, unknown_link=post.unknown_link)
        else:
            self._registry.record_acknowledged(post.notification.link, post.notification.word, body=post.body)

    def _post_without_password(self, path: str, post: _Post) -> None:
        """Post with a guessed password, which must be refused."""
        headers = {"Content-Type": "application/json", "Authorization": "Basic c3RyYW5nZXI6Z3Vlc3M="}
        try:
            answer = self._environment.connector.request("POST", path, body=post.body, headers=headers)
        except NoResponse:
            return
        if answer.status == 200:
            self._registry.unauthenticated_accepted += 1
