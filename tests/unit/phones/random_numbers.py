"""Random mobile numbers of fifty countries, in the forms in which people write them, with what each must be read as.

    python tests/unit/phones/random_numbers.py 1000 [seed]

Ranges come from the numbering plans, filled in here digit by digit; how people dial is below, written by hand: nothing is
parsed or formatted by the library that the product reads with, so a fault of it cannot hide behind itself.
"""

from __future__ import annotations

import random
import re._constants as part  # type: ignore[import-not-found]
import re._parser as patterns  # type: ignore[import-not-found]
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from phonenumbers import PhoneMetadata

from foundation.phones.read_phone import Ambiguous, PhoneRead, Read, read_phone

# Country -> (calling code, what is dialled before a mobile at home)
COUNTRIES = {
    "ZA": (27, "0"), "NG": (234, "0"), "KE": (254, "0"), "GH": (233, "0"), "TZ": (255, "0"), "UG": (256, "0"),
    "EG": (20, "0"), "MA": (212, "0"), "CI": (225, ""), "SN": (221, ""), "US": (1, "1"), "CA": (1, "1"),
    "MX": (52, ""), "BR": (55, "0"), "AR": (54, "0"), "CO": (57, ""), "CL": (56, ""), "PE": (51, ""),
    "EC": (593, "0"), "GB": (44, "0"), "IE": (353, "0"), "DE": (49, "0"), "FR": (33, "0"), "IT": (39, ""),
    "ES": (34, ""), "PT": (351, ""), "NL": (31, "0"), "BE": (32, "0"), "CH": (41, "0"), "AT": (43, "0"),
    "SE": (46, "0"), "NO": (47, ""), "DK": (45, ""), "FI": (358, "0"), "PL": (48, ""), "CZ": (420, ""),
    "RO": (40, "0"), "HU": (36, "06"), "RU": (7, "8"), "UA": (380, "0"), "TR": (90, "0"), "IN": (91, "0"),
    "PK": (92, "0"), "CN": (86, "0"), "JP": (81, "0"), "KR": (82, "0"), "ID": (62, "0"), "PH": (63, "0"),
    "VN": (84, "0"), "AU": (61, "0"), "NZ": (64, "0"), "AE": (971, "0"), "SA": (966, "0"), "IL": (972, "0"),
}  # fmt: skip
_BRAZIL_WITHOUT_NINTH = 10


class Written(NamedTuple):
    """One number as somebody writes it: ``abroad`` forms say their country by themselves."""

    country: str
    form: str
    abroad: bool
    text: str
    number: str


def numbers_of(country: str, count: int, rng: random.Random) -> Iterator[str]:
    """Yield national numbers of a country's mobile ranges."""
    plan: Any = PhoneMetadata.metadata_for_region(country)
    pattern = patterns.parse(plan.mobile.national_number_pattern)
    made = 0
    while made < count:
        national = _filled(pattern, rng)
        if (
            country == "BR" and len(national) == _BRAZIL_WITHOUT_NINTH
        ):  # gets its ninth digit, so it is another number then
            continue
        made += 1
        yield national


def _filled(pattern: Any, rng: random.Random) -> str:
    return "".join(_part(kind, given, rng) for kind, given in pattern)


def _part(kind: Any, given: Any, rng: random.Random) -> str:
    if kind is part.LITERAL:
        return chr(given)
    if kind is part.IN:
        spans = [(low, low) if one is part.LITERAL else low if one is part.RANGE else (48, 57) for one, low in given]
        return rng.choice([chr(code) for low, high in spans for code in range(low, high + 1)])
    if kind is part.BRANCH:
        return _filled(rng.choice(given[1]), rng)
    if kind is part.SUBPATTERN:
        return _filled(given[3], rng)
    if kind is part.MAX_REPEAT:
        least, most, inner = given
        return "".join(_filled(inner, rng) for _ in range(rng.randint(least, most)))
    raise NotImplementedError(str(kind))


def written(country: str, national: str, rng: random.Random) -> Iterator[Written]:
    """Yield a number in every form."""
    code, trunk = COUNTRIES[country]
    forms = {
        "+27831234567": (True, f"+{code}{national}"),
        "+27 (0)831234567": (True, f"+{code} ({trunk}){national}" if trunk else f"+{code} {national}"),
        "0027831234567": (True, f"00{code}{national}"),
        "27831234567": (True, f"{code}{national}"),
        "270831234567": (True, f"{code} {trunk}{national}"),
        "0831234567": (False, f"{trunk}{national}"),
        "831234567": (False, national),
    }
    for form, (abroad, text) in forms.items():
        yield Written(country, form, abroad, text, f"+{code}{national}")
        yield Written(country, form, abroad, _grouped(text, rng), f"+{code}{national}")


def _grouped(text: str, rng: random.Random) -> str:
    """Put spaces or dashes between some of the digits, as people do."""
    out = text[:2]
    for before, digit in pairwise(text[1:]):
        out += (rng.choice("  -") if before.isdigit() and digit.isdigit() and rng.random() < 0.3 else "") + digit
    return out


def judged(read: PhoneRead, number: str) -> str:
    """Return what became of a number: right, asked, refused, or somebody else's."""
    match read:
        case Read(reading):
            if reading.number == number:
                return "right"
            return "another number at home" if reading.number[:3] == number[:3] else "STRANGER"
        case Ambiguous(readings):
            return "asked" if number in [one.number for one in readings] else "asked in vain"
    return "refused"


def tally(per_country: int, rng: random.Random) -> tuple[dict[tuple[str, str], Counter[str]], list[str]]:
    """Return (what became of how many, by situation and form; what went wrong, without its number's end)."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    wrong = []
    for country in COUNTRIES:
        for national in numbers_of(country, per_country, rng):
            for one in written(country, national, rng):
                elsewhere = rng.choice([each for each in COUNTRIES if each != country])
                situations = {
                    "the order's country is known": (country, elsewhere),
                    "unknown, the tenant is at home": (None, country),
                }
                if one.abroad:
                    situations["unknown, the tenant is elsewhere"] = (None, elsewhere)
                for name, (known, region) in situations.items():
                    verdict = judged(read_phone(one.text, country=known, region=region), one.number)
                    counts.setdefault((name, one.form), Counter())[verdict] += 1
                    if verdict not in ("right", "asked"):
                        wrong.append(f"{name}: {one.form} of {country}: {verdict} ({one.text[:-3]}…)")
    return counts, wrong


def main() -> None:
    """Print the table."""
    per_country = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    counts, wrong = tally(per_country, random.Random(seed))
    print(f"seed {seed}, {len(COUNTRIES)} countries, {per_country} numbers each")
    for (name, form), verdicts in counts.items():
        print(f"{name:34} {form:18} {dict(verdicts)}")
    total: Counter[str] = sum(counts.values(), Counter())
    print(f"together {dict(total)}")
    print(*Counter(wrong).most_common(20), sep="\n")


if __name__ == "__main__":
    main()
