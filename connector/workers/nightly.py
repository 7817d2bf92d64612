"""The examinations of a deployment, all at night and by day those that are due, and the deletion of old rows.

Each deployment has a moment of the night of its own, derived from its address, so that a thousand of them do not ask
Salesforce in the same minute, and all processes of one agree without a message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from connector import metrics
from connector.domain.health.finding import Level
from connector.journeys.incidents.refresh_settings import refresh_settings
from connector.services import Services
from connector.settings import Settings
from connector.store.health import due_checks
from connector.store.requests import operations
from connector.workers.sweeps import compare_followed
from foundation.http.egress import Egress
from foundation.http.session import PeerSession
from foundation.log import get_logger

if TYPE_CHECKING:
    from connector.journeys.examining.examine import Examiner

log = get_logger()
_FIRST_HOUR, _HOURS = 1, 4  # UTC
_OUTSIDE_SECONDS = 10.0
_FORGOTTEN_AT_ONCE = 500  # rows in one short transaction: nobody at the callback door waits for more


def examiner(services: Services) -> Examiner:
    """Return what an examination with these services looks with."""
    from connector.journeys.examining.deployment.examine_database import free_space  # noqa: PLC0415
    from connector.journeys.examining.examine import Examiner  # noqa: PLC0415 2 MiB that are needed at night only

    egress = Egress.opened(services.settings.proxy, services.settings.ca_file)
    return Examiner(
        settings=services.settings,
        store=services.store,
        salesforce=services.salesforce,
        core=services.core,
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
    """Return when the next examination is due."""
    hour, minute = moment_of_night(settings)
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def examine_all(services: Services, *, by: Examiner | None = None, going: Callable[[], bool] = lambda: True) -> None:
    """Forget old calls, compare all orders with money on them, look at everything and keep what is found.

    ``going`` says no when the process is about to stop.
    """
    from connector.journeys.examining.examine import examine  # noqa: PLC0415 as above
    from connector.journeys.examining.save_findings import save_findings  # noqa: PLC0415

    _forget_old_calls(services)
    compare_followed(services, going=going)
    for tenant in services.store.tenants.every():
        refresh_settings(tenant=tenant, store=services.store, core=services.core, now=services.now())
    for examined in examine(by=by or examiner(services), choose=services.store.tenants.every, on_check=_silent):
        save_findings(examined=examined, store=services.store, now=services.now())
        wrong = sum(one.level is Level.WRONG for one in examined.found)
        log.info("examined", tenant=examined.tenant_id or None, found=wrong, count=len(examined.seen))
        if not going():
            return


def check_health(services: Services, *, by: Examiner | None = None, going: Callable[[], bool] = lambda: True) -> None:
    """Take the looks that are due between two nights; nothing but a look into a table where none is."""
    with services.store.read() as work:
        if not due_checks.any_due(work, now=services.now()):
            return
    from connector.journeys.examining.check_health import check_health as take_looks  # noqa: PLC0415 as above

    take_looks(by=by or examiner(services), going=going)


def _forget_old_calls(services: Services) -> None:
    """A capture's or a replacement's key is remembered for as long as the ledger keeps a callback."""
    before, gone = services.now() - timedelta(days=services.settings.ledger_days), _FORGOTTEN_AT_ONCE
    while gone == _FORGOTTEN_AT_ONCE:
        with services.store.write() as work:
            gone = operations.forget(work, begun_before=before, most=_FORGOTTEN_AT_ONCE)


def _silent(_text: str) -> None:
    return
