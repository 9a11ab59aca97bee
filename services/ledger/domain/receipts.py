"""Bank receipts: each reference is one sum of money, booked only if it is the payer's own.

A receipt in a foreign currency or from a foreign account is recorded and reported like any other
but never booked: it never becomes ours to move (SPEC section 3, funding).
"""

from dataclasses import dataclass

from schemas.values import Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the bank confirmed under one reference."""

    reference: str
    money: Money
    account: str
    booked: bool
    """Whether it stands in the books, so that it can enter T or be sent back by us."""

    def says(self, money: Money, account: str) -> bool:
        """Whether a report of ``money`` from ``account`` is this same receipt again."""
        return self.money == money and self.account == account


@dataclass(frozen=True, slots=True)
class ReceiptShare:
    """A receipt and how much is meant, in minor units."""

    receipt: str
    amount: int
