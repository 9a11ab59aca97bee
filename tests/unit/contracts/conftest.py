"""A story of one contract: given terms, when somebody acts, then this came of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Applied, Asked, Decision, Refusal
from services.contracts.domain.commands import (
    Accept,
    Acceptance,
    At,
    BooksEmptied,
    BooksReopened,
    ClaimedRail,
    ClaimedTerms,
    ClaimedTranche,
    Command,
    ContestedAttributed,
    Decline,
    Due,
    FundingReceived,
    Move,
    MoveDeadline,
    Offer,
    OpenDispute,
)
from services.contracts.domain.contract import (
    Buckets,
    Caps,
    Contract,
    DisputeClause,
    Party,
    Role,
)
from services.contracts.domain.decide import decide
from services.contracts.domain.events import Event
from services.contracts.domain.evolve import evolve

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
HOUR_MS = 3_600_000
ASSET = "CNY/2"
PAYER, PAYEE = Party("alice", "acc-alice"), Party("bob", "acc-bob")
DIGEST = "a" * 64


def terms(*tranches: tuple[int | MoneyFlaw, float], **changes: Any) -> ClaimedTerms:
    """Terms of tranches (amount, hours); ``rail_...`` changes the rail."""
    rail = {name[5:]: changes.pop(name) for name in list(changes) if name.startswith("rail_")}
    base = ClaimedTerms(
        version=1,
        digest=DIGEST,
        payer=PAYER,
        payee=PAYEE,
        asset=ASSET,
        tranches=tuple(
            ClaimedTranche(f"t{i}", amount, int(hours * HOUR_MS))
            for i, (amount, hours) in enumerate(tranches or ((10_000, 120),), start=1)
        ),
        odd_unit=Role.PAYEE,
        dispute=DisputeClause(72 * HOUR_MS, True, "to_payee"),
        caps=Caps(),
        acts_budget=100,
        proposals_budget=8,
        rail=replace(ClaimedRail("sandbox", 1, "many", None, None, 24), **rail),
        proof_required=False,
    )
    return replace(base, **changes)


@dataclass
class Story:
    """One contract and everything that happened to it."""

    terms: ClaimedTerms
    contract: Contract | None = None
    at: datetime = START
    events: list[Event] = field(default_factory=list)
    count: int = 0

    def ask(self, party: str = "alice", **changes: Any) -> Asked:
        self.count += 1
        return Asked(**{
            "upstream": "shop", "party": party, "command_id": f"c{self.count}",
            "body_digest": b"body", **changes,
        })  # fmt: skip

    def hear(self, command: Command, now: datetime | None = None) -> Decision:
        """Decide and apply; ``now`` is the database clock where it differs from append time."""
        decision = decide(self.contract, command, At(self.at, now or self.at))
        happened = list(decision.due)
        if isinstance(decision.outcome, Applied):
            happened += decision.outcome.events
        self.contract = reduce(evolve, happened, self.contract)
        self.events += happened
        return decision

    def wait(self, hours: float) -> "Story":
        self.at += timedelta(hours=hours)
        return self

    def offer(self, *accepted: Party, hours: float = 24, **changes: Any) -> Decision:
        command = Offer(
            asked=self.ask("shop"),
            order_id="order-1",
            terms=self.terms,
            offer_expires_at=START + timedelta(hours=hours),
            acceptances=tuple(acceptance(p.party) for p in accepted),
            is_command=False,
        )
        return self.hear(replace(command, **changes))

    def accept(self, party: str, now: datetime | None = None, **changes: Any) -> Decision:
        return self.hear(Accept(self.ask(party), replace(acceptance(party), **changes)), now)

    def accept_signed(self, party: str, key: str | None = None) -> Decision:
        """Accept with a proof by the holder of ``key``, the party's own if none is named."""
        signer = key or f"{party}s-key"
        asked = self.ask(party, proof=lambda tried: tried == signer)
        return self.hear(Accept(asked, acceptance(party)))

    def decline(self, party: str) -> Decision:
        return self.hear(Decline(self.ask(party)))

    def fund(
        self,
        amount: int,
        *,
        account: str = PAYER.account,
        asset: str = ASSET,
        receipt: str | None = None,
        now: datetime | None = None,
    ) -> Decision:
        self.count += 1
        report = FundingReceived(receipt or f"r{self.count}", amount, asset, account)
        return self.hear(report, now)

    def effective(self) -> "Story":
        """Offer, accept and fund exactly, all at the start."""
        self.offer(PAYER, PAYEE)
        self.fund(sum(t.amount for t in self.terms.tranches if isinstance(t.amount, int)))
        return self

    def release(self, amount: Any = None, **changes: Any) -> Decision:
        return self._move(Role.PAYEE, "alice", amount, changes)

    def give_back(self, amount: Any = None, **changes: Any) -> Decision:
        return self._move(Role.PAYER, "bob", amount, changes)

    def _move(self, to: Role, party: str, amount: Any, changes: dict[str, Any]) -> Decision:
        asked = changes.pop("asked", None) or self.ask(changes.pop("by", party))
        for name in ("to_total", "expected_remaining"):
            if isinstance(changes.get(name), int):
                changes[name] = Money(changes[name], ASSET)
        if isinstance(amount, int):
            amount = Money(amount, ASSET)
        return self.hear(Move(**{"asked": asked, "to": to, "amount": amount, "to_total": None,
                                 **changes}))  # fmt: skip

    def due(self, tranche: int = 1, generation: int = 1, timer: Any = "chain") -> Decision:
        return self.hear(Due(timer, tranche, generation))

    def extend(self, to: datetime, **changes: Any) -> Decision:
        return self._move_deadline(Role.PAYEE, "bob", to, changes)

    def advance(self, to: datetime, **changes: Any) -> Decision:
        return self._move_deadline(Role.PAYER, "alice", to, changes)

    def _move_deadline(
        self, signer: Role, party: str, to: datetime, changes: dict[str, Any]
    ) -> Decision:
        asked = changes.pop("asked", None) or self.ask(changes.pop("by", party))
        return self.hear(MoveDeadline(asked, signer, to, **changes))

    def dispute(self, claim: Any, now: datetime | None = None, **changes: Any) -> Decision:
        asked = changes.pop("asked", None) or self.ask(changes.pop("by", "alice"))
        if isinstance(claim, int):
            claim = Money(claim, ASSET)
        return self.hear(OpenDispute(asked, claim, "damaged", (), **changes), now)

    def disputed(self, tranche: int, contested: int, payee: int, payer: int) -> Decision:
        """Disputes attributed something; the tranche's buckets after that."""
        after = Buckets(contested=contested, payee=payee, payer=payer)
        return self.hear(ContestedAttributed(tranche, after))

    def books_emptied(self) -> Decision:
        return self.hear(BooksEmptied())

    def books_reopened(self) -> Decision:
        return self.hear(BooksReopened())

    @property
    def status(self) -> str:
        assert self.contract is not None
        return str(self.contract.status)

    @property
    def buckets(self) -> tuple[int, int, int]:
        """F, S and R of the contract."""
        assert self.contract is not None
        return fsr(self.contract.buckets)

    @property
    def each(self) -> list[tuple[int, int, int]]:
        """F, S and R of each tranche."""
        assert self.contract is not None
        return [fsr(tranche.buckets) for tranche in self.contract.tranches]


def fsr(buckets: Buckets) -> tuple[int, int, int]:
    return buckets.free, buckets.payee, buckets.payer


def acceptance(party: str) -> Acceptance:
    return Acceptance(party, 1, DIGEST, consents=True)


def _code(decision: Decision) -> str:
    outcome = decision.outcome
    return str(outcome.code) if isinstance(outcome, Refusal) else type(outcome).__name__


@pytest.fixture
def story():
    """Make a story of terms: ``story((amount, hours), ...)``."""
    return lambda *tranches, **changes: Story(terms(*tranches, **changes))


@pytest.fixture
def effective():
    """Make a story whose contract is effective."""
    return lambda *tranches, **changes: Story(terms(*tranches, **changes)).effective()


@pytest.fixture
def code():
    """Return the outcome of a decision in a word: a refusal code, Applied or Duplicate."""
    return _code
