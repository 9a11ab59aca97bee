"""I4 of SPEC section 2, the closed loop: money reaches the payer or the payee and nobody else.

The registered accounts are taken from the terms that the upstream offered. Held against them are
the instructions on the bank's topic, the bank's own reports, and the ledger's rows.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from crps.audit.books import ACCOUNTS, ContractBooks, LedgerBook, SignedRow
from crps.audit.fold import ARRIVED_TYPE, SETTLE_TYPE, standing_of
from crps.audit.messages import Message
from crps.audit.terms import agreed_terms, sum_of_terms, terms_differ
from crps.audit.trail import Trail, of
from schemas.bank_v1 import FundsReceived, InstructionReported
from schemas.contracts_v1 import (
    ContractClosed,
    ContractDeclined,
    ContractEffective,
    ContractReopened,
    FundsAttributed,
    OfferLapsed,
    ReceiptReturned,
    ReceiptShare,
)
from schemas.ledger_v1 import FundingReceived
from schemas.settlements_v1 import FundingRefused, InstructionIssued
from schemas.terms_v1 import Terms
from schemas.values import Money

_RETURNED_TYPE: Final = "crps.instruction.returned.v1"
_OF_ONE_ATTEMPT: Final = frozenset(
    {"attempt", "possible_duplicate", "held", "not_before", "latest_execution_by"}
)
"""What may differ between the attempts of one instruction."""


def closed_loop(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I4: each decision of either service is one instruction, to the right side's account."""
    yield from terms_differ(trail)
    terms = agreed_terms(trail)
    if terms is None:
        yield from (f"instruction {i.instruction_id} has no terms" for _, i in trail.instructions)
        return
    yield from _right_creditor(trail, terms)
    yield from _one_content(trail)
    yield from _one_per_decision(trail, terms)
    yield from _sums(trail)
    yield from _receipts(trail, terms, books.ledger)
    yield from _confirmed(trail, terms, books.ledger)
    if books.signed is not None and books.signed != _row_of(trail, terms):
        yield "the contracts service keeps other accounts or terms than were signed"
    if books.ledger is not None:
        yield from _ledger_closed(trail, terms, books.ledger)


def unique_ids(trails: Collection[Trail]) -> Iterator[tuple[UUID, str]]:
    """I4 between contracts: no instruction id and no UETR stands for two instructions."""
    owners: dict[UUID, tuple[UUID, UUID]] = {}
    for trail in trails:
        for _, issued in trail.instructions:
            mine = (trail.contract_id, issued.instruction_id)
            for name in {issued.instruction_id, issued.uetr}:
                if owners.setdefault(name, mine) != mine:
                    yield trail.contract_id, f"{name} also names an instruction of {owners[name]}"


@dataclass(frozen=True, slots=True)
class _Decision:
    """What an instruction must execute: by which event, where to, how much."""

    event_hash: str
    settles: bool
    money: Money
    cause: str
    kind: str = "automatic"
    signer: str | None = None
    shares: tuple[tuple[int, int], ...] = ()
    receipt: str | None = None


def _right_creditor(trail: Trail, terms: Terms) -> Iterator[str]:
    for message, issued in trail.instructions:
        settles = message.type == SETTLE_TYPE
        right = terms.payee.account if settles else terms.payer.account
        if issued.creditor_account != right:
            yield f"instruction {issued.instruction_id} goes to a stranger's account"
        if issued.debtor_account != terms.payer.account:
            yield f"instruction {issued.instruction_id} draws on a stranger's account"
        signer = issued.authorisation.signer
        if issued.authorisation.basis == "receipt":
            lawful = signer is None and not settles and issued.authorisation.receipt is not None
        else:
            lawful = signer == ("payer" if settles else "payee")
        if not lawful:
            yield f"instruction {issued.instruction_id} was not signed by the side that gives"


def _one_content(trail: Trail) -> Iterator[str]:
    contents: dict[UUID, dict[str, Any]] = {}
    attempts: set[tuple[UUID, int]] = set()
    for message, issued in trail.instructions:
        content = issued.model_dump(exclude=set(_OF_ONE_ATTEMPT)) | {"type": message.type}
        if contents.setdefault(issued.instruction_id, content) != content:
            yield f"instruction {issued.instruction_id} has two contents"
        if (issued.instruction_id, issued.attempt) in attempts:
            yield f"instruction {issued.instruction_id} was issued twice as one attempt"
        attempts.add((issued.instruction_id, issued.attempt))


