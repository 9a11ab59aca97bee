"""ISO 4217 list one: the currencies in circulation and their exponents, pinned.

Written out because libraries differ from the standard: CLDR's digits are those of retail prices
and disagree with ISO 4217 for a dozen currencies. Funds codes and metals are left out on purpose:
nobody is paid in them.
"""

from typing import Final

_BY_EXPONENT: Final = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF "),
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
        "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
        "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN "
        "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
        "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
        "USD UYU UZS VES WST XCD YER ZAR ZMW "
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND "),
    4: ("CLF "),
}

EXPONENTS: Final = {
    currency: exponent
    for exponent, currencies in _BY_EXPONENT.items()
    for currency in currencies.split()
}
"""Currency code -> number of decimals of its minor unit."""
