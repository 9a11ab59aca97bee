"""One deal as the law knows it: plain numbers. Instants and lengths are whole microseconds.

Both services' knowledge is one here. Kept apart is only which of them has read what of a dispute:
``Dispute.known`` and ``Dispute.read``.
"""

from dataclasses import dataclass, field

MS = 1_000
HOUR = 3_600_000 * MS
OTHER = {"payer": "payee", "payee": "payer"}


@dataclass(frozen=True)
class Terms:
    """``ending`` is to_payee, to_payer, or basis points to the payee. Periods are exact."""

    amounts: tuple[int | str, ...] = (100,)
    periods: tuple[int, ...] = (120 * HOUR,)
    parties: tuple[str, str] = ("alice", "bob")
    accounts: tuple[str, str] = ("acc-alice", "acc-bob")
    asset: str = "CNY/2"
    minimum: int | str = 1
    partial: str = "many"
    max_parts: int | None = None
    max_hold_hours: int | None = None
    acts: int = 100
    extend: int | None = None
    advance: int | None = None
    dispute_period: int = 72 * HOUR
    silence_rule: bool = True
    ending: str | int = "to_payee"
    ruling: int | None = None
    """How long after the dispute deadline a ruling may come; ``ending`` is the fallback then."""
    adjudicator: str | None = "adjudicator"
    """Who may rule then, if anybody."""
    proposals: int = 8
    odd_unit: str = "payee"

    @property
    def total(self) -> int:
        return sum(self.amounts)

    @property
    def least(self) -> int:
        """The least that may move: zero is never a movement."""
        return max(self.minimum, 1)

    @property
    def ending_parts(self) -> int:
        """How many instructions a signed ending may need."""
        splits = isinstance(self.ending, int) and 0 < self.ending < 10_000
        ruled = self.ruling is not None
        return 2 if (splits or ruled) and self.partial == "many" else 1

    def role(self, party: str) -> str | None:
        return dict(zip(self.parties, ("payer", "payee"), strict=True)).get(party)

    def is_adjudicator(self, party: str) -> bool:
        return self.ruling is not None and party == self.adjudicator


@dataclass
class Proposal:
    by: str
    shares: dict[str, int]
    expires: int
    id: str
    """Of the command that made it, by which its maker gives up the other's share."""
    withdrawn: bool = False


@dataclass
class Dispute:
    opened_at: int
    deadline: int
    ruling_deadline: int | None
    """Until when a ruling may come, where one may."""
    claims: dict[str, int | None]
    """Totals over the tranche; the payee's is None while it is silent."""
    at_opening: dict[str, int]
    """D, S and R as contracts handed them over."""
    parts: int | None
    """Instructions granted and not used; None where the rail counts none."""
    proposals: dict[str, Proposal] = field(default_factory=dict)
    spoke: bool = False
    """The payee stated a claim, or made or accepted a proposal."""
    ended: str | None = None
    known: bool = False
    """Disputes has read the opening: before that no clock of its runs there."""
    read: bool = False
    """Contracts has read the end."""


@dataclass
class Tranche:
    number: int
    amount: int
    free: int = 0
    contested: int = 0
    payee: int = 0
    payer: int = 0
    deadline: int = 0
    first_deadline: int = 0
    generation: int = 0
    arrived: int = 0
    acts: dict[str, int] = field(default_factory=lambda: {"payer": 0, "payee": 0})
    dispute: Dispute | None = None

    @property
    def disputed(self) -> bool:
        """In dispute, as far as contracts has read."""
        return self.dispute is not None and not self.dispute.read

    def given(self, to: str) -> int:
        """What an act may count as given: of a disputed tranche, what was so at its opening."""
        return self.dispute.at_opening[to] if self.dispute else getattr(self, to)

    def give(self, source: str, to: str, amount: int) -> None:
        setattr(self, source, getattr(self, source) - amount)
        setattr(self, to, getattr(self, to) + amount)

    def buckets(self) -> tuple[int, int, int, int]:
        return self.free, self.contested, self.payee, self.payer

    def read_buckets(self) -> tuple[int, int, int, int]:
        """What contracts knows of them."""
        if not self.disputed:
            return self.buckets()
        at = self.dispute.at_opening
        return 0, at["contested"], at["payee"], at["payer"]


@dataclass
class Deal:
    upstream: str
    terms: Terms
    expires: int
    accepted: set[str]
    tranches: list[Tranche]
    ended: str | None = None
    """DECLINED or OFFER_LAPSED."""
    waiting: list[tuple[str, int]] = field(default_factory=list)
    """Receipts counted towards the total, in their order."""
    effective_at: int | None = None
    parts: int = 0
    """Instructions decided or granted so far."""
    empty: bool = False
    """The ledger said that nothing is due or sent."""
    revoked: set[str] = field(default_factory=set)
    """Who took its consent back; no money and no deadline hangs on it."""

    @property
    def status(self) -> str:
        if self.ended or self.effective_at is None:
            return self.ended or ("ACCEPTED" if len(self.accepted) == 2 else "OFFERED")
        if any(t.free or t.disputed for t in self.tranches):
            return "EFFECTIVE"
        return "CLOSED" if self.empty else "ATTRIBUTED"

    @property
    def on_offer(self) -> bool:
        return self.status in {"OFFERED", "ACCEPTED"}

    def meant(self, named: int | str | None) -> list[Tranche]:
        """The tranches a command speaks of: the one it names, or all."""
        return [t for t in self.tranches if named in (None, t.number, f"t{t.number}")]

    def in_deadline_order(self) -> list[Tranche]:
        return sorted(self.tranches, key=lambda t: (t.deadline, t.number))
