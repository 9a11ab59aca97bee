"""A story of one disputed contract: given an opening, when somebody speaks, then this came."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from schemas.values import Money
from services.chassis.answers import Applied, Asked, Decision, Refusal
from services.disputes.domain.commands import (
    AcceptProposal,
    BecameEffective,
    Command,
    ContractOffered,
    DisputeOpened,
    Due,
    LowerClaim,
    MakeProposal,
    OfferEnded,
    SubmitRuling,
    WithdrawProposal,
)
from services.disputes.domain.decide import decide
from services.disputes.domain.docket import Adjudicator, Buckets, Clause, Docket, Proofs, Rail, Role
from services.disputes.domain.events import Event, FundsAttributed
from services.disputes.domain.evolve import evolve
from services.disputes.domain.facts import learn

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
"""The contract takes effect."""
ASSET = "CNY/2"
PARTY = {Role.PAYER: "alice", Role.PAYEE: "bob"}
JUDGE = Adjudicator("judy", "the judge's key")
OFFERED = ContractOffered("shop", "alice", "bob", ASSET, (None,), Proofs(), JUDGE)


def opened(claim: int, *, amount: int = 100, hours: float = 72, **changes: Any) -> DisputeOpened:
    """An opening of tranche 1 at the start; ``payer`` was returned before.

    ``rail_...`` and ``clause_...`` change the rail and the clause.
    """
    payer = changes.pop("payer", 0)
    rail = {name[5:]: changes.pop(name) for name in list(changes) if name.startswith("rail_")}
    clause = {name[7:]: changes.pop(name) for name in list(changes) if name.startswith("clause_")}
    at = changes.pop("opened_at", START)
    ruling_hours = changes.pop("ruling_hours", None)
    base = DisputeOpened(
        tranche=1,
        asset=ASSET,
        amount=amount,
        claim=claim,
        buckets=Buckets(contested=claim - payer, payee=amount - claim, payer=payer),
        clause=replace(Clause(True, "to_payee", Role.PAYEE), **clause),
        rail=replace(Rail(1, whole_only=False, parts=None), **rail),
        proposals_budget=8,
        opened_at=at,
        deadline_at=at + timedelta(hours=hours),
        ruling_deadline_at=None
        if ruling_hours is None
        else at + timedelta(hours=hours + ruling_hours),
        sequence=4,
    )
    return replace(base, **changes)


@dataclass
class Story:
    """One contract and everything that happened to its disputes."""

    docket: Docket | None = None
    at: datetime = START
    events: list[Event] = field(default_factory=list)
    count: int = 0

    def hear(self, command: Command) -> Decision:
        """Decide and apply."""
        decision = decide(self.docket, command, self.at)
        happened = list(decision.due)
        if isinstance(decision.outcome, Applied):
            happened += decision.outcome.events
        if happened:
            assert self.docket is not None
            self.docket = reduce(evolve, happened, self.docket)
        self.events += happened
        return decision

    def wait(self, hours: float) -> "Story":
        self.at += timedelta(hours=hours)
        return self

    def ask(self, party: str, **changes: Any) -> Asked:
        self.count += 1
        return Asked(**{
            "upstream": "shop", "party": party, "command_id": f"c{self.count}",
            "body_digest": b"body", **changes,
        })  # fmt: skip

    def lower(
        self, by: Role | str, claim: Any, tranche: int | str | None = None, **ask: Any
    ) -> Any:
        """``by`` states ``claim``: whole minor units, money, or a flaw."""
        party = PARTY[by] if isinstance(by, Role) else by
        if isinstance(claim, int) and not isinstance(claim, bool):
            claim = Money(claim, ASSET)
        return self.hear(LowerClaim(self.ask(party, **ask), claim, tranche))

    def payer(self, claim: Any, **where: Any) -> Decision:
        decision: Decision = self.lower(Role.PAYER, claim, **where)
        return decision

    def payee(self, claim: Any, **where: Any) -> Decision:
        decision: Decision = self.lower(Role.PAYEE, claim, **where)
        return decision

    def propose(
        self, by: Role | str, name: str, shares: tuple[Any, Any], hours: float = 24, **how: Any
    ) -> Any:
        """``by`` proposes ``shares`` to payee and payer, to expire ``hours`` from now."""
        tranche = how.pop("tranche", None)
        to_payee, to_payer = (Money(x, ASSET) if isinstance(x, int) else x for x in shares)
        until = self.at + timedelta(hours=hours)
        asked = self.ask(PARTY.get(by, by), **how)
        return self.hear(MakeProposal(asked, name, to_payee, to_payer, until, tranche))

    def accept(self, by: Role | str, name: str, **how: Any) -> Any:
        tranche = how.pop("tranche", None)
        return self.hear(AcceptProposal(self.ask(PARTY.get(by, by), **how), name, tranche))

    def withdraw(self, by: Role | str, name: str, **how: Any) -> Any:
        tranche = how.pop("tranche", None)
        return self.hear(WithdrawProposal(self.ask(PARTY.get(by, by), **how), name, tranche))

    def rule(self, payee_total: Any, by: str = "judy", **how: Any) -> Any:
        """The adjudicator rules, validly signed unless ``proof`` says otherwise."""
        tranche = how.pop("tranche", None)
        asked = self.ask(by, **{"proof": lambda key: key == JUDGE.key, **how})
        if isinstance(payee_total, int):
            payee_total = Money(payee_total, ASSET)
        return self.hear(SubmitRuling(asked, payee_total, tranche))

    def due(self, tranche: int = 1, generation: int = 1, timer: Any = "dispute") -> Decision:
        return self.hear(Due(timer, tranche, generation))

    def dsr(self, tranche: int = 1) -> tuple[int, int, int]:
        """D, S and R of a tranche."""
        assert self.docket is not None
        dispute = self.docket.dispute_of(tranche)
        assert dispute is not None
        buckets = dispute.buckets
        return buckets.contested, buckets.payee, buckets.payer

    @property
    def moved(self) -> list[tuple[str, str, int]]:
        """What was attributed, in order: to whom, why, how much."""
        moves = [event for event in self.events if isinstance(event, FundsAttributed)]
        return [(each.to.value, each.cause, each.amount) for each in moves]


def offered(*names: str | None) -> Story:
    """A contract on offer with these tranches."""
    fact = replace(OFFERED, tranches=names or (None,))
    return Story(learn(None, fact))


def ended(standing: Any) -> Story:
    """A contract that never took effect."""
    tale = offered()
    tale.docket = learn(tale.docket, OfferEnded(standing))
    return tale


def effective(*names: str | None) -> Story:
    """A contract that took effect at the start."""
    tale = offered(*names)
    tale.docket = learn(tale.docket, BecameEffective(START))
    return tale


def disputed(claim: int = 60, **changes: Any) -> Story:
    """A contract of one tranche, disputed from the start for 72 hours: D = claim, S = the rest."""
    tale = effective()
    tale.hear(opened(claim, **changes))
    return tale


def several(*openings: DisputeOpened) -> Story:
    """A contract with one more tranche than ``openings``, each of them disputed."""
    tale = effective(*[f"t{number}" for number in range(1, len(openings) + 2)])
    for number, opening in enumerate(openings, start=1):
        tale.hear(replace(opening, tranche=number, sequence=3 + number))
    return tale


def code(decision: Decision) -> str:
    """The outcome in a word: a refusal code, Applied or Duplicate."""
    outcome = decision.outcome
    return str(outcome.code) if isinstance(outcome, Refusal) else type(outcome).__name__


def refusal(decision: Decision) -> Refusal:
    assert isinstance(decision.outcome, Refusal)
    return decision.outcome
