"""Knows what customers' replies mean: yes, stop, start; refuses to know how they are typed in."""

from __future__ import annotations

from sandbox.core.errors import invalid_control
from sandbox.core.links import Links
from sandbox.core.merchant import CHANNELS
from sandbox.core.messenger import Messenger
from sandbox.core.notices import Notices
from sandbox.core.payments import Payments
from sandbox.core.store import Store
from sandbox.core.texts import NO_SAVED_CARD, NOTHING_TO_PAY, OPT_IN_DONE, OPT_OUT_DONE, PAY_YES

YES = ("yes", "y", PAY_YES)
# The words that carriers act on: https://help.twilio.com/articles/223134027. Their YES for START pays here.
STOP = ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "opt out", "optout")
START = ("start", "unstop")
LONGEST = 1000


class Replies:
    def __init__(
        self, store: Store, *, links: Links, payments: Payments, messenger: Messenger, notices: Notices
    ) -> None:
        self._store = store
        self._links = links
        self._payments = payments
        self._messenger = messenger
        self._notices = notices

    def take(self, phone: str, text: object, *, channel: object = None) -> None:
        """This function will take a customer's reply (a text, or a button's id) and do what it asks for.

        Raises: Refusal (422) that names the field.
        """
        if not isinstance(text, str) or not 1 <= len(text.strip()) <= LONGEST:
            raise invalid_control("text", f"must be a text of 1 to {LONGEST} characters")
        channel = channel or self._messenger.last_channel(phone)
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise invalid_control("channel", "must be one of " + ", ".join(CHANNELS))
        with self._store.transaction():
            # a tapped button shows its words on the phone, not its id
            self._messenger.receive(phone, channel, text="Yes, pay" if text.strip() == PAY_YES else text.strip())
            self._obey(phone, channel, word=text.strip().rstrip(".!").casefold())

    def _obey(self, phone: str, channel: str, *, word: str) -> None:
        if word in STOP:
            self._stop(phone, channel)
        elif word in START:
            self._start(phone, channel)
        elif word in YES:
            self._pay(phone, channel)

    def _stop(self, phone: str, channel: str) -> None:
        """As carriers do: one confirmation, and silence for whoever repeats the word."""
        if self._messenger.is_blocked(phone, channel):
            return
        # confirm first: once blocked, nothing reaches the phone any more
        self._messenger.send(phone, channel, text=OPT_OUT_DONE)
        self._messenger.block(phone, channel)
        self._notices.opted_out(phone, channel)

    def _start(self, phone: str, channel: str) -> None:
        if not self._messenger.is_blocked(phone, channel):
            return
        self._messenger.unblock(phone, channel)
        self._messenger.send(phone, channel, text=OPT_IN_DONE)
        self._notices.opted_in(phone, channel)

    def _pay(self, phone: str, channel: str) -> None:
        link, card = self._links.newest_payable(phone), self._links.saved_card(phone)
        if link is None:
            self._messenger.send(phone, channel, text=NOTHING_TO_PAY)
        elif card is None:
            self._messenger.send(phone, channel, text=NO_SAVED_CARD)
        else:
            self._payments.pay(link.ref, card)
