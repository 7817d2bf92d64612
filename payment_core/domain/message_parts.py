"""How many parts carriers count a text as."""

from __future__ import annotations

import math

from payment_core.domain.enums import Channel

# 3GPP TS 23.038: the default alphabet, and its extension, whose characters take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_GSM = _BASIC | _EXTENDED
# Of 140 bytes a part of several loses six to its header: https://en.wikipedia.org/wiki/Concatenated_SMS
_GSM_ONE, _GSM_PART = 160, 153
_UCS2_ONE, _UCS2_PART = 70, 67


def is_gsm(text: str) -> bool:
    """Return whether a text needs no other alphabet than GSM's own."""
    return _GSM.issuperset(text)


def places_of(text: str) -> int:
    """Return how many places a text takes: septets of GSM's alphabet, else UTF-16 units."""
    if is_gsm(text):
        return len(text) + sum(text.count(one) for one in _EXTENDED.intersection(text))
    return len(text.encode("utf-16-be")) // 2


def parts_of(text: str, channel: Channel) -> int:
    """Return the parts of a message; WhatsApp has no parts."""
    if channel is not Channel.SMS:
        return 1
    one, part = (_GSM_ONE, _GSM_PART) if is_gsm(text) else (_UCS2_ONE, _UCS2_PART)
    places = places_of(text)
    return 1 if places <= one else math.ceil(places / part)
