"""The answers to a process that needs an org's access token: a token, the lease to log in, or a wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from foundation.backoff import backoff
from foundation.secret import Secret


class LoginFailure(StrEnum):
    """Why a login failed."""

    REFUSED = "refused"
    WRONG_ORG = "wrong_org"
    UNAVAILABLE = "unavailable"
    RATE_EXCEEDED = "rate_exceeded"  # too many logins of this user in an hour, whoever made them
    TOKENS_REFUSED = "tokens_refused"  # logins succeed, and no call is accepted with what they give


@dataclass(frozen=True)
class StoredToken:
    """A token that was not refused yet."""

    token: Secret = field(repr=False)


@dataclass(frozen=True)
class MayLogIn:
    """The lease to log in, which no other process of the fleet has until it expires."""

    lease: str


@dataclass(frozen=True)
class BeingObtained:
    """Another process is logging in now."""


@dataclass(frozen=True)
class LoginPaused:
    """The last login failed, and nobody tries again before ``until``."""

    failure: LoginFailure
    until: datetime


TokenClaim = StoredToken | MayLogIn | BeingObtained | LoginPaused

# (first wait, longest wait) in seconds; the wait doubles with each consecutive failure.
_PAUSES = {
    LoginFailure.REFUSED: (5, 60),
    LoginFailure.WRONG_ORG: (60, 60),
    LoginFailure.UNAVAILABLE: (1, 15),
    LoginFailure.RATE_EXCEEDED: (60, 600),
    LoginFailure.TOKENS_REFUSED: (2, 60),
}


def pause_after(failure: LoginFailure, failures: int) -> timedelta:
    """Return the wait after a failed login; ``failures`` is the number of consecutive failures before it."""
    first, longest = _PAUSES[failure]
    return backoff(failures, first=first, longest=longest)
