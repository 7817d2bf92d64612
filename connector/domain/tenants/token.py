"""What a process gets that asks for an org's access token: the token, the lease to log in, or a wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from foundation.secret import Secret


class LoginFailure(StrEnum):
    """Why there is no token."""

    REFUSED = "refused"
    WRONG_ORG = "wrong_org"
    UNAVAILABLE = "unavailable"
    RATE_EXCEEDED = "rate_exceeded"  # too many logins of this user in an hour, whoever made them
    TOKENS_REFUSED = "tokens_refused"  # logins succeed, and no call is accepted with what they give


@dataclass(frozen=True)
class StoredToken:
    """Here is one that nobody has refused yet."""

    token: Secret = field(repr=False)


@dataclass(frozen=True)
class MayLogIn:
    """Nobody else in the whole fleet logs in for this tenant until the lease is over."""

    lease: str


@dataclass(frozen=True)
class BeingObtained:
    """Somebody else logs in just now."""


@dataclass(frozen=True)
class LoginPaused:
    """The last login failed, and until then nobody tries again."""

    failure: LoginFailure
    until: datetime


TokenClaim = StoredToken | MayLogIn | BeingObtained | LoginPaused

# (first wait, longest wait) in seconds before the next try; the wait doubles with each failure in a row.
_PAUSES = {
    LoginFailure.REFUSED: (5, 60),
    LoginFailure.WRONG_ORG: (60, 60),
    LoginFailure.UNAVAILABLE: (1, 15),
    LoginFailure.RATE_EXCEEDED: (60, 600),
    LoginFailure.TOKENS_REFUSED: (2, 60),
}


def pause_after(failure: LoginFailure, failures: int) -> timedelta:
    """Return how long nobody tries again; ``failures`` came before this one, in a row."""
    first, longest = _PAUSES[failure]
    return timedelta(seconds=min(longest, first * 2 ** min(failures, 10)))
