"""Twilio's error codes in our own words. https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

# What we say (manifests/core/ours.json has the sentences); the codes are Twilio's, of a call's error or of a report.
_CODES: dict[str, tuple[int, ...]] = {
    "opted_out": (21610, 63019),
    "invalid_number": (21211, 21217, 21401, 21421),
    "landline": (21614, 21635, 30006),
    "country_off": (21408, 21612),
    "phone_off": (30003,),
    "blocked": (30004, 63014),
    "unknown_number": (30005,),
    "filtered": (30007, 63032),
    "unreachable": (30008, 63024),
    "not_registered": (30034,),
    "pumping_guard": (30450,),
    "not_on_whatsapp": (63003,),
    "template": (63013, 63040, 63041, 63042, 63027),
    "window_closed": (63016,),
    "too_many": (63018, 21611, 14107),
}
_BY_CODE = {code: word for word, codes in _CODES.items() for code in codes}
OTHER = "refused"


def failure_of(code: object) -> str:
    """Return our word for one of Twilio's codes; ``refused`` for one that nobody listed."""
    text = str(code or "")
    return _BY_CODE.get(int(text), OTHER) if text.isascii() and text.isdigit() else OTHER
