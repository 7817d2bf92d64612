"""What stands in for Flask's own ways does what they do."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask, Request, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.test import EnvironBuilder, run_wsgi_app

from foundation.http.given_header import given_header
from foundation.wsgi.empty_answer import EmptyAnswer
from foundation.wsgi.plain_flask import plain_flask
from foundation.wsgi.raw_body import raw_body


def environ(**changed: Any) -> dict[str, Any]:
    return EnvironBuilder(path="/pay/x", method="POST", data=b"12345").get_environ() | changed


_ADDRESSES: list[dict[str, Any]] = [
    {},
    {"PATH_INFO": ""},
    {"PATH_INFO": "/b\xc3\xbccher/\xff", "QUERY_STRING": "q=\xc3\xbc&r=%20"},
    {"SCRIPT_NAME": "/c2p", "PATH_INFO": "/pay"},
    {"HTTP_HOST": "Pay.Example:8443"},
    {"HTTP_HOST": "b\u00fccher.example"},
    {"HTTP_HOST": "[::1]:8020", "wsgi.url_scheme": "https"},
    {"HTTP_HOST": "a" * 64 + ".example"},
    {"HTTP_HOST": "bad host"},
    {"HTTP_HOST": ""},
]


def adapter_of(app: Flask, given: dict[str, Any]) -> dict[str, Any] | type[HTTPException]:
    asked = Request(given)
    try:
        found = vars(app.create_url_adapter(asked))
    except HTTPException as error:
        return type(error)
    return {name: value for name, value in found.items() if name != "map"} | {"host": asked.host}


@pytest.mark.parametrize("changed", _ADDRESSES)
def test_an_address_is_read_as_flask_reads_it(changed: dict[str, Any]) -> None:
    ours, theirs = plain_flask("ours"), Flask("theirs")
    assert adapter_of(ours, environ(**changed)) == adapter_of(theirs, environ(**changed))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, b"12345"),
        ({"CONTENT_LENGTH": "0"}, b""),
        ({"CONTENT_LENGTH": "6"}, ClientDisconnected),
        ({"CONTENT_LENGTH": "11", "wsgi.input": io.BytesIO(b"x" * 11)}, RequestEntityTooLarge),
        ({"CONTENT_LENGTH": "10", "wsgi.input": io.BytesIO(b"x" * 10)}, b"x" * 10),
        # Of no length: Werkzeug reads to the end where the server says that there is one, and nothing else.
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, b"12345"),
        ({"CONTENT_LENGTH": "five", "wsgi.input_terminated": True}, b"12345"),
        ({"CONTENT_LENGTH": "\u0663", "wsgi.input_terminated": True}, b"12345"),
        ({"CONTENT_LENGTH": ""}, b""),
    ],
)
def test_a_body_is_read_whole_or_refused(changed: dict[str, Any], found: bytes | type[HTTPException]) -> None:
    app = plain_flask("test")
    app.config["MAX_CONTENT_LENGTH"] = 10
    with app.request_context(environ(**changed)):
        if isinstance(found, bytes):
            assert raw_body(request) == found
        else:
            with pytest.raises(HTTPException) as refused:
                raw_body(request)
            assert isinstance(refused.value, found)


@pytest.mark.parametrize(
    ("status", "headers"), [(200, {}), (303, {"Location": "https://checkout.stripe.com/c/pay/cs_1#fid"})]
)
def test_an_answer_without_a_body_is_whole(status: int, headers: dict[str, str]) -> None:
    app = plain_flask("test")
    app.add_url_rule("/pay/x", "x", lambda: EmptyAnswer(status=status, headers=headers), methods=["POST"])
    body, line, sent = run_wsgi_app(app, environ())
    assert (b"".join(body), line[:3]) == (b"", str(status))
    assert sent.getlist("Content-Length") == ["0"]
    assert {name: sent[name] for name in headers} == headers


@pytest.mark.parametrize(
    "headers", [{"X-Signature": "s"}, {"x-signature": "s"}, Request(environ(HTTP_X_SIGNATURE="s")).headers]
)
def test_a_header_is_found_under_any_case_of_its_name(headers: Any) -> None:
    assert given_header(headers, "X-Signature") == "s"
    assert given_header(headers, "X-Other") == ""
