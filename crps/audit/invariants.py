"""The invariants I0 to I3 of SPEC section 2, each a function of one contract's evidence.

Every function yields one sentence a breach and nothing where all is well. None relies on another,
and none on a service's word where a second witness exists: events are held against the rows of
two schemas, acts against the commands that the broker stamped. I4 is in `closed_loop`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from crps.audit.books import Buckets, ContractBooks, buckets_of
from crps.audit.fold import standing_of
from crps.audit.messages import Message
from crps.audit.terms import agreed_terms, sum_of_terms
from crps.audit.trail import Trail, of
from schemas import contracts_v1
from schemas.contracts_v1 import (
    AcceptContract,
    ContractClosed,
    ContractEffective,
    FundsAttributed,
    MoveFunds,
)
from schemas.orders_v1 import OrderPlaced
from schemas.terms_v1 import Terms
from schemas.values import Money

_ACTS = {
    "release": ("payee", "crps.funds.release.v1"),
    "return": ("payer", "crps.funds.return.v1"),
}
_TICK = timedelta(milliseconds=1)
"""The broker stamps whole milliseconds."""


def conserved(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I0: ``T = F + D + S + R`` after every event and in all four places; S and R never fall."""
    now: dict[int, Buckets] = {}
    for message in trail.events:
        if isinstance(message.data, ContractEffective):
            if now:
                yield f"{message.id} makes it effective a second time"
            now = {t.tranche: Buckets(free=t.amount) for t in message.data.tranches}
            yield from _total_agreed(trail, message.data)
        elif isinstance(message.data, FundsAttributed):
            yield from _moved(message, message.data, now)
        elif isinstance(message.data, ContractClosed):
            stated = (message.data.payee, message.data.payer)
            present = _sum(now)
            if present != Buckets(0, 0, *stated):
                yield f"{message.id} closes it with {stated}, its events leave {_say(present)}"
    yield from _same_everywhere(trail, books, now)


