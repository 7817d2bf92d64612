"""An application: who asks for links, where its notifications go, and what proves them."""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.secret import Secret
from payment_core.domain.enums import ApplicationKind, ApplicationStatus, NotificationKind


@dataclass(frozen=True)
class Proof:
    """What proves a notification to its receiver: Basic credentials, an HMAC key (Standard Webhooks), or nothing."""

    basic_user: str = ""
    basic_password: Secret = field(default=Secret(""), repr=False)
    hmac_key: Secret = field(default=Secret(""), repr=False)


# Documented: a customer's own application has three URLs, an order system at least the first.
REQUIRED_URLS = {
    ApplicationKind.OMS: ("payment_status_url",),
    ApplicationKind.CUSTOMER: ("payment_status_url", "transaction_status_url", "settings_url"),
}


@dataclass(frozen=True)
class Application:
    """An application of one merchant. An empty URL takes no notifications."""

    application_id: str
    merchant_id: str
    name: str
    kind: ApplicationKind = ApplicationKind.OMS
    status: ApplicationStatus = ApplicationStatus.ACTIVATED
    payment_status_url: str = ""
    transaction_status_url: str = ""
    settings_url: str = ""
    wants_messages: bool = False
    proof: Proof = field(default_factory=Proof)

    @property
    def is_enabled(self) -> bool:
        """Whether it may ask for links and takes notifications."""
        return self.status is ApplicationStatus.ACTIVATED

    @property
    def missing_urls(self) -> tuple[str, ...]:
        """The fields of the URLs that its kind must have and that are empty."""
        return tuple(name for name in REQUIRED_URLS[self.kind] if not getattr(self, name))

    def url_for(self, kind: NotificationKind) -> str:
        """Return the URL for a kind of notification."""
        urls = {
            NotificationKind.PAYMENT_STATUS: self.payment_status_url,
            NotificationKind.TRANSACTION_STATUS: self.transaction_status_url,
            NotificationKind.SETTINGS: self.settings_url,
        }
        return urls[kind]
