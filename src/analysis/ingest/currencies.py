"""What stands beside an amount of a currency: its code and its signs, and no other currency's."""

# What shops write beside amounts, beyond the ISO code. CP932 has no yen sign: what looks like one
# in Japan is stored as a backslash.
_SIGNS = {
    "AUD": ("AU$", "A$", "$"), "BDT": ("Tk.", "Tk", "৳"), "BRL": ("R$",),
    "CAD": ("CA$", "C$", "$"), "CHF": ("Fr.", "SFr."), "CNY": ("CN¥", "RMB", "元", "¥", "￥"),
    "CZK": ("Kč",), "DKK": ("kr.", "kr"), "EUR": ("€",), "GBP": ("£",), "HKD": ("HK$", "$"),
    "HUF": ("Ft",), "IDR": ("Rp.", "Rp"), "ILS": ("₪",), "INR": ("Rs.", "Rs", "₹"),
    "JPY": ("JP¥", "\\", "¥", "￥", "円"), "KRW": ("₩", "원"), "MXN": ("MX$", "$"),
    "MYR": ("RM",), "NOK": ("kr.", "kr"), "NZD": ("NZ$", "$"), "PHP": ("₱",), "PKR": ("Rs.", "Rs"),
    "PLN": ("zł",), "RUB": ("₽",), "SEK": ("kr.", "kr"), "SGD": ("S$", "$"),
    "THB": ("฿",), "TRY": ("₺", "TL"), "TWD": ("NT$", "元", "$"), "UAH": ("₴",),
    "USD": ("US$", "$"), "VND": ("₫", "đ"), "ZAR": ("R",),
}  # fmt: skip


def marks_of(currency: str) -> tuple[str, ...]:
    """Return the marks of a currency, longer ones first.

    >>> marks_of("EUR")
    ('EUR', '€')
    """
    return (currency, *_SIGNS.get(currency, ()))


def currencies_with(mark: str) -> set[str]:
    """Return the currencies beside whose amounts a mark may stand.

    >>> sorted(currencies_with("kr"))
    ['DKK', 'NOK', 'SEK']
    """
    return {code for code, marks in _SIGNS.items() if mark in (code, *marks)}