def _one_per_decision(trail: Trail, terms: Terms) -> Iterator[str]:
    decided = Counter(_decisions(trail, terms))
    issued = Counter(
        _Decision(
            told.authorisation.event_hash,
            message.type == SETTLE_TYPE,
            told.money,
            told.cause,
            told.kind,
            told.authorisation.signer,
            tuple((share.tranche, share.amount) for share in told.tranches),
            told.authorisation.receipt,
        )
        for message, told in _first_of_each(trail)
    )
    for decision, count in (decided - issued).items():
        yield f"{_say(decision)} was decided and {count} instruction is missing"
    for decision, count in (issued - decided).items():
        yield f"{_say(decision)} was instructed {count} times more than it was decided"


def _decisions(trail: Trail, terms: Terms) -> Iterator[_Decision]:
    for message in trail.decisions:
        told = message.data
        match told:
            case FundsAttributed():
                yield _Decision(
                    message.digest,
                    told.to == "payee",
                    told.money,
                    told.cause,
                    told.kind,
                    told.authorisation.signer,
                    tuple((part.tranche, part.amount) for part in told.parts),
                )
            case ReceiptReturned():
                yield _return_of(message, told, told.cause, terms)
            case ContractDeclined() | OfferLapsed():
                cause = "declined" if isinstance(told, ContractDeclined) else "offer_lapsed"
                for share in told.returns:
                    yield _return_of(message, share, cause, terms)
            case ContractEffective(excess=ReceiptShare() as excess):
                yield _return_of(message, excess, "over_funding", terms)


def _return_of(
    message: Message, share: ReceiptShare | ReceiptReturned, cause: str, terms: Terms
) -> _Decision:
    money = Money(share.amount, terms.asset)
    return _Decision(message.digest, False, money, cause, receipt=share.receipt)


def _sums(trail: Trail) -> Iterator[str]:
    instructed: dict[str, int] = defaultdict(int)
    for message, issued in _first_of_each(trail):
        if issued.authorisation.basis != "receipt":
            instructed["payee" if message.type == SETTLE_TYPE else "payer"] += issued.money.minor
    attributed: dict[str, int] = defaultdict(int)
    for _, told in trail.attributed:
        attributed[told.to] += told.money.minor
    for side in ("payee", "payer"):
        if instructed[side] != attributed[side]:
            yield f"{instructed[side]} instructed to the {side}, {attributed[side]} is the {side}'s"


def _receipts(trail: Trail, terms: Terms, ledger: LedgerBook | None) -> Iterator[str]:
    """Receipts that never entered T go back, all and only they; a stranger's is refused."""
    brought: dict[str, FundsReceived] = {}
    for _, told in of(trail.reports, FundsReceived):
        if isinstance(told.money, Money) and told.money.minor > 0:
            brought.setdefault(told.receipt, told)
    ours = {
        name: told.money.minor
        for name, told in brought.items()
        if (told.money.asset, told.account) == (terms.asset, terms.payer.account)
    }
    reported = sorted(told.receipt for _, told in of(trail.books, FundingReceived))
    if reported != sorted(brought):
        yield f"the bank brought receipts {sorted(brought)}, contracts was told of {reported}"
    refused = sorted(told.receipt for _, told in of(trail.orders, FundingRefused))
    if refused != sorted(brought.keys() - ours.keys()):
        yield f"refused receipts {refused}, foreign ones {sorted(brought.keys() - ours.keys())}"
    refunds = [i for _, i in _first_of_each(trail) if i.authorisation.basis == "receipt"]
    for issued in refunds:
        if issued.authorisation.receipt not in ours:
            yield f"instruction {issued.instruction_id} returns a receipt that never came"
    effective = bool(trail.events_of(ContractEffective))
    is_over = effective or bool(trail.events_of(ContractDeclined) or trail.events_of(OfferLapsed))
    outside = sum(ours.values()) - (sum_of_terms(terms) if effective else 0)
    sent_back = sum(issued.money.minor for issued in refunds)
    if outside < 0 or sent_back > outside or (is_over and sent_back != outside):
        yield f"{outside} never entered T, {sent_back} was sent back"
    if ledger is not None and ledger.balances.get("outside", 0) != -sum(ours.values()):
        yield f"the bank brought {sum(ours.values())}, the books say otherwise"


