"""The whole life of a contract that nobody disputes, and what other lives are made of.

T = 10,000 in two tranches. 10,500 come, so 500 go back; the payer releases 2,500 of the first
tranche, the rest of it arrives at its deadline; the payee returns the second.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid5

from crps.audit.books import (
    ACCOUNTS,
    Buckets,
    InstructionRow,
    LedgerBook,
    SignedRow,
)
from tests.unit.audit.story import (
    ASSET,
    BANK,
    BOOKS,
    COMMANDS,
    CONTRACT,
    DISPUTES,
    EVENTS,
    ORDERS,
    SETTLEMENTS,
    Said,
    Story,
    buckets,
    instant,
    money,
)


def whole_story() -> Story:
    """Return the life of one contract in which nothing is wrong."""
    story = Story()
    beginning(story)
    _attributions(story)
    ending(story, 12.5, payee=6000, payer=4000)
    story.tranches = {1: Buckets(payee=6000), 2: Buckets(payer=4000)}
    return story


def beginning(story: Story) -> None:
    """Offer the story's terms and fund them."""
    story.signed = SignedRow("acc-alice", "acc-bob", ASSET, 10_000, story.digest)
    _offer(story)
    _funding(story)


def _offer(story: Story) -> None:
    acceptances = [
        {
            "party": party,
            "terms_version": 1,
            "terms_digest": story.digest,
            "consent": "subjective_and_automatic",
        }
        for party in ("alice", "bob")
    ]
    offer = {"order_id": "o-1", "terms": deepcopy(story.terms), "offer_expires_at": instant(7)}
    story.say(
        ORDERS, "order.placed", 0, offer | {"acceptances": acceptances}, id="o-1", upstream="shop"
    )
    accepted = deepcopy(offer) | {"upstream": "shop", "terms_digest": story.digest, "timers": []}
    story.say(EVENTS, "contract.accepted", 0.1, accepted, cause="o-1")
    requested = {"money": money(10_000), "debtor_account": "acc-alice", "expires_at": instant(7)}
    story.say(SETTLEMENTS, "funding.requested", 0.2, requested)


def _funding(story: Story) -> None:
    brought = {"receipt": "r-1", "money": money(10_500), "account": "acc-alice"}
    story.say(BANK, "funds.received", 1, brought, id="bank-1")
    booked = {"receipt": "r-1", "amount": "10500", "asset": ASSET, "account": "acc-alice"}
    story.say(BOOKS, "funding.received", 1.1, booked, cause="bank-1")
    effective = story.say(
        EVENTS,
        "contract.effective",
        1.5,
        {
            "effective_at": instant(1.25),
            "asset": ASSET,
            "total": "10000",
            "receipts": 1,
            "received": "10500",
            "excess": {"receipt": "r-1", "amount": "500"},
            "tranches": [
                _effective_tranche(1, 6000, 11.25),
                _effective_tranche(2, 4000, 21.25),
            ],
            "timers": [],
        },
    )
    _instruct(story, "return", effective, 500, "over_funding", [], receipt="r-1")


def _effective_tranche(number: int, amount: int, deadline: float) -> dict[str, Any]:
    return {
        "tranche": number,
        "amount": str(amount),
        "deadline_at": instant(deadline),
        "generation": 1,
        "derivation": {"unit": "exact", "duration_ms": round((deadline - 1.25) * 1000)},
    }


def _attributions(story: Story) -> None:
    release = {"party": "alice", "amount": money(2500), "tranche": 1}
    story.say(COMMANDS, "funds.release", 3, release, id="c-1", upstream="shop")
    live = {"signer": "payer", "basis": "live", "command_id": "c-1"}
    part = {"tranche": 1, "amount": "2500", "before": buckets(6000), "after": buckets(3500, 2500)}
    attribute(story, "payee", "release", 3, part, live, cause="c-1")

    due = {"timer": "chain", "tranche": 1, "generation": 1, "due_at": instant(11.25)}
    story.say(COMMANDS, "deadline.reached", 11.3, due, id="due-1")
    clause = {"signer": "payer", "basis": "clause", "clause": "arrival"}
    part = {
        "tranche": 1,
        "amount": "3500",
        "before": buckets(3500, 2500),
        "after": buckets(0, 6000),
    }
    attribute(story, "payee", "arrival", 11.3, part, clause, cause="due-1", due_at=instant(11.25))

    give_back = {"party": "bob", "amount": "ALL"}
    story.say(COMMANDS, "funds.return", 12, give_back, id="c-2", upstream="shop")
    live = {"signer": "payee", "basis": "live", "command_id": "c-2"}
    part = {"tranche": 2, "amount": "4000", "before": buckets(4000), "after": buckets(0, 0, 4000)}
    attribute(story, "payer", "return", 12, part, live, cause="c-2")


