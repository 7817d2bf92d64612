"""A merchant: what it sells in, how it writes to customers, and whose accounts take the money and carry the messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from foundation.money import iso_digits
from foundation.secret import Secret
from payment_core.domain.enums import Channel, Mode, ThreeDSecure, TransactionType
from payment_core.domain.saved_card import ReplyRules


def is_messaging_service(sender: str) -> bool:
    """Return whether a sender is a messaging service, which chooses among its numbers; ``MG Motors`` is a sender's name."""
    return _SERVICE.fullmatch(sender) is not None


LONGEST_MERCHANT_NAME = 40  # a quarter of an SMS


def read_sender(text: str) -> str:
    """Return a sender as it is stored: a number in digits, everything else as it was given."""
    plain = text.strip()
    return re.sub(r"[+ ()-]", "", plain) if not re.search(r"[A-Za-z]", plain) else plain


def sender_problem(channel: Channel, text: str) -> str | None:
    """Return what is wrong with a sender of a channel, as a sentence; None where nothing is."""
    sender = read_sender(text)
    is_name = channel is Channel.SMS and _NAME.fullmatch(sender)
    if is_name or _NUMBER.fullmatch(sender) or is_messaging_service(sender):
        return None
    return "Give the number with its country's code, a messaging service (MG…), or for SMS a name of 3 to 11 letters."


# https://www.twilio.com/docs/messaging/api/service-resource
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"[1-9][0-9]{4,14}")
# A number never has a letter, so one letter makes it a name.
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}")


@dataclass(frozen=True)
class Looks:
    """How the customer's pages look, and whom the customer asks."""

    logo_url: str = ""
    colour: str = ""  # #rrggbb
    support: str = ""


@dataclass(frozen=True)
class SendLimits:
    """Guards against pumping: messages on one day (UTC); 0 sets no limit."""

    per_number: int = 30
    per_country: int = 2000
    per_merchant: int = 20000
    countries: frozenset[str] = frozenset()  # ISO codes that may be written to; empty: all


@dataclass(frozen=True)
class Merchant:
    """A merchant's configuration. Secrets are apart, in ``MerchantSecrets``."""

    merchant_id: str
    name: str
    mode: Mode
    hook: str
    gateway: str
    messenger: str
    channels: tuple[Channel, ...]
    currencies: tuple[str, ...]
    transaction_type: TransactionType = TransactionType.SALE
    auto_reversal: bool = False
    # The number or sender's name of each channel, in digits where it is a number.
    senders: Mapping[Channel, str] = field(default_factory=dict)
    # Only where they differ from ISO 4217.
    digits: Mapping[str, int] = field(default_factory=dict)
    minimum: Mapping[str, Decimal] = field(default_factory=dict)
    maximum: Mapping[str, Decimal] = field(default_factory=dict)
    locale: str = "en"
    time_zone: str = "UTC"
    country: str = ""
    three_d_secure: ThreeDSecure = ThreeDSecure.AUTOMATIC
    reply: ReplyRules = field(default_factory=ReplyRules)
    limits: SendLimits = SendLimits()
    looks: Looks = Looks()
    templates: Mapping[str, str] = field(default_factory=dict)  # "purpose.channel.language" -> text or approved id
    # Whether a customer is written to when a link has ended unpaid.
    tells_expiry: bool = False
    version: int = 1

    def digits_of(self, currency: str) -> int:
        """Return with how many decimals this merchant counts a currency."""
        return self.digits.get(currency, iso_digits(currency))

    @property
    def takes_replies_by_sms(self) -> bool:
        """Whether customers can answer an SMS: a sender of letters is one-way, a number or service is not."""
        sender = self.senders.get(Channel.SMS, "").removeprefix("+")
        return not sender or sender.isdigit() or is_messaging_service(sender)

    @property
    def sender_number(self) -> str:
        """The number that notifications name: that of the first channel that has one."""
        return next((self.senders[one] for one in self.channels if self.senders.get(one)), "")


@dataclass(frozen=True)
class MerchantSecrets:
    """A merchant's keys at its providers, by names such as ``stripe.key``; several of one name during a rotation.

    The first of a name is used; each of them is accepted.
    """

    values: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict, repr=False)

    def one(self, name: str) -> Secret:
        """Return the secret of a name that is used; an empty one where there is none."""
        return next(iter(self.values.get(name, ())), Secret(""))

    def every(self, name: str) -> tuple[Secret, ...]:
        """Return all secrets of a name that are accepted, the one that is used first."""
        return self.values.get(name, ())
