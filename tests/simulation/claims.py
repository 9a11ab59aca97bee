"""One dispute as the law has it: claims as totals, cuts that settle at once, the signed end."""

from dataclasses import dataclass
from datetime import datetime

from .openings import to_end
from .said import Message, instant, minor

OTHER = {"payer": "payee", "payee": "payer"}


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

    def is_due(self, t: datetime) -> bool:
        """Tell whether it is open and its deadline has come."""
        return self.ending is None and self.deadline_at <= t

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
        if clause["silence_rule"] and self.claims["payee"] is None:
            return "silence", [("payer", self.contested)]
        if clause["ending"] == "ratio":
            return "ratio", self._split(clause["ratio_to_payee_bp"], clause["odd_unit"])
        return clause["ending"], [(clause["ending"].removeprefix("to_"), self.contested)]

    def _split(self, bp: int, odd_unit: str) -> list[tuple[str, int]]:
        payee, payer = self.contested * bp // 10_000, self.contested * (10_000 - bp) // 10_000
        odd = self.contested - payee - payer
        payee, payer = (payee + odd, payer) if odd_unit == "payee" else (payee, payer + odd)
        least = self.contested if self.opening.data["rail"]["whole_only"] else self.minimum
        small = [role for role, share in (("payee", payee), ("payer", payer)) if 0 < share < least]
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
