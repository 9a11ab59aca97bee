"""What is said to the system, in plain values; and who may say it at all.

An amount is whole minor units, or a word: the flaw that it is refused for, or ``ALL``.
"""

from dataclasses import dataclass

from .deal import Deal, Terms

Amount = int | str | None


@dataclass(frozen=True)
class Asker:
    party: str
    id: str = "c1"
    body: str = "body"
    upstream: str = "shop"


@dataclass(frozen=True)
class Offer:
    asker: Asker
    terms: Terms
    expires: int
    acceptances: tuple[tuple[str, bool, bool], ...] = ()
    """Party, of the very terms on offer, with consent."""
    is_command: bool = False


@dataclass(frozen=True)
class Accept:
    asker: Asker
    same_terms: bool = True
    consents: bool = True


@dataclass(frozen=True)
class Decline:
    asker: Asker


@dataclass(frozen=True)
class Revoke:
    """A party's consent, taken back for the future."""

    asker: Asker


@dataclass(frozen=True)
class Act:
    """A release (to the payee) or a return (to the payer)."""

    asker: Asker
    to: str
    amount: Amount = None
    total: Amount = None
    tranche: int | str | None = None
    expected: Amount = None


@dataclass(frozen=True)
class Shift:
    """An extension (the payee's) or an advance (the payer's) of a deadline."""

    asker: Asker
    by: str
    to: int
    tranche: int | str | None = None


@dataclass(frozen=True)
class Open:
    asker: Asker
    claim: Amount
    tranche: int | str | None = None


@dataclass(frozen=True)
class Lower:
    asker: Asker
    claim: Amount
    tranche: int | str | None = None


@dataclass(frozen=True)
class Propose:
    asker: Asker
    name: str
    to_payee: Amount
    to_payer: Amount
    expires: int
    tranche: int | str | None = None


@dataclass(frozen=True)
class Agree:
    """The acceptance of a proposal."""

    asker: Asker
    name: str
    tranche: int | str | None = None


@dataclass(frozen=True)
class Withdraw:
    """A proposal, taken back."""

    asker: Asker
    name: str
    tranche: int | str | None = None


@dataclass(frozen=True)
class Rule:
    """A ruling: the payee's total."""

    asker: Asker
    total: Amount
    tranche: int | str | None = None
    signature: str | None = "valid"
    """Under the adjudicator's key: ``valid``, ``wrong``, or None where there is none."""


@dataclass(frozen=True)
class Due:
    timer: str
    tranche: int = 1
    generation: int = 1


@dataclass(frozen=True)
class Receipt:
    name: str
    amount: int
    account: str = "acc-alice"
    asset: str = "CNY/2"


@dataclass(frozen=True)
class Books:
    """The ledger: nothing is held, due or sent any more, or again something is."""

    empty: bool


Statement = Lower | Propose | Agree | Withdraw | Rule
"""What disputes is asked."""
Command = Offer | Accept | Decline | Revoke | Act | Shift | Open | Statement


def uninvited(deal: Deal | None, command: Command) -> set[str]:
    """Reasons that lie in who asks, and of what; none of them uses up an id (SPEC 3 and 4)."""
    asker = command.asker
    if isinstance(command, Offer):
        foreign = deal is not None and deal.upstream != asker.upstream
        strangers = {party for party, *_ in command.acceptances} - set(command.terms.parties)
        reasons = {"NOT_A_PARTY"} if foreign or strangers else set()
        if asker.party != asker.upstream:
            sides = {*command.terms.parties, *(deal.terms.parties if deal else ())}
            reasons.add("WRONG_ROLE" if asker.party in sides else "NOT_A_PARTY")
        return reasons
    if deal is None:
        return {"UNKNOWN_CONTRACT"}
    reasons = set()
    if not isinstance(command, Accept | Decline | Revoke):
        meant = deal.meant(command.tranche)
        if not meant or (len(meant) > 1 and not isinstance(command, Act)):
            reasons.add("MALFORMED")
    role = deal.terms.role(asker.party)
    may_rule = isinstance(command, Rule) and deal.terms.is_adjudicator(asker.party)
    if (role is None and not may_rule) or asker.upstream != deal.upstream:
        reasons.add("NOT_A_PARTY")
    if role is not None and role not in _whose(command):
        reasons.add("WRONG_ROLE")
    return reasons


def _whose(command: Command) -> set[str]:
    """Whose command it is: always the one's who gives something up by it."""
    match command:
        case Act(to="payee") | Open():
            return {"payer"}
        case Act():
            return {"payee"}
        case Shift(by=by):
            return {by}
        case Rule():
            return set()
        case _:
            return {"payer", "payee"}
