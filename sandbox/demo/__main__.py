"""The command `python -m sandbox.demo`: its arguments and exit codes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.demo.console import interrupt_on_signals, print_error, say
from sandbox.demo.runs import play_once, run_until_stopped
from sandbox.demo.scripted.journey import play
from sandbox.demo.stack import NAMES, PORTS
from sandbox.demo.state_folder import StateFolder
from sandbox.processes.errors import DemoError
from sandbox.processes.ports import free_ports


def main() -> int:
    """Run the demo until it is stopped, or its script once; return the exit code."""
    arguments = _parser().parse_args()
    interrupt_on_signals()
    try:
        if arguments.scripted:
            play_once(play, ports=free_ports(NAMES))
        else:
            ports = {name: getattr(arguments, f"{name}_port") for name in NAMES}
            run_until_stopped(StateFolder(arguments.state.absolute()), ports, fresh=arguments.fresh)
    except DemoError as error:
        print_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("Stopped.")
        # Ctrl-C is how the demo ends; a scripted journey that was stopped did not reach its end.
        return 1 if arguments.scripted else 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.demo",
        description="The connector with a Salesforce org and a payment core to play with.",
    )
    parser.add_argument("--scripted", action="store_true", help="play one whole journey on free ports, then end")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo kept")
    parser.add_argument("--state", type=Path, default=Path(".demo"), help="the folder that keeps everything")
    for name, port in PORTS.items():
        parser.add_argument(f"--{name}-port", type=_port, default=port, metavar="PORT", help=f"default {port}")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
