"""Opening a dispute: what is admitted, what is contested, and every reason against it."""

from datetime import timedelta

import pytest

from schemas.values import Money, MoneyFlaw
from services.contracts.domain.contract import DisputeClause, Role
from services.contracts.domain.events import DisputeOpened, FundsAttributed, TrancheAttributed

HOUR_MS = 3_600_000


def buckets(tale, tranche=1):
    b = tale.contract.tranches[tranche - 1].buckets
    return b.free, b.contested, b.payee, b.payer


def test_what_is_not_claimed_settles_at_once_and_the_rest_is_contested(effective):
    tale = effective((10_000, 120)).wait(100)
    admission, opened = tale.dispute(6_000).outcome.events
    assert isinstance(admission, FundsAttributed)
    assert (admission.cause, admission.to, admission.amount) == ("admission", Role.PAYEE, 4_000)
    assert (admission.authorisation.signer, admission.authorisation.basis) == (Role.PAYER, "live")
    assert isinstance(opened, DisputeOpened)
    assert opened.before == admission.parts[0].after
    assert opened.deadline_at == tale.at + timedelta(hours=72)
    assert buckets(tale) == (0, 6_000, 4_000, 0)
    assert tale.status == "EFFECTIVE"


def test_who_claims_all_that_is_free_admits_nothing(effective):
    tale = effective((10_000, 120)).wait(1)
    (opened,) = tale.dispute(10_000).outcome.events
    assert isinstance(opened, DisputeOpened)
    assert buckets(tale) == (0, 10_000, 0, 0)


def test_claims_are_totals_over_the_tranche_whatever_moved_before(effective):
    tale = effective((10_000, 120)).wait(1)
    tale.release(1_000)
    tale.give_back(2_000)
    tale.dispute(5_000)
    assert buckets(tale) == (0, 3_000, 5_000, 2_000)


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        (1_999, "CLAIM_OUT_OF_BOUNDS"),
        (0, "CLAIM_OUT_OF_BOUNDS"),
        (2_000, "NO_CHANGE"),
        (2_001, "Applied"),
        (9_000, "Applied"),
        (9_001, "CLAIM_OUT_OF_BOUNDS"),
        (MoneyFlaw.AMOUNT_INVALID, "AMOUNT_INVALID"),
        (MoneyFlaw.EXPONENT_WRONG, "EXPONENT_WRONG"),
        (Money(5_000, "EUR/2"), "CURRENCY_MISMATCH"),
    ],
)
def test_the_bounds_of_a_claim(effective, code, claim, answer):
    tale = effective((10_000, 120)).wait(1)
    tale.release(1_000)
    tale.give_back(2_000)
    decision = tale.dispute(claim)
    assert code(decision) == answer
    if answer == "CLAIM_OUT_OF_BOUNDS":
        facts = decision.outcome.facts
        assert (facts["claim_at_least"], facts["claim_at_most"]) == ("2000", "9000")


@pytest.mark.parametrize(
    ("late_ms", "answer"), [(-1, "Applied"), (0, "CHAIN_PERIOD_ENDED"), (1, "CHAIN_PERIOD_ENDED")]
)
def test_it_must_be_sent_before_the_deadline(effective, code, late_ms, answer):
    tale = effective((10_000, 10)).wait(10)
    tale.at += timedelta(milliseconds=late_ms)
    assert code(tale.dispute(6_000)) == answer
    assert buckets(tale)[:2] == ((0, 6_000) if answer == "Applied" else (0, 0))


def test_read_late_it_still_counts_and_its_period_begins_when_it_is_recorded(effective, code):
    tale = effective((10_000, 10)).wait(9)
    read_at = tale.at + timedelta(hours=500)
    decision = tale.dispute(6_000, now=read_at)
    opened = decision.outcome.events[-1]
    assert (opened.opened_at, opened.judged_at) == (read_at, tale.at)
    assert opened.deadline_at == read_at + timedelta(hours=72)
    tale.wait(500)
    tale.due()
    assert buckets(tale) == (0, 6_000, 4_000, 0)


