"""How many minor units a currency has: an amount is stored in them, whole."""

from analysis.errors import ParameterError

# Yen and won have no cents; other currencies have two decimals, a few have three and are refused.
_NO_DECIMALS = frozenset(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"))
_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


def to_minor(amount: float, currency: str) -> int:
    """Return an amount of a currency in its minor units, rounded to the nearest.

    >>> to_minor(4.99, "USD"), to_minor(500, "JPY")
    (499, 500)
    """
    return round(amount * 10 ** decimals_of(currency))


def decimals_of(currency: str) -> int:
    """Return how many decimals an amount in a currency has.

    Raises:
        ParameterError: The currency is no ISO 4217 code, or has three decimals.

    >>> decimals_of("USD"), decimals_of("JPY")
    (2, 0)
    """
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise ParameterError(f"currency == {currency!r}, must be an ISO code such as 'USD'")
    if currency in _THREE_DECIMALS:
        raise ParameterError(f"currency == {currency!r}, must be one with 0 or 2 decimals")
    return 0 if currency in _NO_DECIMALS else 2
