"""The enumerations of links, payments, messages and applications, in the API's words (``manifests/core/statuses.json``)."""

from __future__ import annotations

from foundation.words import Word


class Channel(Word):
    """How a customer is written to."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class Mode(Word):
    """Whether a merchant's keys move real money."""

    SANDBOX = "SANDBOX"
    PRODUCTION = "PRODUCTION"


class TransactionType(Word):
    """What a payment does: take the money at once, or hold it until a capture."""

    SALE = "SALE"
    AUTHORIZATION = "AUTHORIZATION"


class ThreeDSecure(Word):
    """When a customer's bank is asked to authenticate: Stripe's words, of which its rules may still ask for more."""

    AUTOMATIC = "automatic"  # where the law or the risk wants it
    ANY = "any"  # wherever the card can, without a challenge where its bank needs none
    CHALLENGE = "challenge"  # wherever the card can, and the customer has to act


class LinkStatus(Word):
    """The states of a link; a link that is paid keeps its last one."""

    CREATED = "PAYMENT_LINK_CREATED"
    SENT = "PAYMENT_LINK_SENT"
    CLICKED = "PAYMENT_LINK_CLICKED"
    EXPIRED = "PAYMENT_LINK_EXPIRED"
    CANCELLED = "PAYMENT_LINK_CANCELLED"


class PaymentStatus(Word):
    """The states of the money of one link."""

    AUTHORIZED = "PAYMENT_AUTHORIZED"
    RECEIVED = "PAYMENT_RECEIVED"
    CAPTURED = "PAYMENT_CAPTURED"
    DECLINED = "PAYMENT_DECLINED"
    REVIEW = "PAYMENT_REVIEW"
    REVERSED = "PAYMENT_REVERSED"
    VOIDED = "PAYMENT_VOIDED"


class MessageStatus(Word):
    """The states of one outgoing message, in the order in which a provider reports them; reports come in any order."""

    QUEUED = "QUEUED"  # our row, not yet handed over
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # handed over perhaps: never sent again without proof


class ApplicationKind(Word):
    """What an application is: an order system, or a customer's own."""

    OMS = "OMS"
    CUSTOMER = "CUSTOMER"


class ApplicationStatus(Word):
    """The documented states of an application."""

    ACTIVATED = "ACTIVATED"
    DEACTIVATED = "DEACTIVATED"
    DELETED = "DELETED"


class NotificationKind(Word):
    """The kinds of callback notifications, each with a URL of its own."""

    TRANSACTION_STATUS = "transaction-status"
    PAYMENT_STATUS = "payment-status"
    SETTINGS = "settings"
