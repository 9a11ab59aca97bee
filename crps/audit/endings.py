"""I3 in what disputes decides: each cut is a statement of who gave it up, each ending was signed.

The auditor follows a dispute from its opening with arithmetic of its own (SPEC section 6): a party
gives up what it no longer claims, and what is left at the dispute deadline goes as the terms say.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from crps.audit.authorship import TICK, named, out_of_time, sent_by
from crps.audit.books import ContractBooks, DisputeRow
from crps.audit.cases import Case, Share, cases_of, promises_kept
from crps.audit.fold import own_claim
from crps.audit.messages import Message
from crps.audit.proposals import divided, proposals_followed
from crps.audit.rulings import ruled
from crps.audit.trail import Trail
from schemas.contracts_v1 import FundsAttributed, Role
from schemas.disputes_v1 import ClaimStated, DisputeEnded, DisputeRegistered
from schemas.proposals_v1 import ProposalVoided
from schemas.rulings_v1 import RulingMade
from schemas.terms_v1 import RatioEnding, Terms
from schemas.values import Money

LOWER_TYPE: Final = "crps.claim.lower.v1"
SILENCE_CLAUSE: Final = "dispute.silence_rule"
ENDING_CLAUSE: Final = "dispute.ending"
FALLBACK_CLAUSE: Final = "dispute.fallback"
_WHOLE_BP: Final = 10_000


def disputes_signed(trail: Trail, terms: Terms, books: ContractBooks) -> Iterator[str]:
    """Yield a sentence for each thing that disputes decided without the loser's word for it."""
    cases = cases_of(trail)
    stated: set[tuple[str, str]] = set()
    for message in trail.disputes:
        for number in _tranches(message):
            if number not in cases:
                yield f"{message.id} decides about tranche {number}, which nobody disputed"
            else:
                yield from _follow(trail, terms, message, cases[number])
        if isinstance(message.data, ClaimStated):
            statement = (message.data.by, message.data.command_id)
            if statement in stated:
                yield f"{message.id}: {statement[1]} counts a second time"
            stated.add(statement)
    for number, case in cases.items():
        yield from promises_kept(case, f"tranche {number}")
        if case.contested == 0 and case.ended is None:
            yield f"tranche {number}: nothing is contested, and the dispute has not ended"
        if number in books.disputes and not _row_agrees(books.disputes[number], case):
            yield f"tranche {number}: disputes stores another dispute than its events tell"


def signed_ending(terms: Terms, contested: int, *, silent: bool) -> tuple[str, list[Share]]:
    """Return how a dispute ends at its deadline, and who gets what of the contested rest.

    Shares are floored; the odd unit goes to the side the terms name. A share below what the rail
    can pay goes to the other side, and all to the side of the odd unit if both are.
    """
    if silent and terms.dispute.silence_rule:
        return "silence", [("payer", contested)]
    ending = terms.dispute.fallback or terms.dispute.ending
    if not isinstance(ending, RatioEnding):
        return ending, [("payee" if ending == "to_payee" else "payer", contested)]
    odd: Role = terms.odd_unit
    other: Role = "payer" if odd == "payee" else "payee"
    bp = ending.ratio_to_payee_bp
    others = contested * (bp if other == "payee" else _WHOLE_BP - bp) // _WHOLE_BP
    shares: dict[Role, int] = {odd: contested - others, other: others}
    least = terms.rail.minimum
    if 0 < shares[other] < least:
        shares = {odd: contested, other: 0}
    elif 0 < shares[odd] < least:
        shares = {odd: 0, other: contested}
    return "ratio", [(to, shares[to]) for to in ("payee", "payer") if shares[to]]


def _clause(terms: Terms, ending: str) -> str:
    if ending == "silence":
        return SILENCE_CLAUSE
    return ENDING_CLAUSE if terms.dispute.fallback is None else FALLBACK_CLAUSE


def _tranches(message: Message) -> Iterable[int]:
    match message.data:
        case FundsAttributed(parts=parts):
            return [part.tranche for part in parts]
        case told if told is not None and hasattr(told, "tranche"):
            return [int(told.tranche)]
    return []


def _follow(trail: Trail, terms: Terms, message: Message, case: Case) -> Iterator[str]:
    if not isinstance(message.data, FundsAttributed | ProposalVoided | DisputeEnded):
        yield from promises_kept(case, message.id)
    if message.rests_on != case.opened_in:
        yield f"{message.id} does not rest on the opening of its dispute"
    if case.ended is not None:
        yield f"{message.id} decides about a dispute that has ended"
    if not case.registered and not isinstance(message.data, DisputeRegistered):
        yield f"{message.id} decides about a dispute that was not registered"
    match message.data:
        case DisputeRegistered() as told:
            yield from _registered(message, told, case)
        case ClaimStated() as told:
            yield from _stated(trail, terms, message, told, case)
        case RulingMade() as told:
            yield from ruled(trail, terms, message, told, case)
        case FundsAttributed(cause="proposal" | "ruling") as told:
            yield from divided(message, told, case)
        case FundsAttributed(cause="dispute_default") as told:
            yield from _executed(message, told, case)
        case FundsAttributed() as told:
            yield from _conceded(message, told, case)
        case DisputeEnded() as told:
            yield from _ended(terms, message, told, case)
        case _:
            yield from proposals_followed(trail, terms, message, case)


