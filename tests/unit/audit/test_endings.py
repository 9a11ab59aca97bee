"""A breach of I3 in what disputes decides, planted in a life without fault, is found."""

from dataclasses import replace

import pytest

from crps.audit.endings import signed_ending
from schemas.terms_v1 import Terms
from tests.unit.audit.disputed_life import disputed_story, settled_story
from tests.unit.audit.planting import (
    Catalogue,
    Plant,
    assert_found,
    decided,
    set_dispute,
)
from tests.unit.audit.story import (
    DISPUTES,
    SETTLEMENTS,
    TERMS,
    Story,
    at,
    instant,
    money,
)

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks

# --- I3, statements -----------------------------------------------------------------------------


@breaks("I3", "the payee never sent d-1")
def nobody_made_the_statement(story: Story) -> None:
    story.said.remove(story.the("claim.lower"))


@breaks("I3", "the payee never sent d-1")
def the_payer_answers_itself(story: Story) -> None:
    story.the("claim.lower").data["party"] = "alice"


@breaks("I3", "the payee never sent d-1")
def another_upstream_made_the_statement(story: Story) -> None:
    story.the("claim.lower").upstream = "another-shop"


@breaks("I3", "when the dispute period was over")
def a_statement_at_the_dispute_deadline(story: Story) -> None:
    story.the("claim.lower").second = 4.02


@breaks("I3", "before the dispute period began")
def a_statement_before_the_opening(story: Story) -> None:
    story.the("claim.lower").second = 3.01
    story.the("claim.stated").data["judged_at"] = instant(3.01)


@breaks("I3", "was judged as of")
def a_statement_judged_before_it_came(story: Story) -> None:
    story.the("claim.stated").data["judged_at"] = instant(3.4)


@breaks("I3", "5000 was recorded")
def another_total_was_stated(story: Story) -> None:
    story.the("claim.lower").data["claim"] = money(5100)


@breaks("I3", "is about tranche 2, not 1")
def another_dispute_was_meant(story: Story) -> None:
    story.the("claim.lower").data["tranche"] = 2


@breaks("I3", "d-1 counts a second time")
def one_statement_counts_twice(story: Story) -> None:
    stated = story.the("claim.stated")
    story.say(DISPUTES, stated.noun, 3.6, stated.data, cause="d-1", rests_on=stated.rests_on)


@breaks("I3", "names d-1, its cause is d-9")
def the_statement_has_another_cause(story: Story) -> None:
    story.the("claim.stated").cause = "d-9"


@breaks("I3", "the payee states the other's claim")
def the_payee_lowers_the_payers_claim(story: Story) -> None:
    story.the("claim.stated").data |= {"payer_claim": "3900", "contested": "2900"}


@breaks("I3", "the payer states the other's claim")
def the_payer_lowers_the_payees_claim(story: Story) -> None:
    story.the("claim.stated", 1).data |= {"payee_claim": "4900", "contested": "2400"}


@breaks("I3", "leaves 2900, the claims leave another rest")
def a_statement_leaves_less(story: Story) -> None:
    story.the("claim.stated").data["contested"] = "2900"


@breaks("I3", "the payer gives nothing up")
def a_second_statement_concedes_nothing(story: Story) -> None:
    story.the("claim.stated", 1).data |= {"payer_claim": "4000", "contested": "3000"}


@breaks("I3", "what d-1 gave up was never attributed")
def a_cut_is_not_attributed(story: Story) -> None:
    story.said.remove(decided(story, 0))


@breaks("I3", "what d-2 gave up was never attributed")
def it_ends_before_the_cut_is_attributed(story: Story) -> None:
    story.said.remove(decided(story, 1))


@breaks("I3", "tranche 1: what d-1 gave up was never attributed")
def the_last_cut_is_not_attributed(story: Story) -> None:
    story.said = story.said[: story.said.index(story.the("claim.stated")) + 1]


@breaks("I3", "takes 1000 that no statement gave up")
def a_cut_without_a_statement(story: Story) -> None:
    story.said.remove(story.the("claim.stated"))


@breaks("I3", "is not what d-1 gave up")
def another_amount_is_cut(story: Story) -> None:
    decided(story, 0).data["money"] = money(900)


@breaks("I3", "is not what d-1 gave up")
def the_cut_goes_to_who_gave_it_up(story: Story) -> None:
    decided(story, 0).data["to"] = "payee"


