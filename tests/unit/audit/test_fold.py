"""Histories: what the records of a contract say became of it."""

from typing import Any
from uuid import UUID

import pytest

from crps.audit.books import Buckets
from crps.audit.history import History, Share
from tests.unit.audit.disputed_life import disputed_story, settled_story
from tests.unit.audit.lives import whole_story
from tests.unit.audit.story import (
    ASSET,
    BOOKS,
    CONTRACT,
    EVENTS,
    SETTLEMENTS,
    Story,
    at,
    instant,
    money,
)


def history(story: Story) -> History:
    return story.judged().histories[CONTRACT]


def upto(noun: str) -> Story:
    """Return the whole story up to and with the first record of that type."""
    story = whole_story()
    story.said = story.said[: story.said.index(story.the(noun)) + 1]
    return story


def test_the_whole_story() -> None:
    told = history(whole_story())
    assert (told.upstream, told.order_id, told.asset, told.total) == ("shop", "o-1", ASSET, 10_000)
    assert (told.status, told.free, told.contested) == ("CLOSED", 0, 0)
    assert told.offered_at == at(0.1)
    assert (told.effective_at, told.effective_appended_at) == (at(1.25), at(1.5))
    assert told.deadlines == (at(11.25), at(21.25))
    assert told.ended_at == at(12.6)
    assert [(r.receipt, r.amount, r.appended_at) for r in told.receipts] == [
        ("r-1", 10_500, at(1.1))
    ]


def test_its_attributions() -> None:
    release, arrival, give_back = history(whole_story()).attributions
    assert (release.to, release.cause, release.amount) == ("payee", "release", 2500)
    assert release.shares == (Share(1, 2500),)
    assert (release.command_id, release.command_appended_at) == ("c-1", at(3))
    assert (arrival.cause, arrival.due_at, arrival.judged_at) == ("arrival", at(11.25), at(11.3))
    assert (arrival.command_id, arrival.command_appended_at) == (None, None)
    assert (give_back.to, give_back.kind, give_back.amount) == ("payer", "subjective", 4000)


def test_its_instructions() -> None:
    told = history(whole_story())
    assert [(i.direction, i.cause, i.amount) for i in told.instructions] == [
        ("return", "over_funding", 500),
        ("settle", "release", 2500),
        ("settle", "arrival", 3500),
        ("return", "return", 4000),
    ]
    assert [i.receipt for i in told.instructions] == ["r-1", None, None, None]
    assert [i.event_id for i in told.instructions[1:]] == [a.event_id for a in told.attributions]
    assert told.instructions[1].confirmed_at == told.instructions[1].appended_at.replace(
        microsecond=140_000
    )


@pytest.mark.parametrize(
    ("noun", "status", "free"),
    [
        ("contract.accepted", "ACCEPTED", 0),
        ("contract.effective", "EFFECTIVE", 10_000),
        ("settlement.instructed", "EFFECTIVE", 7500),
        ("books.emptied", "ATTRIBUTED", 0),
        ("contract.closed", "CLOSED", 0),
    ],
)
def test_where_it_stands(noun: str, status: str, free: int) -> None:
    told = history(upto(noun))
    assert (told.status, told.free) == (status, free)
    assert (told.ended_at is None) == (status != "CLOSED")


def test_an_offer_that_one_accepted() -> None:
    story = upto("order.placed")
    told = whole_story().the("contract.accepted").data | {"accepted_by": ["payer"]}
    story.say(EVENTS, "contract.offered", 0.1, told, cause="o-1")
    assert history(story).status == "OFFERED"


def test_a_reopened_contract_is_not_closed() -> None:
    story = whole_story()
    report = {"instruction_id": str(UUID(int=1)), "reason": "AC04"}
    said = story.say(BOOKS, "books.reopened", 14, report)
    story.say(EVENTS, "contract.reopened", 14.1, {}, cause=said.id)
    told = history(story)
    assert (told.status, told.ended_at) == ("ATTRIBUTED", None)


def test_only_contracts_asked_for() -> None:
    story = whole_story()
    assert story.judged(contract_ids=frozenset()).histories == {}
    assert story.judged(contract_ids=frozenset()).contracts == 1
    assert set(story.judged(contract_ids=frozenset({CONTRACT})).histories) == {CONTRACT}


