"""Parse the fields of a callback notification by the manifest's alias tables, and name those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, post_load

import manifests
from connector.core.parsing import ObjectWithDuplicates, parse_json
from connector.core.peer_fields import (
    LONGEST_ORDER_NUMBER,
    LONGEST_SPARE,
    CodeWord,
    LinkReference,
    OptionalText,
    PeerAmount,
    PeerCode,
    PeerText,
    PeerTime,
)
from connector.core.schemas import OUR_REFERENCE, reference_in
from connector.core.statuses import canonical_status, is_about_a_charge, is_stop, needs_a_look, status_update
from connector.domain.payments.notification import Notification, OptOutMessage, SettingsChanged, unread_reason
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import StatusUpdate

# Longer than any way to write a number, and short enough for a log's reason.
_LONGEST_NUMBER = 60
NAMES: dict[str, list[str]] = {
    name: entry["names"]
    for fields_of in (
        manifests.load("core/ours.json")["notification"],
        manifests.load("core/notifications.json")["fields"],
    )
    for name, entry in fields_of.items()
}
_OF_NAME = {theirs: ours for ours, names in NAMES.items() for theirs in names}
_PLACES = {theirs: place for names in NAMES.values() for place, theirs in enumerate(names)}
# The fields by which a notification is distinguished from an object around it.
_TELLING = frozenset({"core_status", "link_reference"})
_DEEPEST = 4
# Nothing is decided by these, so the core is not asked where one of them cannot be read.
_SPARE = frozenset(NAMES) - {
    "order_number", "link_reference", "core_status", "total", "currency", "environment", "additional_data",
}  # fmt: skip
NOT_JSON = "not_json"
# What news of settings has in common with news of payments.
_OF_SETTINGS = frozenset({"environment", "occurred_at", "merchant_name"})


class NotificationSchema(Schema):
    """Both documented shapes in our names; unknown fields are ignored, amounts and times may be text or numbers."""

    class Meta:
        unknown = EXCLUDE

    order_number = PeerText(most=LONGEST_ORDER_NUMBER, load_default=None)
    link_reference = LinkReference(load_default=None)
    occurred_at = PeerTime(load_default=None)
    total = PeerAmount(load_default=None)
    currency = PeerCode(load_default=None)
    environment = PeerCode(load_default=None)
    receipt_reference = OptionalText(most=LONGEST_SPARE)
    reconciliation_reference = OptionalText(most=LONGEST_SPARE)
    message_failure = CodeWord()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Notification:
        return Notification(reference=None, core_status="", news=StatusUpdate(), **data)


_NOTIFICATION = NotificationSchema()


class _Unreadable(Exception):
    """There is nothing to read; the message becomes the entry's reason."""


def read_notification(kind: str, body: bytes) -> Notification | SettingsChanged:
    """Parse a stored body as far as possible; where its status cannot be read, ``error`` says so."""
    notification = _read(body)
    # A status counts at the address for settings too, so that swapped addresses lose no callback.
    names_nobody = not (notification.link_reference or notification.reference)
    if not (notification.error and names_nobody):
        return notification
    # News of settings at another address, such as a test callback of a core's portal, names no payment and no status.
    return SettingsChanged() if kind == "settings" or _is_about_settings(body) else notification


def _is_about_settings(body: bytes) -> bool:
    """Return whether a body names an event, and nothing of a payment or a customer."""
    try:
        found = _notification_in(body)
    except _Unreadable:
        return False
    ours = {_OF_NAME[theirs] for name in found if (theirs := _theirs(name)) is not None}
    return isinstance(found.get("event"), str) and ours <= _OF_SETTINGS


def _read(body: bytes) -> Notification:
    try:
        fields_of = _in_our_names(_notification_in(body))
    except _Unreadable as error:
        return Notification.unreadable(str(error))
    notification = _with_status(*_loaded(fields_of.plain), fields_of)
    if not notification.error and not (
        notification.link_reference or notification.reference or notification.opt_out_message
    ):
        return replace(notification, core_status="", news=StatusUpdate(), error="no_reference")
    return notification


class _Fields:
    """A notification's fields in our names; ``statuses``: all given ones; ``twice``: fields given with different values."""

    def __init__(self, plain: dict[str, Any], statuses: list[Any], twice: frozenset[str]) -> None:
        self.plain, self.statuses, self.twice = plain, statuses, twice


