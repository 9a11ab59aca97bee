"""A breach of I3 in what is proposed, accepted and ruled, planted in a good life, is found."""

from typing import Any

import pytest

from crps.proofs import proof_header
from tests.unit.audit.agreed_life import JUDGES_KEY, agreed_story, ruled_story
from tests.unit.audit.planting import Catalogue, Plant, assert_found, decided, set_dispute
from tests.unit.audit.story import Said, Story, instant, money

AGREED, RULED = Catalogue(), Catalogue()


@pytest.mark.parametrize("life", [agreed_story, ruled_story])
def test_a_good_life_is_found_good(life: Any) -> None:
    result = life().judged()
    assert result.ok, result.violations


# --- proposals ----------------------------------------------------------------------------------


@AGREED.breaks("I3", "the payee never sent p-1")
def nobody_proposed(story: Story) -> None:
    story.said.remove(story.the("proposal.make"))


@AGREED.breaks("I3", "the payee never sent p-1")
def the_payer_proposes_for_the_payee(story: Story) -> None:
    story.the("proposal.make").data["party"] = "alice"


@AGREED.breaks("I3", "p-1 proposes otherwise")
def other_shares_than_were_proposed(story: Story) -> None:
    story.the("proposal.make").data["to_payer"] = money(2000)


@AGREED.breaks("I3", "p-1 proposes otherwise")
def a_longer_life_than_was_proposed(story: Story) -> None:
    story.the("proposal.make").data["expires_at"] = instant(3.5)


@AGREED.breaks("I3", "p-1 is about another tranche")
def a_proposal_about_another_tranche(story: Story) -> None:
    story.the("proposal.make").data["tranche"] = 2


@AGREED.breaks("I3", "divides another sum than the 4000 that are contested")
def a_proposal_on_another_sum(story: Story) -> None:
    story.the("proposal.made", 1).data["to_payee"] = "3000"


@AGREED.breaks("I3", "which is no instant of the dispute to come")
def a_proposal_beyond_the_dispute(story: Story) -> None:
    story.the("proposal.made", 1).data["expires_at"] = instant(4.5)


@AGREED.breaks("I3", "is called a, as another was")
def a_name_given_twice(story: Story) -> None:
    story.the("proposal.made", 1).data["proposal"] = "a"


@AGREED.breaks("I3", "the payer never sent p-4")
def nobody_accepted(story: Story) -> None:
    story.said.remove(story.the("proposal.accept"))


@AGREED.breaks("I3", "the payee accepts its own proposal")
def the_maker_accepts(story: Story) -> None:
    story.the("proposal.accepted").data["by"] = "payee"


@AGREED.breaks("I3", "p-4 names b")
def another_proposal_was_accepted(story: Story) -> None:
    story.the("proposal.accept").data["proposal"] = "b"


@AGREED.breaks("I3", "a was not alive at")
def accepted_at_its_expiry(story: Story) -> None:
    for said in (story.the("proposal.make"), story.the("proposal.made")):
        said.data["expires_at"] = instant(3.4)


@AGREED.breaks("I3", "b was not alive at")
def withdrawn_twice(story: Story) -> None:
    first = story.the("proposal.withdrawn")
    story.said.insert(story.said.index(first), _again(story, first))


@AGREED.breaks("I3", "which it never proposed")
def another_withdraws_it(story: Story) -> None:
    story.the("proposal.withdrawn").data["by"] = "payer"


@AGREED.breaks("I3", "it was signer=")
def the_accepter_signs_for_the_maker(story: Story) -> None:
    decided(story, 1).data["authorisation"]["command_id"] = "p-4"


@AGREED.breaks("I3", "not ('payee', 2500)")
def the_shares_are_swapped(story: Story) -> None:
    decided(story, 0).data["to"] = "payer"


@AGREED.breaks("I3", "is a automatic proposal, not a subjective proposal")
def a_concession_that_is_automatic(story: Story) -> None:
    decided(story, 0).data["kind"] = "automatic"


@AGREED.breaks("I3", "died, and nobody was told")
def nobody_hears_of_the_dead(story: Story) -> None:
    story.said.remove(story.the("proposal.voided"))


