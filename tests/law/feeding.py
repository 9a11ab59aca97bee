"""Plain values into the domains' own: commands and reports, and what contracts tells disputes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.values import Money, MoneyFlaw
from services.chassis.answers import Asked
from services.contracts.domain import commands, events
from services.contracts.domain.contract import Caps, Contract, DisputeClause, Party, Role
from services.contracts.domain.periods import Exact
from services.disputes.domain import commands as dispute_commands
from services.disputes.domain import docket
from services.disputes.domain.docket import Standing

from .asking import (
    Accept,
    Act,
    Agree,
    Amount,
    Books,
    Decline,
    Due,
    Lower,
    Offer,
    Open,
    Propose,
    Receipt,
    Revoke,
    Rule,
    Shift,
    Statement,
    Withdraw,
)
from .deal import MS, Terms
from .offering import MARGIN_HOURS
from .order import MONEY_FLAWS, OTHER_CURRENCY

ASSET, OTHER_ASSET = "CNY/2", "USD/2"
EVERYTHING = commands.ClaimedRail("sandbox", 1, "many", None, None, 0)
"""What a rail declares that can do everything."""
ADJUDICATOR = docket.Adjudicator("adjudicator", "its key")
DIGEST, OTHER_DIGEST = "a" * 64, "b" * 64


def command(told: Any, asked: Asked, instant: Callable[[int], datetime]) -> Any:
    match told:
        case Offer():
            return commands.Offer(
                asked, "order-1", terms(told.terms), instant(told.expires),
                tuple(_acceptance(*each) for each in told.acceptances), told.is_command,
            )  # fmt: skip
        case Accept():
            party = asked.party, told.same_terms, told.consents
            return commands.Accept(asked, _acceptance(*party))
        case Decline():
            return commands.Decline(asked)
        case Revoke():
            return commands.RevokeConsent(asked)
        case Act():
            return commands.Move(
                asked, Role(told.to), _money(told.amount), _money(told.total), told.tranche,
                _money(told.expected),
            )  # fmt: skip
        case Shift():
            return commands.MoveDeadline(asked, Role(told.by), instant(told.to), told.tranche)
        case Open():
            return commands.OpenDispute(asked, _money(told.claim), "damaged", (), told.tranche)
    raise TypeError(told)


def statement(told: Statement, asked: Asked, instant: Callable[[int], datetime]) -> Any:
    match told:
        case Lower():
            return dispute_commands.LowerClaim(asked, _money(told.claim), told.tranche)
        case Propose():
            shares = _money(told.to_payee), _money(told.to_payer)
            return dispute_commands.MakeProposal(
                asked, told.name, *shares, instant(told.expires), told.tranche
            )
        case Agree():
            return dispute_commands.AcceptProposal(asked, told.name, told.tranche)
        case Withdraw():
            return dispute_commands.WithdrawProposal(asked, told.name, told.tranche)
        case Rule():
            proofs = {"valid": lambda key: key == ADJUDICATOR.key, "wrong": lambda _: False}
            asked = replace(asked, proof=proofs.get(told.signature))
            return dispute_commands.SubmitRuling(asked, _money(told.total), told.tranche)


def due(told: Due) -> Any:
    return commands.Due(told.timer, told.tranche, told.generation)


def dispute_due(told: Due) -> Any:
    return dispute_commands.Due(told.timer, told.tranche, told.generation)


def receipt(told: Receipt) -> Any:
    return commands.FundingReceived(told.name, told.amount, told.asset, told.account)


def books(told: Books) -> Any:
    return commands.BooksEmptied() if told.empty else commands.BooksReopened()


def terms(told: Terms) -> Any:
    ratio = told.ending if isinstance(told.ending, int) else None
    ending: Any = told.ending if ratio is None else "ratio"
    if told.ruling is None:
        ways = (ending, ratio)
    else:
        ways = ("external", ratio, told.ruling // MS, ending, told.adjudicator)
    minimum = MoneyFlaw(told.minimum) if isinstance(told.minimum, str) else told.minimum
    return commands.ClaimedTerms(
        version=1,
        digest=DIGEST,
        payer=Party(told.parties[0], told.accounts[0]),
        payee=Party(told.parties[1], told.accounts[1]),
        asset=MoneyFlaw(told.asset) if told.asset in MONEY_FLAWS else told.asset,
        tranches=tuple(
            commands.ClaimedTranche(
                f"t{n}", MoneyFlaw(x) if isinstance(x, str) else x, Exact(period // MS)
            )
            for n, (x, period) in enumerate(zip(told.amounts, told.periods, strict=True), start=1)
        ),
        odd_unit=Role(told.odd_unit),
        dispute=DisputeClause(told.dispute_period // MS, told.silence_rule, *ways),
        caps=Caps(_ms(told.extend), _ms(told.advance)),
        acts_budget=told.acts,
        proposals_budget=told.proposals,
        rail=commands.ClaimedRail(
            "sandbox", minimum, told.partial, told.max_parts, told.max_hold_hours, MARGIN_HOURS,
            declared=EVERYTHING,
        ),
        proof_required=False,
    )  # fmt: skip


def fact(event: events.Event, after: Contract, sequence: int) -> Any:
    """What disputes reads of an event of contracts; None where it reads nothing."""
    match event:
        case events.OfferMade():
            c = after.clauses
            names = tuple(t.name for t in after.tranches)
            return dispute_commands.ContractOffered(
                after.upstream, c.payer.party, c.payee.party, c.asset, names, docket.Proofs(),
                ADJUDICATOR if c.dispute.adjudicator else None,
            )  # fmt: skip
        case events.OfferDeclined():
            return dispute_commands.OfferEnded(Standing.DECLINED)
        case events.OfferLapsed():
            return dispute_commands.OfferEnded(Standing.OFFER_LAPSED)
        case events.BecameEffective():
            return dispute_commands.BecameEffective(event.effective_at)
        case events.DisputeOpened():
            return _opened(event, after, sequence)
        case _:
            return None


def _opened(event: events.DisputeOpened, after: Contract, sequence: int) -> Any:
    c, b = after.clauses, event.after
    d, odd = c.dispute, docket.Role(c.odd_unit)
    return dispute_commands.DisputeOpened(
        tranche=event.tranche,
        asset=c.asset,
        amount=after.tranches[event.tranche - 1].amount,
        claim=event.claim,
        buckets=docket.Buckets(b.contested, b.payee, b.payer),
        clause=docket.Clause(d.silence_rule, d.ending, odd, d.ratio_bp, d.fallback),
        rail=docket.Rail(c.rail.minimum, c.rail.partial != "many", event.parts),
        proposals_budget=c.proposals_budget,
        opened_at=event.opened_at,
        deadline_at=event.deadline_at,
        ruling_deadline_at=event.ruling_deadline_at,
        sequence=sequence,
    )


def _acceptance(party: str, same_terms: bool, consents: bool) -> commands.Acceptance:
    return commands.Acceptance(party, 1, DIGEST if same_terms else OTHER_DIGEST, consents)


def _money(stated: Amount) -> Any:
    if stated is None or stated == "ALL":
        return stated
    if stated == OTHER_CURRENCY:
        return Money(7, OTHER_ASSET)
    return MoneyFlaw(stated) if isinstance(stated, str) else Money(stated, ASSET)


def _ms(length: int | None) -> int | None:
    return None if length is None else length // MS
