"""Twilio's error codes in our own words. https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

# What we say (manifests/core/ours.json has the sentences); the codes are Twilio's, of a call's error or of a report.
_CODES: dict[str, tuple[int, ...]] = {
    "opted_out": (21610,),
    "invalid_number": (21211, 21217, 21401, 21421),
    "landline": (21614, 21635, 30006),
    "country_off": (21408, 21612),
    "phone_off": (30003,),
    "blocked": (30004, 63014),
    "unknown_number": (30005,),
    "filtered": (30007, 63032),
    "unreachable": (30008, 63024),
    # 21606 and 21659: the sender is not the account's; 21703: its messaging service has no number.
    "not_registered": (30034, 21606, 21659, 21703),
    "pumping_guard": (30450,),
    "not_on_whatsapp": (63003,),
    # 21655 and 21656: the id of a template, or its variables; 63027 to 63028: none in this language, other variables.
    "template": (63013, 63040, 63041, 63042, 63027, 63028, 21655, 21656),
    "window_closed": (63016,),
    "too_many": (63018, 21611, 14107),
    "too_late": (30036,),  # its validity was over before it left
    "account": (20003, 20005, 30002),
}
BY_CODE = {code: word for word, codes in _CODES.items() for code in codes}
OTHER = "refused"


def failure_of(code: object) -> str:
    """Return our word for one of Twilio's codes; ``refused`` for an unlisted one."""
    text = str(code or "")
    return BY_CODE.get(int(text), OTHER) if text.isascii() and text.isdigit() else OTHER
