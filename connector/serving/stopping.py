"""A graceful stop of waitress: every request that has arrived is answered.

waitress has public methods for an end (``close``, and ``shutdown`` of its dispatcher), but none for this. Its ``run`` leaves
the loop first, so that what its threads answer after that is never sent; ``shutdown`` drops the requests that wait for a
thread, and ``close`` the connections. Here the loop goes on until all are answered, and then these are called.
"""

from __future__ import annotations

import select
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel

_LOOK_SECONDS = 0.02
_FIRST_WORD_SECONDS = 0.5


class Stopping:
    """SIGTERM and Ctrl-C set a flag; nothing is torn out of the middle of its work."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._wake, self.woken = socket.socketpair()
        self._wake.setblocking(False)

    def listen(self) -> None:
        """Take the signals of this process."""
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked.set()


def serve_until(stopping: Stopping, sockets: dict[int, Any]) -> None:
    """Run the loop of a waitress server made with ``map=sockets`` until somebody asks it to stop."""
    waker = _Waker(stopping.woken, map=sockets)
    while not stopping.asked.is_set():
        wasyncore.loop(timeout=5.0, map=sockets, use_poll=True, count=1)
    waker.del_channel()


def answer_what_was_taken(sockets: dict[int, Any], *, within: float) -> bool:
    """Stop listening, answer every request that has come in, at most ``within`` seconds; return whether all were answered."""
    _stop_listening(sockets)
    ends_at = time.monotonic() + within
    while channels := [one for one in list(sockets.values()) if isinstance(one, HTTPChannel)]:
        idle = [one for one in channels if not _is_busy(one)]
        for channel in idle:
            channel.handle_close()
        if len(idle) == len(channels):
            return True
        if time.monotonic() > ends_at:
            return False
        wasyncore.loop(timeout=_LOOK_SECONDS, map=sockets, use_poll=True, count=1)
    return True


def close(server: Any) -> None:
    """End waitress's threads, once ``answer_what_was_taken`` has left them nothing to do."""
    server.task_dispatcher.shutdown()
    server.close()


def _stop_listening(sockets: dict[int, Any]) -> None:
    """Whoever has connected already is heard: closing a listener resets those who wait in its queue."""
    for listener in [one for one in list(sockets.values()) if getattr(one, "accepting", False)]:
        while select.select([listener.socket], [], [], 0)[0]:
            listener.handle_accept()
        listener.accepting = False
        listener.del_channel()
        listener.socket.close()
    # One look at every connection: a request that has arrived but was not read yet has been taken, too.
    wasyncore.loop(timeout=0, map=sockets, use_poll=True, count=1)


def _is_busy(channel: HTTPChannel) -> bool:
    """Somebody who connected a moment ago and has said nothing yet is about to."""
    silent = (
        channel.last_activity == channel.creation_time and time.time() - channel.creation_time < _FIRST_WORD_SECONDS
    )
    return bool(channel.connected and (silent or channel.requests or channel.request or channel.total_outbufs_len))


class _Waker(wasyncore.dispatcher):  # type: ignore[misc]
    """Ends the loop's wait when a signal comes."""

    def handle_read(self) -> None:
        """Take the signal's byte away."""
        self.recv(64)

    def writable(self) -> bool:
        """Nothing is ever sent this way."""
        return False
