"""Every error that the connector raises: those of ``foundation.errors`` and, below them, its own.

ServiceError                        code, message safe for people, retryable, facts safe for logs, perhaps a ``sentence``
|-- CallerError                     the caller can correct it
|   |-- Invalid                422  a field is wrong; ``fields`` names it
|   |-- Unauthenticated        401  no token, or one that is not valid any more
|   |-- Forbidden              403  known caller, not allowed
|   |-- NotFound               404  absent, or not the caller's
|   |-- Conflict               409  something else came first
|   |-- EncodingRefused        415  a body that is compressed, or framed twice; ``coding`` names how
|   |-- TooMany                429  a rate limit of the tenant is reached; ``retry_after_s`` says when it ends
|   `-- LaunchRefused     403 503  a launch that opens nothing; ``sentence`` names what the person reads
|       `-- OrderDeleted     403  its order was deleted, which its page says; what is left of it is ended there
|-- UntrustedMessage           401  a signed message that is not proven; the reason is for the log only
|   `-- UntrustedLaunch             a signed request of Salesforce; ``org_id`` is the org that it names
|-- TenantProblem              503  a fault in the tenant's own set-up
|-- UpstreamError              503  a peer did not do what we asked (peer, operation, status)
|   |-- SalesforceUnavailable       no answer, or a passing fault
|   |-- SalesforceRefused           a final no, with Salesforce's own error code
|   |-- OrgLimitReached             the org's API allowance is used up
|   |-- OrgBusy                     the org has too many calls at once
|   |-- OrgSessionExpired           the access token is no longer accepted
|   |-- CoreUnavailable             nothing reached the core, or it could not serve
|   |-- CoreRefused                 a final no, with the core's own error code
|   `-- CoreOutcomeUnknown          the request may or may not have been carried out
|-- TryLater                   503  it cannot be accepted now
|-- PortTaken                       found at start-up: another process listens there; a later restart may help
`-- Misconfigured                   found at start-up; lists every fault at once
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.error_codes import ErrorCode as ErrorCode
from foundation.errors import CallerError as CallerError
from foundation.errors import Conflict as Conflict
from foundation.errors import EncodingRefused as EncodingRefused
from foundation.errors import Facts as Facts
from foundation.errors import Forbidden as Forbidden
from foundation.errors import Invalid as Invalid
from foundation.errors import Misconfigured as Misconfigured
from foundation.errors import NotFound as NotFound
from foundation.errors import PortTaken as PortTaken
from foundation.errors import ServiceError as ServiceError
from foundation.errors import TooMany as TooMany
from foundation.errors import TryLater as TryLater
from foundation.errors import Unauthenticated as Unauthenticated
from foundation.errors import UntrustedMessage as UntrustedMessage
from foundation.errors import UpstreamError as UpstreamError


@dataclass(frozen=True)
class LaunchNames:
    """What is known of a launch: tenant and user after its signature was verified, before that the org that it names.

    ``language`` is the user's, as Salesforce names it.
    """

    tenant_id: str | None = None
    user_id: str | None = None
    order_id: str | None = None
    org_id: str | None = None
    language: str | None = None

    @property
    def facts(self) -> Facts:
        """Return them as fields of a log line."""
        return {"tenant": self.tenant_id, "user": self.user_id, "order": self.order_id, "org": self.org_id}


class LaunchRefused(CallerError):
    """A launch that is refused. ``reason`` is for the log; ``status`` 503 where a later try may succeed."""

    code = ErrorCode.NO_ACCESS

    def __init__(
        self,
        sentence: str,
        *,
        reason: str,
        names: LaunchNames | None = None,
        status: int = 403,
    ) -> None:
        self.names = names or LaunchNames()
        super().__init__("This launch was refused.", facts={**self.names.facts, "reason": reason})
        self.reason: str = reason
        self.status = status
        self.sentence: str = sentence


class OrderDeleted(LaunchRefused):
    """An open page's order was deleted in Salesforce; the page says so, and what is left, money or a link, is ended there."""

    status = 403


class UntrustedLaunch(UntrustedMessage):
    """A signed request of Salesforce that is not proven; ``org_id`` is the org that it names."""

    def __init__(self, reason: str, *, org_id: str | None = None) -> None:
        super().__init__(reason, facts={"org": org_id} if org_id else None)
        self.org_id = org_id


class TenantProblem(ServiceError):
    """The tenant's own set-up has a fault; an admin can fix it."""

    status = 503
    code = ErrorCode.TENANT_DISABLED


class SalesforceUnavailable(UpstreamError):
    """No answer from Salesforce, or a passing fault: repeat later."""

    peer = "salesforce"
    code = ErrorCode.SALESFORCE_UNAVAILABLE


class SalesforceRefused(UpstreamError):
    """Salesforce said a final no; ``reason`` is its error code."""

    peer = "salesforce"
    code = ErrorCode.SALESFORCE_REFUSED
    retryable = False


class OrgLimitReached(SalesforceUnavailable):
    """The org's API allowance is used up."""

    sentence = "salesforce_limit"


class OrgBusy(SalesforceUnavailable):
    """The org has too many calls at once: that passes within seconds."""

    sentence = "salesforce_busy"


class OrgSessionExpired(SalesforceUnavailable):
    """The access token is no longer accepted."""

    sentence = "salesforce_login_refused"


class CoreUnavailable(UpstreamError):
    """Nothing reached the core, or it answered that it cannot serve: nothing was carried out."""

    peer = "core"
    code = ErrorCode.CORE_UNAVAILABLE


class CoreRefused(UpstreamError):
    """The core said a final no; ``reason`` is its error code."""

    peer = "core"
    status = 422
    code = ErrorCode.CORE_REFUSED
    retryable = False


class CoreOutcomeUnknown(UpstreamError):
    """The request left, and no answer came back: it may or may not have been carried out."""

    peer = "core"
    code = ErrorCode.CORE_UNAVAILABLE
