"""Countries: an address means one by its code or by its name in many languages, and a doubtful one means none."""

from __future__ import annotations

import pytest
from babel import Locale
from phonenumbers import SUPPORTED_REGIONS

from connector.salesforce.orders.countries import country_of

MEANT = """
ZA: South Africa |   south   africa  | SOUTH AFRICA | Suid-Afrika | RSA | R.S.A. | ZA | za | ZAF
ZA: Südafrika | Sudafrika | Afrique du Sud
US: USA | U.S.A. | US | United States | The United States of America | EE. UU.
GB: UK | U.K. | Great Britain | England | Scotland | GB
KR: Korea, Republic of | South Korea | 대한민국
VN: Viet Nam | Việt Nam
CI: Côte d’Ivoire | Cote d'Ivoire | Ivory Coast
DE: Deutschland | Allemagne | Germany
NL: The Netherlands | Holland | Nederland
CN: 中国 | Китай
JP: 日本
RU: Россия
TR: Türkiye | Turkey
HK: Hong Kong
MO: Macau
TW: Taiwan
AE: UAE | الإمارات العربية المتحدة
CZ: Czech Republic | Czechia
TT: Trinidad & Tobago | Trinidad and Tobago
LC: St. Lucia
SZ: Swaziland | Eswatini
MX: México
BR: Brasil
AT: Österreich | Oesterreich
IN: भारत
NA: Namibia
NO: Norway
SA: Saudi Arabia
IE: Republic of Ireland
BO: Bolivia (Plurinational State of)
CD: Democratic Republic of the Congo
CG: Congo-Brazzaville
MM: Myanmar | Burma
TH: ประเทศไทย
"""


@pytest.mark.parametrize(
    ("text", "country"), [(name, line[:2]) for line in MEANT.strip().splitlines() for name in line[4:].split(" | ")]
)
def test_people_name_a_country_in_their_own_way(text: str, country: str) -> None:
    assert country_of(text, is_code=False) == country


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        None,
        7,
        "Narnia",
        "N/A",
        "NA",
        "No",
        "SA",
        "Congo",
        "Kongo",
        "Virgin Islands",
        "Nga",
        "XX",
        "AQ",
        "Cape Town",
    ],
)
def test_what_is_none_or_may_be_several_is_not_guessed(text: object) -> None:
    assert country_of(text, is_code=False) is None


@pytest.mark.parametrize("code", ["NO", "NA", "SA", "ZA", "us"])
def test_in_a_field_of_codes_two_letters_are_a_code(code: str) -> None:
    assert country_of(code, is_code=True) == code.upper()


@pytest.mark.parametrize("code", ["ZZ", "AQ", "Z1", "EU"])
def test_a_code_without_phone_numbers_means_none(code: str) -> None:
    assert country_of(code, is_code=True) is None


@pytest.mark.parametrize(
    "language", ["en", "fr", "de", "es", "pt", "nl", "af", "ar", "zh", "ja", "ko", "ru", "hi", "it", "tr", "sw"]
)
def test_names_of_the_unicode_tables_mean_their_own_country(language: str) -> None:
    names = {code: name for code, name in Locale.parse(language).territories.items() if code in SUPPORTED_REGIONS}
    read = {code: country_of(name, is_code=False) for code, name in names.items()}
    assert {code: found for code, found in read.items() if found not in (code, None)} == {}
    # A newer babel may bring newer names: `python -m tools.make_countries` takes them over.
    assert [name for code, name in names.items() if read[code] is None][8:] == []
