"""Whatever is said, in whatever order: only the loser gives, and what is contested only shrinks."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.answers import Applied
from services.disputes.domain.docket import Role
from services.disputes.domain.events import FundsAttributed
from tests.unit.disputes.story import START, code, disputed

T = 100
ROLES = st.sampled_from(Role)
STATEMENTS = st.lists(st.tuples(ROLES, st.integers(0, T)), max_size=12)
OPENINGS = st.integers(0, T - 1).flatmap(
    lambda payer: st.tuples(st.just(payer), st.integers(payer + 1, T))
)


def own(tale, role):
    """What is ``role``'s by now."""
    _, payee, payer = tale.dsr()
    return payer if role is Role.PAYER else payee


@settings(database=None, deadline=None)
@given(opening=OPENINGS, statements=STATEMENTS, shuffler=st.randoms(use_true_random=False))
def test_any_order_of_the_same_accepted_statements_ends_in_the_same_buckets(
    opening, statements, shuffler
):
    payer, claim = opening
    first = disputed(claim, amount=T, payer=payer)
    accepted = [each for each in statements if code(first.lower(*each)) == "Applied"]
    shuffler.shuffle(accepted)
    second = disputed(claim, amount=T, payer=payer)
    for each in accepted:
        second.lower(*each)
    assert second.dsr() == first.dsr()


@settings(database=None, deadline=None)
@given(
    opening=OPENINGS,
    statements=STATEMENTS,
    minimum=st.sampled_from([0, 1, 7]),
    parts=st.sampled_from([None, 2, 4]),
    ratio_bp=st.integers(0, 10_000),
    silence_rule=st.booleans(),
)
def test_what_is_contested_only_shrinks_and_never_outlives_its_deadline(
    opening, statements, minimum, parts, ratio_bp, silence_rule
):
    payer, claim = opening
    claim = min(T, max(claim, payer + minimum))
    if claim - payer < max(minimum, 1):
        payer = claim - max(minimum, 1)
    tale = disputed(
        claim, amount=T, payer=payer, rail_minimum=minimum, rail_parts=parts,
        clause_silence_rule=silence_rule, clause_ending="ratio", clause_ratio_bp=ratio_bp,
    )  # fmt: skip
    contested = tale.dsr()[0]
    for role, stated in statements:
        before = tale.dsr()
        outcome = tale.lower(role, stated).outcome
        after = tale.dsr()
        assert sum(after) == T
        assert after[0] <= contested
        if isinstance(outcome, Applied) and len(outcome.events) > 1:
            assert after[0] < contested
        else:
            assert after == before
        assert after[0] == 0 or after[0] >= minimum
        contested = after[0]
    tale.wait(72).due()
    assert tale.dsr()[0] == 0
    assert sum(tale.dsr()) == T
    for event in tale.events:
        if isinstance(event, FundsAttributed):
            assert event.amount >= minimum
            assert event.authorisation.signer is event.to.other
    used = tale.docket.disputes[0].parts_used
    assert used == len(tale.moved)
    assert parts is None or used <= parts


def states(total):
    """Every state of a dispute over ``total``: what was returned before, and both claims."""
    for returned in range(total):
        for payer_claim in range(returned + 1, total + 1):
            yield returned, payer_claim, None
            for payee_claim in range(total - payer_claim, total - returned + 1):
                yield returned, payer_claim, payee_claim


@pytest.mark.parametrize("role", Role)
def test_no_statement_ever_enriches_its_signer(role):
    total = 6
    for (returned, payer_claim, payee_claim), claim in product(states(total), range(total + 3)):
        tale = disputed(payer_claim, amount=total, payer=returned)
        if payee_claim is not None:
            tale.payee(payee_claim)
        before, mine, others = tale.dsr(), own(tale, role), own(tale, role.other)
        decision = tale.lower(role, claim)
        assert own(tale, role) == mine
        if isinstance(decision.outcome, Applied):
            for event in decision.outcome.events:
                if isinstance(event, FundsAttributed):
                    assert event.to is role.other
            assert own(tale, role.other) >= others
        else:
            assert tale.dsr() == before


@settings(database=None, deadline=None)
@given(
    statements=STATEMENTS,
    late=st.integers(0, 10**6),
    ending=st.sampled_from(["to_payee", "to_payer"]),
)
def test_a_late_scheduler_changes_no_outcome(statements, late, ending):
    punctual = disputed(60, clause_ending=ending)
    tardy = disputed(60, clause_ending=ending)
    for each in statements:
        punctual.lower(*each)
        tardy.lower(*each)
    punctual.at = START + timedelta(hours=72)
    tardy.at = punctual.at + timedelta(seconds=late)
    punctual.due()
    tardy.lower(Role.PAYER, 0)
    assert tardy.dsr() == punctual.dsr()


PROPOSALS = st.sampled_from("abc")
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), ROLES, st.integers(0, T)),
        st.tuples(st.just("propose"), ROLES, PROPOSALS, st.integers(0, T), st.integers(1, 30)),
        st.tuples(st.just("accept"), ROLES, PROPOSALS),
        st.tuples(st.just("withdraw"), ROLES, PROPOSALS),
        st.tuples(st.just("rule"), st.integers(0, T)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
    ),
    max_size=20,
)


@settings(database=None, deadline=None)
@given(
    opening=OPENINGS,
    acts=ACTS,
    minimum=st.sampled_from([1, 7]),
    parts=st.sampled_from([None, 2, 4]),
    is_external=st.booleans(),
    silence_rule=st.booleans(),
)
def test_whatever_is_claimed_proposed_and_ruled_what_is_contested_only_falls_and_is_bounded(
    opening, acts, minimum, parts, is_external, silence_rule
):
    payer, claim = opening
    if claim - payer < minimum:
        payer, claim = 0, max(claim, minimum)
    external = {"clause_ending": "external", "clause_fallback": "ratio", "ruling_hours": 24}
    clause = external if is_external else {"clause_ending": "ratio"}
    tale = disputed(
        claim, amount=T, payer=payer, rail_minimum=minimum, rail_parts=parts,
        clause_silence_rule=silence_rule, clause_ratio_bp=3_333, **clause,
    )  # fmt: skip
    contested = tale.dsr()[0]
    for name, *how in acts:
        perform(tale, name, how)
        assert sum(tale.dsr()) == T
        assert tale.dsr()[0] <= contested
        contested = tale.dsr()[0]
        assert contested == 0 or contested >= minimum
    tale.at = START + timedelta(hours=96)
    tale.due(generation=tale.docket.disputes[0].generation)
    assert tale.dsr()[0] == 0
    moves = [event for event in tale.events if isinstance(event, FundsAttributed)]
    for event in moves:
        assert event.amount >= minimum
        assert event.authorisation.signer is event.to.other
    assert parts is None or len(moves) <= parts
    assert sum(type(event).__name__ == "DisputeEnded" for event in tale.events) == 1


def perform(tale, name, how):
    """Do one of ACTS; of a proposal the payer's share is what is left of the contested."""
    match name:
        case "wait":
            tale.wait(*how)
        case "claim":
            tale.lower(*how)
        case "propose":
            by, called, to_payee, hours = how
            tale.propose(by, called, (to_payee, max(0, tale.dsr()[0] - to_payee)), hours)
        case "rule" if tale.docket.disputes[0].ruling_deadline_at is None:
            pass  # The terms name nobody who could.
        case _:
            getattr(tale, name)(*how)
