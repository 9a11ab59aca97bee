"""Which codes never hold at once against one command, and why: commands, codes, codes, reason."""

SAID = "Lower Propose Agree Withdraw Rule"
ALL = f"Accept Decline Revoke Act Shift Open {SAID}"
FLAWS = "CURRENCY_UNKNOWN EXPONENT_WRONG CURRENCY_MISMATCH AMOUNT_INVALID"
TRANCHES = """ALREADY_ARRIVED CHAIN_PERIOD_ENDED IN_DISPUTE NOT_IN_DISPUTE DISPUTE_BUDGET_SPENT
    DISPUTE_PERIOD_ENDED NOTHING_LEFT"""
DEADLINES = "DEADLINE_ONLY_LATER DEADLINE_ONLY_EARLIER BEYOND_CAP"
CLAIMS = "CLAIM_MAY_ONLY_FALL CLAIM_OUT_OF_BOUNDS NO_CHANGE"
EMPTY = "ALREADY_ARRIVED CHAIN_PERIOD_ENDED IN_DISPUTE NOTHING_LEFT"
ENDED = "DECLINED OFFER_LAPSED"
EARLY = f"{ENDED} NOT_EFFECTIVE"
OVER = "DISPUTE_PERIOD_ENDED NOTHING_LEFT PROPOSAL_SUPERSEDED"
SIGNATURES = "SIGNATURE_REQUIRED SIGNATURE_INVALID"
NAMES = "PROPOSAL_SUPERSEDED PROPOSAL_NAME_USED PROPOSAL_UNKNOWN PROPOSAL_STALE"
AMOUNTS = "INSUFFICIENT_REMAINDER PRECONDITION_FAILED"

EXCLUDED = [
    (ALL, "UNKNOWN_CONTRACT",
     f"""MALFORMED NOT_A_PARTY WRONG_ROLE {SIGNATURES} TERMS_MISMATCH RAIL_CANNOT_HONOUR
     {EARLY} NOT_ON_OFFER {TRANCHES} {AMOUNTS} DUST_REMAINDER {DEADLINES} {CLAIMS} {NAMES}""",
     "of a contract that nobody offered, nothing is known but that"),
    ("Decline Revoke Agree Withdraw", "UNKNOWN_CONTRACT", "ACT_BUDGET_SPENT",
     "who asks this of what is unknown gives no reason that could be stored"),
    (ALL, "MALFORMED",
     f"""RAIL_CANNOT_HONOUR {TRANCHES} {AMOUNTS} DUST_REMAINDER {DEADLINES} {CLAIMS} {NAMES}
     {SIGNATURES}""",
     "of a tranche that is not there, nothing is asked"),
    ("Agree Withdraw", "UNKNOWN_CONTRACT MALFORMED", "WRONG_ROLE PROPOSAL_EXPIRED",
     "where nothing was proposed a name gives no reason"),
    (ALL, "DECLINED", "OFFER_LAPSED", "an offer ends once"),
    ("Decline", ENDED, "NOT_ON_OFFER", "what was declined or lapsed never took effect"),
    (f"Act Shift Open {SAID}", EARLY,
     f"RAIL_CANNOT_HONOUR {TRANCHES} DUST_REMAINDER {DEADLINES} {NAMES}",
     "what was sent before the effect finds no money and no deadline, whenever it is read"),
    ("Shift Open Lower Rule", EARLY, CLAIMS, "before the effect there is nothing to change"),
    ("Agree Withdraw", f"{EARLY} NOT_IN_DISPUTE", "WRONG_ROLE PROPOSAL_EXPIRED",
     "before a dispute nothing is proposed"),
    ("Offer", "CURRENCY_UNKNOWN", "EXPONENT_WRONG", "terms have one asset, with one flaw"),
    ("Offer", "AMOUNT_INVALID", "RAIL_CANNOT_HONOUR", "what is no amount is too little for none"),
    ("Open Lower Rule", FLAWS, FLAWS, "a claim is one amount, with one flaw"),
    ("Open Lower Propose Rule", FLAWS, f"RAIL_CANNOT_HONOUR DUST_REMAINDER {CLAIMS} PROPOSAL_STALE",
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
    (SAID, "NOT_IN_DISPUTE",
     f"{OVER} RAIL_CANNOT_HONOUR DUST_REMAINDER {CLAIMS} {NAMES}",
     "what was never disputed, or not yet, has no claims, no rest and no end"),
    ("Lower Propose Rule", "RAIL_CANNOT_HONOUR DUST_REMAINDER", OVER,
     "after its end, or too late, nothing that is said could move a part"),
    ("Rule", "RAIL_CANNOT_HONOUR DUST_REMAINDER", "CLAIM_OUT_OF_BOUNDS",
     "what is ruled beyond all that there is divides nothing"),
    ("Rule", "SIGNATURE_REQUIRED", "SIGNATURE_INVALID", "a signature is not there, or it is wrong"),
    ("Agree", "PROPOSAL_SUPERSEDED", "PROPOSAL_UNKNOWN PROPOSAL_STALE PROPOSAL_EXPIRED",
     "after the end it is not asked what an acceptance names"),
    ("Agree Withdraw", "PROPOSAL_UNKNOWN", "PROPOSAL_STALE PROPOSAL_EXPIRED",
     "what is not there is neither stale nor over"),
    ("Lower", "RAIL_CANNOT_HONOUR DUST_REMAINDER", CLAIMS,
     "who raises, leaves or exceeds a claim cuts nothing that could move"),
    ("Open Lower", "CLAIM_MAY_ONLY_FALL CLAIM_OUT_OF_BOUNDS", "NO_CHANGE",
     "the present claim is in bounds and not above itself"),
]  # fmt: skip