@breaks("I3", "is called concession, it is the payee's admission")
def an_answer_is_called_a_concession(story: Story) -> None:
    decided(story, 0).data["cause"] = "concession"


@breaks("I3", "is called admission, it is the payer's concession")
def a_concession_is_called_an_admission(story: Story) -> None:
    decided(story, 1).data["cause"] = "admission"


@breaks("I3", "it gives up by a live act")
def an_automatic_cut(story: Story) -> None:
    decided(story, 0).data["kind"] = "automatic"


@breaks("I3", "names d-9, d-1 gave it up")
def the_cut_names_another_statement(story: Story) -> None:
    decided(story, 0).data["authorisation"]["command_id"] = "d-9"


@breaks("I3", "gives to the payer and payer signed")
def the_winner_signs_the_cut(story: Story) -> None:
    decided(story, 0).data["authorisation"]["signer"] = "payer"


# --- I3, the ending -----------------------------------------------------------------------------


@breaks("I3", "does not rest on the opening of its dispute")
def a_decision_that_rests_on_nothing(story: Story) -> None:
    decided(story, 0).rests_on = None


@breaks("I3", "does not rest on the opening of its dispute")
def a_decision_that_rests_on_another_fact(story: Story) -> None:
    decided(story, 0).rests_on = story.the("contract.effective")


@breaks("I3", "does not rest on the opening of its dispute")
def a_decision_that_rests_on_the_bank(story: Story) -> None:
    opened = story.the("dispute.opened")
    decided(story, 0).rests_on = replace(opened, topic=SETTLEMENTS)


@breaks("I3", "registers another dispute than was opened")
def another_deadline_is_registered(story: Story) -> None:
    story.the("dispute.registered").data["deadline_at"] = instant(3.9)


@breaks("I3", "a dispute that was not registered")
def it_is_never_registered(story: Story) -> None:
    story.said.remove(story.the("dispute.registered"))


@breaks("I3", "decides about tranche 1, which nobody disputed")
def nobody_disputed_it(story: Story) -> None:
    story.said.remove(story.the("dispute.opened"))


@breaks("I3", "an ending is automatic, by a clause")
def a_live_ending(story: Story) -> None:
    decided(story, 2).data["authorisation"]["basis"] = "live"


@breaks("I3", "the dispute deadline is")
def an_ending_of_another_instant(story: Story) -> None:
    decided(story, 2).data["due_at"] = instant(4)


@breaks("I3", "ends the dispute before its deadline")
def an_ending_judged_too_early(story: Story) -> None:
    decided(story, 2).data["judged_at"] = instant(4)


@breaks("I3", "ends the dispute before its deadline")
def an_ending_appended_too_early(story: Story) -> None:
    decided(story, 4).second = 6


@breaks("I3", "ends the dispute before its deadline")
def an_end_judged_too_early(story: Story) -> None:
    story.the("dispute.ended").data["judged_at"] = instant(4)


@breaks("I3", "signed was [('payee', 834), ('payer', 1666)] by dispute.ending")
def the_odd_unit_goes_to_the_other(story: Story) -> None:
    decided(story, 2).data["money"] = money(833)
    decided(story, 3).data["money"] = money(1667)


@breaks("I3", "by dispute.ending")
def an_ending_by_another_clause(story: Story) -> None:
    decided(story, 2).data["authorisation"]["clause"] = "dispute.silence_rule"


@breaks("I3", "signed was [('payer', 4000)] by dispute.silence_rule")
def silence_is_rewarded(story: Story) -> None:
    silent = decided(story, 4)
    silent.data |= {"to": "payee"}


@breaks("I3", "ends it to_payer, signed was ratio")
def an_ending_that_nobody_signed(story: Story) -> None:
    story.the("dispute.ended").data["ending"] = "to_payer"


@breaks("I3", "ends it silence, signed was ratio")
def a_silence_that_was_broken(story: Story) -> None:
    story.the("dispute.ended").data["ending"] = "silence"


@breaks("I3", "and the dispute has not ended")
def a_settled_dispute_goes_on(story: Story) -> None:
    left = {"payer_claim": "4000", "payee_claim": "2000", "contested": "0"}
    story.the("claim.stated").data |= left
    story.said = story.said[: story.said.index(story.the("claim.stated")) + 1]


@breaks("I3", "decides about a dispute that has ended")
def it_ends_twice(story: Story) -> None:
    ended = story.the("dispute.ended")
    story.say(DISPUTES, "dispute.ended", 4.1, ended.data, rests_on=ended.rests_on)