def contested_never_rises(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I1: D never rises; an opening, the only thing that may raise it, is no event yet."""
    last: dict[int, int] = {}
    for message, told in trail.events_of(FundsAttributed):
        for part in told.parts:
            floor = last.get(part.tranche, 0)
            if max(part.before.contested, part.after.contested) > floor:
                yield f"{message.id}: D of tranche {part.tranche} rises from {floor}"
            last[part.tranche] = part.after.contested
    stored = books.tranches or {}
    for number, buckets in stored.items():
        if buckets.contested > last.get(number, 0):
            yield f"contracts stores D = {buckets.contested} in tranche {number}, too much"
    contested = books.ledger.balances.get("contested", 0) if books.ledger else 0
    if contested > sum(last.values()):
        yield f"the ledger holds D = {contested}, the events leave {sum(last.values())}"


def free_never_rises(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I2: F never rises after effectiveness, in no tranche and in no schema."""
    last: dict[int, int] = {}
    for message in trail.events:
        if isinstance(message.data, ContractEffective):
            for tranche in message.data.tranches:
                if tranche.amount > last.get(tranche.tranche, tranche.amount):
                    yield f"{message.id}: F of tranche {tranche.tranche} is filled again"
                last[tranche.tranche] = tranche.amount
        elif isinstance(message.data, FundsAttributed):
            for part in message.data.parts:
                ceiling = last.get(part.tranche, 0)
                if max(part.before.free, part.after.free) > ceiling:
                    yield f"{message.id}: F of tranche {part.tranche} rises from {ceiling}"
                last[part.tranche] = part.after.free
    for number, buckets in (books.tranches or {}).items():
        if buckets.free > last.get(number, 0):
            yield f"contracts stores F = {buckets.free} in tranche {number}, too much"
    free = books.ledger.balances.get("free", 0) if books.ledger else 0
    if free > sum(last.values()):
        yield f"the ledger holds F = {free}, the events leave {sum(last.values())}"


def loser_signed(trail: Trail, _books: ContractBooks) -> Iterator[str]:
    """I3: every attribution names the loser's own act, sent in time, or a clause it signed."""
    terms = agreed_terms(trail)
    effective = next(iter(trail.events_of(ContractEffective)), None)
    attributed = trail.events_of(FundsAttributed)
    if terms is None or effective is None:
        yield from (f"{message.id} moves money that was never there" for message, _ in attributed)
        return
    yield from _both_accepted(trail, terms)
    yield from _deadlines_agreed(effective[1], terms)
    acts: set[str] = set()
    for message, told in attributed:
        loser = "payer" if told.to == "payee" else "payee"
        if told.authorisation.signer != loser:
            yield f"{message.id} gives to the {told.to} and {told.authorisation.signer} signed"
        if told.cause == "arrival":
            yield from _arrival(message, told, effective[1])
            continue
        command_id = told.authorisation.command_id
        if command_id in acts:
            yield f"{message.id}: the act {command_id} moves money a second time"
        acts.add(command_id or "")
        yield from _live_act(trail, terms, message, told, effective[1])


# --- I0 -----------------------------------------------------------------------------------------


def _total_agreed(trail: Trail, told: ContractEffective) -> Iterator[str]:
    if sum(tranche.amount for tranche in told.tranches) != told.total:
        yield f"the tranches do not add up to T = {told.total}"
    terms = agreed_terms(trail)
    if terms is not None and told.total != sum_of_terms(terms):
        yield f"T = {told.total} took effect, {sum_of_terms(terms)} was signed"


def _moved(message: Message, told: FundsAttributed, now: dict[int, Buckets]) -> Iterator[str]:
    if sum(part.amount for part in told.parts) != told.money.minor:
        yield f"{message.id}: the parts are not {told.money.minor}"
    for part in told.parts:
        present = now.get(part.tranche)
        if present is None:
            yield f"{message.id}: tranche {part.tranche} does not exist"
            continue
        before, after = _buckets(part.before), _buckets(part.after)
        where = f"{message.id}, tranche {part.tranche}"
        if before != present:
            yield f"{where}: begins at {_say(before)}, stands at {_say(present)}"
        if after.total != present.total:
            yield f"{where}: T = {present.total} became {after.total}"
        if after.payee < present.payee or after.payer < present.payer:
            yield f"{where}: what was attributed falls, from {_say(present)} to {_say(after)}"
        gain = Buckets(payee=part.amount) if told.to == "payee" else Buckets(payer=part.amount)
        moved = before.plus(gain)
        if (after.payee, after.payer) != (moved.payee, moved.payer) or part.amount <= 0:
            yield f"{where}: {part.amount} to the {told.to} is not what moved"
        now[part.tranche] = after


def _same_everywhere(trail: Trail, books: ContractBooks, now: dict[int, Buckets]) -> Iterator[str]:
    if standing_of(trail) is None:
        if books.tranches or books.signed or books.ledger:
            yield "a schema knows it, no event says that it was ever offered"
        return
    if not books.tranches:
        yield "the contracts service stores nothing of it"
    else:
        for number in sorted(books.tranches.keys() | now.keys()):
            stored, said = books.tranches.get(number, Buckets()), now.get(number, Buckets())
            if stored != said:
                yield f"tranche {number}: stored {_say(stored)}, by the events {_say(said)}"
    if books.ledger is None:
        yield "the ledger has no book of it"
        return
    said = _sum(now)
    row, entered = books.ledger.balances, books.ledger.entered
    for place, buckets in (("book", buckets_of(row)), ("entries", buckets_of(entered))):
        if buckets != said:
            yield f"the ledger's {place}: {_say(buckets)}, by the events {_say(said)}"
    for account in sorted(row.keys() | entered.keys()):
        if row.get(account, 0) != entered.get(account, 0):
            yield (
                f"the ledger's {account}: {row.get(account, 0)} in the book,"
                f" {entered.get(account, 0)} by its entries"
            )
    if now and said.total != books.ledger.total:
        yield f"the ledger's T is {books.ledger.total}, the events' {said.total}"


def _buckets(told: contracts_v1.Buckets) -> Buckets:
    return Buckets(told.free, told.contested, told.payee, told.payer)


def _sum(tranches: dict[int, Buckets]) -> Buckets:
    total = Buckets()
    for buckets in tranches.values():
        total = total.plus(buckets)
    return total


def _say(buckets: Buckets) -> str:
    return f"F {buckets.free} D {buckets.contested} S {buckets.payee} R {buckets.payer}"


# --- I3 -----------------------------------------------------------------------------------------


def _both_accepted(trail: Trail, terms: Terms) -> Iterator[str]:
    standing = standing_of(trail)
    assert standing is not None  # the terms were agreed
    given = [
        acceptance
        for message, offer in of(trail.offers, OrderPlaced)
        if message.upstream == standing.upstream
        for acceptance in offer.acceptances
    ]
    given += [
        told.acceptance()
        for message, told in of(trail.commands, AcceptContract)
        if message.upstream == standing.upstream
    ]
    signed = {
        acceptance.party
        for acceptance in given
        if acceptance.terms_digest == standing.terms_digest
        and acceptance.consent == "subjective_and_automatic"
    }
    for role, party in (("payer", terms.payer.party), ("payee", terms.payee.party)):
        if party not in signed:
            yield f"it took effect and the {role} never accepted its terms"


def _deadlines_agreed(told: ContractEffective, terms: Terms) -> Iterator[str]:
    for number, (tranche, signed) in enumerate(
        zip(told.tranches, terms.tranches, strict=False), start=1
    ):
        period = timedelta(milliseconds=signed.period.duration_ms)
        if tranche.deadline_at != told.effective_at + period:
            yield f"the deadline of tranche {number} is not the one that was signed"


def _arrival(
    message: Message, told: FundsAttributed, effective: ContractEffective
) -> Iterator[str]:
    deadlines = {t.tranche: t.deadline_at for t in effective.tranches}
    if told.to != "payee" or told.kind != "automatic":
        yield f"{message.id}: an arrival is automatic and pays the payee"
    if told.authorisation.basis != "clause" or not told.authorisation.clause:
        yield f"{message.id}: an arrival names no clause"
    for part in told.parts:
        due_at = deadlines.get(part.tranche)
        if due_at is None or told.due_at != due_at:
            yield f"{message.id} executes {told.due_at}, the deadline is {due_at}"
        elif told.judged_at < due_at or message.appended_at + _TICK <= due_at:
            yield f"{message.id} arrives before its deadline {due_at}"


def _live_act(
    trail: Trail,
    terms: Terms,
    message: Message,
    told: FundsAttributed,
    effective: ContractEffective,
) -> Iterator[str]:
    to, wire_type = _ACTS[told.cause]
    if told.to != to or told.kind != "subjective" or told.authorisation.basis != "live":
        yield f"{message.id}: a {told.cause} is a live act that pays the {to}"
    command_id, standing = told.authorisation.command_id, standing_of(trail)
    if command_id is None or message.causation_id != command_id:
        yield f"{message.id} names the act {command_id}, its cause is {message.causation_id}"
    party = terms.payer.party if told.to == "payee" else terms.payee.party
    sent = [
        (command, asked)
        for command, asked in of(trail.commands, MoveFunds)
        if command.id == command_id
        and command.type == wire_type
        and asked.party == party
        and standing is not None
        and command.upstream == standing.upstream
    ]
    if not sent:
        yield f"{message.id}: the {told.authorisation.signer} never sent {command_id}"
        return
    deadlines = {t.tranche: t.deadline_at for t in effective.tranches}
    ends = [deadlines[part.tranche] for part in told.parts if part.tranche in deadlines]
    # An id may stand in the log more than once; one record that bears the attribution is enough.
    flaws = [_flaw(command, asked, told, ends, effective.effective_at) for command, asked in sent]
    if all(flaws):
        yield f"{message.id}: the act {command_id} {flaws[0]}"


def _flaw(
    command: Message,
    asked: MoveFunds,
    told: FundsAttributed,
    ends: list[datetime],
    effective_at: datetime,
) -> str | None:
    if any(command.appended_at >= end for end in ends):
        return f"came at {command.appended_at}, when the chain period was over"
    if any(told.judged_at >= end for end in ends) or told.judged_at < command.appended_at:
        return f"came at {command.appended_at} and was judged as of {told.judged_at}"
    if told.judged_at < effective_at:
        return f"came at {command.appended_at}, before it was effective"
    if isinstance(asked.amount, Money) and asked.amount != told.money:
        return f"gives up {asked.amount}, {told.money} moved"
    if asked.amount == "ALL" and any(part.after.free for part in told.parts):
        return "gives up all, and something is left"
    return None