def test_only_the_payer_opens_it_and_only_once(effective, code):
    tale = effective((10_000, 10)).wait(1)
    assert code(tale.dispute(6_000, by="bob")) == "WRONG_ROLE"
    assert code(tale.dispute(6_000, by="carol")) == "NOT_A_PARTY"
    assert code(tale.dispute(6_000)) == "Applied"
    assert code(tale.dispute(5_000)) == "DISPUTE_BUDGET_SPENT"
    tale.disputed(1, 0, 10_000, 0)
    assert code(tale.dispute(5_000)) == "DISPUTE_BUDGET_SPENT"
    tale.wait(9)
    assert code(tale.dispute(5_000)) == "CHAIN_PERIOD_ENDED"


def test_before_effect_and_with_nothing_left(story, effective, code):
    tale = story((10_000, 10))
    tale.offer()
    assert code(tale.dispute(6_000)) == "NOT_EFFECTIVE"
    tale.decline("bob")
    assert code(tale.dispute(6_000)) == "DECLINED"
    tale = effective((10_000, 10)).wait(1)
    tale.release("ALL")
    assert code(tale.dispute(6_000)) == "NOTHING_LEFT"


def test_with_several_tranches_one_is_named_and_the_others_go_on(effective, code):
    tale = effective((3_334, 24), (3_333, 48), (3_333, 72)).wait(1)
    assert code(tale.dispute(2_000)) == "MALFORMED"
    assert code(tale.dispute(2_000, tranche=4)) == "MALFORMED"
    assert code(tale.dispute(2_000, tranche="t2")) == "Applied"
    assert code(tale.release("ALL", tranche=2)) == "IN_DISPUTE"
    assert code(tale.give_back("ALL", tranche=2)) == "IN_DISPUTE"
    assert code(tale.release(4_000)) == "Applied"
    assert [buckets(tale, n)[:2] for n in (1, 2, 3)] == [(0, 0), (0, 2_000), (2_667, 0)]
    tale.wait(71).due(3)
    assert [buckets(tale, n)[:2] for n in (1, 2, 3)] == [(0, 0), (0, 2_000), (0, 0)]
    assert tale.status == "EFFECTIVE"


def test_in_dispute_is_said_for_ever_of_a_disputed_tranche_and_never_that_it_arrived(
    effective, code
):
    tale = effective((10_000, 10)).wait(1)
    tale.dispute(6_000)
    tale.wait(20)
    refusal = tale.release(1).outcome
    assert refusal.code == "IN_DISPUTE"
    assert [allowed.command for allowed in refusal.allowed] == ["claim.lower"]
    assert refusal.allowed[0].until == tale.contract.tranches[0].opening.deadline_at
    assert code(tale.give_back(1)) == "IN_DISPUTE"
    tale.disputed(1, 0, 7_000, 3_000)
    assert code(tale.release(1)) == "CHAIN_PERIOD_ENDED"


def test_to_total_knows_of_a_dispute_what_was_given_at_its_opening(effective):
    """Whether the dispute's end was read early or late must not change what is released."""
    moved = []
    for read_end in (False, True):
        tale = effective((5_000, 24), (5_000, 48)).wait(1)
        tale.dispute(3_000, tranche=1)
        if read_end:
            tale.disputed(1, 0, 5_000, 0)
        tale.release(to_total=4_000)
        moved.append(buckets(tale, 2))
    assert moved == [(3_000, 0, 2_000, 0)] * 2


def test_only_the_end_of_a_dispute_is_said_and_then_the_contract_can_close(effective):
    tale = effective((10_000, 10)).wait(1)
    tale.dispute(6_000)
    assert tale.disputed(1, 3_000, 4_000, 3_000).outcome.events == ()
    (over,) = tale.disputed(1, 0, 7_000, 3_000).outcome.events
    assert over == TrancheAttributed(1, 7_000, 3_000)
    assert tale.status == "ATTRIBUTED"
    tale.books_emptied()
    assert tale.status == "CLOSED"


def test_a_forged_due_message_of_a_dispute_does_nothing_here(effective):
    tale = effective((10_000, 10)).wait(20)
    assert tale.due(timer="dispute").due == ()