@AGREED.breaks("I3", "it was ['his'] that died")
def another_is_called_dead(story: Story) -> None:
    story.the("proposal.voided").data["proposals"] = ["mine"]


@AGREED.breaks("I3", "ends it settled, signed was proposal")
def an_agreement_called_a_settlement(story: Story) -> None:
    story.the("dispute.ended").data["ending"] = "settled"


@AGREED.breaks("I3", "disputes stores another dispute than its events tell")
def disputes_forgets_that_the_payee_proposed(story: Story) -> None:
    set_dispute(story, payee_proposed=False)


# --- rulings ------------------------------------------------------------------------------------


@RULED.breaks("I3", "judge never signed r-1")
def nobody_ruled(story: Story) -> None:
    story.said.remove(story.the("ruling.submit"))


@RULED.breaks("I3", "judge never signed r-1")
def a_ruling_without_a_signature(story: Story) -> None:
    story.the("ruling.submit").proofs = ()


@RULED.breaks("I3", "judge never signed r-1")
def a_ruling_signed_for_other_bytes(story: Story) -> None:
    said = story.the("ruling.submit")
    said.proofs = tuple(value for _, value in proof_header(said.value + b" ", JUDGES_KEY))


@RULED.breaks("I3", "nobody signed that operator may rule")
def an_operator_rules(story: Story) -> None:
    story.the("ruling.made").data["adjudicator"] = "operator"


@RULED.breaks("I3", "the ruling's bound was over")
def a_ruling_at_its_bound(story: Story) -> None:
    said = story.the("ruling.submit")
    said.second = 5.02
    said.proofs = tuple(value for _, value in proof_header(said.value, JUDGES_KEY))


@RULED.breaks("I3", "3000 was recorded")
def another_total_is_recorded(story: Story) -> None:
    story.the("ruling.made").data["payee_total"] = "3000"


@RULED.breaks("I3", "ruled was 1500")
def other_shares_than_were_ruled(story: Story) -> None:
    story.the("ruling.made").data |= {"to_payee": "2500", "to_payer": "1500"}


@RULED.breaks("I3", "not a automatic ruling")
def a_ruling_called_a_concession(story: Story) -> None:
    decided(story, 0).data["kind"] = "subjective"


@RULED.breaks("I3", "ends it to_payee, signed was to_payer")
def another_fallback(story: Story) -> None:
    story.the("dispute.ended", 1).data["ending"] = "to_payee"


@RULED.breaks("I3", "signed was [('payer', 4000)] by dispute.fallback")
def a_fallback_called_the_ending(story: Story) -> None:
    decided(story, 2).data["authorisation"]["clause"] = "dispute.ending"


@RULED.breaks("I3", "the dispute deadline is")
def a_fallback_at_the_dispute_deadline(story: Story) -> None:
    decided(story, 2).data["due_at"] = instant(6.02)


@RULED.breaks("I3", "the dispute deadline is not the one that was signed")
def a_longer_bound_than_was_signed(story: Story) -> None:
    story.the("dispute.opened").data["ruling_deadline_at"] = instant(9)


@RULED.breaks("I3", "another was signed")
def another_adjudicator_is_told(story: Story) -> None:
    story.the("dispute.opened").data["adjudicator"] = "operator"


def _again(story: Story, said: Said) -> Said:
    """Return the same event once more, as if it happened twice."""
    number = 1 + sum(other.topic == said.topic for other in story.said)
    return Said(
        said.topic, said.noun, f"{said.id}-again", said.second, dict(said.data), number,
        said.cause, rests_on=said.rests_on,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("life", "invariant", "sentence", "plant"),
    [
        pytest.param(life, *entry, id=entry[2].__name__)
        for life, catalogue in ((agreed_story, AGREED), (ruled_story, RULED))
        for entry in catalogue.entries
    ],
)
def test_a_planted_breach_is_found(life: Any, invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, life)


def test_more_live_proposals_than_the_terms_allow_are_found() -> None:
    result = agreed_story(budget=1).judged()
    assert any("the payee has 1 live proposals already" in text for text in result.violations)
