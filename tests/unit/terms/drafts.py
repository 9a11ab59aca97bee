"""Terms for the rules to look at: sound ones, and what is changed of them."""

from copy import deepcopy
from typing import Any

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

SOUND: dict[str, Any] = {
    "version": 1,
    "payer": {"party": "payer-1", "account": "account-1"},
    "payee": {"party": "payee-2", "account": "account-2"},
    "asset": "CNY/2",
    "tranches": [
        {"name": "delivery", "amount": "20000", "period": exact}
        for exact in [{"unit": "exact", "duration_ms": 5 * DAY_MS}]
    ],
    "odd_unit": "payee",
    "dispute": {
        "period_ms": 3 * DAY_MS,
        "silence_rule": True,
        "ending": {"ratio_to_payee_bp": 5000},
    },
    "caps": {"extend_ms": 3 * DAY_MS, "advance_ms": 2 * DAY_MS},
    "budget": {"acts": 100, "proposals": 8},
    "rail": {"name": "sandbox", "minimum": "100", "partial": "many", "margin_hours": 24},
    "proof": "upstream",
    "text_digest": "5" * 64,
}
"""Nothing is to be said of them but that the platform's word is enough."""


ADJUDICATOR = {"party": "chamber-1", "key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
"""The public key is that of RFC 8037, appendix A.2."""


def draft(**changes: Any) -> dict[str, Any]:
    """Return sound terms with changes: ``rail__minimum`` is the rail's minimum; None takes away."""
    terms = deepcopy(SOUND)
    for name, value in changes.items():
        *path, last = name.split("__")
        place = terms
        for step in path:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return terms


def tranches(*each: tuple[int, int]) -> list[dict[str, Any]]:
    """Return tranches of (amount, length of the period in ms)."""
    return [
        {"amount": str(amount), "period": {"unit": "exact", "duration_ms": period_ms}}
        for amount, period_ms in each
    ]


def external(**clauses: Any) -> dict[str, Any]:
    """Return a dispute clause that lets an adjudicator rule, if one is named."""
    fallback = {"ratio_to_payee_bp": 5000}
    clause = {"period_ms": 3 * DAY_MS, "silence_rule": True, "ending": "external"}
    return clause | {"ruling_ms": DAY_MS, "fallback": fallback} | clauses


def days(*each: tuple[int, str]) -> list[dict[str, Any]]:
    """Return tranches that end after (calendar days, at this time) in Berlin."""
    return [
        {
            "amount": "9000",
            "period": {
                "unit": "calendar_days",
                "days": count,
                "zone": "Europe/Berlin",
                "cutoff": cutoff,
            },
        }
        for count, cutoff in each
    ]


def business_days(calendar: str) -> list[dict[str, Any]]:
    """Return one tranche that ends on the next business day of a calendar."""
    period = {"unit": "business_days", "days": 1, "calendar": calendar}
    return [{"amount": "9000", "period": period | {"zone": "Asia/Shanghai", "cutoff": "17:00"}}]


def named(*names: str) -> list[dict[str, Any]]:
    """Return tranches of these names that end one after another."""
    each = tranches(*((10_000, number * DAY_MS) for number in range(3, 3 + len(names))))
    return [{**tranche, "name": name} for tranche, name in zip(each, names, strict=True)]