@breaks("I3", "disputes stores another dispute than its events tell")
def disputes_stores_another_claim(story: Story) -> None:
    set_dispute(story, payee_claim=4999)


@breaks("I3", "disputes stores another dispute than its events tell")
def disputes_stores_another_deadline(story: Story) -> None:
    set_dispute(story, deadline_at=at(4))


@breaks("I3", "disputes stores another dispute than its events tell")
def disputes_thinks_it_is_open(story: Story) -> None:
    set_dispute(story, ending=None)


@breaks("I3", "disputes stores another dispute than its events tell")
def disputes_stores_another_ending(story: Story) -> None:
    set_dispute(story, ending="to_payee")


# --- the tests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, disputed_story)


def test_a_settlement_that_is_called_an_ending_is_found() -> None:
    def ends_by_the_clock(story: Story) -> None:
        story.the("dispute.ended").data |= {"ending": "ratio", "due_at": instant(4.02)}

    assert_found("I3", "signed was settled at None", ends_by_the_clock, settled_story)


def test_a_withdrawal_never_counts_as_the_answer() -> None:
    def called_an_admission(story: Story) -> None:
        decided(story, 1).data["cause"] = "admission"

    assert_found("I3", "it is the payer's concession", called_an_admission, settled_story)


@pytest.mark.parametrize(
    ("bp", "contested", "minimum", "odd", "payee"),
    [
        pytest.param(3333, 2500, 1, "payee", 834, id="the-odd-unit-to-the-payee"),
        pytest.param(3333, 2500, 1, "payer", 833, id="the-odd-unit-to-the-payer"),
        pytest.param(5000, 2500, 1, "payee", 1250, id="nothing-is-odd"),
        pytest.param(0, 2500, 1, "payee", 0, id="nothing-to-the-payee"),
        pytest.param(10_000, 2500, 1, "payer", 2500, id="all-to-the-payee"),
        pytest.param(1000, 2500, 251, "payee", 0, id="a-small-share-goes-over"),
        pytest.param(1000, 2500, 250, "payee", 250, id="the-minimum-is-no-small-share"),
        pytest.param(9000, 2500, 251, "payee", 2500, id="the-payers-small-share-goes-over"),
        pytest.param(5000, 2500, 1251, "payee", 2500, id="both-small-all-to-the-payee"),
        pytest.param(5000, 2500, 1251, "payer", 0, id="both-small-all-to-the-payer"),
    ],
)
def test_a_ratio_is_floored_and_never_pays_dust(
    bp: int, contested: int, minimum: int, odd: str, payee: int
) -> None:
    ending, shares = signed_ending(signed(bp, minimum, odd), contested, silent=False)
    assert ending == "ratio"
    expected = [("payee", payee), ("payer", contested - payee)]
    assert shares == [share for share in expected if share[1]]


def test_where_one_share_is_dust_the_whole_goes_to_the_other_side() -> None:
    terms = signed(9000, 1300, "payer", partial="none")
    assert signed_ending(terms, 2500, silent=False) == ("ratio", [("payee", 2500)])


def test_silence_loses_only_where_both_signed_it() -> None:
    terms = signed(10_000, 1, "payer")
    assert signed_ending(terms, 2500, silent=True) == ("silence", [("payer", 2500)])
    spared = terms.dispute.model_copy(update={"silence_rule": False})
    terms = terms.model_copy(update={"dispute": spared})
    assert signed_ending(terms, 2500, silent=True) == ("ratio", [("payee", 2500)])


@pytest.mark.parametrize(("ending", "to"), [("to_payee", "payee"), ("to_payer", "payer")])
def test_an_ending_without_a_ratio_gives_all(ending: str, to: str) -> None:
    terms = Terms.model_validate(TERMS | {"dispute": TERMS["dispute"] | {"ending": ending}})
    assert signed_ending(terms, 7, silent=False) == (ending, [(to, 7)])


def signed(bp: int, minimum: int, odd: str, partial: str = "many") -> Terms:
    """Return terms with a ratio ending."""
    dispute = TERMS["dispute"] | {"ending": {"ratio_to_payee_bp": bp}}
    rail = TERMS["rail"] | {"minimum": str(minimum), "partial": partial}
    return Terms.model_validate(TERMS | {"dispute": dispute, "rail": rail, "odd_unit": odd})
