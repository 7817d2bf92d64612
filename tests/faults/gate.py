"""A gate on the way to a peer that holds what passes; it reads the first line only."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress


class Gate:
    """A TCP proxy on a port of its own. While it is shut, what callers send waits here, and callers wait for answers.

    What it waits for is named, for others ask by the clock: the sweep that compares orders comes once a minute.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._open = threading.Event()
        self._open.set()
        self._named = b""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.waiting = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def shut(self, named: str = "") -> None:
        """Hold from now on what has this in its first line, everything else passes; by default hold everything."""
        self._named = named.encode()
        self.waiting.clear()
        self._open.clear()

    def open(self) -> None:
        """Let everything through, what was held first."""
        self._open.set()

    def close(self) -> None:
        """Stop listening and wait until nothing passes any more."""
        self.open()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with ThreadPoolExecutor(64) as carriers, suppress(OSError):
            while True:
                near, _ = self._door.accept()
                carriers.submit(self._pass, near)

    def _pass(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._target)) as far, ThreadPoolExecutor(1) as back:
            back.submit(self._carry, far, near, False)
            self._carry(near, far, True)

    def _carry(self, source: socket.socket, target: socket.socket, is_question: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if is_question and not self._open.is_set() and self._named in data.partition(b"\r\n")[0]:
                    self.waiting.set()
                    self._open.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