@pytest.mark.parametrize(
    ("claim", "answer"),
    [(49, "DUST_REMAINDER"), (50, "Applied"), (950, "Applied"), (951, "DUST_REMAINDER"),
     (1_000, "Applied")],
)  # fmt: skip
def test_neither_the_admission_nor_the_rest_is_dust(effective, code, claim, answer):
    tale = effective((1_000, 10), rail_minimum=50).wait(1)
    decision = tale.dispute(claim)
    assert code(decision) == answer
    if answer == "DUST_REMAINDER":
        facts = decision.outcome.facts
        legal = facts["claim_from"], facts["claim_to"], facts["claim_all"]
        assert legal == ("50", "950", "1000")


def test_a_rail_without_parts_disputes_the_whole_or_nothing(effective, code):
    tale = effective((1_000, 10), rail_partial="none").wait(1)
    assert code(tale.dispute(999)) == "RAIL_CANNOT_HONOUR"
    assert code(tale.dispute(0)) == "NO_CHANGE"  # Nothing disputed asks nothing of the rail.
    assert code(tale.dispute(1_000)) == "Applied"


@pytest.mark.parametrize(
    ("bound", "claim", "answer", "parts"),
    [
        (1, 1_000, "Applied", 1),  # Nothing admitted: the one part is its ending's.
        (1, 600, "RAIL_CANNOT_HONOUR", None),
        (2, 600, "Applied", 1),
        (9, 600, "Applied", 8),
        (None, 600, "Applied", None),
    ],
)
def test_the_parts_of_the_rail_are_divided_beforehand(effective, code, bound, claim, answer, parts):
    tale = effective((1_000, 10), rail_max_parts=bound).wait(1)
    decision = tale.dispute(claim)
    assert code(decision) == answer
    if answer == "Applied":
        assert decision.outcome.events[-1].parts == parts


def test_what_stays_open_keeps_parts_of_its_own(effective, code):
    tale = effective((1_000, 10), (1_000, 20), (1_000, 30), rail_max_parts=7).wait(1)
    opened = tale.dispute(600, tranche=1).outcome.events[-1]
    # One is the admission's, one each of the others', one the ending's; of three spare it gets one.
    assert opened.parts == 2
    assert code(tale.release(1, tranche=2)) == "Applied"
    assert code(tale.release(1, tranche=3)) == "Applied"
    assert code(tale.release(1, tranche=3)) == "RAIL_CANNOT_HONOUR"


def test_a_ratio_may_need_two_parts_to_end(effective, code):
    clause = DisputeClause(72 * HOUR_MS, True, "ratio", 5_000)
    tale = effective((1_000, 10), rail_max_parts=1, dispute=clause).wait(1)
    assert code(tale.dispute(1_000)) == "RAIL_CANNOT_HONOUR"
    tale = effective((1_000, 10), rail_max_parts=2, dispute=clause).wait(1)
    assert tale.dispute(1_000).outcome.events[-1].parts == 2


def test_a_ratio_is_no_ending_for_a_rail_that_moves_only_the_whole(story, code):
    clause = DisputeClause(72 * HOUR_MS, True, "ratio", 5_000)
    refused = story((1_000, 10), rail_partial="none", dispute=clause).offer()
    assert code(refused) == "RAIL_CANNOT_HONOUR"
    assert refused.outcome.facts["clause"] == "dispute.ending"
    whole = DisputeClause(72 * HOUR_MS, True, "ratio", 10_000)
    assert code(story((1_000, 10), rail_partial="none", dispute=whole).offer()) == "Applied"


def test_an_opening_spends_no_act(effective, code):
    tale = effective((1_000, 10), (1_000, 20), acts_budget=1).wait(1)
    tale.dispute(600, tranche=1)
    assert code(tale.release(1, tranche=2)) == "Applied"
    assert code(tale.release(1, tranche=2)) == "ACT_BUDGET_SPENT"


def test_before_effect_the_rail_is_not_asked_however_late_the_command_is_read(effective, code):
    tale = effective((1_000, 10), rail_partial="none")
    tale.at -= timedelta(milliseconds=1)
    assert code(tale.dispute(600)) == "NOT_EFFECTIVE"
    assert code(tale.release(600)) == "NOT_EFFECTIVE"
    tale.at += timedelta(milliseconds=1)
    assert code(tale.dispute(600)) == "RAIL_CANNOT_HONOUR"
