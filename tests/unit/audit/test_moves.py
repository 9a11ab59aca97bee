"""A breach of I3 at a moved deadline, planted in a life without fault, is found."""

import pytest

from tests.unit.audit.moved_life import move, moved_story
from tests.unit.audit.planting import Catalogue, Plant, assert_found
from tests.unit.audit.story import CONTRACT, Story, at, instant

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks


def test_deadlines_that_their_losers_moved_are_no_breach() -> None:
    result = moved_story().judged()
    assert result.ok, result.violations
    assert result.histories[CONTRACT].deadlines == (at(14.25), at(16.25))


@pytest.mark.parametrize(
    "caps",
    [
        None,
        {},
        {"extend_ms": 3_999},
        {"extend_ms": 4_000, "advance_ms": 4_999},
        {"extend_ms": 4_000, "advance_ms": 0},
    ],
)
def test_a_move_beyond_the_caps_is_found(caps: dict[str, int] | None) -> None:
    assert_found("I3", "beyond the caps", lambda _: None, lambda: moved_story(caps))
    assert moved_story({"extend_ms": 4_000, "advance_ms": 5_000}).judged().ok


@breaks("I3", "the payee never sent m-5")
def nobody_extended_it(story: Story) -> None:
    story.said.remove(story.the("deadline.extend"))


@breaks("I3", "the payee never sent m-5")
def the_payer_extended_it(story: Story) -> None:
    story.the("deadline.extend").data["party"] = "alice"


@breaks("I3", "the payer never sent m-6")
def the_payee_advanced_it(story: Story) -> None:
    story.the("deadline.advance").data["party"] = "bob"


@breaks("I3", "the payee never sent m-5")
def another_upstream_extended_it(story: Story) -> None:
    story.the("deadline.extend").upstream = "another-shop"


@breaks("I3", "and the payer signed")
def the_payer_signs_an_extension(story: Story) -> None:
    story.the("deadline.moved").data["by"] = "payer"


@breaks("I3", "and the payee signed")
def the_payee_signs_an_advance(story: Story) -> None:
    story.the("deadline.moved", 2).data["by"] = "payee"


@breaks("I3", "and the payer signed")
def it_moves_nowhere(story: Story) -> None:
    for noun, name in (("deadline.advance", "to"), ("deadline.moved", "after")):
        story.the(noun, 1 if noun == "deadline.advance" else 2).data[name] = instant(21.25)


@breaks("I3", "was recorded")
def another_deadline_was_asked_for(story: Story) -> None:
    story.the("deadline.extend").data["to"] = instant(15)


@breaks("I3", "is about tranche 2, not 1")
def another_tranche_was_meant(story: Story) -> None:
    story.the("deadline.extend").data["tranche"] = 2


@breaks("I3", "when the chain period was over")
def it_was_extended_at_the_deadline(story: Story) -> None:
    story.the("deadline.extend").second = 11.25


@breaks("I3", "was judged as of")
def it_was_judged_before_it_came(story: Story) -> None:
    story.the("deadline.moved").data["judged_at"] = instant(4.9)


@breaks("I3", "which was past")
def it_was_moved_into_the_past(story: Story) -> None:
    story.the("deadline.moved", 2).data["after"] = instant(7)
    story.the("deadline.advance", 1).data["to"] = instant(7)


@breaks("I3", "is generation 2, not 3")
def a_generation_is_lost(story: Story) -> None:
    story.the("deadline.moved", 1).data["generation"] = 2


@breaks("I3", "the deadline is 2026-01-05 04:00:15.25")
def it_was_moved_from_elsewhere(story: Story) -> None:
    story.the("deadline.moved", 1).data["before"] = instant(15)


@breaks("I3", "moves the deadline of tranche 3, which does not exist")
def a_tranche_that_nobody_has_is_moved(story: Story) -> None:
    story.the("deadline.moved").data["tranche"] = 3


@breaks("I3", "m-7 moves a deadline a second time")
def a_command_moves_two_deadlines(story: Story) -> None:
    story.the("deadline.moved", 1).data["command_id"] = "m-7"


@breaks("I3", "its cause is m-9")
def it_has_another_cause(story: Story) -> None:
    story.the("deadline.moved").cause = "m-9"


@breaks("I3", "the deadline is 2026-01-05 04:00:14.25")
def it_arrives_at_the_first_deadline(story: Story) -> None:
    told = story.the("funds.attributed", 1).data
    told |= {"due_at": instant(11.25), "judged_at": instant(11.3)}


@breaks("I3", "before its deadline")
def it_arrives_before_the_moved_deadline(story: Story) -> None:
    story.the("funds.attributed", 1).data["judged_at"] = instant(14.2)


@breaks("I3", "when the chain period was over")
def the_act_came_after_the_advanced_deadline(story: Story) -> None:
    story.the("funds.return").second = 14.25


@breaks("I3", "when the chain period was over")
def the_extension_came_after_the_act_that_needed_it(story: Story) -> None:
    moved = [said for said in story.said if said.noun.startswith("deadline.moved")]
    for said in moved[:2]:
        story.said.remove(said)
    move(story, "payee", 1, 13, (11.25, 14.25), 2)


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, moved_story)
