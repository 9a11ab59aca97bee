"""Which codes never hold at once against one command, and why: commands, codes, codes, reason."""

ALL = "Accept Decline Revoke Act Shift Open Lower"
FLAWS = "CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID"
TRANCHES = """ALREADY_ARRIVED CHAIN_PERIOD_ENDED IN_DISPUTE NOT_IN_DISPUTE DISPUTE_BUDGET_SPENT
    DISPUTE_PERIOD_ENDED NOTHING_LEFT"""
DEADLINES = "DEADLINE_ONLY_LATER DEADLINE_ONLY_EARLIER BEYOND_CAP"
CLAIMS = "CLAIM_MAY_ONLY_FALL CLAIM_OUT_OF_BOUNDS NO_CHANGE"
EMPTY = "ALREADY_ARRIVED CHAIN_PERIOD_ENDED IN_DISPUTE NOTHING_LEFT"
ENDED = "DECLINED OFFER_LAPSED"
EARLY = f"{ENDED} NOT_EFFECTIVE"
AMOUNTS = "INSUFFICIENT_REMAINDER PRECONDITION_FAILED"

EXCLUDED = [
    (ALL, "UNKNOWN_CONTRACT",
     f"""MALFORMED NOT_A_PARTY WRONG_ROLE TERMS_MISMATCH RAIL_CANNOT_HONOUR
     {EARLY} NOT_ON_OFFER {TRANCHES} {AMOUNTS} DUST_REMAINDER {DEADLINES} {CLAIMS}""",
     "of a contract that nobody offered, nothing is known but that"),
    ("Decline Revoke", "UNKNOWN_CONTRACT", "ACT_BUDGET_SPENT",
     "who declines or revokes what is unknown gives no reason that could be stored"),
    (ALL, "MALFORMED",
     f"RAIL_CANNOT_HONOUR {TRANCHES} {AMOUNTS} DUST_REMAINDER {DEADLINES} {CLAIMS}",
     "of a tranche that is not there, nothing is asked"),
    (ALL, "DECLINED", "OFFER_LAPSED", "an offer ends once"),
    ("Decline", ENDED, "NOT_ON_OFFER", "what was declined or lapsed never took effect"),
    ("Act Shift Open Lower", EARLY, f"RAIL_CANNOT_HONOUR {TRANCHES} DUST_REMAINDER {DEADLINES}",
     "what was sent before the effect finds no money and no deadline, whenever it is read"),
    ("Shift Open Lower", EARLY, CLAIMS, "before the effect there is nothing to change"),
    ("Offer", "CURRENCY_UNKNOWN", "EXPONENT_WRONG", "terms have one asset, with one flaw"),
    ("Offer", "AMOUNT_INVALID", "RAIL_CANNOT_HONOUR", "what is no amount is too little for none"),
    ("Open Lower", FLAWS, FLAWS, "a claim is one amount, with one flaw"),
    ("Open Lower", FLAWS, f"RAIL_CANNOT_HONOUR DUST_REMAINDER {CLAIMS}",
     "what is no amount is not weighed"),
    ("Act", "RAIL_CANNOT_HONOUR DUST_REMAINDER", f"{EMPTY} INSUFFICIENT_REMAINDER NO_CHANGE",
     "only what can be had is asked of the rail, and only a part of it leaves dust"),
    ("Act Shift", "ALREADY_ARRIVED CHAIN_PERIOD_ENDED", "IN_DISPUTE",
     "of a disputed tranche it is never said that its period is over"),
    ("Act", "INSUFFICIENT_REMAINDER", "NO_CHANGE", "what is reached already asks for nothing"),
    ("Shift", "DEADLINE_PAST", "DEADLINE_ONLY_EARLIER NO_CHANGE",
     "while a period runs, its deadline is to come, and what is past is before it"),
    ("Shift", "DEADLINE_ONLY_LATER", "DEADLINE_ONLY_EARLIER", "a party moves it one way"),
    ("Shift", "DEADLINE_ONLY_LATER DEADLINE_ONLY_EARLIER", "NO_CHANGE",
     "to itself is neither earlier nor later"),
    ("Shift", "DEADLINE_ONLY_EARLIER", "BEYOND_CAP",
     "no deadline stands before the earliest that the caps allow, so nothing after it does"),
    ("Open", "RAIL_CANNOT_HONOUR", "CHAIN_PERIOD_ENDED DISPUTE_BUDGET_SPENT NOTHING_LEFT",
     "the rail is asked only while something is free"),
    ("Open", "CHAIN_PERIOD_ENDED NOTHING_LEFT", "DUST_REMAINDER",
     "where nothing is free no claim contests a part"),
    ("Open", "RAIL_CANNOT_HONOUR DUST_REMAINDER", CLAIMS,
     "what is out of bounds or contests nothing asks nothing of the rail"),
    ("Lower", "NOT_IN_DISPUTE",
     f"DISPUTE_PERIOD_ENDED NOTHING_LEFT RAIL_CANNOT_HONOUR DUST_REMAINDER {CLAIMS}",
     "what was never disputed, or not yet, has no claims, no rest and no end"),
    ("Lower", "RAIL_CANNOT_HONOUR DUST_REMAINDER", "DISPUTE_PERIOD_ENDED NOTHING_LEFT",
     "after the end nothing is contested of which a part could move"),
    ("Lower", "RAIL_CANNOT_HONOUR DUST_REMAINDER", CLAIMS,
     "who raises, leaves or exceeds a claim cuts nothing that could move"),
    ("Open Lower", "CLAIM_MAY_ONLY_FALL CLAIM_OUT_OF_BOUNDS", "NO_CHANGE",
     "the present claim is in bounds and not above itself"),
]  # fmt: skip