@pytest.mark.parametrize(
    ("noun", "status", "cause", "more"),
    [
        ("offer.lapsed", "OFFER_LAPSED", "offer_lapsed", {}),
        ("contract.declined", "DECLINED", "declined", {"by": "payee"}),
    ],
)
def test_an_offer_that_ends_sends_its_receipts_home(
    noun: str, status: str, cause: str, more: dict[str, Any]
) -> None:
    story = upto("funding.received")
    returns = [{"receipt": "r-1", "amount": "10500"}]
    ended = story.say(EVENTS, noun, 7, {"asset": ASSET, "returns": returns, "timers": [], **more})
    sent_back = whole_story().the("return.instructed").data | {"money": money(10_500)}
    sent_back["cause"] = cause
    story.tranches = {1: Buckets(), 2: Buckets()}
    story.ledger = None
    story.say(SETTLEMENTS, "return.instructed", 7.1, sent_back, cause=ended.id, decided_by=ended)
    story.say(
        "crps.bank.sandbox.events.v1",
        "instruction.arrived",
        7.2,
        {
            "instruction_id": sent_back["instruction_id"],
            "attempt": 1,
            "money": money(10_500),
        },
        id="bank-7",
    )
    result = story.judged()
    told = result.histories[CONTRACT]
    assert (told.status, told.ended_at, told.free) == (status, at(7), 0)
    assert told.offer_expires_at.isoformat() == instant(7).replace("Z", "+00:00")
    # The books were left out of this story, and nothing else is missing.
    assert result.violations == (f"I0 {CONTRACT}: the ledger has no book of it",)


def test_its_disputes() -> None:
    told = history(disputed_story())
    first, second = told.disputes
    assert (first.tranche, first.claim, first.admitted, first.contested) == (1, 4000, 1000, 4000)
    assert (first.command_id, first.command_appended_at) == ("c-2", at(3))
    assert (first.opened_at, first.appended_at, first.deadline_at) == (at(3.02), at(3.02), at(4.02))
    assert [(s.by, s.claim, s.command_id, s.command_appended_at) for s in first.statements] == [
        ("payee", 5000, "d-1", at(3.5)),
        ("payer", 3500, "d-2", at(3.75)),
    ]
    assert [(a.cause, a.amount) for a in first.attributions] == [
        ("admission", 1000),
        ("concession", 500),
        ("dispute_default", 834),
        ("dispute_default", 1666),
    ]
    assert (first.answered, first.conceded) == (True, 1500)
    assert (first.ending, first.ended_at) == ("ratio", at(4.07))
    assert (second.admitted, second.statements, second.answered) == (0, (), False)
    assert (second.ending, second.ended_at) == ("silence", at(6.07))


def test_a_withdrawal_is_no_answer() -> None:
    answered, withdrawn = history(settled_story()).disputes
    assert (answered.answered, answered.conceded) == (True, 4000)
    assert (withdrawn.answered, withdrawn.conceded) == (False, 4000)
    assert withdrawn.statements[0].claim == 0


def test_attributions_of_both_services_stand_in_the_order_of_the_log() -> None:
    told = history(disputed_story())
    assert [a.cause for a in told.attributions] == [
        "release",
        "admission",
        "admission",
        "concession",
        "dispute_default",
        "dispute_default",
        "dispute_default",
    ]
    assert told.attributions[2].command_appended_at == at(3.5)


def test_an_open_dispute_is_neither_free_nor_attributed() -> None:
    story = disputed_story()
    story.said = story.said[: story.said.index(story.the("claim.stated")) + 2]
    told = history(story)
    assert (told.status, told.free, told.contested) == ("EFFECTIVE", 4000, 3000)
    assert (told.disputes[0].ending, told.disputes[0].ended_at) == (None, None)
    story.said.remove(story.the("claim.stated"))
    story.said = story.said[: story.said.index(story.the("dispute.registered"))]
    assert (history(story).free, history(story).contested) == (4000, 4000)


def test_a_command_is_looked_for_where_it_was_judged() -> None:
    # Ids are scoped to the topic: the same one on the other says nothing of this decision.
    story = disputed_story()
    story.the("claim.lower").id = "c-2"
    story.the("funds.attributed", 2).data["authorisation"]["command_id"] = "c-2"
    told = history(story)
    assert told.attributions[1].command_appended_at == at(3)
    assert told.attributions[2].command_appended_at == at(3.5)


def test_two_parties_may_use_the_same_id() -> None:
    story = settled_story()
    story.the("claim.lower", 1).id = "d-1"
    story.the("claim.stated", 1).data["command_id"] = "d-1"
    withdrawn = [said for said in story.said if said.cause == "d-2"]
    for said in withdrawn:
        said.cause = "d-1"
        if "authorisation" in said.data:
            said.data["authorisation"]["command_id"] = "d-1"
    for said in story.said:
        if said.decided_by in withdrawn:
            said.data["authorisation"]["command_id"] = "d-1"
    result = story.judged()
    assert result.violations == ()
    first, second = result.histories[CONTRACT].disputes
    assert first.statements[0].command_appended_at == at(3.5)
    assert second.statements[0].command_appended_at == at(4.5)