def attribute(
    story: Story,
    to: str,
    cause_of: str,
    second: float,
    part: dict[str, Any],
    authorisation: dict[str, Any],
    *,
    cause: str,
    due_at: str | None = None,
    opened: Said | None = None,
) -> None:
    """Say an attribution and its instruction; by disputes, if it rests on an opening."""
    told = {
        "to": to,
        "cause": cause_of,
        "kind": "automatic" if authorisation["basis"] == "clause" else "subjective",
        "money": money(int(part["amount"])),
        "parts": [part],
        "authorisation": authorisation,
        "judged_at": instant(second),
        "due_at": due_at,
        "timers": [],
    }
    topic = DISPUTES if opened else EVENTS
    event = story.say(topic, "funds.attributed", second + 0.02, told, cause=cause, rests_on=opened)
    shares = [{"tranche": part["tranche"], "amount": part["amount"]}]
    noun = "settlement" if to == "payee" else "return"
    _instruct(story, noun, event, int(part["amount"]), cause_of, shares, signed=authorisation)


def _instruct(
    story: Story,
    noun: str,
    event: Said,
    minor: int,
    cause: str,
    shares: list[dict[str, Any]],
    *,
    receipt: str | None = None,
    signed: Mapping[str, Any] | None = None,
) -> None:
    name = uuid5(CONTRACT, event.id)
    proof = dict(signed) if signed else {"signer": None, "basis": "receipt", "receipt": receipt}
    told = {
        "instruction_id": str(name),
        "instr_id": name.hex,
        "end_to_end_id": name.hex,
        "uetr": str(uuid5(name, "uetr")),
        "attempt": 1,
        "possible_duplicate": False,
        "kind": "subjective" if proof["basis"] == "live" else "automatic",
        "cause": cause,
        "money": money(minor),
        "tranches": shares,
        "debtor_account": "acc-alice",
        "creditor_account": "acc-bob" if noun == "settlement" else "acc-alice",
        "authorisation": {**proof, "terms_digest": story.digest},
        "held": {
            "reference": CONTRACT.hex,
            "sum_before": str(minor),
            "count_before": 0,
            "remainder_after": "0",
        },
        "not_before": instant(event.second),
        "latest_execution_by": instant(event.second + 86_400),
    }
    second = event.second + 0.02
    story.say(SETTLEMENTS, f"{noun}.instructed", second, told, cause=event.id, decided_by=event)
    report = {"instruction_id": str(name), "attempt": 1, "money": money(minor)}
    story.say(BANK, "instruction.arrived", second + 0.1, report, id=f"bank-{name.hex}")


def ending(story: Story, second: float, *, payee: int, payer: int) -> None:
    """Empty the books, close the contract, and keep the ledger's rows."""
    emptied = {"asset": ASSET, "payee_arrived": str(payee), "payer_arrived": str(payer)}
    said = story.say(BOOKS, "books.emptied", second, emptied)
    closed = {"asset": ASSET, "payee": str(payee), "payer": str(payer)}
    story.say(EVENTS, "contract.closed", second + 0.1, closed, cause=said.id)
    story.ledger = _ledger(story, payee, payer)


def _ledger(story: Story, payee: int, payer: int) -> LedgerBook:
    balances = dict.fromkeys(ACCOUNTS, 0)
    balances |= {"outside": -10_500, "payee_arrived": payee, "payer_arrived": payer}
    balances |= {"refund_returned": 500}
    entries = {
        ("outside", "received"): 10_500,
        ("received", "free"): 10_000,
        ("received", "refund_due"): 500,
        ("refund_due", "refund_sent"): 500,
        ("refund_sent", "refund_returned"): 500,
    }
    for side, amount in (("payee", payee), ("payer", payer)):
        entries[f"{side}_due", f"{side}_sent"] = amount
        entries[f"{side}_sent", f"{side}_arrived"] = amount
    for said in story.said:
        if said.noun == "dispute.opened":
            move, amount = ("free", "contested"), said.data["after"]["contested"]
        elif said.noun == "funds.attributed":
            source = "free" if said.topic == EVENTS else "contested"
            move, amount = (source, f"{said.data['to']}_due"), said.data["money"]["amount"]
        else:
            continue
        entries[move] = entries.get(move, 0) + int(amount)
    return LedgerBook(
        asset=ASSET,
        total=10_000,
        payer_account="acc-alice",
        payee_account="acc-bob",
        balances=balances,
        entries=entries,
        party_accounts=frozenset({("payer", "acc-alice"), ("payee", "acc-bob")}),
        instructions=tuple(_row(said) for said in story.said if "instructed" in said.noun),
    )


def _row(said: Said) -> InstructionRow:
    settles = said.noun.startswith("settlement")
    return InstructionRow(
        instruction_id=UUID(said.data["instruction_id"]),
        direction="settle" if settles else "return",
        creditor_role="payee" if settles else "payer",
        creditor_account=said.data["creditor_account"],
        amount=int(said.data["money"]["amount"]),
        status="arrived",
    )
