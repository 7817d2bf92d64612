"""The report by days, channel and application; the browser prints it to PDF as it is filtered."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from payment_core.domain.enums import Channel
from payment_core.journeys.reporting.report import make_report
from payment_core.services import current_core
from payment_core.store import applications
from payment_core.store.reports import ReportScope
from payment_core.web.portal.days import begin_of, read_day
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal_report", __name__, url_prefix="/portal")
blueprint.before_request(admit)
_USUAL, _MOST = timedelta(days=29), timedelta(days=366)


@blueprint.get("/report")
def show() -> ResponseReturnValue:
    """Show the report of the last thirty days, or of the days that are asked for, at most 367."""
    core, merchant = current_core(), visitor().merchant
    today = core.now().astimezone(ZoneInfo(merchant.time_zone)).date()
    last = min(read_day(request.args.get("to", "")) or today, today)
    first = min(read_day(request.args.get("from", "")) or last - _USUAL, last)
    # A report reads every link of its time: an endless one would keep the database busy.
    first = max(first, last - _MOST)
    channel = request.args.get("channel", "")
    with core.transactions.read() as work:
        known = {one.application_id: one.name for one in applications.listed(work, merchant.merchant_id)}
    application_id = request.args.get("application", "")
    part = ReportScope(
        merchant.merchant_id,
        begin_of(merchant, first),
        begin_of(merchant, last + timedelta(days=1)),
        channel if channel in list(Channel) else None,
        application_id or None,
    )
    return render_template(
        "portal/report.html",
        visitor=visitor(),
        report=make_report(core, part),
        first=first,
        last=last,
        channel=channel,
        channels=list(Channel),
        application_id=application_id,
        applications=known,
        made_at=core.now(),
    )
