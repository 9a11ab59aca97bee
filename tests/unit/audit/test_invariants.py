"""A breach of I0, I1, I2 or I3, planted in a story in which nothing else is wrong, is found."""

from dataclasses import replace

import pytest

from crps.audit.books import Buckets
from tests.unit.audit.lives import whole_story
from tests.unit.audit.planting import (
    Catalogue,
    Plant,
    assert_found,
    set_balances,
    set_entry,
)
from tests.unit.audit.story import (
    EVENTS,
    Story,
    buckets,
    instant,
    money,
)

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks

# --- I0 -----------------------------------------------------------------------------------------


@breaks("I0", "T = 6000 became 6001")
def money_out_of_nowhere(story: Story) -> None:
    story.the("funds.attributed").data["parts"][0]["after"] = buckets(3501, 2500)


@breaks("I0", "what was attributed falls")
def attributed_money_falls(story: Story) -> None:
    story.the("funds.attributed", 1).data["parts"][0]["after"] = buckets(4500, 1500)


@breaks("I0", "the parts are not 2500")
def more_is_said_than_moves(story: Story) -> None:
    part = story.the("funds.attributed").data["parts"][0]
    part |= {"amount": "2400", "after": buckets(3600, 2400)}


@breaks("I0", "begins at")
def an_event_begins_elsewhere(story: Story) -> None:
    story.the("funds.attributed").data["parts"][0]["before"] = buckets(5000, 1000)


@breaks("I0", "tranche 1: stored F 1 D 0 S 5999 R 0")
def contracts_stores_something_else(story: Story) -> None:
    story.tranches[1] = Buckets(free=1, payee=5999)


@breaks("I0", "the ledger's book:")
def the_book_says_something_else(story: Story) -> None:
    set_balances(story, payee_arrived=5999, payer_arrived=4001)


@breaks("I0", "the ledger's entries:")
def the_entries_say_something_else(story: Story) -> None:
    set_entry(story, "free", "payee_due", 5999)


@breaks("I0", "the ledger's received: 5 in the book, 0 by its entries")
def a_balance_without_an_entry(story: Story) -> None:
    set_balances(story, received=5, outside=-10_505)


@breaks("I0", "the contracts service stores nothing of it")
def a_contract_is_lost(story: Story) -> None:
    story.tranches = {}


@breaks("I0", "the ledger has no book of it")
def a_book_is_lost(story: Story) -> None:
    story.ledger = None


@breaks("I0", "closes it with (6000, 3999)")
def closed_with_other_sums(story: Story) -> None:
    story.the("contract.closed").data["payer"] = "3999"


@breaks("I0", "effective a second time")
def effective_twice(story: Story) -> None:
    story.say(EVENTS, "contract.effective", 13, story.the("contract.effective").data)


@breaks("I0", "10000 was signed")
def another_total_takes_effect(story: Story) -> None:
    story.the("contract.effective").data["total"] = "9000"


@breaks("I0", "the tranches do not add up to T = 10000")
def a_tranche_takes_effect_smaller(story: Story) -> None:
    story.the("contract.effective").data["tranches"][0]["amount"] = "5000"


@breaks("I0", "2400 to the payee is not what moved")
def less_is_said_than_moves(story: Story) -> None:
    data = story.the("funds.attributed").data
    data["money"], data["parts"][0]["amount"] = money(2400), "2400"


@breaks("I0", "a schema knows it, no event says that it was ever offered")
def nothing_was_ever_said(story: Story) -> None:
    story.said.clear()


@breaks("I0", "the ledger's T is 9999, the events' 10000")
def the_ledger_keeps_another_total(story: Story) -> None:
    assert story.ledger is not None
    story.ledger = replace(story.ledger, total=9999)


# --- I1, I2 -------------------------------------------------------------------------------------


@breaks("I1", "D of tranche 1 rises from 0")
def contested_money_appears(story: Story) -> None:
    part = story.the("funds.attributed").data["parts"][0]
    part["after"] = buckets(3000, 2500, contested=500)


@breaks("I1", "D of tranche 1 rises from 0")
def contested_money_was_always_there(story: Story) -> None:
    part = story.the("funds.attributed", 1).data["parts"][0]
    part["before"] = buckets(3000, 2500, contested=500)


@breaks("I1", "contracts stores D = 7 in tranche 2")
def contested_money_is_stored(story: Story) -> None:
    story.tranches[2] = Buckets(contested=7, payer=3993)


@breaks("I1", "the ledger holds D = 7")
def contested_money_is_booked(story: Story) -> None:
    set_balances(story, contested=7, payer_arrived=3993)


@breaks("I2", "F of tranche 1 rises from 3500")
def free_money_rises(story: Story) -> None:
    part = story.the("funds.attributed", 1).data["parts"][0]
    part |= {"before": buckets(3600, 2400), "amount": "3600"}


