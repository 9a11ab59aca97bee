"""The model's other half: what the ledger may say, and what the bank may be told to do."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .disputes import Disputes
from .model import Case, Contracts
from .said import Message, Stream, demand, minor

DISPUTES_EVENTS = "crps.disputes.events.v1"
SETTLE, RETURN = "settlement.instructed", "return.instructed"


@dataclass
class Account:
    """One contract's money as the bank's messages show it."""

    receipts: dict[str, Message] = field(default_factory=dict)
    """Receipt -> the bank's first report of it."""
    contradicted: set[str] = field(default_factory=set)
    requested: bool = False
    cancelled: bool = False
    refused: set[str] = field(default_factory=set)
    orders: dict[str, Message] = field(default_factory=dict)
    """Instruction id -> the instruction."""
    decided: dict[tuple[str, str], str] = field(default_factory=dict)
    """(Deciding event, receipt or nothing) -> the instruction that came of it."""
    arrived: set[str] = field(default_factory=set)
    """Instructions that the bank said have arrived."""
    emptied: bool = False


class Books:
    """What the ledger may say, given what was decided and the bank reported."""

    def __init__(self, contracts: Contracts, disputes: Disputes) -> None:
        self.accounts: dict[str, Account] = defaultdict(Account)
        self._contracts = contracts
        self._disputes = disputes
        self._events = Stream()
        self._orders = Stream()
        self._uetrs: set[str] = set()

    def hear_bank(self, message: Message) -> None:
        account = self.accounts[message.contract_id]
        if message.kind == "funds.received":
            first = account.receipts.setdefault(message.data["receipt"], message)
            if first.data != message.data:
                account.contradicted.add(message.data["receipt"])
        elif message.kind == "instruction.arrived":
            account.arrived.add(message.data["instruction_id"])

    def event(self, message: Message) -> bool:
        """Judge what the ledger says; False for a repeat."""
        if not self._events.fresh(message):
            return False
        account, told = self.accounts[message.contract_id], message.data
        case = self._contracts.case(message.contract_id)
        if message.kind == "funding.received":
            report = account.receipts.get(told["receipt"])
            demand(report is not None, f"{told['receipt']} was never received")
            assert report is not None
            said = {"amount": told["amount"], "asset": told["asset"]}, told["account"]
            reported = report.data["money"], report.data["account"]
            demand(said == reported or told["receipt"] in account.contradicted, "other facts")
        elif message.kind == "books.emptied":
            payee, payer = (self._arrived(account, way) for way in (SETTLE, RETURN))
            told_sides = minor(told["payee_arrived"]), minor(told["payer_arrived"])
            demand((payee, payer) == told_sides, f"{told_sides} is not what arrived")
            demand(payee + payer == case.total, "emptied before all of T had arrived")
            self._rests_on_disputes(message)
            account.emptied = True
        else:
            demand(False, f"the bank gave nothing back, yet: {message.wire_type}")
        return True

    def _rests_on_disputes(self, message: Message) -> None:
        """Whoever reads of the end of a contract has read how each of its disputes ended."""
        moved = [e.sequence for e in self._disputes.stream.of(message.contract_id)
                 if e.kind == "funds.attributed"]  # fmt: skip
        topic, sequence = message.rests_on or (None, 0)
        demand((topic == DISPUTES_EVENTS) == bool(moved), f"emptied, resting on {topic}")
        demand(not moved or sequence >= max(filter(None, moved)), "emptied before the last end")

    def order(self, message: Message) -> None:
        """Judge what goes out to the bank."""
        if not self._orders.fresh(message):
            return
        account, told = self.accounts[message.contract_id], message.data
        case = self._contracts.case(message.contract_id)
        deciding = self._deciding(case, message)
        if message.kind == "funding.requested":
            demand(not account.requested, "requested twice")
            demand(minor(told["money"]["amount"]) == case.total, "asked for another sum than T")
            demand(told["debtor_account"] == case.terms["payer"]["account"], "asked a stranger")
            account.requested = True
        elif message.kind == "funding.refused":
            demand(case.fates.get(told["receipt"]) == "refused", "contracts did not refuse it")
            account.refused.add(told["receipt"])
        elif message.kind == "funding.cancelled":
            demand(deciding.kind in {"offer.lapsed", "contract.declined"}, "cancelled for nothing")
            account.cancelled = True
        else:
            self._instruction(case, account, message, deciding)

    def _instruction(
        self, case: Case, account: Account, message: Message, deciding: Message
    ) -> None:
        told = message.data
        demand(told["instruction_id"] not in account.orders, "an instruction twice")
        demand(told["uetr"] not in self._uetrs, "a uetr twice")
        self._uetrs.add(told["uetr"])
        account.orders[told["instruction_id"]] = message
        creditor = "payee" if message.kind == SETTLE else "payer"
        demand(told["creditor_account"] == case.terms[creditor]["account"], "I4: a stranger")
        demand(told["debtor_account"] == case.terms["payer"]["account"], "another debtor")
        demand(told["authorisation"]["event_hash"] == deciding.digest, "of another event")
        amount = minor(told["money"]["amount"])
        demand(amount > 0 and told["money"]["asset"] == case.terms["asset"], "no money of T")
        receipt = told["authorisation"].get("receipt", "")
        key = deciding.id, receipt
        demand(key not in account.decided, f"{key} was instructed twice")
        account.decided[key] = told["instruction_id"]
        if deciding.kind == "funds.attributed":
            demand(deciding.data["to"] == creditor, "to the other side than decided")
            demand(amount == minor(deciding.data["money"]["amount"]), "another sum than decided")
            parts = [(p["tranche"], p["amount"]) for p in deciding.data["parts"]]
            shares = [(s["tranche"], s["amount"]) for s in told["tranches"]]
            demand(parts == shares, "other tranches than decided")
            for name in ("signer", "basis", "clause", "command_id"):
                signed = deciding.data["authorisation"].get(name)
                demand(told["authorisation"].get(name) == signed, f"I3: another {name}")
            for name in ("cause", "kind"):
                demand(told[name] == deciding.data[name], f"another {name} than decided")
        else:
            demand(message.kind == RETURN, "a receipt went to the payee")
            demand("signer" not in told["authorisation"], "a receipt is nobody's concession")
            demand(case.returned.get(receipt) == amount, f"{receipt}: not what goes back")

    def _deciding(self, case: Case, message: Message) -> Message:
        for service in (self._contracts, self._disputes):
            for event in service.stream.of(case.contract_id):
                if event.id == message.cause:
                    return event
        raise AssertionError(f"{message.id} rests on nothing that was decided")

    def _arrived(self, account: Account, way: str) -> int:
        return sum(
            self._minor(order)
            for instruction_id, order in account.orders.items()
            if order.kind == way
            and instruction_id in account.arrived
            and "receipt" not in order.data["authorisation"]
        )

    def _minor(self, order: Message) -> int:
        return minor(order.data["money"]["amount"])

    def balance(self, case: Case) -> tuple[int, int, int]:
        """Return what was instructed to the payee, to the payer, and sent back of receipts."""
        sums = {SETTLE: 0, RETURN: 0, "receipt": 0}
        for order in self.accounts[case.contract_id].orders.values():
            is_receipt = "receipt" in order.data["authorisation"]
            sums["receipt" if is_receipt else order.kind] += self._minor(order)
        return sums[SETTLE], sums[RETURN], sums["receipt"]

    def facts(self, contract_id: str) -> Any:
        """Return the contract's account."""
        return self.accounts[contract_id]
