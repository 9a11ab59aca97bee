"""Accounts of one contract's book, the entry that moves money between two, and the balances.

The set of accounts is closed and so is the set of moves: no platform account exists, and nothing
leads from one party's side to the other's (SPEC section 2, I4 and ``S = due + sent + arrived``).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """An account of the book. ``outside`` is the payer's side of the world, the only negative."""

    OUTSIDE = "outside"
    RECEIVED = "received"
    FREE = "free"
    CONTESTED = "contested"
    PAYEE_DUE = "payee_due"
    PAYEE_SENT = "payee_sent"
    PAYEE_ARRIVED = "payee_arrived"
    PAYER_DUE = "payer_due"
    PAYER_SENT = "payer_sent"
    PAYER_ARRIVED = "payer_arrived"
    REFUND_DUE = "refund_due"
    REFUND_SENT = "refund_sent"
    REFUND_RETURNED = "refund_returned"


class Side(StrEnum):
    """Whose money an instruction carries: S, R, or a receipt that never entered T."""

    PAYEE = "payee"
    PAYER = "payer"
    REFUND = "refund"


DUE: Final = {
    Side.PAYEE: Account.PAYEE_DUE,
    Side.PAYER: Account.PAYER_DUE,
    Side.REFUND: Account.REFUND_DUE,
}
SENT: Final = {
    Side.PAYEE: Account.PAYEE_SENT,
    Side.PAYER: Account.PAYER_SENT,
    Side.REFUND: Account.REFUND_SENT,
}
ARRIVED: Final = {
    Side.PAYEE: Account.PAYEE_ARRIVED,
    Side.PAYER: Account.PAYER_ARRIVED,
    Side.REFUND: Account.REFUND_RETURNED,
}

LAWFUL_MOVES: Final = frozenset(
    {
        (Account.OUTSIDE, Account.RECEIVED),
        (Account.RECEIVED, Account.FREE),
        (Account.RECEIVED, Account.REFUND_DUE),
        (Account.FREE, Account.CONTESTED),
        *(
            (bucket, DUE[side])
            for bucket in (Account.FREE, Account.CONTESTED)
            for side in (Side.PAYEE, Side.PAYER)
        ),
        *(
            move
            for side in Side
            for move in (
                (DUE[side], SENT[side]),
                (DUE[side], ARRIVED[side]),
                (SENT[side], ARRIVED[side]),
                (SENT[side], DUE[side]),
                (ARRIVED[side], DUE[side]),
            )
        ),
    }
)
"""Every (debit, credit) that may ever be booked; the database holds the same list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One transfer: ``amount`` minor units out of ``debit`` into ``credit``. Never changed."""

    debit: Account
    credit: Account
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, "zero is never a movement"
        assert (self.debit, self.credit) in LAWFUL_MOVES, (
            f"no money moves from {self.debit} to {self.credit}"
        )


@dataclass(frozen=True, slots=True)
class Balances:
    """What stands on each account, in minor units; the fields are the accounts' names."""

    outside: int = 0
    received: int = 0
    free: int = 0
    contested: int = 0
    payee_due: int = 0
    payee_sent: int = 0
    payee_arrived: int = 0
    payer_due: int = 0
    payer_sent: int = 0
    payer_arrived: int = 0
    refund_due: int = 0
    refund_sent: int = 0
    refund_returned: int = 0

    def after(self, entry: Entry) -> "Balances":
        """Return the balances once ``entry`` is booked."""
        changed: dict[str, int] = {
            entry.debit.value: self.of(entry.debit) - entry.amount,
            entry.credit.value: self.of(entry.credit) + entry.amount,
        }
        return replace(self, **changed)

    def of(self, account: Account) -> int:
        """Return what stands on ``account``."""
        balance: int = getattr(self, account.value)
        return balance

    @property
    def payee(self) -> int:
        """``S``: attributed to the payee, wherever it is on its way (SPEC section 2)."""
        return self.payee_due + self.payee_sent + self.payee_arrived

    @property
    def payer(self) -> int:
        """``R``: attributed to the payer, wherever it is on its way."""
        return self.payer_due + self.payer_sent + self.payer_arrived

    @property
    def refund(self) -> int:
        """Money that never entered T and goes, or went, back where it came from."""
        return self.refund_due + self.refund_sent + self.refund_returned

    @property
    def entered(self) -> int:
        """``F + D + S + R``: all that entered T."""
        return self.free + self.contested + self.payee + self.payer

    @property
    def held(self) -> int:
        """What the bank holds and no instruction has been issued for."""
        return (
            self.received
            + self.free
            + self.contested
            + self.payee_due
            + self.payer_due
            + self.refund_due
        )

    @property
    def settled(self) -> bool:
        """Whether nothing of T is held, contested, due or sent (receipts' returns not counted)."""
        return self.entered == self.payee_arrived + self.payer_arrived
