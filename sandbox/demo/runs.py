"""The two ways to run a machine: until it is stopped, or for one journey. All children are stopped in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from sandbox.demo.console import ignore_signals, say
from sandbox.demo.machine import Machine
from sandbox.demo.overview import overview
from sandbox.demo.processes.ports import refuse_busy
from sandbox.demo.processes.supervisor import Supervisor
from sandbox.demo.scripted.timeline import Timeline
from sandbox.demo.state_folder import FolderLock, StateFolder

Journey = Callable[[Machine, Timeline], None]


def run_until_stopped(folder: StateFolder, ports: dict[str, int], *, fresh: bool) -> None:
    """Run everything until a signal comes.

    Raises:
        DemoError: the folder or a port is in use, or a child does not stay up.
        KeyboardInterrupt: the signal.
    """
    with FolderLock(folder.path):
        refuse_busy(ports)
        if fresh:
            folder.clear()
        _with_machine(folder, ports, _run_until_stopped)


def play_once(journey: Journey, *, ports: dict[str, int]) -> None:
    """Play a journey in a folder that is deleted afterwards.

    Raises:
        DemoError: a step failed, or a child does not stay up.
        KeyboardInterrupt: a signal.
    """
    timeline = Timeline(say=say)

    def act(machine: Machine) -> None:
        with timeline.step("start-up: the org and the core"):
            machine.start_peers()
        with timeline.step("start-up: the connector, connected to both"):
            machine.connect()
        _play_beside_supervisor(machine, timeline, journey)

    with tempfile.TemporaryDirectory(prefix="chat2pay-demo-") as path:
        _with_machine(StateFolder(Path(path)), ports, act)
    say(f"All steps done in {timeline.seconds():.1f} s.")


def _run_until_stopped(machine: Machine) -> None:
    say("Starting the org and the core …")
    machine.start_peers()
    say("Connecting them …")
    machine.connect()
    say(overview(machine))
    machine.supervisor.watch(until=lambda: False)


def _with_machine(folder: StateFolder, ports: dict[str, int], act: Callable[[Machine], None]) -> None:
    supervisor = Supervisor(say=say)
    with ExitStack() as cleanup:
        cleanup.callback(supervisor.stop)
        cleanup.callback(ignore_signals)
        act(Machine(folder, ports, supervisor))


def _play_beside_supervisor(machine: Machine, timeline: Timeline, journey: Journey) -> None:
    """Play on another thread: the supervisor must stay on this one, for Linux ends a child with the thread that made it."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journey")
    played = executor.submit(journey, machine, timeline)
    try:
        machine.supervisor.watch(until=played.done)
    finally:
        # Whoever stops the demo does not wait for the journey: it fails at its next request.
        executor.shutdown(wait=False)
    played.result()
