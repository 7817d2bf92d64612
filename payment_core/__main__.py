"""Run the ``chat2pay-core`` command as ``python -m payment_core``."""

from payment_core.cli import run

run()
