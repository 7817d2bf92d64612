"""Commands of the product as processes of their own, forked from one that has imported everything once."""

from __future__ import annotations

import atexit
import json
import locale
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tests.suite import measuring

ROOT = Path(__file__).parents[2]
# The modules of ``chat2pay`` and ``chat2pay-core``.
CONNECTOR, CORE = "connector.cli", "payment_core.cli"
_SETTINGS = ("CHAT2PAY_", "PAYMENT_CORE_")
# What the interpreter itself reads as it starts: a command with other values is forked from another server.
_READ_AT_START = (
    "TZ",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PYTHONPATH",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONCOERCECLOCALE",
)

# A request is a socket and three streams. A line of JSON comes in on the socket, the process id and the exit code go out.
_SERVER = """
import atexit, gc, importlib, json, os, selectors, signal, socket, sys
from tests.suite import measuring
import alembic.autogenerate, alembic.command, psycopg, sqlalchemy.dialects.postgresql.psycopg
command = importlib.import_module(sys.argv[2])
for name in command.main.list_commands(None):
    command.main.get_command(None, name)
gc.freeze()

asked = socket.socket(fileno=int(sys.argv[1]))
ended, ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
signal.set_wakeup_fd(ends)
signal.signal(signal.SIGCHLD, lambda *_: None)
looks = selectors.DefaultSelector()
looks.register(asked, selectors.EVENT_READ)
looks.register(ended, selectors.EVENT_READ)
running = {}

def wait():
    while True:
        for ready, _ in looks.select():
            if ready.fd == ended:
                os.read(ended, 512)
                report()
                continue
            told, fds, *_ = socket.recv_fds(asked, 1, 4)
            if not told:
                measuring.write()
                os._exit(0)
            answer = socket.socket(fileno=fds[0])
            plan = json.loads(answer.makefile().readline())
            for name in plan["needs"]:
                importlib.import_module(name)
            if not (child := os.fork()):
                return plan, fds[1:]
            running[child] = answer
            answer.sendall(b"%d\\n" % child)
            for fd in fds[1:]:
                os.close(fd)

def report():
    for child in list(running):
        known, status = os.waitpid(child, os.WNOHANG)
        if known:
            with running.pop(child) as answer:
                try:
                    answer.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                except OSError:
                    pass  # whoever asked has stopped waiting

plan, streams = wait()
signal.set_wakeup_fd(-1)
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
if plan["session"]:
    os.setsid()
at_once = 1 if plan["env"].get("PYTHONUNBUFFERED") else -1
for number, (fd, name, mode, buffering) in enumerate(zip(streams, ("stdin", "stdout", "stderr"), "rww", (-1, at_once, 1))):
    os.dup2(fd, number)
    old = getattr(sys, name)  # made for the server's own stream, which may be able to seek
    new = open(number, mode, buffering, encoding=old.encoding, errors=old.errors, closefd=False)
    setattr(sys, name, new)
    setattr(sys, f"__{name}__", new)
running.clear()
looks.close()
asked.detach()
os.closerange(3, 1024)
os.environ.clear()
os.environ.update(plan["env"])
os.chdir(plan["cwd"])
measuring.forget()
atexit.register(measuring.write)
sys.argv[:] = [command.__file__, *plan["arguments"]]
command.run()
"""


class Forked:
    """A command that runs. What it is asked, and answers, is what ``Popen`` would be."""

    def __init__(self, answer: socket.socket) -> None:
        self._socket = answer
        self._answer = answer.makefile()
        self.pid = int(self._answer.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and self._ends(within=0):
            with self._socket, self._answer:
                self.returncode = int(self._answer.read())
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return its exit code once it has ended.

        Raises:
            TimeoutError: it has not ended within so many seconds.
        """
        if self.returncode is None and not self._ends(within=timeout):
            raise TimeoutError(f"process {self.pid} has not ended within {timeout} s")
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ends(self, *, within: float) -> bool:
        look = select.poll()
        look.register(self._socket, select.POLLIN)
        return bool(look.poll(within * 1000))


class _Server:
    def __init__(self, command: str, env: Mapping[str, str]) -> None:
        self._asks, theirs = socket.socketpair()
        # To be measured takes four seconds at its start. Under another locale or time zone the same lines are reached.
        usual = all(env[name] == os.environ.get(name) for name in _READ_AT_START if name in env)
        measured = {name: value for name, value in os.environ.items() if usual and name == measuring.VARIABLE}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(theirs.fileno()), command],
                env={name: value for name, value in env.items() if not name.startswith(_SETTINGS)} | measured,
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(theirs.fileno(),),
            )  # fmt: skip
        atexit.register(self._end)

    def start(self, plan: dict[str, Any], streams: Sequence[int]) -> Forked:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._asks, [b"1"], [theirs.fileno(), *streams])
        ours.sendall(json.dumps(plan).encode() + b"\n")
        return Forked(ours)

    def _end(self) -> None:
        self._asks.close()
        self._process.wait(60)


_servers: dict[tuple[str, tuple[str | None, ...]], _Server] = {}


def fork_command(
    arguments: Sequence[str],
    env: Mapping[str, str],
    streams: Sequence[int],
    *,
    new_session: bool = False,
    command: str = CONNECTOR,
    needs: Sequence[str] = (),
) -> Forked:
    """Start a command with these arguments and this environment on the file descriptors of three standard streams.

    What it ``needs`` besides are modules that it would import only once it runs.
    """
    kind = (command, tuple(env.get(name) for name in _READ_AT_START))
    if kind not in _servers:
        _servers[kind] = _Server(command, env)
    plan = {"arguments": list(arguments), "env": dict(env), "cwd": str(ROOT), "session": new_session, "needs": needs}
    return _servers[kind].start(plan, streams)


def run_command(
    arguments: Sequence[str],
    env: Mapping[str, str],
    *,
    given: str = "",
    timeout: float = 180,
    new_session: bool = False,
    command: str = CONNECTOR,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as ``subprocess.run(..., capture_output=True, text=True)`` would, and ten times as fast."""
    with TemporaryFile() as typed, TemporaryFile() as out, TemporaryFile() as err:
        typed.write(given.encode())
        typed.seek(0)
        streams = [typed.fileno(), out.fileno(), err.fileno()]
        code = fork_command(arguments, env, streams, new_session=new_session, command=command).wait(timeout)
        return subprocess.CompletedProcess([command, *arguments], code, _text(out), _text(err))


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(locale.getpreferredencoding(False)).replace("\r\n", "\n")
