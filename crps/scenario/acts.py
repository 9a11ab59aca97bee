"""An action of a step as the letter that a person would send."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from crps.scenario.deal import Deal, account_of, digest_of
from crps.scenario.letters import UPSTREAM, Letter, Writer, money
from crps.scenario.script import (
    Accept,
    By,
    ByTranche,
    ForgeDue,
    Fund,
    LowerClaim,
    Move,
    MoveDeadline,
    NameProposal,
    OpenDispute,
    Propose,
    Raw,
    Report,
    Rule,
)
from crps.scenario.signatures import PARTIES, signed
from crps.scenario.stage import Stage
from crps.scenario.words import NotYetKnownError
from schemas import topics
from schemas.values import written

Write = Callable[[str, str, Any], Letter]
"""(the action, the message's id, its fields) -> the letter."""

_CONSENTS: Final = {True: "subjective_and_automatic", False: "none"}
_OTHER_DIGEST: Final = "f" * 64
_NEVER_ISSUED: Final = uuid5(NAMESPACE_URL, "urn:crps:scenario:never-issued")


class Acts:
    """Writes the letters of one scenario as its steps say, at the stage's present instant."""

    def __init__(self, deal: Deal, writer: Writer, stage: Stage) -> None:
        """Read the terms; raises ``NotYetKnownError`` of what the services lack of them."""
        self._deal = deal
        self._writer = writer
        self._stage = stage
        self._terms = deal.document()
        hours = timedelta(hours=deal.offer_hours)
        self._offer_expires_at = written(stage.now + hours)
        self._writers: Mapping[str, Write] = {
            "offer": self._offer,
            "accept": self._accept,
            "decline": self._decline,
            "fund": self._fund,
            "release": self._move,
            "back": self._move,
            "extend": self._move_deadline,
            "advance": self._move_deadline,
            "dispute": self._dispute,
            "claim": self._claim,
            "revoke": self._revoke,
            "propose": self._propose,
            "accept_proposal": self._name_proposal,
            "withdraw_proposal": self._name_proposal,
            "rule": self._rule,
            "bank": self._bank,
            "forge_due": self._forge_due,
            "raw": self._raw,
        }

    def order(self) -> Letter:
        """Return the order by which an upstream offers what both have accepted.

        Where each signs its own acceptance the order bears none.
        """
        told = () if self._deal.signatures == "required" else PARTIES
        both = [{"party": p, **self._acceptance()} for p in told]
        return self._offered(topics.ORDERS_EVENTS, "crps.order.placed.v1", "order", both)

    def signed_acceptances(self) -> list[Letter]:
        """Return the acceptances that the parties send themselves: none if the order bears them."""
        if self._deal.signatures == "none":
            return []
        return [
            signed(self._accept("accept", f"accept-{party}", Accept(by=party)), party)
            for party in PARTIES
        ]

    def payment(self) -> Letter:
        """Return the receipt of exactly the total from the payer's account."""
        return self._fund("fund", "payment", Fund(amount=str(self._deal.total or 0)))

    def write(self, action: str, message_id: str, said: Any) -> Letter:
        """Return the letter of an action; raises ``NotYetKnownError``."""
        if action not in self._writers:
            raise NotYetKnownError(action)
        return self._writers[action](action, message_id, said)

    def _acceptance(self) -> dict[str, Any]:
        return {
            "terms_version": 1,
            "terms_digest": digest_of(self._terms),
            "consent": _CONSENTS[True],
        }

    def _offered(
        self,
        topic: topics.Topic,
        wire_type: str,
        message_id: str,
        acceptances: list[Any],
        **acting: str,
    ) -> Letter:
        return self._writer.command(
            topic,
            wire_type,
            message_id,
            self._stage.now,
            order_id="order",
            terms=self._terms,
            offer_expires_at=self._offer_expires_at,
            acceptances=acceptances,
            **acting,
        )

    def _command(self, wire_type: str, message_id: str, said: By, **more: Any) -> Letter:
        return self._writer.command(
            topics.CONTRACTS_COMMANDS,
            wire_type,
            message_id,
            self._stage.now,
            party=said.by,
            **more,
        )

    def _money(self, amount: object) -> object:
        return money(amount, self._deal.asset)

    def _offer(self, _: str, message_id: str, said: By) -> Letter:
        acting = {} if said.by == UPSTREAM else {"party": said.by}
        wire_type = "crps.contract.offer.v1"
        return self._offered(topics.CONTRACTS_COMMANDS, wire_type, message_id, [], **acting)

    def _accept(self, _: str, message_id: str, said: Accept) -> Letter:
        acceptance = self._acceptance() | {"consent": _CONSENTS[said.consent]}
        if said.terms_digest is not None:
            acceptance["terms_digest"] = _OTHER_DIGEST
        return self._command("crps.contract.accept.v1", message_id, said, **acceptance)

    def _decline(self, _: str, message_id: str, said: By) -> Letter:
        return self._command("crps.contract.decline.v1", message_id, said)

    def _revoke(self, _: str, message_id: str, said: By) -> Letter:
        return self._command("crps.consent.revoke.v1", message_id, said)

    def _fund(self, _: str, message_id: str, said: Fund) -> Letter:
        receipt = said.receipt or f"receipt-{message_id}"
        asset = self._deal.asset if said.asset is None else said.asset
        return self._writer.report(
            "crps.funds.received.v1",
            message_id,
            self._stage.now,
            f"receipt {receipt}",
            receipt=receipt,
            money=money(said.amount, asset),
            account=account_of(said.account),
        )

    def _move(self, action: str, message_id: str, said: Move) -> Letter:
        verb = "return" if action == "back" else action
        return self._command(
            f"crps.funds.{verb}.v1",
            message_id,
            said,
            amount="ALL" if said.all else self._money(said.amount),
            to_total=self._money(said.to_total),
            tranche=said.tranche,
            expected_remaining=self._money(said.expected_remaining),
        )

    def _move_deadline(self, action: str, message_id: str, said: MoveDeadline) -> Letter:
        return self._command(
            f"crps.deadline.{action}.v1",
            message_id,
            said,
            to=self._from_effect(said.to),
            tranche=said.tranche,
        )

    def _dispute(self, _: str, message_id: str, said: OpenDispute) -> Letter:
        return self._command(
            "crps.dispute.open.v1",
            message_id,
            said,
            claim=self._money(said.claim),
            reason="not_as_described",
            tranche=said.tranche,
        )

    def _claim(self, _: str, message_id: str, said: LowerClaim) -> Letter:
        claim = self._money(said.total)
        return self._say("crps.claim.lower.v1", message_id, said, claim=claim)

    def _propose(self, _: str, message_id: str, said: Propose) -> Letter:
        return self._say(
            "crps.proposal.make.v1",
            message_id,
            said,
            proposal=said.id,
            to_payee=self._money(said.to_payee),
            to_payer=self._money(said.to_payer),
            expires_at=self._from_effect(said.until),
        )

    def _name_proposal(self, action: str, message_id: str, said: NameProposal) -> Letter:
        verb = action.removesuffix("_proposal")
        return self._say(f"crps.proposal.{verb}.v1", message_id, said, proposal=said.id)

    def _rule(self, _: str, message_id: str, said: Rule) -> Letter:
        total = self._money(said.payee_total)
        return self._say("crps.ruling.submit.v1", message_id, said, payee_total=total)

    def _say(self, wire_type: str, message_id: str, said: ByTranche, **more: Any) -> Letter:
        """Return a command to disputes."""
        return self._writer.command(
            topics.DISPUTES_COMMANDS,
            wire_type,
            message_id,
            self._stage.now,
            party=said.by,
            tranche=said.tranche,
            **more,
        )

    def _from_effect(self, length: timedelta) -> str:
        return written((self._stage.effective_at or self._stage.now) + length)

    def _bank(self, _: str, message_id: str, said: Report) -> Letter:
        if said.report == "rail_returned":
            raise NotYetKnownError("rail_returned")
        issued = self._stage.instructions
        instruction: dict[str, Any] = {"instruction_id": _NEVER_ISSUED, "attempt": 1, "amount": 1}
        if said.instruction != "none":
            if said.instruction > len(issued):
                raise LookupError(f"instruction {said.instruction}, yet {len(issued)} are issued")
            instruction = dict(issued[said.instruction - 1])
        amount = str(instruction["amount"]) if said.amount is None else said.amount
        return self._writer.report(
            f"crps.instruction.{said.report}.v1",
            message_id,
            self._stage.now,
            f"report {message_id}",
            instruction_id=str(instruction["instruction_id"]),
            attempt=instruction["attempt"] if said.attempt is None else said.attempt,
            money=self._money(amount),
            reason=said.reason,
        )

    def _forge_due(self, _: str, __: str, said: ForgeDue) -> Letter:
        kind = "chain" if self._stage.effective_at else "offer"
        timer, area = ("dispute", "disputes") if said.of else (kind, "contracts")
        numbers = {each.name: number for number, each in enumerate(self._deal.tranches, 1)}
        tranche = numbers[said.tranche] if isinstance(said.tranche, str) else said.tranche
        present = (
            waiting["generation"]
            for waiting in self._stage.view.timers
            if (waiting["timer"], waiting["tranche"]) == (timer, tranche)
        )
        now = self._stage.now
        return self._writer.due(
            area,
            now,
            timer=timer,
            tranche=tranche,
            generation=said.generation or next(present, 1),
            due_at=written(now),
        )

    def _raw(self, _: str, __: str, said: Raw) -> Letter:
        return self._writer.raw(said.topic, said.body, said.key, said.partition, said.headers)
