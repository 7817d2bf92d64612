"""Stop waitress gracefully, so that every request that has arrived is answered.

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

_POLL_SECONDS = 0.02
# A request may be on its way on a connection that was accepted a moment ago.
_FIRST_BYTES_SECONDS = 0.5


class Stopping:
    """The flag that SIGTERM and Ctrl-C set, so that no code is interrupted in the middle of its work."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._wake, self.woken = socket.socketpair()
        self._wake.setblocking(False)

    def listen(self) -> None:
        """Install the signal handlers of this process."""
        # A signal handler alone does not end the loop's poll, which Python resumes (PEP 475): the byte on this socket does.
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked.set()


def serve_until(stopping: Stopping, sockets: dict[int, Any]) -> None:
    """Run the loop of a waitress server made with ``map=sockets`` until a stop is requested."""
    waker = _Waker(stopping.woken, map=sockets)
    while not stopping.asked.is_set():
        wasyncore.loop(timeout=5.0, map=sockets, use_poll=True, count=1)
    waker.del_channel()


def answer_what_was_taken(sockets: dict[int, Any], *, within: float) -> bool:
    """Stop listening and answer every request that has arrived; return whether that took less than ``within`` seconds."""
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
        wasyncore.loop(timeout=_POLL_SECONDS, map=sockets, use_poll=True, count=1)
    return True


def close(server: Any) -> None:
    """End waitress's threads, once ``answer_what_was_taken`` has left them nothing to do."""
    server.task_dispatcher.shutdown()
    server.close()


def _stop_listening(sockets: dict[int, Any]) -> None:
    """Close the listening sockets, after accepting every connection that waits in their queues."""
    # Closing a listener resets the connections in its queue, whose clients may have sent a request already.
    for listener in [one for one in list(sockets.values()) if getattr(one, "accepting", False)]:
        while select.select([listener.socket], [], [], 0)[0]:
            listener.handle_accept()
        listener.accepting = False
        listener.del_channel()
        listener.socket.close()
    # Read every connection once: a request may have arrived that was not read yet.
    wasyncore.loop(timeout=0, map=sockets, use_poll=True, count=1)


def _is_busy(channel: HTTPChannel) -> bool:
    """Return whether a connection has a request under way, or is so new that one may come."""
    silent = (
        channel.last_activity == channel.creation_time and time.time() - channel.creation_time < _FIRST_BYTES_SECONDS
    )
    return bool(channel.connected and (silent or channel.requests or channel.request or channel.total_outbufs_len))


class _Waker(wasyncore.dispatcher):  # type: ignore[misc]
    """Ends the loop's poll when a signal arrives."""

    def handle_read(self) -> None:
        """Read the signal's byte."""
        self.recv(64)

    def writable(self) -> bool:
        """Return False: nothing is ever sent on this socket."""
        return False
