"""One dispute as the law has it: claims as totals, cuts that settle at once, the signed end."""

from dataclasses import dataclass, field
from datetime import datetime

from .openings import to_end
from .said import Message, instant, minor

OTHER = {"payer": "payee", "payee": "payer"}


@dataclass
class Proposal:
    """What somebody proposed."""

    by: str
    to_payee: int
    to_payer: int
    expires_at: datetime
    command_id: str
    withdrawn: bool = False

    def shares(self) -> list[tuple[str, int]]:
        return [(to, x) for to, x in (("payee", self.to_payee), ("payer", self.to_payer)) if x]


@dataclass
class Dispute:
    """The one dispute of a tranche, from its opening to its end (SPEC section 6)."""

    opening: Message
    contested: int
    given: dict[str, int]
    """Role -> what of the tranche is its own."""
    claims: dict[str, int | None]
    """Role -> the total it claims; None while the payee is silent."""
    parts: int = 0
    """Instructions used up."""
    ending: str | None = None
    proposals: dict[str, Proposal] = field(default_factory=dict)
    """By name, whatever became of them."""
    payee_proposed: bool = False

    @classmethod
    def opened_by(cls, opening: Message) -> "Dispute":
        told = opening.data
        after = {name: minor(amount) for name, amount in told["after"].items()}
        given = {"payee": after["payee"], "payer": after["payer"]}
        claims = {"payer": minor(told["claim"]), "payee": None}
        return cls(opening, after["contested"], given, claims)

    @property
    def number(self) -> int:
        return int(self.opening.data["tranche"])

    @property
    def amount(self) -> int:
        return minor(self.opening.data["amount"])

    @property
    def minimum(self) -> int:
        return max(minor(self.opening.data["rail"]["minimum"]), 1)

    @property
    def opened_at(self) -> datetime:
        return instant(self.opening.data["opened_at"])

    @property
    def deadline_at(self) -> datetime:
        return instant(self.opening.data["deadline_at"])

    @property
    def rulings_until(self) -> datetime | None:
        """The bound of a ruling; None where nobody rules."""
        bound = self.opening.data.get("ruling_deadline_at")
        return None if bound is None else instant(bound)

    @property
    def is_silent(self) -> bool:
        return self.claims["payee"] is None and not self.payee_proposed

    @property
    def due_at(self) -> datetime:
        """When the clock ends it as it stands."""
        strikes = self.opening.data["clause"]["silence_rule"] and self.is_silent
        bound = self.rulings_until
        return self.deadline_at if bound is None or strikes else bound

    @property
    def generation(self) -> int:
        return 1 if self.due_at == self.deadline_at else 2

    def is_due(self, t: datetime) -> bool:
        """Tell whether it is open and the clock ends it by ``t``."""
        return self.ending is None and self.due_at <= t

    def live(self, t: datetime) -> list[str]:
        """Return the names of what can be accepted at ``t``, in alphabetical order."""
        return sorted(
            name
            for name, each in self.proposals.items()
            if not each.withdrawn
            and t < each.expires_at
            and each.to_payee + each.to_payer == self.contested
        )

    def buckets(self) -> tuple[int, int, int, int]:
        return 0, self.contested, self.given["payee"], self.given["payer"]

    def most(self, by: str) -> int:
        """Return the highest claim that is left to ``by``."""
        claim = self.claims[by]
        return self.amount - self.given[OTHER[by]] if claim is None else claim

    def refusal(self, by: str, claim: int, t: datetime) -> str | None:
        """Return why ``by`` cannot claim this total at ``t``; None if it can."""
        if t < self.opened_at:
            return "NOT_IN_DISPUTE"
        if t >= self.deadline_at:
            return "DISPUTE_PERIOD_ENDED"
        if self.ending is not None:
            return "NOTHING_LEFT"
        cut, is_answer = self.most(by) - claim, self.claims[by] is None
        left = self.contested - cut
        if cut > 0 and left >= 0:
            rail = self.opening.data["rail"]
            needed = 1 + to_end(self.opening.data) if left else 1
            if left and rail["whole_only"]:
                return "RAIL_CANNOT_HONOUR"
            if "parts" in rail and self.parts + needed > rail["parts"]:
                return "RAIL_CANNOT_HONOUR"
            if cut < self.minimum or 0 < left < self.minimum:
                return "DUST_REMAINDER"
        if cut < 0 and not is_answer:
            return "CLAIM_MAY_ONLY_FALL"
        if cut < 0 or left < 0:
            return "CLAIM_OUT_OF_BOUNDS"
        return "NO_CHANGE" if cut == 0 and not is_answer else None

    def state(self, by: str, claim: int) -> int:
        """Let ``by`` claim less; return what it gives up, which the caller moves."""
        cut = self.most(by) - claim
        self.claims[by] = claim
        return cut

    def move(self, to: str, amount: int) -> None:
        """Attribute a part of what is contested."""
        self.contested -= amount
        self.given[to] += amount
        self.parts += 1

    def signed_end(self) -> tuple[str, list[tuple[str, int]]]:
        """Return how it ends at its deadline, and who gets how much, in order."""
        clause = self.opening.data["clause"]
        if clause["silence_rule"] and self.is_silent:
            return "silence", [("payer", self.contested)]
        ending = clause.get("fallback", clause["ending"])
        if ending == "ratio":
            return "ratio", self._split(clause["ratio_to_payee_bp"], clause["odd_unit"])
        return ending, [(ending.removeprefix("to_"), self.contested)]

    def _split(self, bp: int, odd_unit: str) -> list[tuple[str, int]]:
        payee, payer = self.contested * bp // 10_000, self.contested * (10_000 - bp) // 10_000
        odd = self.contested - payee - payer
        payee, payer = (payee + odd, payer) if odd_unit == "payee" else (payee, payer + odd)
        shares = ("payee", payee), ("payer", payer)
        small = [role for role, share in shares if 0 < share < self.minimum]
        if len(small) == 2:
            return [(odd_unit, self.contested)]
        if small:
            return [(OTHER[small[0]], self.contested)]
        return [(role, share) for role, share in (("payee", payee), ("payer", payer)) if share]

    def end(self) -> list[tuple[str, int]]:
        """End it as it was signed; return who got how much."""
        self.ending, shares = self.signed_end()
        for to, amount in shares:
            self.move(to, amount)
        return shares
