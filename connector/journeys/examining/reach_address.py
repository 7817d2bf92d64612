"""Call an address once, and explain in words for an administrator why it could not be reached."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from foundation.http.session import NoAnswer, PeerSession, ProxyFault, RedirectRefused, RequestNotSent, call

_DEEPEST_CAUSE = 12  # an error may be its own cause's cause
_TLS_PROXY_HINT = "a proxy that opens TLS on the way has an authority of its own, which CHAT2PAY_CA_FILE names"
# https://docs.openssl.org/master/man1/openssl-verification-options/ names OpenSSL's verification codes.
_CERTIFICATE_FAULTS = {
    10: "its TLS certificate has expired",
    18: "its TLS certificate is self-signed",
    19: f"its TLS certificate comes from an authority that this machine does not know; {_TLS_PROXY_HINT}",
    20: f"its TLS certificate's issuer is not known here: the intermediate certificate may be missing, or {_TLS_PROXY_HINT}",
    62: "its TLS certificate is for another name",
}


@dataclass(frozen=True)
class Reachability:
    """What an address answered, or ``why`` in words it did not; ``proxy_fault`` is the proxy's reason code, if it was one."""

    status: int | None = None
    why: str = ""
    proxy_fault: str = ""
    body: bytes = field(repr=False, default=b"")
    headers: Mapping[str, str] = field(default_factory=dict)
    # How far our clock is ahead of theirs; None where the answer had no valid ``Date``.
    ahead_seconds: float | None = None


def reach_address(
    *,
    url: str,
    session: PeerSession,
    now: Callable[[], datetime],
    operation: str,
    method: str = "GET",
    body: bytes | None = None,
) -> Reachability:
    """Call an address once, without credentials and without following redirects."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    try:
        answer = call(session, method, url, operation=operation, headers=headers, body=body)
    except ProxyFault as error:
        return Reachability(why=_why_at_proxy(error), proxy_fault=error.reason)
    except (RequestNotSent, NoAnswer) as error:
        return Reachability(why=_why(error))
    their_time = _parse_http_date(answer.headers.get("Date"))
    ahead = (now() - their_time).total_seconds() if their_time else None
    return Reachability(status=answer.status_code, body=answer.content, headers=answer.headers, ahead_seconds=ahead)


def why_unanswered(reached: Reachability) -> str | None:
    """Return why a host does not count as being there; None where it answered anything of its own."""
    # No credentials were sent, so a 401 or 404 is a normal answer of the right host.
    if reached.status is not None and reached.status < 500:
        return None
    return reached.why or f"it answers {reached.status}"


def _parse_http_date(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _why_at_proxy(fault: ProxyFault) -> str:
    status = fault.reason.removeprefix("proxy_refused_")
    if status == "407":
        return "the proxy that CHAT2PAY_PROXY names does not accept our user and password (407)"
    if status != fault.reason:
        return f"the proxy that CHAT2PAY_PROXY names does not pass us on to it (it answers {status})"
    if fault.reason == "proxy_silent":
        return "the proxy that CHAT2PAY_PROXY names took the connection and gave no answer that a proxy gives"
    return f"the proxy that CHAT2PAY_PROXY names could not be reached: {_why(fault)}"


def _why(fault: RequestNotSent | NoAnswer) -> str:
    for cause in _causes(fault):
        if isinstance(cause, RedirectRefused):
            return "it answers with a redirect, which neither Salesforce's form nor the payment core follows"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE_FAULTS.get(cause.verify_code, "its TLS certificate cannot be verified")
        if isinstance(cause, ssl.SSLError):
            return "the TLS handshake failed: perhaps it does not speak TLS 1.2 or newer, or no TLS at all"
        if isinstance(cause, socket.gaierror):
            return "its name is not known in DNS, as seen from this machine"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there (connection refused)"
        if isinstance(cause, TimeoutError):
            return "it did not answer in time: a firewall may drop what this machine sends"
        if isinstance(cause, ConnectionResetError):
            return "it broke the connection off"
    return "no connection could be made" if isinstance(fault, RequestNotSent) else "no answer came"


def _causes(fault: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, down to the operating system's own."""
    error: BaseException | None = fault
    for _ in range(_DEEPEST_CAUSE):
        if error is None:
            return
        yield error
        # urllib3 passes a TLS error on as an argument, not as a cause.
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = error.__cause__ or error.__context__ or inner
