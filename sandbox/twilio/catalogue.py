"""What is set up at an account: templates with their approval, messaging services, senders. At Twilio these have other hosts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.twilio.account import Account, Row, is_letters
from sandbox.twilio.api import check_caller
from sandbox.twilio.errors import TwilioError

_AS_APPROVED = ("en", "approved")


def catalogue(account: Account) -> Blueprint:
    """Return the routes."""
    made = Blueprint("catalogue", __name__)

    @made.before_request
    def authorize() -> None:
        check_caller(account)

    @made.get("/v1/Content/<content_sid>")
    def content(content_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/content/content-api-resources#fetch-a-content-resource
        _check_known(account, content_sid)
        variables = dict.fromkeys(account.templates[content_sid][0], "")
        language = account.approvals.get(content_sid, _AS_APPROVED)[0]
        return jsonify(
            sid=content_sid, account_sid=account.account_sid, language=language, variables=variables, types={}
        )

    @made.get("/v1/Content/<content_sid>/ApprovalRequests")
    def approval(content_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/content/content-api-resources#fetch-an-approval-status-request
        _check_known(account, content_sid)
        status = account.approvals.get(content_sid, _AS_APPROVED)[1]
        return jsonify(
            sid=content_sid, account_sid=account.account_sid, whatsapp={"status": status, "rejection_reason": ""}
        )

    @made.get("/v1/Services/<service_sid>")
    def service(service_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/messaging/api/service-resource#fetch-a-service-resource
        _check_service(account, service_sid)
        return jsonify(sid=service_sid, inbound_request_url=account.inbound_url, use_inbound_webhook_on_number=False)

    @made.get("/v1/Services/<service_sid>/<kind>")
    def pool(service_sid: str, kind: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/messaging/api/messaging-service-channelsender-resource, and its siblings
        _check_service(account, service_sid)
        if kind not in _POOLS:
            raise TwilioError(20404, "The requested resource was not found", status=404)
        key, field, is_of_kind = _POOLS[kind]
        senders = sorted(account.pools.get(service_sid, account.senders))
        return _page(key, [{field: one} for one in senders if is_of_kind(one)])

    @made.get("/v2/Channels/Senders")
    def senders() -> ResponseReturnValue:
        # https://www.twilio.com/docs/whatsapp/api/senders
        channel = f"{request.args['Channel']}:"
        return _page("senders", [_sender(account, one) for one in sorted(account.senders) if one.startswith(channel)])

    return made


# Of each list: its key, the field that names the sender, and which senders are of this kind.
_POOLS: Mapping[str, tuple[str, str, Callable[[str], bool]]] = {
    "PhoneNumbers": ("phone_numbers", "phone_number", lambda one: one.startswith("+")),
    "AlphaSenders": ("alpha_senders", "alpha_sender", is_letters),
    "ShortCodes": ("short_codes", "short_code", str.isdigit),
    "ChannelSenders": ("senders", "sender", lambda one: one.startswith("whatsapp:")),
}


def _sender(account: Account, address: str) -> Row:
    status, reasons = account.states.get(address, ("ONLINE", []))
    url = account.inbound_url if account.whatsapp_url is None else account.whatsapp_url
    return {
        "sid": f"XE{hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()}", "sender_id": address,
        "status": status, "offline_reasons": reasons or None,
        "webhook": {"callback_url": url, "callback_method": "POST"},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
    }  # fmt: skip


def _page(key: str, items: list[Row]) -> Response:
    """Return the page of a list that is asked for: https://www.twilio.com/docs/usage/twilios-response#pagination"""
    number, size = int(request.args.get("Page", "0")), int(request.args.get("PageSize", "50"))
    end = (number + 1) * size
    more = urlencode({**request.args.to_dict(), "Page": number + 1}) if end < len(items) else None
    url = f"{request.base_url}?{more}" if more else None
    return jsonify({key: items[number * size : end], "meta": {"key": key, "page": number, "next_page_url": url}})


def _check_service(account: Account, service_sid: str) -> None:
    if service_sid not in account.services:
        raise TwilioError(20404, "The requested resource was not found", status=404)


def _check_known(account: Account, content_sid: str) -> None:
    if content_sid not in account.templates:
        raise TwilioError(20404, "The requested resource was not found", status=404)