def _registered(message: Message, told: DisputeRegistered, case: Case) -> Iterator[str]:
    opening = case.opening
    heard = (told.asset, told.contested, told.payer_claim)
    said = (opening.asset, opening.after.contested, opening.claim)
    until = (told.opened_at, told.deadline_at, told.ruling_deadline_at)
    signed = (opening.opened_at, opening.deadline_at, opening.ruling_deadline_at)
    if (heard, until) != (said, signed) or case.registered:
        yield f"{message.id} registers another dispute than was opened"
    case.registered = True


def _stated(
    trail: Trail, terms: Terms, message: Message, told: ClaimStated, case: Case
) -> Iterator[str]:
    opening, claim = case.opening, own_claim(told)
    party = terms.payer.party if told.by == "payer" else terms.payee.party
    first = told.by == "payee" and case.payee_claim is None
    yield from _falls(message, told, case, first=first)
    if message.causation_id != told.command_id:
        yield f"{message.id} names {told.command_id}, its cause is {message.causation_id}"
    sent = sent_by(party, LOWER_TYPE, told.command_id, trail, terms, trail.statements)
    flaws: list[str | None] = []
    for command, asked in sent:
        late = out_of_time(
            command, told.judged_at, opening.opened_at, (opening.deadline_at,), "dispute period"
        )
        if late is None and asked.claim != Money(claim, opening.asset):
            late = f"claims {asked.claim}, {claim} was recorded"
        if late is None and named(terms, asked.tranche) != told.tranche:
            late = f"is about tranche {asked.tranche}, not {told.tranche}"
        flaws.append(late)
    if not sent:
        yield f"{message.id}: the {told.by} never sent {told.command_id}"
    elif all(flaws):
        yield f"{message.id}: the statement {told.command_id} {flaws[0]}"
    cut = case.contested - told.contested
    if cut > 0:
        case.void(told.judged_at)
        cause = "admission" if first else "concession"
        case.cut = (told, ("payer" if told.by == "payee" else "payee", cut), cause)
    case.payer_claim, case.payee_claim = told.payer_claim, told.payee_claim
    case.contested = told.contested


def _falls(message: Message, told: ClaimStated, case: Case, *, first: bool) -> Iterator[str]:
    """Hold a statement against ``D = P* + Y* - T``: one's own claim falls, the other's stays."""
    opening = case.opening
    others = (
        (told.payer_claim, case.payer_claim)
        if told.by == "payee"
        else (told.payee_claim, case.payee_claim)
    )
    if others[0] != others[1]:
        yield f"{message.id}: the {told.by} states the other's claim"
    # Who is silent still claims all that is not the payer's yet.
    payee_claim = told.payee_claim
    if payee_claim is None:
        payee_claim = opening.amount - opening.before.payer
    if told.contested != told.payer_claim + payee_claim - opening.amount:
        yield f"{message.id} leaves {told.contested}, the claims leave another rest"
    if told.contested > case.contested or (told.contested == case.contested and not first):
        yield f"{message.id}: the {told.by} gives nothing up"


def _conceded(message: Message, told: FundsAttributed, case: Case) -> Iterator[str]:
    signed = told.authorisation
    if case.cut is None:
        yield f"{message.id} takes {told.money.minor} that no statement gave up"
        return
    stated, share, cause = case.cut
    case.cut = None
    if (told.to, told.money.minor) != share or told.judged_at != stated.judged_at:
        yield f"{message.id} is not what {stated.command_id} gave up"
    if told.cause != cause:
        yield f"{message.id} is called {told.cause}, it is the {stated.by}'s {cause}"
    if told.kind != "subjective" or signed.basis != "live":
        yield f"{message.id}: what a statement gives up, it gives up by a live act"
    if (signed.command_id, message.causation_id) != (stated.command_id, stated.command_id):
        yield f"{message.id} names {signed.command_id}, {stated.command_id} gave it up"


def _executed(message: Message, told: FundsAttributed, case: Case) -> Iterator[str]:
    signed, due_at = told.authorisation, case.due_at
    if told.kind != "automatic" or signed.basis != "clause":
        yield f"{message.id}: an ending is automatic, by a clause"
    if told.due_at != due_at:
        yield f"{message.id} executes {told.due_at}, the dispute deadline is {due_at}"
    elif told.judged_at < due_at or message.appended_at + TICK <= due_at:
        yield f"{message.id} ends the dispute before its deadline {due_at}"
    case.executed.append(((told.to, told.money.minor), signed.clause))


def _ended(terms: Terms, message: Message, told: DisputeEnded, case: Case) -> Iterator[str]:
    yield from promises_kept(case, message.id)
    due_at: object = None
    ending, shares, clause = case.agreed, list[Share](), None
    if case.contested:
        ending, shares = signed_ending(terms, case.contested, silent=case.is_silent)
        clause = _clause(terms, ending)
        due_at = case.due_at
        if told.judged_at < case.due_at:
            yield f"{message.id} ends the dispute before its deadline {due_at}"
    if (told.ending, told.due_at) != (ending, due_at):
        yield f"{message.id} ends it {told.ending}, signed was {ending} at {due_at}"
    if case.executed != [(share, clause) for share in shares]:
        yield f"{message.id}: the ending gave {case.executed}, signed was {shares} by {clause}"
    case.contested, case.ended = 0, told


def _row_agrees(row: DisputeRow, case: Case) -> bool:
    opening = case.opening
    told = (case.payer_claim, case.payee_claim, case.payee_proposed)
    kept = (row.payer_claim, row.payee_claim, row.payee_proposed)
    instants = (opening.opened_at, opening.deadline_at, opening.ruling_deadline_at)
    ending = None if case.ended is None else case.ended.ending
    return (kept, row.opened_at, row.deadline_at, row.ruling_deadline_at, row.ending) == (
        told,
        *instants,
        ending,
    )
