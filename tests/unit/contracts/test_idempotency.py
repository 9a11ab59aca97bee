"""Given an id that was judged before, when it comes again, then its first answer comes again."""

from schemas.refusals import Code
from services.chassis.answers import Duplicate, FirstAnswer

FIRST = FirstAnswer(b"body", "applied", None, "event-1")


def test_the_same_id_and_body_is_a_duplicate_without_effect(effective, code):
    tale = effective((100, 10)).wait(1)
    decision = tale.release(1, asked=tale.ask(first=FIRST))
    assert decision.outcome == Duplicate(FIRST)
    assert tale.buckets == (100, 0, 0)


def test_the_same_id_with_another_body_is_a_conflict_that_names_the_first(effective):
    tale = effective((100, 10)).wait(1)
    refusal = tale.release(1, asked=tale.ask(first=FIRST, body_digest=b"other")).outcome
    assert refusal.code is Code.IDEMPOTENCY_CONFLICT
    assert refusal.facts["first_body_digest"] == b"body".hex()


def test_nobody_can_squat_or_probe_anothers_id(effective, code):
    tale = effective((100, 10)).wait(1)
    assert code(tale.release(1, asked=tale.ask("bob", first=FIRST))) == "WRONG_ROLE"
    foreign = tale.ask("alice", upstream="rival", first=FIRST)
    assert code(tale.release(1, asked=foreign)) == "NOT_A_PARTY"


def test_a_duplicate_at_the_deadline_still_executes_the_arrival(effective):
    tale = effective((100, 10)).wait(10)
    decision = tale.release(1, asked=tale.ask(first=FIRST))
    assert isinstance(decision.outcome, Duplicate)
    assert tale.buckets == (0, 100, 0)


def test_after_a_thousand_stored_refusals_the_next_is_not_stored(effective, code):
    tale = effective((100, 10)).wait(1)
    assert code(tale.release(101, asked=tale.ask(refusals_stored=999))) == "INSUFFICIENT_REMAINDER"
    decision = tale.release(101, asked=tale.ask(refusals_stored=1000))
    assert code(decision) == "ACT_BUDGET_SPENT"
    assert decision.outcome.facts["would_be"] == "INSUFFICIENT_REMAINDER"
    assert code(tale.release(1, asked=tale.ask(refusals_stored=1000))) == "Applied"
