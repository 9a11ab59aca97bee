"""The watch: hands every record of the log to the model, and judges the world at rest."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas import topics

from . import consents, deadlines
from .asked import Asked, asker
from .books import Books
from .disputes import Disputes
from .model import Case, Contracts
from .openings import expect_refusals
from .said import Message, demand, minor, read
from .verdicts import expect_verdicts

BANK = topics.bank_events("sandbox").name
SETTLEMENTS = topics.settlements_events("sandbox").name
ENDED = {"CLOSED", "DECLINED", "OFFER_LAPSED"}


class Watch:
    """The independent model over one world's log."""

    def __init__(self, log: Any, keys: Mapping[str, bytes]) -> None:
        self.contracts = Contracts()
        self.disputes = Disputes(self.contracts)
        self.books = Books(self.contracts, self.disputes)
        self._log = log
        self._keys = keys
        self._read = 0
        self._judges: dict[str, Callable[[Message], Any]] = {
            topics.ORDERS_EVENTS.name: self.contracts.hear,
            topics.CONTRACTS_COMMANDS.name: self.contracts.hear,
            topics.CONTRACTS_EVENTS.name: self.contracts.event,
            topics.CONTRACTS_ANSWERS.name: self.contracts.answer,
            topics.DISPUTES_COMMANDS.name: self.disputes.hear,
            topics.DISPUTES_ANSWERS.name: self.disputes.answer,
            BANK: self.books.hear_bank,
            SETTLEMENTS: self.books.order,
        }

    def look(self) -> None:
        """Judge what was said since the last look."""
        for record in self._log.history[self._read :]:
            self._read += 1
            topic = record.topic
            if topic.endswith("dead-letters.v1") or topic == topics.SANDBOX_COMMANDS.name:
                continue
            message = read(record, self._keys, self._read)
            if topic in self._judges:
                self._judges[topic](message)
            elif topic == topics.DISPUTES_EVENTS.name:
                if self.disputes.event(message):
                    self.contracts.hear_report(message)
            elif self.books.event(message):
                self.contracts.hear_report(message)

    def at_rest(self, deadlines_are_past: bool) -> None:
        """Judge everything, now that nothing moves and no fault is left."""
        for case in self.contracts.cases.values():
            self._answered(case)
            for record in case.unknown:
                # Facts before refusals: what stood on the log before it was to be read before.
                overlooked = case.offer is not None and case.offer.order < record.order
                demand(not overlooked, f"{record.place} was refused, yet the offer stood there")
            expect_refusals(case)
            deadlines.expect_refusals(case)
            consents.expect_answers(case)
            if case.status != "UNKNOWN":
                self._settled(case)
                if deadlines_are_past:
                    demand(case.status in ENDED, f"{case.contract_id} stays {case.status}")

        for docket in self.disputes.dockets.values():
            self._answered(docket)
            expect_verdicts(docket, self.contracts.case(docket.contract_id))

    def _answered(self, asked: Asked) -> None:
        """Every command ends as applied, refused or duplicate, and a record only as one."""
        for command_id, records in asked.commands.items():
            unanswered = [r for r in records if r.place not in asked.answers]
            for party in {asker(r) for r in records}:
                mine = [r for r in unanswered if asker(r) == party]
                applied = (party, command_id) in asked.applied
                demand(len(mine) == applied, f"{command_id}: {len(mine)} records, {applied=}")

    def _settled(self, case: Case) -> None:
        account = self.books.accounts[case.contract_id]
        payee, payer, back = self.books.balance(case)
        sides = sum(t.payee for t in case.tranches), sum(t.payer for t in case.tranches)
        demand((payee, payer) == sides, f"instructed {payee, payer}, attributed {sides}")
        self._disputed(case)
        demand(back == sum(case.returned.values()), "not all that goes back was instructed")
        demand(account.arrived == set(account.orders), "an instruction has not arrived")
        own = (case.terms["payer"]["account"], case.terms["asset"])
        booked = {r: m for r, m in case.reports.items()
                  if (m.data["account"], m.data["asset"]) == own}  # fmt: skip
        demand(set(case.fates) == set(case.reports), "a receipt has no fate")
        demand(set(account.receipts) == set(case.reports), "a receipt was not reported")
        received = sum(minor(m.data["amount"]) for m in booked.values())
        waiting = sum(amount for _, amount in case.counted)
        entered = case.total if case.effective_at is not None else 0
        demand(received == entered + back + waiting, f"{received=} {entered=} {back=} {waiting=}")
        demand(account.refused == set(case.reports) - set(booked), "the bank was not told")
        was_accepted = len(case.accepted) == 2
        demand(account.requested == was_accepted, "funding was not requested, or for nothing")
        demand(account.cancelled == (case.status in {"DECLINED", "OFFER_LAPSED"}), "not cancelled")

    def _disputed(self, case: Case) -> None:
        """Each opening was taken over once, and has ended as contracts tells it."""
        docket = self.disputes.docket(case.contract_id)
        opened = [t.number for t in case.tranches if t.opening is not None]
        demand(sorted(docket.disputes) == opened, f"{opened} were opened, {docket.disputes}")
        demand(not docket.script, f"a decision was not told to its end: {docket.script}")
        for number, dispute in docket.disputes.items():
            demand(dispute.ending is not None, f"the dispute of {number} is left open")
            told = case.tranches[number - 1].buckets()
            demand(told == dispute.buckets(), f"{told} by contracts, {dispute.buckets()} decided")
        orders = [o for o in self.books.accounts[case.contract_id].orders.values()
                  if "receipt" not in o.data["authorisation"]]  # fmt: skip
        rail = case.terms["rail"]
        demand(len(orders) <= rail.get("max_parts", len(orders)), "more parts than the rail has")
        whole = rail["partial"] == "many" or case.effective_at is None
        demand(whole or len(orders) == 1, "the rail moves only the whole")
