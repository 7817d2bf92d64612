"""Issue and read launch tokens: the credential of an open page, for one user and one order of a tenant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import manifests
from connector.errors import ErrorCode, Unauthenticated
from foundation.secret import Secret

if TYPE_CHECKING:
    from joserfc.jwk import GuestProtocol, OctKey

_RULES = manifests.load("connector.json")["launch"]
LIFE = timedelta(minutes=_RULES["token_minutes"])
GRACE = timedelta(seconds=_RULES["renew_grace_seconds"])
_AUDIENCE = "chat2pay-launch"


@dataclass(frozen=True)
class LaunchToken:
    """The claims of a launch token. It gives access to ``order_id`` of ``tenant_id`` and to nothing else.

    ``rights_unread``: the rights are empty because Salesforce did not answer when they were read; ``read_only``: the user may
    not edit the order in Salesforce, and ``lacking`` is what would be missing all the same. ``language`` and
    ``locale``: the user's, as Salesforce names them.
    """

    tenant_id: str
    user_id: str
    user_name: str
    order_id: str
    launch_id: str
    time_zone: str
    rights: tuple[str, ...]
    expires_at: datetime
    rights_unread: bool = False
    language: str = "en"
    locale: str = ""
    read_only: bool = False
    lacking: tuple[str, ...] = ()


def issue(token: LaunchToken, *, keys: Sequence[Secret], now: datetime) -> str:
    """Return the signed text of a token (JWT, HS256, newest key)."""
    from joserfc import jwt  # noqa: PLC0415 2 MiB, and a process that only receives callbacks needs none of it

    claims = {
        "aud": _AUDIENCE,
        "ten": token.tenant_id,
        "sub": token.user_id,
        "name": token.user_name,
        "ord": token.order_id,
        "lau": token.launch_id,
        "tz": token.time_zone,
        "rights": list(token.rights),
        "unread": token.rights_unread,
        "lang": token.language,
        "loc": token.locale,
        "ro": token.read_only,
        "lack": list(token.lacking),
        "iat": int(now.timestamp()),
        "exp": int(token.expires_at.timestamp()),
    }
    return jwt.encode({"alg": "HS256", "kid": _kid(keys[0])}, claims, _key(keys[0]))


def read(text: str, *, keys: Sequence[Secret], now: datetime, grace: timedelta = timedelta()) -> LaunchToken:
    """Verify a token and return its claims; one that expired less than ``grace`` ago is still accepted.

    Raises:
        Unauthenticated: code ``unauthenticated`` or ``launch_expired``.
    """
    token, audience = _verified(text, tuple(keys))
    # The audience keeps apart what else the same key may sign one day.
    if audience != _AUDIENCE or now >= token.expires_at + grace:
        raise Unauthenticated("Reload this browser tab to continue.", code=ErrorCode.LAUNCH_EXPIRED)
    return token


# A page sends its token about once a second; what is signed does not change, and the time is compared at each call.
@lru_cache(maxsize=4096)
def _verified(text: str, keys: tuple[Secret, ...]) -> tuple[LaunchToken, object]:
    """Return the claims of a text that one of ``keys`` signed, and its audience.

    Raises:
        Unauthenticated: no key signed it, or its claims are not those of a launch token.
    """
    from joserfc import jwt  # noqa: PLC0415 as in issue
    from joserfc.errors import JoseError  # noqa: PLC0415

    # All configured keys verify, the newest signs: a rotated key stays listed while tokens signed with it are valid.
    by_kid = {_kid(key): key for key in keys}

    def find(header: GuestProtocol) -> OctKey:
        return _key(by_kid[header.headers()["kid"]])  # KeyError: none of ours

    try:
        # The algorithm is fixed here: a token's own header must not choose it (RFC 8725, section 3.1).
        claims = jwt.decode(text, find, algorithms=["HS256"]).claims
        token = LaunchToken(
            tenant_id=claims["ten"],
            user_id=claims["sub"],
            user_name=claims["name"],
            order_id=claims["ord"],
            launch_id=claims["lau"],
            time_zone=claims["tz"],
            rights=tuple(claims["rights"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            rights_unread=bool(claims["unread"]),
            # A process of the version before issues tokens without a language.
            language=str(claims.get("lang", "en")),
            # A token of an earlier version says nothing of these.
            locale=str(claims.get("loc", "")),
            read_only=bool(claims.get("ro")),
            lacking=tuple(claims.get("lack", ())),
        )
    except (JoseError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise Unauthenticated("Reload this browser tab to continue.") from error
    return token, claims.get("aud")


@lru_cache(maxsize=16)
def _key(secret: Secret) -> OctKey:
    from joserfc.jwk import OctKey  # noqa: PLC0415 as in issue

    return OctKey.import_key(secret.value)


@lru_cache(maxsize=16)
def _kid(secret: Secret) -> str:
    # Everybody who holds a token can read it, so it names the key by a digest that does not give it away.
    return hashlib.sha256(secret.value.encode()).hexdigest()[:8]
