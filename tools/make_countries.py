"""Write manifests/countries.json: what people call each country, from CLDR's names and from the list below.

    python -m tools.make_countries

Run it when babel brings newer names. A name that means several countries in different languages is left out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global
from phonenumbers import SUPPORTED_REGIONS

from connector.salesforce.orders.countries import fold_name

Names = list[tuple[str, str]]
ROOT = Path(__file__).resolve().parents[1]

# The languages that Salesforce's pages come in, and those of many people beside them.
LANGUAGES = """
en af am ar az be bg bn bs ca cs cy da de el es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko
ky lo lt lv mk ml mn mr ms mt my nb ne nl nn pa pl pt ro ru si sk sl sq sr sr_Latn sv sw ta te th tr uk ur uz vi xh zh
zh_Hant zu
"""
# ISO 3166 writes some names the other way round, orgs import such lists, and people have shorter ones.
ALSO = """
AE: UAE; U.A.E.; Emirates; United Arab Emirates (the)
AT: Oesterreich
BA: Bosnia; Bosnia-Herzegovina
BN: Brunei Darussalam
BO: Bolivia, Plurinational State of; Bolivia (Plurinational State of)
BS: Bahamas, The
CD: DRC; DR Congo; D.R. Congo; Congo, the Democratic Republic of the; Congo, Democratic Republic of the; Congo
    (Democratic Republic of the); Democratic Republic of the Congo; Democratic Republic of Congo; Congo-Kinshasa;
    Zaire
CG: Republic of the Congo; Congo, Republic of the; Congo Republic; Congo-Brazzaville
CH: Swiss Confederation
CI: Ivory Coast; Cote d'Ivoire; Republic of Cote d'Ivoire
CN: 中华人民共和国; PRC; P.R. China; PR China; People's Republic of China; Mainland China
CV: Cabo Verde
CZ: Czech Republic; Ceska republika
DE: Federal Republic of Germany; BRD
FK: Falkland Islands (Malvinas)
FM: Micronesia, Federated States of; Micronesia (Federated States of); Federated States of Micronesia
GB: UK; U.K.; Great Britain; Britain; England; Scotland; Wales; Northern Ireland; United Kingdom of Great Britain
    and Northern Ireland
GM: Gambia, The; Gambia (the)
HK: Hong Kong; Hongkong; Hong Kong SAR; HKSAR; 香港
IE: Republic of Ireland; Eire
IR: Iran, Islamic Republic of; Iran (Islamic Republic of); Islamic Republic of Iran
KP: North Korea; Korea, Democratic People's Republic of; Korea (Democratic People's Republic of); DPRK
KR: South Korea; Korea; Korea, Republic of; Korea (Republic of); Republic of Korea; Korea, South; S. Korea
LA: Lao People's Democratic Republic; Lao PDR
MD: Moldova, Republic of; Moldova (Republic of); Republic of Moldova
MK: Macedonia; FYROM; Macedonia, the former Yugoslav Republic of; Republic of North Macedonia
MM: Burma; Myanmar
MO: Macau; Macao; Macao SAR; Macau SAR; 澳门; 澳門
NL: Holland; The Netherlands
PH: The Philippines; Pilipinas
PS: Palestine; Palestine, State of; State of Palestine; Palestinian Territory, Occupied
RE: Reunion; La Reunion
RU: Russian Federation; Rossiya
ST: Sao Tome
SY: Syrian Arab Republic
SZ: Swaziland
TH: ประเทศไทย
TL: East Timor
TR: Turkey; Turkiye; Republic of Turkey
TT: Trinidad; Trinidad and Tobago
TW: Taiwan; Taiwan, Province of China; Taiwan (Province of China); Chinese Taipei; Taiwan, Republic of China
TZ: Tanzania, United Republic of; Tanzania (United Republic of); United Republic of Tanzania
US: USA; U.S.A.; U.S.; United States of America; United States of America (the); Estados Unidos de America; EE.
    UU.; EEUU; Etats-Unis d'Amerique
VA: Holy See (Vatican City State); Holy See; Vatican City State; Vatican
VE: Venezuela, Bolivarian Republic of; Venezuela (Bolivarian Republic of)
VG: Virgin Islands, British; BVI
VI: Virgin Islands, U.S.; USVI
VN: Viet Nam; Socialist Republic of Vietnam
XK: Republic of Kosovo
ZA: RSA; R.S.A.; Republic of South Africa; South-Africa; Mzansi
"""
# Said of two countries, whatever one language calls which: a question is better than a guess.
SEVERAL = ("Nga", "Congo", "Kongo", "Guinea", "Virgin Islands", "Saint Martin", "Micronesia")
KEPT = {"guinea": "GN", "micronesia": "FM"}


def names() -> dict[str, set[str]]:
    """Return the folded names of each country, the surest source last."""
    meant = {**_only(_in_brackets(_of_cldr())), **_only(_of_cldr())}
    for long, (short, *others) in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", long) and not others and short in SUPPORTED_REGIONS:
            meant[fold_name(long)] = short
    english = Locale.parse("en").territories
    meant |= {fold_name(english[code]): code for code in SUPPORTED_REGIONS}
    meant |= {fold_name(name): code for code, also in _also() for name in also.split(";")}
    for name in SEVERAL:
        meant.pop(fold_name(name), None)
    meant |= KEPT
    names: dict[str, set[str]] = {code: set() for code in sorted(SUPPORTED_REGIONS)}
    for name, code in meant.items():
        names[code].add(name)
    return names


def _also() -> list[tuple[str, str]]:
    """Return (code, names) of each line of the list; an indented line goes on with the one before."""
    lines = ALSO.replace("\n    ", " ").strip().splitlines()
    return [(line[:2], line[4:]) for line in lines]


def _of_cldr() -> Names:
    return [
        (name, code)
        for language in LANGUAGES.split()
        for code, name in Locale.parse(language).territories.items()
        if code in SUPPORTED_REGIONS
    ]


def _in_brackets(names: Names) -> Names:
    """Of "Myanmar (Burma)" either may be written alone; of "Hong Kong (China)" the one in brackets is another country."""
    found = [(re.fullmatch(r"(.+?)\s*[(（](.+)[)）]", name), code) for name, code in names]
    return [(part, code) for inside, code in found if inside for part in inside.groups()]


def _only(names: Names) -> dict[str, str]:
    meant: dict[str, set[str]] = defaultdict(set)
    for name, code in names:
        meant[fold_name(name)].add(code)
    for name, codes in meant.items():
        if len(codes) > 1:
            print(f"left out: {name}: {', '.join(sorted(codes))}")
    # Two letters are a code; "uk" is in the list above.
    return {
        name: min(codes) for name, codes in meant.items() if len(codes) == 1 and not re.fullmatch("[a-z]{0,2}", name)
    }


def main() -> None:
    """Write the file, a line for each country."""
    about = (
        "What people call each country that has phone numbers, folded as connector/salesforce/orders/countries.py folds it. "
        "Made by tools/make_countries.py from CLDR; not edited by hand."
    )
    lines = [f'    "{code}": {json.dumps(sorted(some), ensure_ascii=False)}' for code, some in names().items()]
    text = f'{{\n  "about": {json.dumps(about)},\n  "names": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
    (ROOT / "manifests" / "countries.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
