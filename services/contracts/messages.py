"""Wire to domain and back: the only room of contracts that knows message models and versions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import rfc8785
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas import contracts_v1, ledger_v1, orders_v1, terms_v1, topics
from schemas.envelope import Envelope
from schemas.fields import Token
from schemas.values import Money
from services.contracts.domain import commands, events
from services.contracts.domain.contract import (
    Buckets,
    Contract,
    DisputeClause,
    Party,
    ReceiptShare,
    Role,
    Status,
    waiting_timers,
)
from services.contracts.domain.outcome import Duplicate, Refusal
from services.contracts.errors import REMEDY, Code

Message = Envelope[Any]

DUE: Final = "crps.deadline.reached.v1"
REFUSED: Final = "crps.command.refused.v1"
DUPLICATED: Final = "crps.command.duplicated.v1"

TRANCHES_MAX: Final = 100
"""More would not fit the 64 KiB of one event (``contract.effective`` names every deadline)."""
_EXACT_INTEGERS: Final = 2**53
_TOKEN: Final = TypeAdapter[str](Token)


# --- in -----------------------------------------------------------------------------------------


def party_of(message: Message, upstream: str) -> str:
    """Return in whose name a command asks: a party's, or for an offer its upstream's."""
    return getattr(message.data, "party", upstream)


def is_offer(message: Message) -> bool:
    """Tell whether ``message`` offers a contract, as an order event or as a command."""
    return isinstance(message.data, orders_v1.OrderPlaced)


def is_acceptance(message: Message) -> bool:
    """Tell whether ``message`` accepts an offer, so that the terms may have to be told."""
    return isinstance(message.data, contracts_v1.AcceptContract)


def body_digest(value: bytes) -> bytes:
    """Return SHA-256 of the canonical type and data of a message (SPEC section 3, idempotency)."""
    # JSON numbers beyond what RFC 8785 can write are flaws; they only must not stop the digest.
    body = json.loads(value, parse_int=_integer, parse_float=_float, parse_constant=str)
    return hashlib.sha256(rfc8785.dumps({"type": body["type"], "data": body["data"]})).digest()


def _integer(digits: str) -> int | str:
    integer = int(digits) if len(digits) <= 17 else _EXACT_INTEGERS
    return integer if -_EXACT_INTEGERS < integer < _EXACT_INTEGERS else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return digits if number in {float("inf"), float("-inf")} else number


@dataclass(frozen=True, slots=True)
class Read:
    """A command of the domain, with the canonical terms if it is an offer."""

    command: commands.PartyCommand
    terms: bytes | None = None


def read_command(message: Message, asked: commands.Asked, *, topic: str) -> Read | Refusal:
    """Return what a party or upstream asks; ``MALFORMED`` where the language is broken."""
    told = message.data
    match told:
        case orders_v1.OrderPlaced():
            return _offer(told, asked, is_command=topic == topics.CONTRACTS_COMMANDS.name)
        case contracts_v1.AcceptContract():
            return Read(commands.Accept(asked, _acceptance(told)))
        case contracts_v1.DeclineContract():
            return Read(commands.Decline(asked))
        case contracts_v1.MoveFunds():
            if (told.amount is None) == (told.to_total is None):
                return Refusal(Code.MALFORMED, "give exactly one of amount and to_total")
            to = Role.PAYEE if message.type == "crps.funds.release.v1" else Role.PAYER
            return Read(
                commands.Move(
                    asked, to, told.amount, told.to_total, told.tranche, told.expected_remaining
                )
            )
        case _:
            raise TypeError(f"{message.type} is no command of a party")


def read_due(message: Message) -> commands.Due:
    """Return a due message; its ``due_at`` is ignored, since we know our own deadlines."""
    told: contracts_v1.DeadlineReached = message.data
    return commands.Due(told.timer, told.tranche, told.generation)


def read_report(message: Message) -> commands.Report:
    """Return what the ledger reports."""
    told = message.data
    match told:
        case ledger_v1.FundingReceived():
            return commands.FundingReceived(told.receipt, told.amount, told.asset, told.account)
        case ledger_v1.BooksEmptied():
            return commands.BooksEmptied()
        case ledger_v1.BooksReopened():
            return commands.BooksReopened()
        case _:
            raise TypeError(f"{message.type} is no report of the ledger")


def _offer(
    told: orders_v1.OrderPlaced, asked: commands.Asked, *, is_command: bool
) -> Read | Refusal:
    try:
        canonical = rfc8785.dumps(told.terms)
        terms = terms_v1.Terms.model_validate(told.terms)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in ("terms", *first["loc"]))
        return Refusal(Code.MALFORMED, f"{where}: {first['msg']}")
    except rfc8785.CanonicalizationError as error:
        return Refusal(Code.MALFORMED, f"the terms cannot be written canonically: {error}")
    names = [tranche.name for tranche in terms.tranches if tranche.name is not None]
    if len(set(names)) < len(names):
        return Refusal(Code.MALFORMED, "two tranches have the same name")
    if len(terms.tranches) > TRANCHES_MAX:
        return Refusal(Code.MALFORMED, f"at most {TRANCHES_MAX} tranches fit one contract")
    return Read(
        commands.Offer(
            asked=asked,
            order_id=told.order_id,
            terms=_claimed(terms, hashlib.sha256(canonical).hexdigest()),
            offer_expires_at=told.offer_expires_at.astimezone(UTC),
            acceptances=tuple(_acceptance(each) for each in told.acceptances),
            is_command=is_command,
        ),
        canonical,
    )


def _acceptance(told: orders_v1.Acceptance | contracts_v1.AcceptContract) -> commands.Acceptance:
    consents = told.consent == "subjective_and_automatic"
    return commands.Acceptance(told.party, told.terms_version, told.terms_digest, consents)


def _claimed(terms: terms_v1.Terms, digest: str) -> commands.ClaimedTerms:
    ending, rail = terms.dispute.ending, terms.rail
    ratio = ending if isinstance(ending, terms_v1.RatioEnding) else None
    return commands.ClaimedTerms(
        version=terms.version,
        digest=digest,
        payer=Party(terms.payer.party, terms.payer.account),
        payee=Party(terms.payee.party, terms.payee.account),
        asset=terms.asset,
        tranches=tuple(
            commands.ClaimedTranche(t.name, t.amount, t.period.duration_ms) for t in terms.tranches
        ),
        odd_unit=Role(terms.odd_unit),
        dispute=DisputeClause(
            terms.dispute.period_ms,
            terms.dispute.silence_rule,
            "ratio" if isinstance(ending, terms_v1.RatioEnding) else ending,
            None if ratio is None else ratio.ratio_to_payee_bp,
        ),
        acts_budget=terms.budget.acts,
        proposals_budget=terms.budget.proposals,
        rail=commands.ClaimedRail(
            name=rail.name,
            minimum=rail.minimum,
            partial=rail.partial,
            max_parts=rail.max_parts,
            max_hold_hours=rail.max_hold_hours,
            margin_hours=rail.margin_hours,
        ),
    )


# --- out ----------------------------------------------------------------------------------------


def say(event: events.Event, after: Contract, terms: bytes | None) -> tuple[str, BaseModel]:
    """Return the wire type and body of ``event``; ``after`` is the contract it led to.

    ``terms`` are the canonical terms, needed where an event tells them.
    """
    timers = _timers(after)
    match event:
        case events.OfferMade():
            if after.status is Status.ACCEPTED:
                return "crps.contract.accepted.v1", _accepted(after, terms)
            return "crps.contract.offered.v1", _offered(after, terms)
        case events.OfferAccepted(by):
            if after.status is Status.ACCEPTED:
                return "crps.contract.accepted.v1", _accepted(after, terms)
            body: BaseModel = contracts_v1.OfferAccepted(by=by.value, timers=timers)
            return "crps.offer.accepted.v1", body
        case events.OfferDeclined(by, returns):
            body = contracts_v1.ContractDeclined(
                by=by.value, asset=_asset(after), returns=_shares(returns), timers=timers
            )
            return "crps.contract.declined.v1", body
        case events.OfferLapsed(returns):
            body = contracts_v1.OfferLapsed(
                asset=_asset(after), returns=_shares(returns), timers=timers
            )
            return "crps.offer.lapsed.v1", body
        case events.BecameEffective():
            return "crps.contract.effective.v1", _effective(event, after)
        case events.FundsAttributed():
            return "crps.funds.attributed.v1", _attributed(event, after)
        case events.ContractClosed():
            buckets = after.buckets
            body = contracts_v1.ContractClosed(
                asset=_asset(after), payee=buckets.payee, payer=buckets.payer
            )
            return "crps.contract.closed.v1", body
        case events.ContractReopened():
            return "crps.contract.reopened.v1", contracts_v1.ContractReopened()
        case events.ReceiptCounted() | events.ReceiptRefused() | events.ReceiptReturned():
            return _receipt(event, _asset(after))


def refused(command_id: str, party: str | None, refusal: Refusal) -> contracts_v1.CommandRefused:
    """Return the answer to a refused command."""
    return contracts_v1.CommandRefused(
        command_id=command_id,
        party=party,
        code=refusal.code,
        detail=f"{refusal.detail}. {REMEDY[refusal.code]}",
        facts=refusal.facts,
        allowed=[
            contracts_v1.Allowed(command=each.command, until=each.until) for each in refusal.allowed
        ],
    )


def flawed(command_id: str, party: str | None, code: str, detail: str) -> BaseModel:
    """Return the answer to a command that could not be read."""
    try:
        party = None if party is None else _TOKEN.validate_python(party)
    except ValidationError:
        party = None  # What is no token is not repeated.
    return refused(command_id, party, Refusal(Code(code), detail))


def duplicated(command_id: str, party: str, duplicate: Duplicate) -> BaseModel:
    """Return the answer to a command that was judged before."""
    first = duplicate.first
    return contracts_v1.CommandDuplicated(
        command_id=command_id,
        party=party,
        first=first.outcome,
        code=first.code,
        event_id=first.event_id,
    )


def _accepted(after: Contract, terms: bytes | None) -> contracts_v1.ContractAccepted:
    return contracts_v1.ContractAccepted(**_offer_told(after, terms))


def _offered(after: Contract, terms: bytes | None) -> contracts_v1.ContractOffered:
    accepted_by = [role.value for role in Role if role in after.accepted_by]
    return contracts_v1.ContractOffered(**_offer_told(after, terms), accepted_by=accepted_by)


def _offer_told(after: Contract, terms: bytes | None) -> dict[str, Any]:
    assert terms is not None, "terms are loaded wherever an offer is made or accepted"
    return {
        "upstream": after.upstream,
        "order_id": after.order_id,
        "terms": json.loads(terms),
        "terms_digest": after.terms_digest,
        "offer_expires_at": after.offer_expires_at,
        "timers": _timers(after),
    }


def _receipt(
    event: events.ReceiptCounted | events.ReceiptRefused | events.ReceiptReturned, asset: str
) -> tuple[str, BaseModel]:
    receipt, amount = event.share.receipt, event.share.amount
    match event:
        case events.ReceiptCounted():
            body: BaseModel = contracts_v1.ReceiptCounted(
                receipt=receipt, asset=asset, amount=amount
            )
            return "crps.receipt.counted.v1", body
        case events.ReceiptRefused():
            body = contracts_v1.ReceiptRefused(receipt=receipt, reason=event.reason)
            return "crps.receipt.refused.v1", body
        case events.ReceiptReturned():
            body = contracts_v1.ReceiptReturned(
                receipt=receipt, asset=asset, amount=amount, cause=event.cause
            )
            return "crps.receipt.returned.v1", body


def _effective(event: events.BecameEffective, after: Contract) -> contracts_v1.ContractEffective:
    return contracts_v1.ContractEffective(
        effective_at=event.effective_at,
        asset=_asset(after),
        total=after.total,
        receipts=_shares(event.receipts),
        excess=None if event.excess is None else _share(event.excess),
        tranches=[
            contracts_v1.EffectiveTranche(
                tranche=tranche.number,
                name=tranche.name,
                amount=tranche.amount,
                deadline_at=deadline.deadline_at,
                generation=tranche.generation,
                derivation=deadline.derivation,
            )
            for tranche, deadline in zip(after.tranches, event.deadlines, strict=True)
        ],
        timers=_timers(after),
    )


def _attributed(event: events.FundsAttributed, after: Contract) -> contracts_v1.FundsAttributed:
    authorisation = event.authorisation
    return contracts_v1.FundsAttributed(
        to=event.to.value,
        cause=event.cause,
        kind="subjective" if authorisation.basis == "live" else "automatic",
        money=Money(event.amount, _asset(after)),
        parts=[
            contracts_v1.Part(
                tranche=part.tranche,
                amount=part.amount,
                before=_buckets(part.before),
                after=_buckets(part.after),
            )
            for part in event.parts
        ],
        authorisation=contracts_v1.Authorisation(
            signer=authorisation.signer.value,
            basis=authorisation.basis,
            clause=authorisation.clause,
            command_id=authorisation.command_id,
        ),
        judged_at=event.judged_at,
        due_at=event.due_at,
        timers=_timers(after),
    )


def _asset(contract: Contract) -> str:
    return contract.clauses.asset


def _buckets(buckets: Buckets) -> contracts_v1.Buckets:
    return contracts_v1.Buckets(
        free=buckets.free,
        contested=buckets.contested,
        payee=buckets.payee,
        payer=buckets.payer,
    )


def _shares(shares: tuple[ReceiptShare, ...]) -> list[contracts_v1.ReceiptShare]:
    return [_share(share) for share in shares]


def _share(share: ReceiptShare) -> contracts_v1.ReceiptShare:
    return contracts_v1.ReceiptShare(receipt=share.receipt, amount=share.amount)


def _timers(contract: Contract) -> list[contracts_v1.Timer]:
    return [
        contracts_v1.Timer(
            timer=timer.timer,
            tranche=timer.tranche,
            generation=timer.generation,
            due_at=timer.due_at,
        )
        for timer in waiting_timers(contract)
    ]
