"""Proposals: how what is contested now could be divided (SPEC sections 6 and 10)."""

from .asking import Agree, Command, Propose, Withdraw
from .deal import OTHER, Deal, Proposal, Tranche
from .disputing import live, not_open, over
from .dividing import divide, unpayable
from .money import flaws
from .offering import Said


def against_making(deal: Deal, command: Propose, t: int) -> set[str]:
    (tranche,), terms = deal.meant(command.tranche), deal.terms
    stated = command.to_payee, command.to_payer
    closed = not_open(deal, tranche, t)
    past = {"PROPOSAL_EXPIRED"} if command.expires <= t else set()
    reasons = flaws(*stated) | closed | past
    if closed:
        return reasons
    dispute = tranche.dispute
    ended = over(tranche, t, dispute.deadline)
    reasons |= ended
    by = terms.role(command.asker.party)
    mine = [name for name in live(tranche, t) if dispute.proposals[name].by == by]
    if len(mine) >= terms.proposals:
        reasons.add("ACT_BUDGET_SPENT")
    if command.name in dispute.proposals:
        reasons.add("PROPOSAL_NAME_USED")
    if command.expires > dispute.deadline:
        reasons.add("PROPOSAL_EXPIRED")
    if all(isinstance(x, int) for x in stated):
        if not ended:
            reasons |= unpayable(deal, tranche, stated)
        if sum(stated) != tranche.contested:
            reasons.add("PROPOSAL_STALE")
    return reasons


def make(deal: Deal, command: Propose, t: int) -> list[Said]:
    (tranche,), by = deal.meant(command.tranche), deal.terms.role(command.asker.party)
    shares = {"payee": command.to_payee, "payer": command.to_payer}
    made = Proposal(by, shares, command.expires, command.asker.id)
    tranche.dispute.proposals[command.name] = made
    tranche.dispute.spoke |= by == "payee"
    named = tranche.number, by, command.name
    return [("proposed", *named, *shares.values(), command.expires, command.asker.id, t)]


def of_the_other_side(deal: Deal | None, command: Command) -> set[str]:
    """Nobody accepts his own proposal, and nobody withdraws another's."""
    if deal is None or not isinstance(command, Agree | Withdraw):
        return set()
    role, meant = deal.terms.role(command.asker.party), deal.meant(command.tranche)
    if role is None or len(meant) != 1 or meant[0].dispute is None:
        return set()
    made = meant[0].dispute.proposals.get(command.name)
    allowed = OTHER[role] if isinstance(command, Agree) else role
    return {"WRONG_ROLE"} if made and made.by != allowed else set()


def against_agreement(deal: Deal, command: Agree, t: int) -> set[str]:
    (tranche,) = deal.meant(command.tranche)
    if closed := not_open(deal, tranche, t):
        return closed
    reasons = over(tranche, t, tranche.dispute.deadline)
    if not tranche.contested:
        return reasons | {"PROPOSAL_SUPERSEDED"}  # Whatever it names.
    return reasons | against_name(tranche, command.name, t)


def against_withdrawal(deal: Deal, command: Withdraw, t: int) -> set[str]:
    (tranche,) = deal.meant(command.tranche)
    if closed := not_open(deal, tranche, t):
        return closed
    return over(tranche, t, tranche.dispute.deadline) | against_name(tranche, command.name, t)


def against_name(tranche: Tranche, name: str, t: int) -> set[str]:
    made = tranche.dispute.proposals.get(name)
    if made is None or made.withdrawn:
        return {"PROPOSAL_UNKNOWN"}
    stale = {"PROPOSAL_STALE"} if sum(made.shares.values()) != tranche.contested else set()
    return stale | ({"PROPOSAL_EXPIRED"} if t >= made.expires else set())


def agree(deal: Deal, command: Agree, t: int) -> list[Said]:
    (tranche,), by = deal.meant(command.tranche), deal.terms.role(command.asker.party)
    made = tranche.dispute.proposals[command.name]
    signed = {by: command.asker.id, made.by: made.id}
    tranche.dispute.spoke |= by == "payee"
    said = [("agreed", tranche.number, by, command.name, command.asker.id, t)]
    return [*said, *divide(tranche, made.shares, "proposal", signed, t, command.name)]


def withdraw(deal: Deal, command: Withdraw, t: int) -> list[Said]:
    (tranche,), by = deal.meant(command.tranche), deal.terms.role(command.asker.party)
    tranche.dispute.proposals[command.name].withdrawn = True
    return [("withdrawn", tranche.number, by, command.name, command.asker.id, t)]
