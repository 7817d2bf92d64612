"""Examine a deployment, completely at night and by day what is due, and delete old rows.

The time of the night is derived from the deployment's address, so that a thousand deployments do not call Salesforce in the
same minute, and all processes of one deployment agree on it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from connector import metrics
from connector.domain.health.finding import Level
from connector.journeys.incidents.refresh_settings import refresh_settings
from connector.journeys.reconciling.find_missed_alarms import find_missed_alarms
from connector.services import Services
from connector.settings import Settings
from connector.store.health import due_checks
from connector.store.orders import order_notes
from connector.store.outbox import news_rows
from connector.store.requests import operations
from connector.workers.sweeps import compare_followed
from foundation.http.egress import Egress
from foundation.http.session import PeerSession
from foundation.log import get_logger

if TYPE_CHECKING:
    from connector.journeys.examining.examine import Examiner

log = get_logger()
_FIRST_HOUR, _HOURS = 1, 4  # UTC
# Through the internet and back to ourselves; a customer's or agent's browser would not wait longer.
_OUTSIDE_SECONDS = 10.0
_DELETED_AT_ONCE = 500  # rows in one short transaction, so that no callback waits long for the writer


def make_examiner(services: Services) -> Examiner:
    """Return an examiner with these services."""
    from connector.journeys.examining.deployment.examine_database import free_space  # noqa: PLC0415
    from connector.journeys.examining.examine import Examiner  # noqa: PLC0415 2 MiB that are needed at night only

    egress = Egress.opened(services.settings.proxy, services.settings.ca_file)
    return Examiner(
        settings=services.settings,
        store=services.store,
        salesforce=services.salesforce,
        core=services.core,
        # For our own public address, called from here as others would call it.
        outside=PeerSession(
            peer="outside",
            total_timeout=_OUTSIDE_SECONDS,
            repeat_reads=False,
            egress=egress,
            observe=metrics.count_call,
        ),
        certificate_ends=egress.certificate_ends,
        free_space=free_space,
        now=services.now,
    )


def moment_of_night(settings: Settings) -> tuple[int, int]:
    """Return the hour and minute (UTC) at which this deployment examines itself."""
    place = int.from_bytes(sha256(settings.public_url.encode()).digest()[:4], "big") % (_HOURS * 60)
    return _FIRST_HOUR + place // 60, place % 60


def next_night(settings: Settings, *, now: datetime) -> datetime:
    """Return the time of the next nightly examination."""
    hour, minute = moment_of_night(settings)
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def examine_all(
    services: Services, *, examiner: Examiner | None = None, going: Callable[[], bool] = lambda: True
) -> None:
    """Delete old rows, compare all orders with money on them, run every check and store the findings.

    ``going`` returns False when the process is about to stop.
    """
    from connector.journeys.examining.examine import examine  # noqa: PLC0415 as above
    from connector.journeys.examining.save_findings import save_findings  # noqa: PLC0415

    _forget_old_calls(services)
    _delete_old_notes(services)
    compare_followed(services, going=going)
    for tenant in services.store.tenants.every():
        refresh_settings(tenant=tenant, store=services.store, core=services.core, now=services.now())
        # Their callbacks are repeated for three days: what is missing then was given up.
        find_missed_alarms(services.for_tenant(tenant))
    for examined in examine(
        examiner=examiner or make_examiner(services), choose=services.store.tenants.every, on_check=_silent
    ):
        save_findings(examined=examined, store=services.store, now=services.now())
        wrong = sum(one.level is Level.WRONG for one in examined.found)
        log.info("examined", tenant=examined.tenant_id or None, found=wrong, count=len(examined.seen))
        if not going():
            return


def run_checks_by_day(
    services: Services, *, examiner: Examiner | None = None, going: Callable[[], bool] = lambda: True
) -> None:
    """Run the checks that are due between two nights."""
    # One cheap query where none is due: this runs every few seconds, and the checks need large imports.
    with services.store.read() as work:
        if not due_checks.any_due(work, now=services.now()):
            return
    from connector.journeys.examining.run_due_checks import run_due_checks  # noqa: PLC0415 as above

    run_due_checks(examiner=examiner or make_examiner(services), going=going)


def _forget_old_calls(services: Services) -> None:
    """Delete the idempotency keys of operations that are older than the inbox's entries may become."""
    before, deleted = services.now() - timedelta(days=services.settings.retention_days), _DELETED_AT_ONCE
    with services.store.write() as work:
        news_rows.forget(work, finished_before=before)
    while deleted == _DELETED_AT_ONCE:
        with services.store.write() as work:
            deleted = operations.forget(work, begun_before=before, most=_DELETED_AT_ONCE)


def _delete_old_notes(services: Services) -> None:
    """Delete the notes on orders that nobody is shown any more."""
    deleted = _DELETED_AT_ONCE
    while deleted == _DELETED_AT_ONCE:
        with services.store.write() as work:
            deleted = order_notes.delete_old(work, now=services.now(), most=_DELETED_AT_ONCE)


def _silent(_text: str) -> None:
    return
