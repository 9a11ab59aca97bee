"""A breach of I3 at the opening of a dispute, planted in a life without fault, is found."""

import pytest

from tests.unit.audit.disputed_life import disputed_story
from tests.unit.audit.planting import (
    Catalogue,
    Plant,
    assert_found,
)
from tests.unit.audit.story import (
    Story,
    instant,
    money,
)

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks


@breaks("I3", "the payer never sent c-2")
def nobody_opened_it(story: Story) -> None:
    story.said.remove(story.the("dispute.open"))


@breaks("I3", "the payer never sent c-2")
def the_payee_opened_it(story: Story) -> None:
    story.the("dispute.open").data["party"] = "bob"


@breaks("I3", "the payer never sent c-2")
def another_upstream_opened_it(story: Story) -> None:
    story.the("dispute.open").upstream = "another-shop"


@breaks("I3", "when the chain period was over")
def it_was_opened_at_the_deadline(story: Story) -> None:
    story.the("dispute.open").second = 11.25


@breaks("I3", "was judged as of")
def it_was_judged_before_it_came(story: Story) -> None:
    story.the("dispute.opened").data["judged_at"] = instant(2.9)


@breaks("I3", "and was recorded as of")
def its_period_began_before_it_came(story: Story) -> None:
    period = {"opened_at": instant(0.9), "deadline_at": instant(1.9)}
    story.the("dispute.opened").data |= period
    story.the("dispute.registered").data |= period


@breaks("I3", "4000 was recorded")
def another_claim_was_sent(story: Story) -> None:
    story.the("dispute.open").data["claim"] = money(3900)


@breaks("I3", "disputes tranche 3, which does not exist")
def a_tranche_that_nobody_has_is_disputed(story: Story) -> None:
    story.the("dispute.opened", 1).data["tranche"] = 3


@breaks("I3", "disputes tranche 2, not 1")
def another_tranche_was_meant(story: Story) -> None:
    story.the("dispute.open").data["tranche"] = 2


@breaks("I3", "disputes tranche None, not 1")
def no_tranche_was_named(story: Story) -> None:
    del story.the("dispute.open").data["tranche"]


@breaks("I3", "another reason or other evidence")
def another_reason_was_given(story: Story) -> None:
    story.the("dispute.opened").data["reason"] = "late"


@breaks("I3", "another reason or other evidence")
def the_evidence_was_left_out(story: Story) -> None:
    story.the("dispute.opened").data["evidence"] = []


@breaks("I3", "the payee has 2000, the claim admits 1900")
def the_claim_is_not_admitted(story: Story) -> None:
    story.the("dispute.opened").data["claim"] = "4100"


@breaks("I3", "4000 is contested, the claim contests 4100")
def the_claim_is_not_contested(story: Story) -> None:
    story.the("dispute.opened").data["claim"] = "4100"


@breaks("I3", "states another ending than was signed")
def the_opening_changes_the_ending(story: Story) -> None:
    story.the("dispute.opened").data["clause"] |= {"ending": "to_payer"}


@breaks("I3", "states another ending than was signed")
def the_opening_changes_the_odd_unit(story: Story) -> None:
    story.the("dispute.opened").data["clause"]["odd_unit"] = "payer"


@breaks("I3", "states another rail than was signed")
def the_opening_changes_the_minimum(story: Story) -> None:
    story.the("dispute.opened").data["rail"]["minimum"] = "2"


@breaks("I3", "states another rail than was signed")
def the_opening_counts_parts(story: Story) -> None:
    story.the("dispute.opened").data["rail"]["parts"] = 3


@breaks("I3", "states another rail than was signed")
def the_opening_moves_only_the_whole(story: Story) -> None:
    story.the("dispute.opened").data["rail"]["whole_only"] = True


@breaks("I3", "disputes 4000 CNY/2, another amount was signed")
def the_opening_is_about_another_amount(story: Story) -> None:
    story.the("dispute.opened").data["amount"] = "4000"


@breaks("I3", "the dispute deadline is not the one that was signed")
def the_period_is_shortened(story: Story) -> None:
    story.the("dispute.opened").data["deadline_at"] = instant(4)


@breaks("I3", "an admission at the opening is a live act")
def an_automatic_admission(story: Story) -> None:
    story.the("funds.attributed", 1).data["kind"] = "automatic"


@breaks("I3", "its cause is c-9")
def the_admission_has_another_cause(story: Story) -> None:
    story.the("funds.attributed", 1).cause = "c-9"


@breaks("I3", "admits, and no dispute opens with it")
def nothing_opens_after_the_admission(story: Story) -> None:
    story.the("dispute.opened").cause = "c-3"


@breaks("I3", "contracts does not attribute by ruling")
def contracts_rules(story: Story) -> None:
    story.the("funds.attributed", 1).data["cause"] = "ruling"


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, disputed_story)
