"""The invariants I0, I1 and I2 of SPEC section 2, each a function of one contract's evidence.

Every function yields one sentence a breach and nothing where all is well. None relies on another,
and none on a service's word where a second witness exists: the events of contracts and disputes
are held against the rows of three schemas. I3 is in `signatures`, I4 in `closed_loop`.
"""

from collections.abc import Iterator

from crps.audit.books import Buckets, ContractBooks, buckets_of
from crps.audit.fold import standing_of
from crps.audit.messages import Message
from crps.audit.terms import agreed_terms, sum_of_terms
from crps.audit.trail import Trail
from schemas import contracts_v1, topics
from schemas.contracts_v1 import (
    ContractClosed,
    ContractEffective,
    FundsAttributed,
    TrancheAttributed,
)
from schemas.disputes_v1 import ClaimStated, DisputeEnded, DisputeRegistered
from schemas.openings_v1 import DisputeOpened


def conserved(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I0: ``T = F + D + S + R`` after every event and in every place; S and R never fall."""
    now: dict[int, Buckets] = {}
    known: dict[int, Buckets] = {}  # What contracts must store: it learns of a dispute's end only.
    for message in trail.decisions:
        match message.data:
            case ContractEffective() as told:
                if now:
                    yield f"{message.id} makes it effective a second time"
                now = {t.tranche: Buckets(free=t.amount) for t in told.tranches}
                known = dict(now)
                yield from _total_agreed(trail, told)
            case FundsAttributed() as told:
                yield from _moved(message, told, now)
                if _of_contracts(message):
                    known |= {p.tranche: now[p.tranche] for p in told.parts if p.tranche in now}
            case DisputeOpened() as told:
                yield from _contested(message, told, now)
                known[told.tranche] = now[told.tranche]
            case DisputeEnded() | TrancheAttributed() as told:
                yield from _stated(message, (told.payee, told.payer), now.get(told.tranche))
                if _of_contracts(message):
                    known[told.tranche] = Buckets(0, 0, told.payee, told.payer)
            case ContractClosed() as told:
                yield from _stated(message, (told.payee, told.payer), _sum(now))
    yield from _same_everywhere(trail, books, now, known)
    yield from _same_in_disputes(trail, books, now)


def contested_never_rises(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I1: D is nothing until the opening, which contests all that is free, and never rises after.

    A tranche is disputed once. What contracts stores is the D of the opening until it reads the
    end; what disputes stores is the D of now.
    """
    last: dict[int, int] = {}
    known: dict[int, int] = {}
    for message in trail.decisions:
        match message.data:
            case DisputeOpened() as told:
                if told.tranche in known:
                    yield f"{message.id}: tranche {told.tranche} is disputed a second time"
                elif told.before.contested or told.after.contested != told.before.free:
                    contested = told.after.contested
                    yield f"{message.id} contests {contested}, {told.before.free} was free"
                last[told.tranche] = known[told.tranche] = told.after.contested
            case FundsAttributed() as told:
                for part in told.parts:
                    floor = last.get(part.tranche, 0)
                    if max(part.before.contested, part.after.contested) > floor:
                        yield f"{message.id}: D of tranche {part.tranche} rises from {floor}"
                    last[part.tranche] = part.after.contested
            case DisputeRegistered() | ClaimStated() as told:
                floor = last.get(told.tranche, 0)
                if told.contested > floor:
                    yield f"{message.id}: D of tranche {told.tranche} rises from {floor}"
            case TrancheAttributed() as told:
                known[told.tranche] = 0
    yield from _stored_contested(books, last, known)


def free_never_rises(trail: Trail, books: ContractBooks) -> Iterator[str]:
    """I2: F never rises after effectiveness, in no tranche and in no schema."""
    last: dict[int, int] = {}
    for message in trail.decisions:
        match message.data:
            case ContractEffective() as told:
                for tranche in told.tranches:
                    if tranche.amount > last.get(tranche.tranche, tranche.amount):
                        yield f"{message.id}: F of tranche {tranche.tranche} is filled again"
                    last[tranche.tranche] = tranche.amount
            case FundsAttributed() as told:
                for part in told.parts:
                    yield from _falls(message, part, last)
            case DisputeOpened() as told:
                yield from _falls(message, told, last)
    for number, buckets in (books.tranches or {}).items():
        if buckets.free > last.get(number, 0):
            yield f"contracts stores F = {buckets.free} in tranche {number}, too much"
    free = books.ledger.balances.get("free", 0) if books.ledger else 0
    if free > sum(last.values()):
        yield f"the ledger holds F = {free}, the events leave {sum(last.values())}"


def _stored_contested(
    books: ContractBooks, last: dict[int, int], known: dict[int, int]
) -> Iterator[str]:
    for number, buckets in (books.tranches or {}).items():
        if buckets.contested > known.get(number, 0):
            yield f"contracts stores D = {buckets.contested} in tranche {number}, too much"
    for number, row in books.disputes.items():
        if row.contested > last.get(number, 0):
            yield f"disputes stores D = {row.contested} in tranche {number}, too much"
    contested = books.ledger.balances.get("contested", 0) if books.ledger else 0
    if contested > sum(last.values()):
        yield f"the ledger holds D = {contested}, the events leave {sum(last.values())}"


def _falls(
    message: Message, told: contracts_v1.Part | DisputeOpened, last: dict[int, int]
) -> Iterator[str]:
    ceiling = last.get(told.tranche, 0)
    if max(told.before.free, told.after.free) > ceiling:
        yield f"{message.id}: F of tranche {told.tranche} rises from {ceiling}"
    last[told.tranche] = told.after.free


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
        yield from _chained(where, present, before, after)
        gain = Buckets(payee=part.amount) if told.to == "payee" else Buckets(payer=part.amount)
        moved = before.plus(gain)
        if (after.payee, after.payer) != (moved.payee, moved.payer) or part.amount <= 0:
            yield f"{where}: {part.amount} to the {told.to} is not what moved"
        if _of_contracts(message) and after.contested != before.contested:
            yield f"{where}: contracts moves what is contested"
        if not _of_contracts(message) and after.free != before.free:
            yield f"{where}: disputes moves what is free"
        now[part.tranche] = after


def _contested(message: Message, told: DisputeOpened, now: dict[int, Buckets]) -> Iterator[str]:
    present, where = now.get(told.tranche), f"{message.id}, tranche {told.tranche}"
    before, after = _buckets(told.before), _buckets(told.after)
    if present is None:
        yield f"{message.id}: tranche {told.tranche} does not exist"
    else:
        yield from _chained(where, present, before, after)
        if (after.payee, after.payer) != (before.payee, before.payer):
            yield f"{where}: an opening attributes nothing"
        if after.total != told.amount:
            yield f"{where}: its total is {after.total}, the opening says {told.amount}"
    now[told.tranche] = after


def _chained(where: str, present: Buckets, before: Buckets, after: Buckets) -> Iterator[str]:
    if before != present:
        yield f"{where}: begins at {_say(before)}, stands at {_say(present)}"
    if after.total != present.total:
        yield f"{where}: T = {present.total} became {after.total}"
    if after.payee < present.payee or after.payer < present.payer:
        yield f"{where}: what was attributed falls, from {_say(present)} to {_say(after)}"


def _stated(message: Message, stated: tuple[int, int], present: Buckets | None) -> Iterator[str]:
    """Yield a breach if what is said to be the payee's and the payer's is not all there is."""
    if present != Buckets(0, 0, *stated):
        left = "nothing" if present is None else _say(present)
        yield f"{message.id} closes it with {stated}, its events leave {left}"


def _same_everywhere(
    trail: Trail, books: ContractBooks, now: dict[int, Buckets], known: dict[int, Buckets]
) -> Iterator[str]:
    if standing_of(trail) is None:
        if books.tranches or books.signed or books.ledger:
            yield "a schema knows it, no event says that it was ever offered"
        return
    if not books.tranches:
        yield "the contracts service stores nothing of it"
    else:
        for number in sorted(books.tranches.keys() | known.keys()):
            stored, said = books.tranches.get(number, Buckets()), known.get(number, Buckets())
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


def _same_in_disputes(trail: Trail, books: ContractBooks, now: dict[int, Buckets]) -> Iterator[str]:
    opened = {told.tranche for _, told in trail.events_of(DisputeOpened)}
    for number in sorted(books.disputes.keys() | opened):
        row, said = books.disputes.get(number), now.get(number, Buckets())
        if row is None:
            yield f"tranche {number} is disputed, and disputes stores nothing of it"
        elif number not in opened:
            yield f"disputes stores tranche {number}, which was never disputed"
        elif row.buckets != said or row.amount != said.total:
            stored = _say(row.buckets)
            yield f"tranche {number}: disputes stores {stored}, by the events {_say(said)}"


def _of_contracts(message: Message) -> bool:
    return message.topic == topics.CONTRACTS_EVENTS.name


def _buckets(told: contracts_v1.Buckets) -> Buckets:
    return Buckets(told.free, told.contested, told.payee, told.payer)


def _sum(tranches: dict[int, Buckets]) -> Buckets:
    total = Buckets()
    for buckets in tranches.values():
        total = total.plus(buckets)
    return total


def _say(buckets: Buckets) -> str:
    return f"F {buckets.free} D {buckets.contested} S {buckets.payee} R {buckets.payer}"
