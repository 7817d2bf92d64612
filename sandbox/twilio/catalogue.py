"""What is set up at an account: templates with their approval, and messaging services. At Twilio each has a host of its own."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.twilio.account import Account
from sandbox.twilio.api import check_caller
from sandbox.twilio.errors import TwilioError

_AS_APPROVED = ("en", "approved")


def catalogue(account: Account) -> Blueprint:
    """Return the routes."""
    made = Blueprint("catalogue", __name__, url_prefix="/v1")

    @made.before_request
    def authorize() -> None:
        check_caller(account)

    @made.get("/Content/<content_sid>")
    def content(content_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/content/content-api-resources#fetch-a-content-resource
        _check_known(account, content_sid)
        variables = dict.fromkeys(account.templates[content_sid][0], "")
        language = account.approvals.get(content_sid, _AS_APPROVED)[0]
        return jsonify(
            sid=content_sid, account_sid=account.account_sid, language=language, variables=variables, types={}
        )

    @made.get("/Content/<content_sid>/ApprovalRequests")
    def approval(content_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/content/content-api-resources#fetch-an-approval-status-request
        _check_known(account, content_sid)
        status = account.approvals.get(content_sid, _AS_APPROVED)[1]
        return jsonify(
            sid=content_sid, account_sid=account.account_sid, whatsapp={"status": status, "rejection_reason": ""}
        )

    @made.get("/Services/<service_sid>")
    def service(service_sid: str) -> ResponseReturnValue:
        # https://www.twilio.com/docs/messaging/api/service-resource#fetch-a-service-resource
        if service_sid not in account.services:
            raise TwilioError(20404, "The requested resource was not found", status=404)
        return jsonify(sid=service_sid, inbound_request_url=account.inbound_url, use_inbound_webhook_on_number=False)

    return made


def _check_known(account: Account, content_sid: str) -> None:
    if content_sid not in account.templates:
        raise TwilioError(20404, "The requested resource was not found", status=404)
