"""Knows how notifications are posted, again and again until 200, by several threads; refuses to know what they say."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse
from sandbox.rehearsal.notifications.bodies import Notification, NotificationPool, render_body
from sandbox.rehearsal.notifications.malformed import malformed_body
from sandbox.rehearsal.plan import Plan
from sandbox.rehearsal.registry import Registry

_THREADS = 8
_REMEMBERED = 400
_PAUSE_S = 0.05
_STRANGERS = 0.002
_ODD = 0.2


@dataclass(frozen=True)
class _Posted:
    """What goes on the wire, and whose news it is (None: a lie)."""

    body: bytes = field(repr=False)
    news: Notification | None
    unknown_link: str | None = None


class LoadGenerator:
    """Several clients that post at once; `allow` says how many notifications there may be by now."""

    def __init__(
        self, stage: Environment, plan: Plan, *, book: Registry, pool: NotificationPool, dice: random.Random
    ) -> None:
        self._stage = stage
        self._plan = plan
        self._book = book
        self._pool = pool
        self._lock = threading.Lock()
        self._allowed = 0
        self._taken = 0
        self._over = threading.Event()
        self._recent: deque[_Posted] = deque(maxlen=_REMEMBERED)
        self._threads = [
            threading.Thread(target=self._blow, args=(random.Random(dice.random()),), name=f"storm-{n}", daemon=True)  # noqa: S311
            for n in range(_THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def allow(self, count: int) -> None:
        with self._lock:
            self._allowed = max(self._allowed, count)

    @property
    def done(self) -> bool:
        return self._book.posted >= self._allowed

    def tell_the_rest(self, *, dice: random.Random) -> None:
        """Post once whatever chance has left out until now."""
        for news in self._pool.never_drawn():
            posted = _Posted(render_body(news, dice=dice), news)
            if self._post_until_taken(self._stage.callbacks.transaction_path, posted):
                self._note(posted)

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(30)

    def _blow(self, dice: random.Random) -> None:
        while not self._over.is_set():
            posted = self._next(dice) if self._take() else None
            if posted is None:
                time.sleep(_PAUSE_S)
                continue
            path = dice.choice([self._stage.callbacks.transaction_path, self._stage.callbacks.payment_path])
            if self._post_until_taken(path, posted):
                self._note(posted)
            if dice.random() < _STRANGERS:
                self._knock(path, posted)

    def _take(self) -> bool:
        """Take a ticket, if there is one; without any news there is nothing to post."""
        with self._lock:
            if self._taken >= self._allowed or not len(self._pool):
                return False
            self._taken += 1
            return True

    def _next(self, dice: random.Random) -> _Posted | None:
        chance = dice.random()
        if chance < 0.3 and self._recent:
            with self._lock:
                return dice.choice(self._recent)
        if chance > 0.97 and self._plan.has("forged"):
            lie = self._pool.lie(dice)
            return _Posted(lie.body, None, lie.unknown_link) if lie else None
        news = self._pool.draw(dice)
        return _Posted(self._written(news, dice=dice), news) if news else None

    def _written(self, news: Notification, *, dice: random.Random) -> bytes:
        if self._plan.has("odd_bodies") and dice.random() < _ODD:
            return malformed_body(news.body, dice=dice)
        return render_body(news, dice=dice)

    def _post_until_taken(self, path: str, posted: _Posted) -> bool:
        """Post until it is answered by 200, as the core does."""
        headers = {"Content-Type": "application/json", "Authorization": self._stage.callbacks.authorization}
        while not self._over.is_set():
            try:
                answer = self._stage.connector.ask("POST", path, body=posted.body, headers=headers)
            except NoResponse:
                time.sleep(_PAUSE_S)
                continue
            if answer.status == 200:
                return True
            self._book.note_refusal(f"callback: {answer.status}")
            time.sleep(_PAUSE_S)
        return False

    def _note(self, posted: _Posted) -> None:
        with self._lock:
            self._recent.append(posted)
        if posted.news is None:
            self._book.note_forged(body=posted.body, unknown_link=posted.unknown_link)
        else:
            self._book.note_taken(posted.news.link, posted.news.word, body=posted.body)

    def _knock(self, path: str, posted: _Posted) -> None:
        """A stranger without the password must be sent away."""
        headers = {"Content-Type": "application/json", "Authorization": "Basic c3RyYW5nZXI6Z3Vlc3M="}
        try:
            answer = self._stage.connector.ask("POST", path, body=posted.body, headers=headers)
        except NoResponse:
            return
        if answer.status == 200:
            self._book.strangers_let_in += 1
