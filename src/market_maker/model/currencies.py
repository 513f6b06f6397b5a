"""Which currency an instrument is priced in."""

DOLLARS = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDE", "USDP", "DAI", "USD")
"""What counts as USDT, in which sizes and limits of a pool are given."""

CASH = (*DOLLARS, "EUR", "GBP", "TRY", "BRL", "JPY", "AUD")
"""Currencies whose amounts are written to the hundredth."""

_OTHERS = ("EUR", "GBP", "TRY", "BRL", "JPY", "AUD", "BTC", "ETH", "BNB", "SOL", "TRX", "XRP")
_SEPARATORS = "-/_:"


def quote_of_symbol(symbol: str) -> str:
    """The currency that a symbol's name ends with, as far as names say it; else nothing.

    Of "BTC-USD-SWAP" and "BTCUSD_PERP" it is the second part of the name.
    """
    name = symbol.upper()
    for separator in _SEPARATORS:
        name = name.replace(separator, " ")
    words = name.split()
    last = words[1] if len(words) > 1 and words[1] in (*DOLLARS, *_OTHERS) else words[0]
    for currency in (*DOLLARS, *_OTHERS):
        if last.endswith(currency) and (last != currency or len(words) > 1):
            return currency
    return ""
