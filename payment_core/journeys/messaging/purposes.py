"""What a message to a customer is for."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Each has a text per channel and language."""

    PAYMENT_REQUEST = "payment_request"
    REPLY_OFFER = "reply_offer"  # the request, which a reply can pay with a saved card
    REPLACED = "replaced"  # the request of a link that takes the place of another
    RECEIPT = "receipt"
    CANCELLED = "cancelled"
    DECLINED = "declined"  # a saved card was refused
    REVIEW_DECLINED = "review_declined"
    REVERSED = "reversed"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    HELP = "help"
    WHICH_ONE = "which_one"
    WHICH_BUTTON = "which_button"  # a button was pressed, perhaps, and its report was lost
    NOTHING_TO_PAY = "nothing_to_pay"
    DEAD_LINK = "dead_link"
    NEEDS_PAGE = "needs_page"
    UNDER_WAY = "under_way"
    BY_PAGE = "by_page"  # what a reply cannot pay is paid on the page
    ALREADY_PAID = "already_paid"
    FORGOTTEN = "forgotten"


# What a customer asked for, or what the law asks of us: sent even after a STOP.
ANSWERS_TO_STOP = frozenset({Purpose.OPTED_OUT})
# Messages that bring a link.
REQUESTS = frozenset({Purpose.PAYMENT_REQUEST, Purpose.REPLY_OFFER, Purpose.REPLACED})
# Answers that may be about no link at all.
ABOUT_NO_LINK = frozenset(
    {
        *(Purpose.OPTED_OUT, Purpose.OPTED_IN, Purpose.HELP, Purpose.WHICH_ONE, Purpose.NOTHING_TO_PAY),
        *(Purpose.WHICH_BUTTON, Purpose.FORGOTTEN),
    }
)
# What a customer must learn of money and links, each once: no limit of messages holds it back.
ALWAYS_SENT = frozenset(
    {
        *(Purpose.RECEIPT, Purpose.REVERSED, Purpose.REVIEW_DECLINED, Purpose.CANCELLED, Purpose.EXPIRED),
        Purpose.OPTED_OUT,
    }
)
