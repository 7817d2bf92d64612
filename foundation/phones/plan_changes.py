"""Changes of numbering plans that left two spellings of one number in use.

People, networks and WhatsApp still write the old ones.

A number's last digits did not change. Before them was ``old`` and is now ``new``; ``stem`` precedes both.
"""

from __future__ import annotations

from typing import NamedTuple


class PlanChange(NamedTuple):
    """One change: stem + old + rest -> stem + new + rest; ``stem`` and ``rest`` are patterns."""

    stem: str
    old: str
    new: str
    rest: str
    source: str


_WHATSAPP = "https://support.whapi.cloud/help-desk/faq/specifics-of-sending-messages-to-numbers-of-different-countries"
_MEXICO = "https://waha.devlike.pro/docs/apps/phone-numbers-mexico/"
_IVORY_COAST = (
    "https://newsgeek.ci/2020/07/28/telephonie-la-cote-divoire-bascule-a-10-chiffres-a-partir-du-31-janvier-2021"
)
_BENIN = "https://fr.allafrica.com/stories/202411300249.html"
_GABON = "http://news.alibreville.com/h/89332.html"
_GAMBIA = "https://github.com/google/libphonenumber (metadata of GM: both lengths are valid, digit by digit)"
_VIETNAM = (
    "https://sggpnews.org.vn/science_technology/mobile-phone-numbers-conversion-to-affect-60-million-subscribers-"
    "nationwide-76279.html"
)
_CAMEROON = "https://www.africatopsuccess.com/cameroon-phone-dialing-plan-moved-from-8-to-9-digits/"
_ECUADOR = "http://www.sangay.com/ecuadorguide/ecuador/dialing-mobile-cellular-numbers-in-ecuador-south-america/"
_OF_VIETNAM = {
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82", "186": "56", "188": "58", "199": "59",
}  # fmt: skip

PLAN_CHANGES: tuple[PlanChange, ...] = (
    # Mexico, August 2019: mobiles lost the 1 between country and area.
    PlanChange("52", "1", "", r"\d{10}", _MEXICO),
    # Argentina: a 9 marks mobiles in calls from abroad; area and number are the same with and without it.
    PlanChange("54", "9", "", r"\d{10}", _WHATSAPP),
    # Brazil, 2012 to 2016, area by area: mobiles got a ninth digit.
    PlanChange(r"55\d\d", "", "9", r"[6-9]\d{7}", _WHATSAPP),
    # Ecuador, September 2012.
    PlanChange("593", "", "9", r"[89]\d{7}", _ECUADOR),
    # Cameroon, November 2014: 6 for mobiles.
    PlanChange("237", "", "6", r"[5-9]\d{7}", _CAMEROON),
    # Vietnam, September 2018: eleven digits became ten.
    *(PlanChange("84", old, new, r"\d{7}", _VIETNAM) for old, new in _OF_VIETNAM.items()),
    # Gabon, November 2019: written with its 0 or without.
    *(PlanChange("241", zero, "6", r"[256]\d{6}", _GABON) for zero in ("0", "")),
    *(PlanChange("241", zero, "7", r"[47]\d{6}", _GABON) for zero in ("0", "")),
    # Ivory Coast, January 2021: a prefix for the operator, known by the second digit, came before a mobile's number.
    PlanChange("225", "", "07", r"[04-9][789]\d{6}", _IVORY_COAST),
    PlanChange("225", "", "05", r"[04-9][456]\d{6}", _IVORY_COAST),
    PlanChange("225", "", "01", r"[04-9][0123]\d{6}", _IVORY_COAST),
    # Benin, November 2024.
    PlanChange("229", "", "01", r"\d{8}", _BENIN),
    # Gambia: the operator came before the number.
    PlanChange("220", "", "83", r"[35]\d{6}", _GAMBIA),
    PlanChange("220", "", "86", r"[68]\d{6}", _GAMBIA),
    PlanChange("220", "", "87", r"(?:[27]\d|4[015])\d{5}", _GAMBIA),
    PlanChange("220", "", "89", r"9\d{6}", _GAMBIA),
)
