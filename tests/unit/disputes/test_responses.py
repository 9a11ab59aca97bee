"""Given a live proposal, when the other accepts or its maker withdraws, then this becomes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.answers import Duplicate, FirstAnswer
from services.disputes.domain.docket import Ending, Role
from services.disputes.domain.events import (
    Authorisation,
    DisputeEnded,
    FundsAttributed,
    ProposalAccepted,
    ProposalsVoided,
    ProposalWithdrawn,
)
from tests.unit.disputes.story import START, code, disputed, effective, opened, refusal, several

MILLISECOND = 1 / 3_600_000


def proposed(by=Role.PAYEE, shares=(35, 25), hours=24, **changes):
    """A dispute over 60 of 100 in which ``by`` made the proposal ``p``, by the command c1."""
    tale = disputed(60, **changes)
    assert code(tale.propose(by, "p", shares, hours)) == "Applied"
    return tale


@pytest.mark.parametrize("maker", Role)
def test_both_concessions_execute_at_once_each_by_its_own_sides_act(maker):
    tale = proposed(maker).wait(1)
    assert code(tale.accept(maker.other, "p")) == "Applied"
    accepted, to_payee, to_payer, ended = tale.events[2:]
    assert isinstance(accepted, ProposalAccepted)
    assert (accepted.proposal.name, accepted.command_id) == ("p", "c2")
    acts = {maker: "c1", maker.other: "c2"}
    for event, to, amount in ((to_payee, Role.PAYEE, 35), (to_payer, Role.PAYER, 25)):
        assert isinstance(event, FundsAttributed)
        assert (event.to, event.amount, event.cause) == (to, amount, "proposal")
        assert event.authorisation == Authorisation(to.other, "live", command_id=acts[to.other])
        assert event.due_at is None
    assert ended == DisputeEnded(1, Ending.PROPOSAL, tale.at)
    assert tale.dsr() == (0, 75, 25)


@pytest.mark.parametrize(("shares", "moved"), [((60, 0), "payee"), ((0, 60), "payer")])
def test_a_share_of_nothing_moves_nothing(shares, moved):
    tale = proposed(shares=shares)
    tale.accept(Role.PAYER, "p")
    assert tale.moved == [(moved, "proposal", 60)]


def test_exactly_one_is_accepted_and_the_others_die():
    tale = proposed()
    tale.propose(Role.PAYEE, "b", (20, 40))
    tale.propose(Role.PAYER, "a", (10, 50))
    tale.accept(Role.PAYER, "p")
    assert tale.events[-2] == ProposalsVoided(1, ("a", "b"), tale.at)
    assert code(tale.accept(Role.PAYEE, "a")) == "PROPOSAL_SUPERSEDED"
    assert code(tale.accept(Role.PAYER, "p")) == "PROPOSAL_SUPERSEDED"
    assert [each.fate for each in tale.docket.disputes[0].proposals] == ["accepted", None, None]


@pytest.mark.parametrize("first", Role)
def test_of_two_that_accept_each_others_at_once_the_first_in_the_log_wins(first):
    tale = proposed(Role.PAYEE)
    tale.propose(Role.PAYER, "q", (10, 50))
    named = {Role.PAYER: "p", Role.PAYEE: "q"}
    assert code(tale.accept(first, named[first])) == "Applied"
    assert code(tale.accept(first.other, named[first.other])) == "PROPOSAL_SUPERSEDED"
    assert tale.dsr() == ((0, 75, 25) if first is Role.PAYER else (0, 50, 50))


@pytest.mark.parametrize(
    ("hours", "expected"), [(10 - MILLISECOND, "Applied"), (10, "PROPOSAL_EXPIRED")]
)
@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_its_expiry_is_half_open(act, hours, expected):
    tale = proposed(hours=10).wait(hours)
    by = Role.PAYER if act == "accept" else Role.PAYEE
    assert code(getattr(tale, act)(by, "p")) == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(72 - MILLISECOND, "Applied"), (72, "DISPUTE_PERIOD_ENDED")]
)
def test_at_the_dispute_deadline_the_ending_comes_first(hours, expected):
    tale = proposed(hours=72, clause_ending="to_payer").wait(hours)
    assert code(tale.accept(Role.PAYER, "p")) == expected
    assert tale.dsr() == ((0, 75, 25) if expected == "Applied" else (0, 40, 60))


@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_what_was_made_on_more_than_is_contested_is_stale_even_when_it_expired_too(act):
    tale = proposed(hours=10)
    tale.payer(50)
    by = Role.PAYER if act == "accept" else Role.PAYEE
    assert code(getattr(tale, act)(by, "p")) == "PROPOSAL_STALE"
    assert code(getattr(tale.wait(10), act)(by, "p")) == "PROPOSAL_STALE"


@pytest.mark.parametrize(("act", "wrong"), [("accept", Role.PAYEE), ("withdraw", Role.PAYER)])
def test_nobody_accepts_his_own_nor_withdraws_anothers(act, wrong):
    tale = proposed()
    assert code(getattr(tale, act)(wrong, "p")) == "WRONG_ROLE"
    assert code(getattr(tale, act)("judy", "p")) == "NOT_A_PARTY"
    assert code(getattr(tale.wait(100), act)(wrong, "p")) == "WRONG_ROLE"


@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_what_nobody_made_is_unknown(act):
    assert code(getattr(proposed(), act)(Role.PAYER, "q")) == "PROPOSAL_UNKNOWN"


def test_what_was_withdrawn_is_unknown_from_then_on():
    tale = proposed()
    assert code(tale.withdraw(Role.PAYEE, "p")) == "Applied"
    (withdrawn,) = tale.events[2:]
    assert isinstance(withdrawn, ProposalWithdrawn)
    assert (withdrawn.proposal.name, withdrawn.command_id) == ("p", "c2")
    assert code(tale.accept(Role.PAYER, "p")) == "PROPOSAL_UNKNOWN"
    assert code(tale.withdraw(Role.PAYEE, "p")) == "PROPOSAL_UNKNOWN"
    assert tale.dsr() == (60, 40, 0)


def test_after_an_early_end_an_acceptance_is_superseded_and_a_withdrawal_finds_nothing():
    tale = proposed()
    tale.payer(0)
    assert refusal(tale.accept(Role.PAYER, "p")).facts["ending"] == "settled"
    assert code(tale.accept(Role.PAYER, "p")) == "PROPOSAL_SUPERSEDED"
    assert code(tale.accept(Role.PAYER, "unheard-of")) == "PROPOSAL_SUPERSEDED"
    assert code(tale.withdraw(Role.PAYEE, "p")) == "NOTHING_LEFT"
    tale.wait(72)
    assert code(tale.accept(Role.PAYER, "p")) == "DISPUTE_PERIOD_ENDED"
    assert code(tale.withdraw(Role.PAYEE, "p")) == "DISPUTE_PERIOD_ENDED"


@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_where_nothing_is_disputed_there_is_nothing_to_answer(act):
    assert code(getattr(effective(), act)(Role.PAYER, "p")) == "NOT_IN_DISPUTE"
    assert code(getattr(several(opened(60)), act)(Role.PAYER, "p")) == "MALFORMED"
    early = effective()
    early.hear(opened(60, opened_at=START + timedelta(hours=1)))
    assert code(getattr(early, act)(Role.PAYER, "p")) == "NOT_IN_DISPUTE"


def test_a_repeat_hears_its_first_answer_whatever_the_name_means_by_now():
    tale = disputed(60)
    first = FirstAnswer(b"body", "refused", "PROPOSAL_UNKNOWN", None)
    tale.propose(Role.PAYER, "p", (30, 30))
    assert tale.accept(Role.PAYER, "p", first=first).outcome == Duplicate(first)
    other = replace(first, body_digest=b"another")
    assert code(tale.accept(Role.PAYER, "p", first=other)) == "WRONG_ROLE"
    assert code(tale.accept(Role.PAYEE, "p", first=other)) == "IDEMPOTENCY_CONFLICT"
