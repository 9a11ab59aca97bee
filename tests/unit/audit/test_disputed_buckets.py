"""A breach of I0, I1, I2 or I4 in a dispute, planted in a life without fault, is found."""

from typing import Any

import pytest

from crps.audit.books import Buckets, DisputeRow
from tests.unit.audit.disputed_life import disputed_story, settled_story
from tests.unit.audit.planting import (
    Catalogue,
    Plant,
    assert_found,
    instructed,
    part_of,
    set_dispute,
)
from tests.unit.audit.story import (
    CONTRACT,
    EVENTS,
    SETTLEMENTS,
    Story,
    at,
    buckets,
    money,
)

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks

# --- I0 -----------------------------------------------------------------------------------------


@breaks("I0", "an opening attributes nothing")
def the_opening_attributes(story: Story) -> None:
    story.the("dispute.opened").data["after"] = buckets(0, 2100, contested=3900)


@breaks("I0", "begins at F 5000")
def the_opening_begins_elsewhere(story: Story) -> None:
    story.the("dispute.opened").data["before"] = buckets(5000, 1000)


@breaks("I0", "T = 6000 became 5900")
def the_opening_loses_money(story: Story) -> None:
    story.the("dispute.opened").data["after"] = buckets(0, 2000, contested=3900)


@breaks("I0", "its total is 6000, the opening says 6001")
def the_opening_states_another_total(story: Story) -> None:
    story.the("dispute.opened").data["amount"] = "6001"


@breaks("I0", "tranche 3 does not exist")
def a_tranche_that_nobody_has_is_disputed(story: Story) -> None:
    story.the("dispute.opened", 1).data["tranche"] = 3


@breaks("I0", "disputes.events.v1/3: tranche 3 does not exist")
def disputes_moves_a_tranche_that_nobody_has(story: Story) -> None:
    part_of(story, 0)["tranche"] = 3


@breaks("I0", "T = 6000 became 6001")
def contested_money_grows(story: Story) -> None:
    part_of(story, 0)["after"] = buckets(0, 2000, 1001, 3000)


@breaks("I0", "disputes moves what is free")
def disputes_moves_free_money(story: Story) -> None:
    part_of(story, 0)["before"] = buckets(1000, 2000, 0, 3000)


@breaks("I0", "contracts moves what is contested")
def contracts_moves_contested_money(story: Story) -> None:
    part = {"tranche": 1, "amount": "4000", "before": buckets(0, 2000, 0, 4000)}
    part["after"] = buckets(0, 6000)
    arrival = story.the("funds.attributed").data | {"cause": "arrival", "parts": [part]}
    said = story.say(EVENTS, "funds.attributed", 4, arrival, cause="due-1")
    story.said.remove(said)
    story.said.insert(story.said.index(story.the("dispute.registered")), said)


@breaks("I0", "closes it with (3333, 2667)")
def the_dispute_ends_with_other_sums(story: Story) -> None:
    story.the("dispute.ended").data |= {"payee": "3333", "payer": "2667"}


@breaks("I0", "closes it with (3333, 2667)")
def contracts_reads_other_sums(story: Story) -> None:
    story.the("tranche.attributed").data |= {"payee": "3333", "payer": "2667"}


@breaks("I0", "tranche 1: stored F 0 D 0 S 3334 R 2666, by the events F 0 D 4000 S 2000 R 0")
def contracts_has_not_read_the_end(story: Story) -> None:
    story.said.remove(story.the("tranche.attributed"))


@breaks("I0", "tranche 1: stored F 0 D 4000 S 2000 R 0")
def contracts_has_not_stored_the_end(story: Story) -> None:
    story.tranches[1] = Buckets(contested=4000, payee=2000)


@breaks("I0", "tranche 1: disputes stores F 0 D 0 S 3333 R 2667")
def disputes_stores_other_sums(story: Story) -> None:
    set_dispute(story, payee=3333, payer=2667)


@breaks("I0", "tranche 1: disputes stores F 0 D 0 S 3334 R 2666")
def disputes_stores_another_total(story: Story) -> None:
    set_dispute(story, amount=6001)


@breaks("I0", "tranche 2 is disputed, and disputes stores nothing of it")
def a_dispute_is_lost(story: Story) -> None:
    del story.disputes[2]


@breaks("I0", "disputes stores tranche 3, which was never disputed")
def a_dispute_is_invented(story: Story) -> None:
    story.disputes[3] = story.disputes[2]


# --- I1, I2 -------------------------------------------------------------------------------------


