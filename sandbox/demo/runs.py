"""The two ways to run the stack: until it is stopped, or for one journey. All children are stopped in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from sandbox.demo.console import ignore_signals, say
from sandbox.demo.overview import overview
from sandbox.demo.scripted.timeline import Timeline
from sandbox.demo.stack import Stack
from sandbox.demo.state_folder import FolderLock, StateFolder
from sandbox.processes.ports import refuse_busy
from sandbox.processes.supervisor import Supervisor

Journey = Callable[[Stack, Timeline], None]


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
        _with_stack(folder, ports, _run_until_stopped)


def play_once(journey: Journey, *, ports: dict[str, int]) -> None:
    """Run a journey in a folder that is deleted afterwards.

    Raises:
        DemoError: a step failed, or a child does not stay up.
        KeyboardInterrupt: a signal.
    """
    timeline = Timeline(say=say)

    def act(stack: Stack) -> None:
        with timeline.step("start-up: the org and the core"):
            stack.start_peers()
        with timeline.step("start-up: the connector, connected to both"):
            stack.connect()
        _play_beside_supervisor(stack, timeline, journey)

    with tempfile.TemporaryDirectory(prefix="chat2pay-demo-") as path:
        _with_stack(StateFolder(Path(path)), ports, act)
    say(f"All steps done in {timeline.seconds():.1f} s.")


def _run_until_stopped(stack: Stack) -> None:
    say("Starting the org and the core …")
    stack.start_peers()
    say("Connecting them …")
    stack.connect()
    say(overview(stack))
    stack.supervisor.watch(until=lambda: False)


def _with_stack(folder: StateFolder, ports: dict[str, int], act: Callable[[Stack], None]) -> None:
    supervisor = Supervisor(say=say)
    with ExitStack() as cleanup:
        cleanup.callback(supervisor.stop)
        cleanup.callback(ignore_signals)
        act(Stack(folder, ports, supervisor))


def _play_beside_supervisor(stack: Stack, timeline: Timeline, journey: Journey) -> None:
    """Run on another thread: the supervisor must stay on this one, because Linux ends a child with the thread that created it."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journey")
    played = executor.submit(journey, stack, timeline)
    try:
        stack.supervisor.watch(until=played.done)
    finally:
        # Whoever stops the demo does not wait for the journey: it fails at its next request.
        executor.shutdown(wait=False)
    played.result()
