"""Given an id that was judged before, when it comes again, then its first answer comes again."""

from schemas.refusals import Code
from services.chassis.answers import Duplicate, FirstAnswer
from tests.unit.disputes.story import code, disputed, opened, refusal, several

FIRST = FirstAnswer(b"body", "applied", None, "event-1")


def test_the_same_id_and_body_is_a_duplicate_without_effect():
    tale = disputed(60).wait(1)
    assert tale.payer(50, first=FIRST).outcome == Duplicate(FIRST)
    assert tale.dsr() == (60, 40, 0)


def test_the_same_id_with_another_body_is_a_conflict_that_names_the_first():
    refused = refusal(disputed(60).wait(1).payer(50, first=FIRST, body_digest=b"other"))
    assert refused.code is Code.IDEMPOTENCY_CONFLICT
    assert refused.facts["first_body_digest"] == b"body".hex()


def test_nobody_can_probe_anothers_id():
    tale = disputed(60).wait(1)
    assert code(tale.payer(50, first=FIRST, upstream="rival")) == "NOT_A_PARTY"
    assert code(tale.lower("mallory", 50, first=FIRST)) == "NOT_A_PARTY"


def test_malformed_comes_before_the_id():
    tale = several(opened(60))
    assert code(tale.payer(50, first=FIRST)) == "MALFORMED"


def test_a_duplicate_at_the_deadline_still_executes_the_ending():
    tale = disputed(60).wait(72)
    assert code(tale.payer(50, first=FIRST)) == "Duplicate"
    assert tale.dsr() == (0, 40, 60)


def test_after_a_thousand_stored_refusals_the_next_is_not_stored():
    tale = disputed(60).wait(1)
    assert code(tale.payer(61, refusals_stored=999)) == "CLAIM_MAY_ONLY_FALL"
    refused = refusal(tale.payer(61, refusals_stored=1000))
    assert refused.code is Code.ACT_BUDGET_SPENT
    assert refused.facts["would_be"] == "CLAIM_MAY_ONLY_FALL"
    assert code(tale.payer(50, refusals_stored=1000)) == "Applied"


def test_a_claim_on_a_contract_that_nobody_offered_is_refused():
    tale = disputed(60)
    tale.docket = None
    assert code(tale.payer(50)) == "UNKNOWN_CONTRACT"