def _confirmed(trail: Trail, terms: Terms, ledger: LedgerBook | None) -> Iterator[str]:
    issued = {told.instruction_id: told for _, told in trail.instructions}
    arrived: set[UUID] = set()
    given_back: set[UUID] = set()
    for message, report in of(trail.reports, InstructionReported):
        known = issued.get(report.instruction_id)
        if known is None:
            yield f"the bank reports on {report.instruction_id}, which was never issued"
        elif report.money != Money(known.money.minor, terms.asset):
            yield f"the bank reports {report.money} on {report.instruction_id}: {known.money}"
        elif message.type == ARRIVED_TYPE:
            arrived.add(report.instruction_id)
        elif message.type == _RETURNED_TYPE:
            given_back.add(report.instruction_id)
    for row in ledger.instructions if ledger else ():
        said = row.instruction_id in arrived - given_back
        if said != (row.status == "arrived"):
            yield f"the ledger has {row.instruction_id} as {row.status}, the bank says otherwise"
    if _is_at_its_end(trail):
        for instruction_id in sorted(issued.keys() - (arrived - given_back)):
            yield f"instruction {instruction_id} was never confirmed as arrived"


def _is_at_its_end(trail: Trail) -> bool:
    is_over = False
    for message in trail.events:
        if isinstance(message.data, ContractClosed | ContractDeclined | OfferLapsed):
            is_over = True
        elif isinstance(message.data, ContractReopened):
            is_over = False
    return is_over


def _ledger_closed(trail: Trail, terms: Terms, ledger: LedgerBook) -> Iterator[str]:
    registered = {("payer", terms.payer.account), ("payee", terms.payee.account)}
    if ledger.party_accounts != registered:
        yield "the ledger lets instructions name other accounts than the two registered ones"
    if (ledger.payer_account, ledger.payee_account) != (terms.payer.account, terms.payee.account):
        yield "the ledger's book names other accounts than the two registered ones"
    if ledger.asset != terms.asset:
        yield f"the ledger books {ledger.asset}, the terms are in {terms.asset}"
    strangers = {account for move in ledger.entries for account in move} - ACCOUNTS
    if strangers:
        yield f"the ledger books on accounts {sorted(strangers)}, which must not exist"
    said = {
        told.instruction_id: ("settle" if message.type == SETTLE_TYPE else "return", told)
        for message, told in trail.instructions
    }
    for row in ledger.instructions:
        direction, told = said.get(row.instruction_id, ("", None))
        if told is None:
            yield f"the ledger keeps instruction {row.instruction_id}, the bank was never told"
        elif (row.direction, row.creditor_account, row.amount) != (
            direction,
            told.creditor_account,
            told.money.minor,
        ):
            yield f"the ledger keeps another instruction {row.instruction_id} than it sent"
        if (row.creditor_role, row.creditor_account) not in registered:
            yield f"the ledger's instruction {row.instruction_id} goes to a stranger"
    for instruction_id in sorted(said.keys() - {row.instruction_id for row in ledger.instructions}):
        yield f"the bank was told of {instruction_id}, the ledger does not keep it"


def _row_of(trail: Trail, terms: Terms) -> SignedRow:
    standing = standing_of(trail)
    assert standing is not None  # the terms were agreed
    payer, payee = terms.payer.account, terms.payee.account
    return SignedRow(payer, payee, terms.asset, sum_of_terms(terms), standing.terms_digest)


def _first_of_each(trail: Trail) -> list[tuple[Message, InstructionIssued]]:
    first: dict[UUID, tuple[Message, InstructionIssued]] = {}
    for message, issued in trail.instructions:
        first.setdefault(issued.instruction_id, (message, issued))
    return list(first.values())


def _say(decision: _Decision) -> str:
    verb = "settling" if decision.settles else "returning"
    return f"{verb} {decision.money.minor} {decision.money.asset}"
