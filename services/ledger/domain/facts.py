"""What the books are told: contracts' and disputes' decisions, the bank's receipts and reports.

``issues`` says how many instructions a fact makes the books issue, so that the shell can bring
the ids.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from schemas.values import Money, MoneyFlaw
from services.ledger.domain.book import Registration
from services.ledger.domain.entries import Account
from services.ledger.domain.instructions import Authorisation, Share, Status
from services.ledger.domain.receipts import ReceiptShare
from services.ledger.domain.roles import Role


@dataclass(frozen=True, slots=True)
class ContractOffered:
    """An offer stands: receipts count from here on (SPEC section 3)."""

    registration: Registration
    issues: int = 0


@dataclass(frozen=True, slots=True)
class ContractAccepted:
    """Both accepted the same digest: the money may come."""

    registration: Registration
    issues: int = 0


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """Declined or lapsed before effect; ``returns`` are the receipts that go back, in order."""

    reason: str
    asset: str
    returns: tuple[ReceiptShare, ...]

    @property
    def issues(self) -> int:
        """One return per receipt."""
        return len(self.returns)


@dataclass(frozen=True, slots=True)
class ReceiptRefused:
    """A receipt that is never ours to move; the bank refunds its origin."""

    receipt: str
    reason: str
    issues: int = 0


@dataclass(frozen=True, slots=True)
class ReceiptReturned:
    """A receipt that came late or on top; it goes back."""

    share: ReceiptShare
    asset: str
    cause: str
    issues: int = 1


@dataclass(frozen=True, slots=True)
class ContractEffective:
    """Exactly T enters; ``excess`` is what came beyond it, cited by the receipt that brought it."""

    money: Money
    excess: ReceiptShare | None

    @property
    def issues(self) -> int:
        """One return of the excess, if there is any."""
        return 0 if self.excess is None else 1


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """What was free in a tranche is contested, in minor units."""

    amount: int
    issues: int = 0


@dataclass(frozen=True, slots=True)
class FundsAttributed:
    """It is decided whose money this is; ``shares`` are its tranches' parts."""

    bucket: Literal[Account.FREE, Account.CONTESTED]
    """What it was taken from: contracts decides about the free, disputes about the contested."""
    to: Role
    cause: str
    kind: str
    money: Money
    shares: tuple[Share, ...]
    authorisation: Authorisation
    issues: int = 1


@dataclass(frozen=True, slots=True)
class FundsReceived:
    """The bank confirms money under a receipt reference."""

    receipt: str
    money: Money | MoneyFlaw
    account: str
    issues: int = 0


@dataclass(frozen=True, slots=True)
class InstructionReported:
    """The bank says what became of an attempt."""

    instruction_id: UUID
    attempt: int
    status: Status
    money: Money | MoneyFlaw
    reason: str | None = None
    issues: int = 0


Decision = (
    ContractOffered
    | ContractAccepted
    | OfferEnded
    | ReceiptRefused
    | ReceiptReturned
    | ContractEffective
    | DisputeOpened
    | FundsAttributed
)
"""What contracts and disputes decided. It can't be refused: books that disagree are a defect."""

BankReport = FundsReceived | InstructionReported
"""What a bank says. It may be refused, with a code."""

Fact = Decision | BankReport
