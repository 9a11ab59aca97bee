"""Instructions to the bank: how one is built, and how reports about it merge.

The builder takes the creditor's account from the registration by direction and by nothing else
(I4). Reports of one attempt merge as a lattice, so their order cannot change where they end:
issued < acknowledged < accepted < rejected < settled < arrived < returned. *Rejected* stands below
*settled* because a rejection that follows a settlement is refused: in both orders the settlement
stands. *Unknown* is a question beside a status below *rejected*: answered by a report that knows
more, or by the known status said once more, never by one that says less.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.ledger.domain.entries import ARRIVED, DUE, SENT, Account, Side
from services.ledger.domain.roles import Role
from services.ledger.errors import Code


class Direction(StrEnum):
    """Where the money goes: *settle* to the payee, *return* to the payer."""

    SETTLE = "settle"
    RETURN = "return"


class Status(StrEnum):
    """What is known of an attempt; ``unknown`` is only ever reported, never stored."""

    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SETTLED = "settled"
    ARRIVED = "arrived"
    RETURNED = "returned"
    UNKNOWN = "unknown"


_RANK: Final = {
    Status.ISSUED: 0,
    Status.ACKNOWLEDGED: 1,
    Status.ACCEPTED: 2,
    Status.REJECTED: 3,
    Status.SETTLED: 4,
    Status.ARRIVED: 5,
    Status.RETURNED: 6,
}

DIRECTION: Final = {
    Side.PAYEE: Direction.SETTLE,
    Side.PAYER: Direction.RETURN,
    Side.REFUND: Direction.RETURN,
}
CREDITOR: Final = {
    Direction.SETTLE: Role.PAYEE,
    Direction.RETURN: Role.PAYER,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of an instruction that will be issued: ``uetr`` is a UUIDv4, generated once."""

    instruction_id: UUID
    uetr: UUID


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the shell gives for issuing: the clock, the bank's window, ids, the deciding event."""

    now: datetime
    latest_execution_by: datetime
    event_hash: str
    """SHA-256, in hexadecimal, of the bytes of the event that decided."""
    identities: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A tranche's part of an instruction, in minor units."""

    tranche: int
    amount: int


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who gave the money up and by what; no signer for money that never entered T (I3)."""

    signer: Role | None
    basis: str
    clause: str | None = None
    command_id: str | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """The bank's held order before and after this instruction, in minor units.

    ``sum_before`` is all that the bank holds for the contract and no instruction names yet,
    ``count_before`` how many instructions were issued on it.
    """

    reference: str
    sum_before: int
    count_before: int
    remainder_after: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction as the books follow it: one, over all its attempts."""

    instruction_id: UUID
    uetr: UUID
    side: Side
    cause: str
    kind: str
    amount: int
    creditor_role: Role
    creditor_account: str
    receipt: str | None = None
    attempt: int = 1
    status: Status = Status.ISSUED
    unknown: bool = False
    reason: str | None = None

    @property
    def direction(self) -> Direction:
        """Where it goes."""
        return DIRECTION[self.side]

    @property
    def place(self) -> Account:
        """The account on which its money stands, given its status."""
        if self.status in (Status.REJECTED, Status.RETURNED):
            return DUE[self.side]
        return ARRIVED[self.side] if self.status is Status.ARRIVED else SENT[self.side]


@dataclass(frozen=True, slots=True)
class Order:
    """An instruction together with all that its first message tells the bank."""

    instruction: Instruction
    asset: str
    shares: tuple[Share, ...]
    debtor_account: str
    """The payer's: the held order is the payer's until its money has arrived somewhere."""
    authorisation: Authorisation
    terms_digest: str
    event_hash: str
    held: HeldOrder
    not_before: datetime
    latest_execution_by: datetime

    @property
    def iso_id(self) -> str:
        """``instr_id`` and ``end_to_end_id``: 32 characters of the ISO charset, the same always."""
        return self.instruction.instruction_id.hex


def merge(instruction: Instruction, reported: Status, reason: str | None) -> Instruction | Code:
    """Return ``instruction`` as it is once ``reported`` is known (SPEC section 7, lattice).

    A report that says less than is known leaves the status. ``REJECTED_AFTER_SETTLED`` if the
    bank contradicts itself about money that it had already moved (SPEC section 10).
    """
    known = instruction.status
    if reported is Status.UNKNOWN:
        # Once the bank has said where the money is, an *unknown* comes late and says less.
        if _RANK[known] >= _RANK[Status.REJECTED]:
            return instruction
        return replace(instruction, unknown=True)
    if reported is Status.REJECTED and _RANK[known] >= _RANK[Status.SETTLED]:
        return Code.REJECTED_AFTER_SETTLED
    if reported is known:
        return replace(instruction, unknown=False)
    if _RANK[reported] < _RANK[known]:
        return instruction
    return replace(instruction, status=reported, unknown=False, reason=reason)
