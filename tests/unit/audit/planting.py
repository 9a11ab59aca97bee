"""How a breach is planted and how the tests tell that it was found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crps.audit.books import InstructionRow
from tests.unit.audit.lives import whole_story
from tests.unit.audit.story import CONTRACT, DISPUTES, Said, Story

Plant = Callable[[Story], None]


class Catalogue:
    """Plants of breaches, each with its invariant and a part of the sentence that names it."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, Plant]] = []

    def breaks(self, invariant: str, sentence: str) -> Callable[[Plant], Plant]:
        """Enter a plant."""

        def enter(plant: Plant) -> Plant:
            self.entries.append((invariant, sentence, plant))
            return plant

        return enter


def assert_found(
    invariant: str, sentence: str, plant: Plant, life: Callable[[], Story] = whole_story
) -> None:
    """Assert that the auditor finds what `plant` does to a life without fault."""
    story = life()
    plant(story)
    result = story.judged()
    assert not result.ok
    assert str(CONTRACT) in result.invariants[invariant]
    assert any(
        text.startswith(f"{invariant} ") and sentence in text for text in result.violations
    ), result.violations


def set_balances(story: Story, **changed: int) -> None:
    assert story.ledger is not None
    story.ledger = replace(story.ledger, balances={**story.ledger.balances, **changed})


def set_entry(story: Story, debit: str, credit: str, amount: int) -> None:
    assert story.ledger is not None
    entries = {**story.ledger.entries, (debit, credit): amount}
    story.ledger = replace(story.ledger, entries=entries)


def set_row(story: Story, index: int, **changed: object) -> None:
    assert story.ledger is not None
    rows: list[InstructionRow] = list(story.ledger.instructions)
    rows[index] = replace(rows[index], **changed)  # type: ignore[arg-type]
    story.ledger = replace(story.ledger, instructions=tuple(rows))


def decided(story: Story, index: int) -> Said:
    """Return an attribution of disputes: two cuts, two shares by the ratio, one by silence."""
    mine = [said for said in story.said if said.topic == DISPUTES and "funds" in said.noun]
    return mine[index]


def part_of(story: Story, index: int) -> dict[str, Any]:
    """Return what moves in one of the attributions of disputes."""
    part: dict[str, Any] = decided(story, index).data["parts"][0]
    return part


def instructed(story: Story, index: int) -> Said:
    """Return the instruction of one of the attributions of disputes."""
    event = decided(story, index)
    return next(said for said in story.said if said.decided_by is event)


def set_dispute(story: Story, **changed: object) -> None:
    story.disputes[1] = replace(story.disputes[1], **changed)  # type: ignore[arg-type]
