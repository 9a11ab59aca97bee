"""Proposals and rulings, judged and applied once more (SPEC sections 6 and 10).

A command is refused, or divides what is contested; the events must say just that.
"""

from datetime import datetime
from typing import Any

from .asked import claimed
from .claims import OTHER, Dispute, Proposal
from .said import Message, instant

COMMAND = {"proposal.made": "proposal.make", "proposal.accepted": "proposal.accept",
           "proposal.withdrawn": "proposal.withdraw", "ruling.made": "ruling.submit"}  # fmt: skip
"""What each event applies."""
STATED = {"claim.lower": ("claim",), "proposal.make": ("to_payee", "to_payer"),
          "ruling.submit": ("payee_total",)}  # fmt: skip
"""The amounts that a command states."""

Moves = list[tuple[str, int, dict[str, Any]]]
"""To whom, how much, by whose authority."""


def not_admitted(case: Any, dispute: Dispute | None, record: Message) -> str | None:
    """Return why its asker may not even ask; None if it may."""
    party, by = record.data["party"], case.role(record.data["party"])
    if record.upstream != case.offer.upstream:
        return "NOT_A_PARTY"
    if record.kind == "ruling.submit":
        clause = case.terms["dispute"]
        judge = clause.get("adjudicator") if clause["ending"] == "external" else None
        if by is not None:
            return "WRONG_ROLE"
        return None if judge is not None and judge["party"] == party else "NOT_A_PARTY"
    if by is None:
        return "NOT_A_PARTY"
    return "WRONG_ROLE" if _is_others(dispute, record, by) else None


def _is_others(dispute: Dispute | None, record: Message, by: str) -> bool:
    if dispute is None or record.kind not in ("proposal.accept", "proposal.withdraw"):
        return False
    proposal = dispute.proposals.get(record.data["proposal"])
    return proposal is not None and (proposal.by == by) == (record.kind == "proposal.accept")


def refusal(case: Any, dispute: Dispute, record: Message, t: datetime) -> str | None:
    """Return why the law refuses it at ``t`` in this dispute, its amounts being sound."""
    if t < dispute.opened_at:
        return "NOT_IN_DISPUTE"
    until = dispute.rulings_until if record.kind == "ruling.submit" else dispute.deadline_at
    assert until is not None
    if t >= until:
        return "DISPUTE_PERIOD_ENDED"
    if dispute.ending is not None:
        return "PROPOSAL_SUPERSEDED" if record.kind == "proposal.accept" else "NOTHING_LEFT"
    if record.kind == "proposal.make":
        return _making(case, dispute, record, t)
    if record.kind == "ruling.submit":
        return _ruling(case, dispute, record)
    proposal = dispute.proposals.get(record.data["proposal"])
    if proposal is None or proposal.withdrawn:
        return "PROPOSAL_UNKNOWN"
    if proposal.to_payee + proposal.to_payer != dispute.contested:
        return "PROPOSAL_STALE"
    return "PROPOSAL_EXPIRED" if t >= proposal.expires_at else None


def is_spent(case: Any, dispute: Dispute, record: Message) -> bool:
    """Tell whether its maker has as many live proposals as the terms allow."""
    t, by = record.appended_at, case.role(record.data["party"])
    if dispute.ending is not None or not dispute.opened_at <= t < dispute.deadline_at:
        return False
    mine = [name for name in dispute.live(t) if dispute.proposals[name].by == by]
    return len(mine) >= int(case.terms["budget"]["proposals"])


def _making(case: Any, dispute: Dispute, record: Message, t: datetime) -> str | None:
    told, rail = record.data, dispute.opening.data["rail"]
    shares = [_amount(case, told[name]) for name in ("to_payee", "to_payer")]
    if is_spent(case, dispute, record):
        return "ACT_BUDGET_SPENT"
    if all(shares) and (rail["whole_only"] or dispute.parts + 2 > rail.get("parts", 10**9)):
        return "RAIL_CANNOT_HONOUR"
    if any(0 < share < dispute.minimum for share in shares):
        return "DUST_REMAINDER"
    if told["proposal"] in dispute.proposals:
        return "PROPOSAL_NAME_USED"
    if sum(shares) != dispute.contested:
        return "PROPOSAL_STALE"
    in_time = t < instant(told["expires_at"]) <= dispute.deadline_at
    return None if in_time else "PROPOSAL_EXPIRED"


def _ruling(case: Any, dispute: Dispute, record: Message) -> str | None:
    total = _amount(case, record.data["payee_total"])
    shares = [amount for _, amount in ruled(dispute, total)]
    if len(shares) > 1 and dispute.opening.data["rail"]["whole_only"]:
        return "RAIL_CANNOT_HONOUR"
    if any(share < dispute.minimum for share in shares):
        return "DUST_REMAINDER"
    return "CLAIM_OUT_OF_BOUNDS" if total > dispute.amount else None


def ruled(dispute: Dispute, total: int) -> list[tuple[str, int]]:
    """Return how a ruling divides what is contested; what was conceded stands."""
    payee = sorted((0, total - dispute.given["payee"], dispute.contested))[1]
    return [(to, x) for to, x in (("payee", payee), ("payer", dispute.contested - payee)) if x]


def apply(dispute: Dispute, record: Message, by: str) -> tuple[Moves, str | None]:
    """Let an accepted command happen; return what it moves, which the caller does, and how the
    dispute ends by it."""
    told, name = record.data, record.data.get("proposal")
    if record.kind == "proposal.make":
        shares = (int(told["to_payee"]["amount"]), int(told["to_payer"]["amount"]))
        dispute.proposals[name] = Proposal(by, *shares, instant(told["expires_at"]), record.id)
        dispute.payee_proposed |= by == "payee"
        return [], None
    if record.kind == "proposal.withdraw":
        dispute.proposals[name].withdrawn = True
        return [], None
    if record.kind == "ruling.submit":
        clause = {"basis": "clause", "clause": "dispute.ending"}
        divided = ruled(dispute, int(told["payee_total"]["amount"]))
        return [(to, x, {"signer": OTHER[to], **clause}) for to, x in divided], "ruling"
    proposal = dispute.proposals[name]
    ids = {by: record.id, proposal.by: proposal.command_id}
    return [
        (to, x, {"signer": OTHER[to], "basis": "live", "command_id": ids[OTHER[to]]})
        for to, x in proposal.shares()
    ], "proposal"


def told_of(dispute: Dispute, message: Message, timers: list[Any]) -> dict[str, Any]:
    """Return what the first event of the decision must say."""
    told = message.data
    body = {"tranche": dispute.number, "command_id": message.cause, "judged_at": told["judged_at"]}
    if message.kind == "ruling.made":
        shares = dict(ruled(dispute, int(told["payee_total"])))
        body |= {"payee_total": told["payee_total"], "adjudicator": told["adjudicator"]}
    else:
        proposal = dispute.proposals[told["proposal"]]
        accepts = message.kind == "proposal.accepted"
        shares = dict(proposal.shares())
        body |= {"proposal": told["proposal"], "by": OTHER[proposal.by] if accepts else proposal.by}
    if message.kind == "proposal.made":
        body |= {"expires_at": told["expires_at"], "timers": timers}
    if message.kind != "proposal.withdrawn":
        sides = {f"to_{to}": str(shares.get(to, 0)) for to in ("payee", "payer")}
        body |= {"asset": dispute.opening.data["asset"], **sides}
    return body


def _amount(case: Any, stated: Any) -> int:
    amount, _ = claimed(stated, case.terms["asset"])
    return -1 if amount is None else amount
