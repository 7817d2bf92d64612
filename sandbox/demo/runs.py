"""Knows the ways to run a machine: stay up, or play something and be gone; whatever happens, all children are stopped."""

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
    """Run everything until a signal comes. Raises DemoFault, KeyboardInterrupt."""
    with FolderLock(folder.path):
        refuse_busy(ports)
        if fresh:
            folder.clear()
        _with_machine(folder, ports, _stay_up)


def play_once(journey: Journey, *, ports: dict[str, int]) -> None:
    """Play a journey in a folder that is gone afterwards. Raises DemoFault, KeyboardInterrupt."""
    timeline = Timeline(say=say)

    def act(machine: Machine) -> None:
        with timeline.step("start-up: the org and the core"):
            machine.start_peers()
        with timeline.step("start-up: the connector, connected to both"):
            machine.connect()
        _play_along(machine, timeline, journey)

    with tempfile.TemporaryDirectory(prefix="chat2pay-demo-") as path:
        _with_machine(StateFolder(Path(path)), ports, act)
    say(f"All steps done in {timeline.seconds():.1f} s.")


def _stay_up(machine: Machine) -> None:
    say("Starting the org and the core …")
    machine.start_peers()
    say("Connecting them …")
    machine.connect()
    say(overview(machine))
    machine.keeper.keep(until=lambda: False)


def _with_machine(folder: StateFolder, ports: dict[str, int], act: Callable[[Machine], None]) -> None:
    keeper = Supervisor(say=say)
    with ExitStack() as ends:
        ends.callback(keeper.stop)
        ends.callback(ignore_signals)
        act(Machine(folder, ports, keeper))


def _play_along(machine: Machine, timeline: Timeline, journey: Journey) -> None:
    """Play beside the keeper, who stays on this thread: Linux ends a child with the thread that made it."""
    players = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journey")
    playing = players.submit(journey, machine, timeline)
    try:
        machine.keeper.keep(until=playing.done)
    finally:
        # whoever stops the demo does not wait for the journey: it ends at the next door that is closed
        players.shutdown(wait=False)
    playing.result()
