"""The base errors of all services; each service derives its own from them.

ServiceError                        code, message safe for people, retryable, facts safe for logs, perhaps a ``sentence``
|-- CallerError                     the caller can correct it
|   |-- Invalid                422  a field is wrong; ``fields`` names it
|   |-- Unauthenticated        401  no token, or one that is not valid any more
|   |-- Forbidden              403  known caller, not allowed
|   |-- NotFound               404  absent, or not the caller's
|   |-- Conflict               409  something else came first
|   |-- EncodingRefused        415  a body that is compressed, or framed twice; ``coding`` names how
|   `-- TooMany                429  a rate limit is reached; ``retry_after_s`` says when it ends
|-- UntrustedMessage           401  a signed message that is not proven; the reason is for the log only
|-- UpstreamError              503  a peer did not do what we asked (peer, operation, status)
|-- SecretUnreadable           500  a stored secret that the present encryption keys do not decrypt
|-- TryLater                   503  it cannot be accepted now
|-- PortTaken                       found at start-up: another process listens there; a later restart may help
`-- Misconfigured                   found at start-up; lists every fault at once
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

_NAME = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")
Facts = Mapping[str, str | int | float | bool | None]


class ServiceCode(StrEnum):
    """The codes of these errors. A service with a public list of codes repeats them in it."""

    INTERNAL = "internal"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ENCODING_REFUSED = "encoding_refused"
    LIMIT_REACHED = "limit_reached"
    UNTRUSTED = "untrusted"
    TRY_LATER = "try_later"
    MISCONFIGURED = "misconfigured"


class ServiceError(Exception):
    """The base class. ``message`` may be shown to a person; ``facts`` may be logged.

    ``sentence`` is the id of the sentence for the agent, with its ``values``; the renderer adds whom to ask.
    """

    status = 500
    code: StrEnum = ServiceCode.INTERNAL
    retryable = False
    # The reason that a peer or a check gave: for logs, and for callers that handle some reasons differently.
    reason: str | None = None
    sentence: str | None = None
    values: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, message: str, *, code: StrEnum | None = None, facts: Facts | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.facts: Facts = facts or {}

    @property
    def log_reason(self) -> dict[str, str]:
        """The reason as a field of a log line; empty without one."""
        return {"reason": self.reason} if self.reason else {}

    @property
    def reason_or_code(self) -> str:
        """The reason, or our own code where there is none."""
        return self.reason or self.code.value

    def with_sentence(self, sentence: str, **values: Any) -> Self:
        """Set the sentence that the agent reads, and return the error."""
        self.sentence, self.values = sentence, values
        return self


class CallerError(ServiceError):
    """The caller can correct this."""


class Invalid(CallerError):
    """Fields are wrong; ``fields`` maps each to the sentences that say how to correct it."""

    status = 422
    code = ServiceCode.INVALID

    def __init__(
        self, fields: Mapping[str, Sequence[str]], *, message: str | None = None, code: StrEnum | None = None
    ) -> None:
        self.fields = {name: list(sentences) for name, sentences in fields.items()}
        # An unknown name is the caller's own text: a number or a secret in it must not reach the log.
        named = [name if _NAME.fullmatch(name) else "?" for name in self.fields]
        facts = {"fields": ",".join(dict.fromkeys(named))}
        super().__init__(message or _first_sentence(self.fields), code=code, facts=facts)


class Unauthenticated(CallerError):
    """No credential, or one that is not valid any more."""

    status = 401
    code = ServiceCode.UNAUTHENTICATED


class Forbidden(CallerError):
    """The caller is known and may not do this."""

    status = 403
    code = ServiceCode.FORBIDDEN


class NotFound(CallerError):
    """Nothing is here for this caller: what does not exist and what belongs to others look the same on purpose."""

    status = 404
    code = ServiceCode.NOT_FOUND

    def __init__(self, message: str = "There is nothing here for you.", *, facts: Facts | None = None) -> None:
        super().__init__(message, facts=facts)


class Conflict(CallerError):
    """Something else came first; ``reference`` names the payment request in the way, if there is one."""

    status = 409

    def __init__(self, message: str, *, code: StrEnum, reference: str | None = None) -> None:
        super().__init__(message, code=code, facts={"reference": reference})
        self.reference = reference


class EncodingRefused(CallerError):
    """A body that cannot be read as it came: compressed, or framed twice. ``coding`` names how."""

    status = 415
    code = ServiceCode.ENCODING_REFUSED

    def __init__(self, coding: str) -> None:
        super().__init__("Send the body as it is: no compression, chunked once at most.", facts={"reason": coding})
        self.coding = coding


class TooMany(CallerError):
    """A rate limit of the tenant is reached; ``retry_after_s`` is the time until it ends."""

    status = 429
    code = ServiceCode.LIMIT_REACHED
    retryable = True

    def __init__(
        self, message: str, *, retry_after_s: int, kind: str | None = None, facts: Facts | None = None
    ) -> None:
        super().__init__(message, facts={**(facts or {}), **({"kind": kind} if kind else {})})
        self.retry_after_s = retry_after_s
        self.kind = kind


class UntrustedMessage(ServiceError):
    """A signed message is not proven. The reason goes to the log, never to the sender."""

    status = 401
    code = ServiceCode.UNTRUSTED

    def __init__(self, reason: str, *, facts: Facts | None = None) -> None:
        super().__init__("This message could not be verified.", facts={**(facts or {}), "reason": reason})
        self.reason: str = reason


class SecretUnreadable(ServiceError):
    """A stored secret that the present encryption keys do not decrypt, or that was encrypted for another owner."""


class TryLater(ServiceError):
    """It cannot be accepted now; a later retry is safe."""

    status = 503
    code = ServiceCode.TRY_LATER
    retryable = True


class UpstreamError(ServiceError):
    """A peer (``salesforce`` or ``core``) did not do what we asked."""

    status = 503
    retryable = True
    peer = ""

    def __init__(self, message: str, *, operation: str, status: int | None = None, reason: str | None = None) -> None:
        facts = {"peer": self.peer, "operation": operation, "upstream_status": status, "reason": reason}
        super().__init__(message, facts=facts)
        self.operation = operation
        self.upstream_status = status
        self.reason = reason


class PortTaken(ServiceError):
    """Another process listens on our port, and did not release it while we waited."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} cannot be used: another process listens there. "
            "Stop it, or choose another port, and start again."
        )


class Misconfigured(ServiceError):
    """The configuration is not valid; ``errors`` lists all errors."""

    code = ServiceCode.MISCONFIGURED

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = list(errors)
        super().__init__("The configuration has faults:\n" + "\n".join(f"  - {error}" for error in self.errors))


def _first_sentence(fields: Mapping[str, Sequence[str]]) -> str:
    every = (f"{name}: {sentence}" for name, sentences in fields.items() for sentence in sentences)
    return next(every, "Something in this request is wrong.")
