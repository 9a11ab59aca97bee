"""The watch: hands every record of the log to the model, and judges the world at rest."""

from collections.abc import Mapping
from typing import Any

from schemas import topics

from .books import Books
from .model import Case, Contracts
from .said import demand, minor, read

HEARD = {topics.ORDERS_EVENTS.name, topics.CONTRACTS_COMMANDS.name}
BANK = topics.bank_events("sandbox").name
SETTLEMENTS = topics.settlements_events("sandbox").name
ENDED = {"CLOSED", "DECLINED", "OFFER_LAPSED"}


class Watch:
    """The independent model over one world's log."""

    def __init__(self, log: Any, keys: Mapping[str, bytes]) -> None:
        self.contracts = Contracts()
        self.books = Books(self.contracts)
        self._log = log
        self._keys = keys
        self._read = 0

    def look(self) -> None:
        """Judge what was said since the last look."""
        for record in self._log.history[self._read :]:
            self._read += 1
            topic = record.topic
            if topic.endswith("dead-letters.v1") or topic == topics.SANDBOX_COMMANDS.name:
                continue
            message = read(record, self._keys)
            if topic in HEARD:
                self.contracts.hear(message)
            elif topic == topics.CONTRACTS_EVENTS.name:
                self.contracts.event(message)
            elif topic == topics.CONTRACTS_ANSWERS.name:
                self.contracts.answer(message)
            elif topic == BANK:
                self.books.hear_bank(message)
            elif topic == SETTLEMENTS:
                self.books.order(message)
            elif self.books.event(message):
                self.contracts.hear_report(message)

    def at_rest(self, deadlines_are_past: bool) -> None:
        """Judge everything, now that nothing moves and no fault is left."""
        for case in self.contracts.cases.values():
            self._answered(case)
            for record in case.unknown:
                # Facts before refusals: what stood on the log before it was to be read before.
                overlooked = case.offer is not None and case.offer.appended_at < record.appended_at
                demand(not overlooked, f"{record.place} was refused, yet the offer stood there")
            if case.status != "UNKNOWN":
                self._settled(case)
                if deadlines_are_past:
                    demand(case.status in ENDED, f"{case.contract_id} stays {case.status}")

    def _answered(self, case: Case) -> None:
        """Every command ends as applied, refused or duplicate, and a record only as one."""
        for command_id, records in case.commands.items():
            unanswered = [r for r in records if r.place not in case.answers]
            parties = {str(r.data.get("party", r.upstream)) for r in records}
            for party in parties:
                mine = [r for r in unanswered if str(r.data.get("party", r.upstream)) == party]
                applied = (party, command_id) in case.applied
                demand(len(mine) == applied, f"{command_id}: {len(mine)} records, {applied=}")

    def _settled(self, case: Case) -> None:
        account = self.books.accounts[case.contract_id]
        payee, payer, back = self.books.balance(case)
        sides = sum(t.payee for t in case.tranches), sum(t.payer for t in case.tranches)
        demand((payee, payer) == sides, f"instructed {payee, payer}, attributed {sides}")
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