@breaks("I2", "F of tranche 1 is filled again")
def free_money_is_filled_again(story: Story) -> None:
    story.say(EVENTS, "contract.effective", 13, story.the("contract.effective").data)


@breaks("I2", "contracts stores F = 9 in tranche 2")
def free_money_is_stored(story: Story) -> None:
    story.tranches[2] = Buckets(free=9, payer=3991)


@breaks("I2", "the ledger holds F = 9")
def free_money_is_booked(story: Story) -> None:
    set_balances(story, free=9, payee_arrived=5991)


# --- I3 -----------------------------------------------------------------------------------------


@breaks("I3", "gives to the payee and payee signed")
def the_winner_signs(story: Story) -> None:
    story.the("funds.attributed").data["authorisation"]["signer"] = "payee"


@breaks("I3", "a release is a live act that pays the payee")
def an_automatic_release(story: Story) -> None:
    story.the("funds.attributed").data["kind"] = "automatic"


@breaks("I3", "the payer never sent c-1")
def nobody_sent_the_act(story: Story) -> None:
    story.said.remove(story.the("funds.release"))


@breaks("I3", "the payer never sent c-1")
def the_winner_sent_the_act(story: Story) -> None:
    story.the("funds.release").data["party"] = "bob"


@breaks("I3", "the payer never sent c-1")
def another_upstream_sent_the_act(story: Story) -> None:
    story.the("funds.release").upstream = "another-shop"


@breaks("I3", "the payee never sent c-2")
def the_act_was_another_one(story: Story) -> None:
    story.the("funds.return").noun = "funds.release"


@breaks("I3", "when the chain period was over")
def the_act_came_too_late(story: Story) -> None:
    story.the("funds.release").second = 11.25


@breaks("I3", "and was judged as of")
def the_act_was_judged_before_it_came(story: Story) -> None:
    story.the("funds.attributed").data["judged_at"] = instant(2)


@breaks("I3", "before the chain period began")
def the_act_came_too_early(story: Story) -> None:
    story.the("funds.release").second = 1.2
    story.the("funds.attributed").data["judged_at"] = instant(1.2)


@breaks("I3", "gives up")
def more_moves_than_the_act_gives_up(story: Story) -> None:
    story.the("funds.release").data["amount"] = money(2400)


@breaks("I3", "gives up all, and something is left")
def less_moves_than_the_act_gives_up(story: Story) -> None:
    story.the("funds.release").data["amount"] = "ALL"


@breaks("I3", "the act c-1 moves money a second time")
def one_act_moves_money_twice(story: Story) -> None:
    again = story.the("funds.attributed")
    story.say(EVENTS, "funds.attributed", 13, again.data, cause="c-1")


@breaks("I3", "its cause is c-9")
def the_event_has_another_cause(story: Story) -> None:
    story.the("funds.attributed").cause = "c-9"


@breaks("I3", "an arrival names no clause")
def an_arrival_without_a_clause(story: Story) -> None:
    del story.the("funds.attributed", 1).data["authorisation"]["clause"]


@breaks("I3", "arrives before its deadline")
def an_arrival_judged_too_early(story: Story) -> None:
    story.the("funds.attributed", 1).data["judged_at"] = instant(11.2)


@breaks("I3", "arrives before its deadline")
def an_arrival_appended_too_early(story: Story) -> None:
    story.the("funds.attributed", 1).second = 11.2


@breaks("I3", "the deadline is")
def an_arrival_of_another_instant(story: Story) -> None:
    story.the("funds.attributed", 1).data["due_at"] = instant(11)


@breaks("I3", "an arrival is automatic and pays the payee")
def an_arrival_pays_the_payer(story: Story) -> None:
    story.the("funds.attributed", 1).data["to"] = "payer"


@breaks("I3", "the deadline of tranche 2 is not the one that was signed")
def a_deadline_nobody_signed(story: Story) -> None:
    story.the("contract.effective").data["tranches"][1]["deadline_at"] = instant(20)


@breaks("I3", "the payee never accepted its terms")
def effective_without_acceptance(story: Story) -> None:
    del story.the("order.placed").data["acceptances"][1]


@breaks("I3", "moves money that was never there")
def attributed_before_effect(story: Story) -> None:
    story.said.remove(story.the("contract.effective"))


# --- the tests ----------------------------------------------------------------------------------


def test_nothing_is_wrong_with_the_whole_story() -> None:
    result = whole_story().judged()
    assert result.violations == ()
    assert dict(result.invariants) == dict.fromkeys(("I0", "I1", "I2", "I3", "I4"), "ok")
    assert result.ok
    assert result.contracts == 1
    assert result.records[EVENTS] == 6


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant)
