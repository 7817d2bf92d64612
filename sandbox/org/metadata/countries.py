"""Country names and codes, which address fields synchronise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

_COUNTRIES = Path(__file__).parents[3] / "manifests" / "countries.json"
COUNTRY_CODES: tuple[str, ...] = tuple(json.loads(_COUNTRIES.read_text("utf-8"))["names"])
_PAIRS = (("BillingCountry", "BillingCountryCode"), ("MailingCountry", "MailingCountryCode"))


def pair_countries(values: Mapping[str, Any]) -> dict[str, Any]:
    """Let a country's name bring its code and the other way round, as the country picklists do.

    https://help.salesforce.com/s/articleView?id=sf.admin_state_country_picklists_overview.htm
    """
    whole = dict(values)
    for name, code in _PAIRS:
        if name in values and code not in values:
            whole[code] = _codes().get(str(values[name] or "").casefold())
        elif code in values and name not in values:
            whole[name] = Locale.parse("en").territories.get(values[code])
    return whole


@cache
def _codes() -> dict[str, str]:
    # In English for every user: that is what the picklists have as integration values until an admin changes them.
    names = Locale.parse("en").territories
    return {names[code].casefold(): code for code in COUNTRY_CODES}
