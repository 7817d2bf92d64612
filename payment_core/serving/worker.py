"""Run the worker process of a PostgreSQL deployment, with a small server for probes and scrapes."""

from __future__ import annotations

import os

from foundation.log import get_logger
from foundation.serving.embedded import STOP_WITHIN_SECONDS
from foundation.serving.memory import trim_memory
from foundation.serving.probes import serve_probes
from foundation.serving.stopping import Stopping
from payment_core.app import create_worker_app
from payment_core.services import Core
from payment_core.workers.loops import Loops
from payment_core.workers.steps import steps

log = get_logger()
# Of the steps, three share the threads of a worker.
_SHARED_BY = 3


def run_worker(core: Core) -> None:
    """Work until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the address of the metrics server cannot be used; PortTaken.
    """
    settings = core.settings
    if settings.worker_metrics_port:
        serve_probes(create_worker_app(core), host=settings.host, port=settings.worker_metrics_port)
    # The couriers' threads are their own: they wait for receivers and hold no connection of the database meanwhile.
    loops = Loops(core, steps(core), threads=max(1, settings.worker_jobs // _SHARED_BY))
    stopping = Stopping()
    stopping.listen()
    trim_memory()
    loops.start()
    log.info("working", pid=os.getpid(), threads=settings.worker_jobs)
    stopping.asked.wait()
    ended = loops.stop(within=STOP_WITHIN_SECONDS)
    core.transactions.database.close()
    log.info("stopped", pid=os.getpid(), outcome="all ended" if ended else "out of time")
    if not ended:
        # A call that outlasts the stop would keep the process; its lease ends, and another worker finds out about it.
        os._exit(0)
