"""The fields of a callback notification, by the manifest's alias tables, and which of them could not be read."""

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
    LinkReference,
    OptionalText,
    PeerAmount,
    PeerCode,
    PeerText,
    PeerTime,
)
from connector.core.schemas import OUR_REFERENCE, reference_in
from connector.core.statuses import canonical_status, is_stop, status_update
from connector.domain.payments.notification import Notification, OptOutMessage, SettingsChanged
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import StatusUpdate

_LONGEST_NUMBER = 60
NAMES: dict[str, list[str]] = {
    name: entry["names"] for name, entry in manifests.load("core/notifications.json")["fields"].items()
}
_OF_NAME = {theirs: ours for ours, names in NAMES.items() for theirs in names}
_PLACES = {theirs: place for names in NAMES.values() for place, theirs in enumerate(names)}
# What tells a notification from whatever it may be wrapped in.
_TELLING = frozenset({"core_status", "link_reference"})
_DEEPEST = 4
# Nothing is decided by these, so nobody is asked because of them.
_SPARE = frozenset(NAMES) - {
    "order_number", "link_reference", "core_status", "total", "currency", "environment", "additional_data",
}  # fmt: skip
NOT_JSON = "not_json"


class NotificationSchema(Schema):
    """Both documented shapes in our names; unknown fields are ignored, an amount or a time may be text or a number."""

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

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Notification:
        return Notification(reference=None, core_status="", news=StatusUpdate(), **data)


_NOTIFICATION = NotificationSchema()


class _Unreadable(Exception):
    """There is nothing to read; the text goes to the ledger."""


def read_notification(kind: str, body: bytes) -> Notification | SettingsChanged:
    """Read a stored body as far as it can be read. One whose status cannot be read says so in ``error``.

    A status is one at the address for settings too: whoever swapped the addresses loses no news.
    """
    told = _read(body)
    names_nobody = not (told.link_reference or told.reference)
    return SettingsChanged() if kind == "settings" and told.error and names_nobody else told


def _read(body: bytes) -> Notification:
    try:
        fields_of = _in_our_names(_notification_in(body))
    except _Unreadable as error:
        return Notification.of_nothing(str(error))
    told = _with_status(*_loaded(fields_of.plain), fields_of)
    if not told.error and not (told.link_reference or told.reference or told.customer_word):
        return replace(told, core_status="", news=StatusUpdate(), error="no_reference")
    return told


class _Fields:
    """A notification's fields in our names: ``statuses`` are all that were given; ``twice``: given with different values."""

    def __init__(self, plain: dict[str, Any], statuses: list[Any], twice: frozenset[str]) -> None:
        self.plain, self.statuses, self.twice = plain, statuses, twice


def _in_our_names(found: Mapping[str, Any]) -> _Fields:
    """Bring the core's names to ours, however they are spelt: the first one that is given wins, and blanks are not given."""
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
    return _Fields(plain, in_order, frozenset(_OF_NAME[name] for name in twice if name in _OF_NAME))


def _loaded(plain: dict[str, Any]) -> tuple[Notification, frozenset[str]]:
    """Return what can be read, and the names of what cannot."""
    wrong: frozenset[str] = frozenset()
    try:
        told: Notification = _NOTIFICATION.load(plain)
    except ValidationError as error:
        wrong = frozenset(map(str, error.messages_dict))
        told = _NOTIFICATION.load({name: value for name, value in plain.items() if name not in wrong})
    return told, wrong


def _with_status(told: Notification, wrong: frozenset[str], given: _Fields) -> Notification:
    words = [canonical_status(one) if isinstance(one, str) else None for one in given.statuses]
    word = next((one for one in words if one is not None), None)
    reference = reference_in(given.plain.get("additional_data"))
    odd = wrong | given.twice | (frozenset({"core_status"}) if None in words else frozenset())
    if reference is None and _hides_one(given.plain.get("additional_data")):
        odd |= {"additional_data"}
    told = replace(told, reference=reference, odd=odd - _SPARE)
    if word is None:
        return replace(told, error=f"fields:{','.join(sorted({*odd, 'core_status'}))}"[:160])
    stopped = is_stop(word)
    if stopped is None:
        news = status_update(word, review_finalised=bool(given.plain.get("review_finalised_at")))
        return replace(told, core_status=word, news=news or StatusUpdate())
    number, channel = given.plain.get("customer_number"), given.plain.get("channel")
    return replace(told, core_status=word, customer_word=_word(number, channel, stopped=stopped))


def _hides_one(additional_data: Any) -> bool:
    """An object without our name in it is another's; anything else may hold our reference in a form we do not read."""
    return additional_data is not None and not (
        isinstance(additional_data, dict) and OUR_REFERENCE not in additional_data
    )


def _word(number: Any, channel: Any, *, stopped: bool) -> OptOutMessage:
    """A word without a channel is about every channel: a STOP is honoured however little the core says of it.

    What cannot be read of it is no reason to put it aside: the links that it names may tell.
    """
    try:
        channels = (Channel(str(channel).strip().lower()),) if channel else tuple(Channel)
    except ValueError:
        channels = ()
    return OptOutMessage(str(number or "")[:_LONGEST_NUMBER], channels, stopped)


def _notification_in(body: bytes) -> Mapping[str, Any]:
    """Return the one notification in a body: at its top, in a list, inside another object, or as JSON inside a text.

    Raises:
        _Unreadable: none, or several; all that they name is asked about.
    """
    try:
        level = [parse_json(body)]
    except ValueError as error:
        raise _Unreadable(NOT_JSON) from error
    top = level[0]
    for _ in range(_DEEPEST):
        told = [one for one in level if isinstance(one, dict) and _tells(one)]
        if len(told) > 1:
            raise _Unreadable("several_notifications")
        if told:
            return told[0]
        level = [inner for one in level for inner in _inside(one)]
    if isinstance(top, dict):
        return top
    raise _Unreadable("fields:no_object")


def _tells(found: Mapping[str, Any]) -> bool:
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
    """Return our name of a field of the core's, however it is spelt."""
    return _OF_NAME.get(_theirs(name) or "")


def _theirs(name: str) -> str | None:
    return name if name in _OF_NAME else _SPELT.get(_small(name))


def is_blank(value: Any) -> bool:
    """Say whether a field is there without saying anything."""
    return value is None or (isinstance(value, str) and not value.strip())


def _small(name: str) -> str:
    return "".join(one for one in name.casefold() if one.isalnum())


_SPELT = {_small(name): name for name in _OF_NAME}
