"""The environment in which tests run the product's commands."""

from __future__ import annotations

import base64
import os

from connector.settings import TABLE
from tests.factories import LAUNCH_KEY
from tests.processes.forkserver import ROOT


def command_environment(database_url: str, **more: str) -> dict[str, str]:
    """Return this process's environment with none of its settings, but those that a command needs; ``more`` are others."""
    ours = {row.name for row in TABLE}
    return (
        {name: text for name, text in os.environ.items() if name not in ours}
        | {
            "PYTHONPATH": str(ROOT),
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": database_url,
            "CHAT2PAY_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
            "CHAT2PAY_LAUNCH_KEYS": LAUNCH_KEY,
        }
        | more
    )