def _in_our_names(found: Mapping[str, Any]) -> _Fields:
    """Translate the core's names to ours, however they are spelt; of several aliases the first that is not blank counts."""
    plain: dict[str, Any] = {}
    places: dict[str, int] = {}
    statuses: list[tuple[int, Any]] = []
    for name, value in found.items():
        theirs = _theirs(name)
        if theirs is None or is_blank(value):
            continue
        ours, place = _OF_NAME[theirs], _PLACES[theirs]
        if ours == "core_status":
            statuses.append((place, value))
        if place < places.get(ours, len(_PLACES)):
            plain[ours], places[ours] = value, place
    twice = found.names if isinstance(found, ObjectWithDuplicates) else frozenset()
    in_order = [value for _, value in sorted(statuses, key=itemgetter(0))]
    return _Fields(plain, in_order, frozenset(doubted for name in twice if (doubted := ours_of(name))))


def _loaded(plain: dict[str, Any]) -> tuple[Notification, frozenset[str]]:
    """Return the fields that can be read, and the names of those that cannot."""
    wrong: frozenset[str] = frozenset()
    try:
        notification: Notification = _NOTIFICATION.load(plain)
    except ValidationError as error:
        wrong = frozenset(map(str, error.messages_dict))
        notification = _NOTIFICATION.load({name: value for name, value in plain.items() if name not in wrong})
    return notification, wrong


def _with_status(notification: Notification, wrong: frozenset[str], given: _Fields) -> Notification:
    words = [canonical_status(one) if isinstance(one, str) else None for one in given.statuses]
    word = next((one for one in words if one is not None), None)
    reference = reference_in(given.plain.get("additional_data"))
    odd = wrong | given.twice | (frozenset({"core_status"}) if None in words else frozenset())
    if reference is None and _hides_one(given.plain.get("additional_data")):
        odd |= {"additional_data"}
    notification = replace(notification, reference=reference, odd=odd - _SPARE)
    if word is None:
        return replace(notification, error=unread_reason({*odd, "core_status"}))
    stopped = is_stop(word)
    if stopped is None:
        news = status_update(word, review_finalised=bool(given.plain.get("review_finalised_at")))
        return replace(
            notification,
            core_status=word,
            news=news or StatusUpdate(),
            asks_for_person=needs_a_look(word),
            speaks_of_charge=is_about_a_charge(word),
        )
    number, channel = given.plain.get("customer_number"), given.plain.get("channel")
    return replace(notification, core_status=word, opt_out_message=_word(number, channel, stopped=stopped))


def _hides_one(additional_data: Any) -> bool:
    """Return whether additional data may contain our reference in a form that we cannot read."""
    return additional_data is not None and not (
        isinstance(additional_data, dict) and OUR_REFERENCE not in additional_data
    )


def _word(number: Any, channel: Any, *, stopped: bool) -> OptOutMessage:
    """Build an opt-out message; one without a channel is about every channel, so that a STOP is always honoured."""
    try:
        channels = (Channel(str(channel).strip().lower()),) if channel else tuple(Channel)
    except ValueError:
        channels = ()  # not a reason to refuse it: the request that it names may have the channel
    return OptOutMessage(str(number or "")[:_LONGEST_NUMBER], channels, stopped)


def _notification_in(body: bytes) -> Mapping[str, Any]:
    """Return the one notification in a body: at the top, in a list, inside another object, or as JSON inside a text.

    Raises:
        _Unreadable: there is none, or several; the core is asked about all that they name.
    """
    try:
        level = [parse_json(body)]
    except ValueError as error:
        raise _Unreadable(NOT_JSON) from error
    top = level[0]
    for _ in range(_DEEPEST):
        candidates = [one for one in level if isinstance(one, dict) and _is_notification(one)]
        if len(candidates) > 1:
            raise _Unreadable("several_notifications")
        if candidates:
            return candidates[0]
        level = [inner for one in level for inner in _inside(one)]
    if isinstance(top, dict):
        return top
    raise _Unreadable(unread_reason(()))


def _is_notification(found: Mapping[str, Any]) -> bool:
    return any(ours_of(name) in _TELLING for name in found)


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            yield parse_json(value)
        except ValueError:
            return


def ours_of(name: str) -> str | None:
    """Return our name of a field of the core's, however the core spells it."""
    return _OF_NAME.get(_theirs(name) or "")


def _theirs(name: str) -> str | None:
    return name if name in _OF_NAME else _BY_SPELLING.get(_normalised(name))


def is_blank(value: Any) -> bool:
    """Return whether a field's value is missing or blank."""
    return value is None or (isinstance(value, str) and not value.strip())


def _normalised(name: str) -> str:
    return "".join(one for one in name.casefold() if one.isalnum())


_BY_SPELLING = {_normalised(name): name for name in _OF_NAME}