@breaks("I1", "tranche 1 is disputed a second time")
def a_second_opening(story: Story) -> None:
    story.say(EVENTS, "dispute.opened", 6, story.the("dispute.opened").data, cause="c-2")


@breaks("I1", "contests 3900, 4000 was free")
def some_of_it_stays_uncontested(story: Story) -> None:
    story.the("dispute.opened").data["after"] = buckets(100, 2000, contested=3900)


@breaks("I1", "D of tranche 1 rises from 4000")
def a_statement_raises_it(story: Story) -> None:
    story.the("claim.stated").data["contested"] = "4500"


@breaks("I1", "D of tranche 1 rises from 3000")
def an_attribution_raises_it(story: Story) -> None:
    part_of(story, 1)["after"] = buckets(0, 1900, 1000, 3100)


@breaks("I1", "disputes stores D = 7 in tranche 1")
def disputes_still_contests(story: Story) -> None:
    set_dispute(story, contested=7, payee=3327)


@breaks("I1", "contracts stores D = 7 in tranche 1")
def contracts_still_contests(story: Story) -> None:
    story.tranches[1] = Buckets(contested=7, payee=3327, payer=2666)


@breaks("I2", "F of tranche 1 rises from 4000")
def the_opening_frees_money(story: Story) -> None:
    story.the("dispute.opened").data["after"] = buckets(4500, 1500)


@breaks("I2", "F of tranche 1 rises from 0")
def contested_money_becomes_free(story: Story) -> None:
    part_of(story, 0)["after"] = buckets(1000, 2000, 0, 3000)


# --- I4 -----------------------------------------------------------------------------------------


@breaks("I4", "returning 1000 CNY/2 was decided and 1 instruction is missing")
def a_cut_without_instruction(story: Story) -> None:
    story.said.remove(instructed(story, 0))


@breaks("I4", "returning 1000 CNY/2 was instructed 1 times more than it was decided")
def an_instruction_of_another_cause(story: Story) -> None:
    instructed(story, 0).data["cause"] = "concession"


@breaks("I4", "returning 1000 CNY/2 was instructed 1 times more than it was decided")
def an_instruction_of_another_kind(story: Story) -> None:
    instructed(story, 0).data["kind"] = "automatic"


@breaks("I4", "returning 1000 CNY/2 was instructed 1 times more than it was decided")
def an_instruction_that_cites_another_event(story: Story) -> None:
    instructed(story, 0).decided_by = story.the("claim.stated")


@breaks("I4", "settling 834 CNY/2 was decided and 1 instruction is missing")
def an_instruction_over_another_amount(story: Story) -> None:
    instructed(story, 2).data["money"] = money(833)


@breaks("I4", "settling 834 CNY/2 was decided and 1 instruction is missing")
def an_ending_instructed_the_other_way(story: Story) -> None:
    instructed(story, 2).noun = "return.instructed"


@breaks("I4", "is missing")
def an_instruction_signed_by_nobody(story: Story) -> None:
    del instructed(story, 2).data["authorisation"]["signer"]


@breaks("I4", "was instructed 1 times more than it was decided")
def an_ending_instructed_twice(story: Story) -> None:
    first = instructed(story, 2)
    names = {"instruction_id": str(CONTRACT), "uetr": str(CONTRACT)}
    other = first.data | names | {"authorisation": dict(first.data["authorisation"])}
    story.say(SETTLEMENTS, first.noun, 4.5, other, decided_by=first.decided_by)


# --- the tests ----------------------------------------------------------------------------------


@pytest.mark.parametrize("life", [disputed_story, settled_story])
def test_nothing_is_wrong_with_either_life(life: Any) -> None:
    result = life().judged()
    assert result.violations == ()
    assert set(result.invariants.values()) == {"ok"}


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, disputed_story)


def test_a_dispute_that_is_still_open_is_no_breach() -> None:
    """Contracts then stores the D of the opening, and disputes that of now."""
    story = disputed_story()
    story.said = story.said[: story.said.index(instructed(story, 1)) + 1]
    story.tranches = {1: Buckets(contested=4000, payee=2000), 2: Buckets(free=4000)}
    row = DisputeRow(6000, 2500, 2500, 1000, 3500, 5000, at(3.02), at(4.02), None)
    story.disputes, story.ledger = {1: row}, None
    result = story.judged()
    # The books were left out of this story, and nothing else is missing.
    assert result.violations == (f"I0 {CONTRACT}: the ledger has no book of it",)
