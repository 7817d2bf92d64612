"""What a messenger does for us, and how it fails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from foundation.errors import ServiceError
from foundation.secret import Secret
from payment_core.domain.enums import Channel, MessageStatus


class MessengerError(ServiceError):
    """The base class."""


class NotSent(MessengerError):
    """The message never left us: it may be sent again."""


class MessageRefused(MessengerError):
    """A final no, but for a key. ``code`` is ours (``manifests/core/ours.json``), ``reason`` the provider's own."""

    def __init__(self, message: str, *, failure: str, reason: str) -> None:
        super().__init__(message, facts={"reason": reason})
        self.failure = failure
        self.reason = reason


class KeyRefused(MessageRefused):
    """Our key is not accepted, so that nothing was taken: it may be sent again once the key is."""


class PerhapsSent(MessengerError):
    """The provider may have taken it: find it by our token, never send it again without proof."""


@dataclass(frozen=True)
class Button:
    """A quick reply; ``payload`` comes back when it is pressed and names the payment."""

    payload: str
    title: str


@dataclass(frozen=True)
class OutgoingMessage:
    """One message. ``token`` is a short text of ours in the body by which it can be found at the provider."""

    message_id: str
    channel: Channel
    to: str
    text: str
    token: str
    link_url: str | None = None
    # The link that the message is about; a provider that takes no such word leaves it out.
    link_reference: str | None = None
    template: str | None = None  # the provider's id of an approved template, with its variables
    variables: Mapping[str, str] | None = None
    buttons: tuple[Button, ...] = ()
    valid_seconds: int | None = None
    # Text that no template was approved for: WhatsApp takes it only within 24 hours of the customer's last message.
    free: bool = False
    # Whether the customer wrote on this channel within those 24 hours.
    window_open: bool = False


@dataclass(frozen=True)
class MessageReport:
    """What a provider says of one of our messages."""

    provider_id: str
    status: MessageStatus
    failure: str | None = None
    reason: str | None = None
    message_id: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Reply:
    """What a customer wrote or pressed. ``opt`` is the carrier's own word for STOP, START or HELP, which it answered."""

    provider_id: str
    channel: Channel
    sender: str
    text: str
    payload: str | None = None
    # Found in a list that shows no payload: it may be a button, and its words do not say which.
    payload_unknown: bool = False
    opt: str | None = None
    in_reply_to: str | None = None
    occurred_at: datetime | None = None
    # The provider itself confirms STOP and START on this channel; a second confirmation would be refused or confuse.
    carrier_confirms: bool = False


class Messenger(Protocol):
    """One merchant's account at a messenger."""

    def send(self, message: OutgoingMessage) -> MessageReport:
        """Hand a message over.

        Raises:
            NotSent, MessageRefused, PerhapsSent.
        """

    def read_report(self, provider_id: str) -> MessageReport:
        """Read what became of a message."""

    def try_key(self) -> None:
        """Read something harmless, to learn whether account and key are accepted.

        Raises:
            KeyRefused: they are not.
        """

    def takes_token(self, token: Secret) -> bool:
        """Return whether what notifications are signed with is of this account, by reading with it."""

    def reports_delivery(self, channel: Channel) -> bool:
        """Return whether this account says of a channel's messages that they arrived."""

    def find(
        self, channel: Channel, to: str, token: str, *, since: datetime, known: Collection[str] = ()
    ) -> MessageReport | None:
        """Find a message that was perhaps sent by the token in its text; ``known`` are the provider's ids of others."""

    def replies(self, *, since: datetime) -> Sequence[Reply]:
        """Read what customers wrote since a time, the oldest first, whether or not a webhook brought it."""

    def read_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, url: str, secrets: Sequence[Secret]
    ) -> Sequence[MessageReport | Reply]:
        """Verify a notification and return its news.

        Raises:
            UntrustedMessage: no secret fits.
        """
