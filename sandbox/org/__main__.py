"""The command `python -m sandbox.org`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.org.app import DEFAULT_CANVAS_URL
from sandbox.org.metadata.project import read_packages
from sandbox.org.server import serve
from sandbox.org.wire.errors import StartupError

_PACKAGES = (
    "directories of manifests/salesforce that the org has at its first start: all, none (an org that knows nothing of the "
    "product), or names with commas between them; later ones by POST /sandbox/deploy"
)


def main() -> int:
    """Serve until a signal comes. Returns 2 where the sandbox refuses to start."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.org", description="A Salesforce org to develop against.")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8010, help="0 takes any free port")
    parser.add_argument("--state", type=Path, required=True, help="the folder that keeps the org")
    parser.add_argument("--canvas-url", default=DEFAULT_CANVAS_URL, help="where launches are posted to")
    parser.add_argument("--allow-other-hosts", action="store_true", help="listen and answer beyond this machine")
    parser.add_argument("--packages", help=_PACKAGES)
    arguments = parser.parse_args()
    try:
        serve(
            host=arguments.host,
            port=arguments.port,
            state_dir=arguments.state,
            canvas_url=arguments.canvas_url,
            allow_other_hosts=arguments.allow_other_hosts,
            packages=read_packages(arguments.packages),
        )
    except StartupError as refusal:
        sys.stderr.write(f"sandbox org: {refusal}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
