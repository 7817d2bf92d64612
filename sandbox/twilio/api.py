"""The calls of the API that are used: create, fetch and list messages."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.twilio.account import Account, Row, shown
from sandbox.twilio.deliveries import Deliveries
from sandbox.twilio.errors import TwilioError
from sandbox.twilio.faults import Fault, Faults
from sandbox.twilio.sending import take

_MOST_ON_A_PAGE = 1000


def blueprint(account: Account, deliveries: Deliveries, faults: Faults, calls: list[dict[str, Any]]) -> Blueprint:
    """Return the calls; ``calls`` gets every request as it came, for tests."""
    made = Blueprint("api", __name__, url_prefix=f"/2010-04-01/Accounts/{account.account_sid}")

    @made.before_request
    def authorize() -> None:
        check_caller(account)

    @made.after_request
    def say_time(response: Response) -> Response:
        response.headers["Date"] = format_datetime(account.now(), usegmt=True)
        return response

    @made.get("/IncomingPhoneNumbers.json")
    def numbers() -> ResponseReturnValue:
        # https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource#read-multiple-incomingphonenumber-resources
        asked = request.args.get("PhoneNumber", "")
        mine = (
            [{"phone_number": asked, "sms_url": account.inbound_url, "sms_method": "POST"}]
            if asked in account.senders
            else []
        )
        return jsonify(incoming_phone_numbers=mine, page=0, next_page_uri=None)

    @made.post("/Messages.json")
    def create() -> ResponseReturnValue:
        calls.append(request.form.to_dict())
        fault = faults.next(is_read=False)
        if fault in (Fault.LOST_BEFORE, Fault.ERROR_BEFORE, Fault.BUSY):
            return _failed(fault)
        with account.lock:
            row = take(account, request.form)
            answer = jsonify(shown(row))
            deliveries.report(row)
        return (answer, 201) if fault is None else _failed(fault)

    @made.get("/Messages/<message_sid>.json")
    def fetch(message_sid: str) -> ResponseReturnValue:
        fault = faults.next(is_read=True)
        if fault is not None:
            return _failed(fault)
        with account.lock:
            row = account.messages.get(message_sid)
        if row is None:
            raise TwilioError(20404, "The requested resource was not found", status=404)
        return jsonify(shown(row))

    @made.get("/Messages.json")
    def listed() -> ResponseReturnValue:
        fault = faults.next(is_read=True)
        if fault is not None:
            return _failed(fault)
        size = min(int(request.args.get("PageSize", "50")), _MOST_ON_A_PAGE)
        with account.lock:
            found = [row for row in account.newest(request.args.get("To")) if _is_asked(row)]
        return jsonify(_page_of(found, size))

    return made


def _page_of(newest: list[Row], size: int) -> dict[str, Any]:
    """Return the page that is asked for; newest first, as in
    https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources.
    """
    number = int(request.args.get("Page", "0"))
    begin, end = number * size, (number + 1) * size
    page = [shown(row) for row in newest[begin:end]]
    # https://www.twilio.com/docs/usage/twilios-response#pagination
    more = urlencode({**request.args.to_dict(), "Page": number + 1}) if end < len(newest) else None
    return {
        "messages": page, "page": number, "page_size": size, "start": begin, "end": begin + len(page),
        "next_page_uri": f"{request.path}?{more}" if more else None,
    }  # fmt: skip


def _is_asked(row: Row) -> bool:
    created: datetime = row["_created"]
    after, on = (request.args.get(name) for name in ("DateSent>", "DateSent"))
    day = created.date().isoformat()
    return (after is None or day >= after[:10]) and (on is None or day == on[:10])


def check_caller(account: Account) -> None:
    """Check who calls.

    Raises:
        TwilioError: nobody of this account.
    """
    if not _is_authorized(account, request.headers.get("Authorization", "")):
        raise TwilioError(20003, "Authenticate", status=401)


def _is_authorized(account: Account, header: str) -> bool:
    pairs = (f"{account.key_sid}:{account.key_secret}", f"{account.account_sid}:{account.auth_token}")
    known = (f"Basic {base64.b64encode(one.encode()).decode()}" for one in pairs)
    return any(hmac.compare_digest(one.encode(), header.encode()) for one in known)


def _failed(fault: Fault) -> ResponseReturnValue:
    if fault is Fault.BUSY:
        return jsonify(TwilioError(20429, "Too Many Requests", status=429).body), 429
    if fault in (Fault.ERROR_BEFORE, Fault.ERROR_AFTER):
        return jsonify(TwilioError(20500, "Internal Server Error", status=500).body), 500
    hang_up = request.environ.get("werkzeug.socket")
    if hang_up is not None:
        hang_up.shutdown(2)
    return Response(status=500)
