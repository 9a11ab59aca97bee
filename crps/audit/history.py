"""What the auditor read: one history a contract, and its verdict over all of them.

Plain values. The auditor fills them from the topics' records and the four schemas; the closing
report of a replay counts outcomes, money and times from them alone. Amounts are minor units of
the contract's asset, instants are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Role = Literal["payer", "payee"]
Status = Literal[
    "OFFERED", "ACCEPTED", "EFFECTIVE", "ATTRIBUTED", "CLOSED", "DECLINED", "OFFER_LAPSED"
]
ENDED: frozenset[Status] = frozenset({"CLOSED", "DECLINED", "OFFER_LAPSED"})


@dataclass(frozen=True, slots=True)
class Share:
    """What of an attribution lies in one tranche."""

    tranche: int
    amount: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """One `funds.attributed`: the decision whose money it is.

    `due_at` is the deadline that an arrival executes; None of a live act. `command_id` names the
    live act; `command_appended_at` is the append time of the first record with that id in the
    commands topic of the service that decided, None where there is none (of what the clock
    decided, or a violation of I3).
    """

    event_id: str
    to: Role
    cause: str
    kind: str
    amount: int
    shares: tuple[Share, ...]
    appended_at: datetime
    judged_at: datetime
    due_at: datetime | None
    command_id: str | None
    command_appended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A party's claim in an open dispute, as its total over the tranche.

    `command_appended_at` as in `Attribution`; `appended_at` is that of disputes' event.
    """

    by: Role
    claim: int
    command_id: str
    command_appended_at: datetime | None
    appended_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """The dispute over one tranche, from its opening to where it stands.

    `claim` is what the payer claimed at the opening; `admitted` settled with it and `contested` is
    what it left. `opened_at` and `deadline_at` are the instants that the event states; the other
    instants are append times, `ended_at` None while it is open. `statements` are those after the
    opening, `attributions` what disputes decided, both in their order.
    """

    tranche: int
    claim: int
    admitted: int
    contested: int
    command_id: str | None
    command_appended_at: datetime | None
    opened_at: datetime
    appended_at: datetime
    deadline_at: datetime
    statements: tuple[Statement, ...]
    attributions: tuple[Attribution, ...]
    ending: str | None
    ended_at: datetime | None

    @property
    def answered(self) -> bool:
        """Whether the payee ever stated a claim."""
        return any(statement.by == "payee" for statement in self.statements)

    @property
    def conceded(self) -> int:
        """What statements settled after the opening, of either party."""
        return sum(a.amount for a in self.attributions if a.command_id is not None)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction to the bank, however often its record or its confirmation was repeated.

    `event_id` is its envelope's `causationid`: the event that decided it, so it names the
    attribution, or the fact that sends a receipt back. `confirmed_at` is the append time of the
    bank's first `instruction.arrived`; None until then. `receipt` is cited by a return of money
    that never entered T.
    """

    instruction_id: UUID
    event_id: str | None
    direction: Literal["settle", "return"]
    cause: str
    amount: int
    appended_at: datetime
    confirmed_at: datetime | None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that the bank reported and the ledger booked, under the bank's own reference.

    A receipt that was never ours to move (a foreign account or currency) is not among them.
    """

    receipt: str
    amount: int
    appended_at: datetime
    """Append time of the ledger's `funding.received`."""


@dataclass(frozen=True, slots=True)
class History:
    """One contract, from its offer to where it stands.

    `free` and `contested` are F and D after its last event. `deadlines` are those of its tranches
    after their last move, in the order of the terms, empty before it is effective; `disputes` are
    in the order of their openings. `attributions` are those of both services, in the order in
    which the broker had them. `offered_at`, `ended_at` and `effective_appended_at` are append
    times of events; `effective_at` is the instant that the event states. `ended_at` belongs to a
    status in `ENDED`.
    """

    contract_id: UUID
    upstream: str
    order_id: str
    asset: str
    total: int
    status: Status
    free: int
    contested: int
    offered_at: datetime
    offer_expires_at: datetime
    effective_at: datetime | None
    effective_appended_at: datetime | None
    ended_at: datetime | None
    deadlines: tuple[datetime, ...]
    attributions: tuple[Attribution, ...]
    instructions: tuple[Instruction, ...]
    receipts: tuple[Receipt, ...]
    disputes: tuple[Dispute, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The auditor's verdict.

    `invariants` has the keys I0 to I4, each ``ok`` or a text that says what is wrong; `violations`
    holds every single breach as a sentence, also those of delivery (gaps, dead letters, records
    held or not sent). `contracts` counts what was examined; `histories` holds the contracts asked
    for, or all. `dead_letters` counts the quarantined records, `records` all that were read of
    each topic.
    """

    invariants: Mapping[str, str]
    violations: tuple[str, ...]
    contracts: int
    histories: Mapping[UUID, History]
    dead_letters: int = 0
    records: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing at all is violated."""
        return not self.violations and all(text == "ok" for text in self.invariants.values())
