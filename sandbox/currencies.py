"""How many decimal digits each currency has in ISO 4217; a second list, so that a fault in the product's own is found."""

# https://www.iso.org/iso-4217-currency-codes.html; every other currency has two.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"


def iso_digits(currency: str) -> int:
    """Return how many decimal digits a currency has."""
    listed = next(
        (digits for codes, digits in ((_NONE, 0), (_THREE, 3), (_FOUR, 4)) if currency in codes.split()), None
    )
    return 2 if listed is None else listed
